"""What a probation listens to: the probes of what came back, those that must never succeed, and what devices
count at its points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from controller.domain.inventory import Subject
from controller.domain.probe import Probe
from controller.engine.planning.watching import Counter
from controller.engine.ports import ProbeResult

PROBE_LOST, FORBIDDEN_ANSWERS, SIGNAL, COUNTER = "probe-lost", "forbidden-answers", "signal", "counter"
"""Why a subject is cut again; the text is ``cause.<value>``."""

NOT_ANSWERED_YET, CANNOT_BE_ASKED, CONTROL_SILENT = "not-answered-yet", "cannot-be-asked", "control-silent"
UNCOUNTED = "uncounted"
"""Why nobody knows how a probe or a counter stands; the text is ``doubt.<value>``."""

MOST_MISSES = 2
"""A probe that fails so often in a row, while its control answers, is lost: one lost packet is no alarm."""


@dataclass(frozen=True, slots=True)
class Judged:
    """``cause``: why the subject must be cut again; ``doubt``: why nobody can tell; neither: all is well.
    ``probe`` is the one that says so."""

    cause: str = ""
    doubt: str = ""
    probe: str = ""


@dataclass
class Tripwires:
    """Of one subject. A probe can be lost once it has answered: what never did may not be up yet, and until
    it does nobody can say how the subject fares."""

    subject: Subject
    counters: tuple[Counter, ...] = ()
    _counted: dict[Counter, list[tuple[float, int]]] = field(default_factory=dict)
    _alive: set[Probe] = field(default_factory=set)
    _misses: dict[Probe, int] = field(default_factory=dict)

    def probes(self) -> tuple[Probe, ...]:
        return (*self.subject.probes, *self.subject.forbidden)

    def begin(self, counts: Sequence[int | None], now: float) -> None:
        """``counts``: of ``counters``, before anything comes back: from there on growth counts."""
        for counter, count in zip(self.counters, counts, strict=True):
            if count is not None:
                self._grown(counter, count, now)

    def judge(
        self, results: Sequence[ProbeResult], counts: Sequence[int | None] = (), now: float = 0.0
    ) -> Judged:
        """``results``: of :meth:`probes`, ``counts``: of ``counters``, in order; ``now``: when, monotonic."""
        known = len(self.subject.probes)
        doubts = []
        for counter, count in zip(self.counters, counts, strict=True):
            if count is None:
                doubts.append(Judged(doubt=UNCOUNTED, probe=_counter(counter)))
            elif self._grown(counter, count, now) > counter.limit.over:
                return Judged(cause=COUNTER, probe=_counter(counter))
        for result in results[known:]:
            if result.answered:
                return Judged(cause=FORBIDDEN_ANSWERS, probe=_name(result.probe))
            if result.answered is None or not result.control:
                doubts.append(_doubt(result))
        for result in results[:known]:
            probe = result.probe
            if result.answered:
                self._alive.add(probe)
                self._misses.pop(probe, None)
            elif result.answered is None or not result.control:
                doubts.append(_doubt(result))
            elif probe not in self._alive:
                doubts.append(Judged(doubt=NOT_ANSWERED_YET, probe=_name(probe)))
            else:
                self._misses[probe] = self._misses.get(probe, 0) + 1
                if self._misses[probe] >= MOST_MISSES:
                    return Judged(cause=PROBE_LOST, probe=_name(probe))
        return doubts[0] if doubts else Judged()

    def _grown(self, counter: Counter, count: int, now: float) -> int:
        """By how much within the limit's time. A count that fell was set back: it begins anew."""
        seen = self._counted.setdefault(counter, [])
        if seen and count < seen[-1][1]:
            seen.clear()
        seen.append((now, count))
        while seen[0][0] < now - counter.limit.within:
            del seen[0]
        return count - seen[0][1]


def _doubt(result: ProbeResult) -> Judged:
    asked = result.answered is not None
    return Judged(doubt=CONTROL_SILENT if asked else CANNOT_BE_ASKED, probe=_name(result.probe))


def _name(probe: Probe) -> str:
    return f"{probe.target} ({probe.source})"


def _counter(counter: Counter) -> str:
    return f"{counter.limit.counter} {counter.point.id}"
