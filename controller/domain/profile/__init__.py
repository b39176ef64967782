"""What a platform understands: per kind of point how its state is read and how it is cut and restored.

A profile is data. ``PointSpec`` reads one *state* for the whole kind: a mapping of field to value,
parted into ``config`` (what a person or Cordon sets; the baseline, compared and restored) and
``observed`` (what follows from it: link state, sessions). Each method then says which lines cut, what
the state looks like when cut, and which lines bring the baseline back.

Names a template may use, beside the device's ``settings``: ``interface`` (the point's object, or that part
of it), the other parts of it that ``PointSpec.object`` names, ``vlan``, ``others`` (in a cut: the VLANs of
the setting ``vlans`` without this one), ``subject``, ``prefixes4`` and ``prefixes6`` (comma-separated),
``prefix`` within ``each``, and in restore lines ``was.<field>``: the baseline. The lines of a limit also know
``target`` within ``each``, and what it expects ``targets4`` and ``targets6``: all of a family, sorted, joined
by commas, or ``none``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from controller.domain.inventory import PointKind
from controller.domain.probe import ProbeKind
from controller.domain.profile.points import PointSpec
from controller.domain.profile.readiness import ReadinessSpec
from controller.domain.profile.returns import NapalmSpec, TimerSpec
from controller.domain.profile.session import SaveSpec, SessionSpec
from controller.domain.profile.surroundings import (
    Listing,
    ListRead,
    ProbeSpec,
    TableKind,
    TableRead,
    VersionSpec,
)
from controller.domain.template import Template


class Tested(StrEnum):
    """What a profile was tried on before it came here: ``real`` devices or programs, ``simulated`` ones, the
    outputs of some as a ``transcript`` has them, or nothing."""

    REAL = "real"
    SIMULATED = "simulated"
    TRANSCRIPT = "transcript"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """``names`` maps a long port name to its abbreviations; ``sources`` are the documents it rests on."""

    platform: str
    session: SessionSpec
    points: Mapping[tuple[PointKind, bool], PointSpec]
    save: SaveSpec | None = None
    probes: Mapping[ProbeKind, ProbeSpec] = field(default_factory=lambda: MappingProxyType({}))
    tables: Mapping[TableKind, tuple[TableRead, ...]] = field(default_factory=lambda: MappingProxyType({}))
    names: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    readiness: ReadinessSpec = field(default_factory=ReadinessSpec)
    sources: tuple[str, ...] = ()
    digest: str = ""
    version: VersionSpec | None = None
    tested: Tested = Tested.NOTHING
    discover: Mapping[Listing, tuple[ListRead, ...]] = field(default_factory=lambda: MappingProxyType({}))
    timer: TimerSpec | None = None
    napalm: NapalmSpec | None = None

    def spec(self, kind: PointKind, tagged: bool) -> PointSpec | None:
        return self.points.get((kind, tagged))

    def settled(self, settings: Mapping[str, str]) -> DeviceProfile:
        """The same with the values of a device in the lines of its session."""
        session, commit = self.session, self.session.commit
        values = {**self.settings, **settings}

        def filled(lines: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(Template.parse(line).fill(values) for line in lines)

        ours = commit and replace(
            commit,
            send=filled(commit.send),
            discard=filled(commit.discard),
            abandoned=filled(commit.abandoned),
            accounts=filled((commit.accounts,))[0],
        )
        settled = replace(
            session,
            enter=filled(session.enter),
            leave=filled(session.leave),
            escape=filled(session.escape),
            abandoned=filled(session.abandoned),
            commit=ours,
        )
        return self if settled == session else replace(self, session=settled)

    def locked_in(self, answer: str) -> bool:
        """Whether the device refused because somebody else has the configuration."""
        return any(pattern.search(answer) for pattern in self.session.locked)

    def refusal_of(self, line: str, answer: str) -> str | None:
        """As :meth:`error_in`, and the last line of an answer that is not the one the profile insists on."""
        said = self.error_in(answer)
        for insisted in self.session.insist if said is None else ():
            if insisted.line.search(line) and not insisted.answered.search(f"{line}\n{answer}"):
                return answer.strip().rpartition("\n")[2].strip() or line
        return said

    def error_in(self, answer: str) -> str | None:
        """The line of ``answer`` that says the device refused, or None."""
        for pattern in self.session.errors:
            found = pattern.search(answer)
            if found:
                start = answer.rfind("\n", 0, found.start()) + 1
                end = answer.find("\n", found.end())
                return answer[start : end if end >= 0 else None].strip()
        return None
