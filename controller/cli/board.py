"""What is known of a run while it runs: the latest result of every point, as the events tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from controller.domain.inventory import PointId
from controller.domain.plan import Plan
from controller.engine.events import (
    CredentialDropped,
    Event,
    JournalDegraded,
    ProbationMoved,
    RunEnded,
    RunStarted,
    StepResult,
    StepsSettled,
    WaveStarted,
)
from controller.workers.course import Milestone, Moment, course
from controller.workers.standings import Standing as Standing
from controller.workers.standings import standing as standing


@dataclass
class Board:
    """Fed by many threads, read by one. ``run`` is None until the run has begun."""

    run: str | None = None
    plan: Plan | None = None
    joined: bool = False
    degraded: bool = False
    unrecorded: bool = False
    wave: int | None = None
    ended: RunEnded | None = None
    dropped: list[CredentialDropped] = field(default_factory=list)
    watched: dict[str, ProbationMoved] = field(default_factory=dict)
    results: dict[PointId, StepResult] = field(default_factory=dict)
    began: datetime | None = None
    _moments: list[Moment] = field(default_factory=list)
    _known: int = 0
    _lacking: int = 0
    _beside: int = 0
    _planned: frozenset[PointId] = frozenset()
    _lock: Lock = field(default_factory=Lock)

    def hear(self, event: Event) -> None:
        with self._lock:
            match event:
                case RunStarted(run=run, plan=plan, joined=joined):
                    if run != self.run:
                        self.results.clear()
                        self._moments.clear()
                        self._known = self._lacking = self._beside = 0
                    self.run, self.plan, self.joined = run, plan, joined
                    self.began = event.at
                    self._planned = frozenset(step.point.id for _, _, step in plan.steps())
                case WaveStarted(wave=wave):
                    self.wave = wave
                case StepsSettled(results=results):
                    self._take(results)
                case JournalDegraded(unrecorded=unrecorded):
                    self.degraded, self.unrecorded = True, self.unrecorded or unrecorded
                case CredentialDropped():
                    self.dropped.append(event)
                case ProbationMoved(probation=probation):
                    self.watched[probation.subject] = event
                case RunEnded(results=results):
                    self.ended = event
                    self._take(results)

    def _take(self, results: Sequence[StepResult]) -> None:
        """Counted as they come: at every look anew, a run of thousands of points would cost more than it
        tells."""
        read = self._moments[-1].seconds if self._moments else 0.0
        known = self._known
        for each in results:
            point = each.step.point.id
            before = self.results.get(point)
            if before is None:
                self._beside += point not in self._planned
            else:
                self._known -= before.satisfied
                self._lacking -= _lacks(before)
            self.results[point] = each
            self._known += each.satisfied
            self._lacking += _lacks(each)
            if each.satisfied and each.read_at is not None and self.began is not None:
                read = max(read, (each.read_at - self.began).total_seconds())
        if self._known > known and self.began is not None:
            self._moments.append(Moment(read, self._known))

    def course(self, now: datetime) -> tuple[Milestone, ...]:
        """When so many points had their proof, and when more of them will; () before the run has begun."""
        total = self.total
        with self._lock:
            if self.began is None or not total:
                return ()
            return course(self._moments, total, (now - self.began).total_seconds(), self._lacking)

    @property
    def total(self) -> int:
        """Of the plan, and what was cut at neighbours besides."""
        with self._lock:
            return len(self._planned) + self._beside

    @property
    def known(self) -> int:
        """Points with the proof their stage wants."""
        with self._lock:
            return self._known

    def counts(self) -> Mapping[Standing, int]:
        """Points by standing, in the order of :class:`Standing`, none of them zero."""
        with self._lock:
            found = Counter(standing(result) for result in self.results.values())
        found[Standing.PENDING] = max(0, self.total - sum(found.values()))
        return {each: found[each] for each in Standing if found[each]}

    def troubled(self) -> Mapping[str, tuple[StepResult, ...]]:
        """Device to those of its results that lack their proof."""
        with self._lock:
            found: dict[str, list[StepResult]] = {}
            for result in self.results.values():
                if not result.satisfied:
                    found.setdefault(result.step.point.id.device, []).append(result)
        return {device: tuple(results) for device, results in sorted(found.items())}


def _lacks(result: StepResult) -> bool:
    """Whether the point ended without its proof."""
    return bool(result.cause) and not result.satisfied
