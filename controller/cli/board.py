"""What is known of a run while it runs: the latest result of every point, as the events tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    _planned: frozenset[PointId] = frozenset()
    _lock: Lock = field(default_factory=Lock)

    def hear(self, event: Event) -> None:
        with self._lock:
            match event:
                case RunStarted(run=run, plan=plan, joined=joined):
                    if run != self.run:
                        self.results.clear()
                    self.run, self.plan, self.joined = run, plan, joined
                    self._planned = frozenset(step.point.id for _, _, step in plan.steps())
                case WaveStarted(wave=wave):
                    self.wave = wave
                case StepsSettled(results=results):
                    self.results.update({result.step.point.id: result for result in results})
                case JournalDegraded(unrecorded=unrecorded):
                    self.degraded, self.unrecorded = True, self.unrecorded or unrecorded
                case CredentialDropped():
                    self.dropped.append(event)
                case ProbationMoved(probation=probation):
                    self.watched[probation.subject] = event
                case RunEnded(results=results):
                    self.ended = event
                    self.results.update({result.step.point.id: result for result in results})

    @property
    def total(self) -> int:
        """Of the plan, and what was cut at neighbours besides."""
        with self._lock:
            return len(self._planned) + sum(point not in self._planned for point in self.results)

    @property
    def known(self) -> int:
        """Points with the proof their stage wants."""
        with self._lock:
            return sum(1 for result in self.results.values() if result.satisfied)

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
