"""What was rehearsed: which method, on which software, at which device, whether it passed, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from controller.domain.facts import Noted
from controller.domain.inventory import Method, PointKind

REHEARSED = "rehearsed"
"""The subject of the notes that record what was rehearsed."""

SOFTWARE = "software"
"""The subject of the notes that record what a device runs."""

FOR_EVER = timedelta.max


class Software(NamedTuple):
    """``model`` and ``version`` as the device says them; "" where its profile does not read them."""

    platform: str
    model: str
    version: str


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One method tried at one canary: cut, read back and brought back. ``cause`` is the code of what went
    wrong, "" where it passed; ``cut`` and ``back`` are its runs, "" where there was none."""

    device: str
    software: Software
    kind: PointKind
    method: Method
    passed: bool
    cause: str
    cut: str = ""
    back: str = ""

    def as_note(self) -> Noted:
        return Noted(
            REHEARSED,
            (
                ("device", self.device),
                *self.software._asdict().items(),
                ("kind", self.kind.value),
                ("method", self.method.value),
                ("result", "passed" if self.passed else "failed"),
                ("cause", self.cause),
                ("cut", self.cut),
                ("back", self.back),
            ),
        )


def software_note(device: str, software: Software) -> Noted:
    return Noted(SOFTWARE, (("device", device), *software._asdict().items()))


class Rehearsals:
    """All that is on record, asked for what counts at a moment.

    A device's own last trial goes before those of others that run the same; a trial of other software than
    the device was last seen with does not count for it."""

    def __init__(
        self, trials: Iterable[tuple[datetime, Rehearsed]], software: Mapping[str, Software] | None = None
    ) -> None:
        """``trials`` oldest first, with the time each was recorded; ``software`` is what devices were last
        seen with."""
        self._own: dict[tuple[str, PointKind, Method], tuple[datetime, Rehearsed]] = {}
        self._passed: dict[tuple[Software, PointKind, Method], datetime] = {}
        self._software = dict(software or {})
        for at, trial in trials:
            self._own[trial.device, trial.kind, trial.method] = (at, trial)
            if trial.passed:
                self._passed[trial.software, trial.kind, trial.method] = at

    @classmethod
    def read(cls, notes: Iterable[tuple[datetime, Noted]]) -> Rehearsals:
        """From notes of the subjects :data:`REHEARSED` and :data:`SOFTWARE`, oldest first. What is neither is
        passed over: a later version may note more."""
        trials: list[tuple[datetime, Rehearsed]] = []
        software: dict[str, Software] = {}
        for at, note in notes:
            data = dict(note.data)
            try:
                found = Software(data["platform"], data["model"], data["version"])
                software[data["device"]] = found
                if note.subject == REHEARSED:
                    trials.append((at, _trial(data, found)))
            except (KeyError, ValueError):
                continue
        return cls(trials, software)

    def software_of(self, device: str) -> Software | None:
        """None: nobody has asked it yet."""
        return self._software.get(device)

    def trials(self) -> tuple[tuple[datetime, Rehearsed], ...]:
        """The last one of each device, kind of point and method, with the time it was recorded; the oldest
        first."""
        return tuple(sorted(self._own.values(), key=lambda each: (each[0], each[1].device, each[1].method)))

    def passed(
        self, device: str, kind: PointKind, method: Method, now: datetime, expires_after: timedelta = FOR_EVER
    ) -> datetime | None:
        """When the method last passed, for the device as it is now; None: it counts as untested."""
        software = self._software.get(device)
        if software is None:
            return None
        own = self._own.get((device, kind, method))
        if own is not None and own[1].software == software and _fresh(own[0], now, expires_after):
            return own[0] if own[1].passed else None
        other = self._passed.get((software, kind, method))
        return other if other is not None and _fresh(other, now, expires_after) else None


def _trial(data: Mapping[str, str], software: Software) -> Rehearsed:
    return Rehearsed(
        device=data["device"],
        software=software,
        kind=PointKind(data["kind"]),
        method=Method(data["method"]),
        passed=data["result"] == "passed",
        cause=data["cause"],
        cut=data["cut"],
        back=data["back"],
    )


def _fresh(at: datetime, now: datetime, expires_after: timedelta) -> bool:
    """A record from the future (a stepped clock) does not count: its age cannot be known."""
    return timedelta(0) <= now - at <= expires_after
