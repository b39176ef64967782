"""What the parts of one run share while it runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Event as Flag
from threading import Lock

from controller.domain.facts import Actor, Fact
from controller.domain.hold import HoldKey
from controller.domain.inventory import Device, Inventory, PointId
from controller.domain.plan import Limited, Plan, Wave
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Proof
from controller.domain.startup import StartupState
from controller.domain.tags import Tag
from controller.engine.events import JournalDegraded, StepResult, Watcher
from controller.engine.execution.sessions import DeviceSlots, Sessions
from controller.engine.points.holds import HoldBook
from controller.engine.ports import (
    Armed,
    Clock,
    Committed,
    Driver,
    EvidenceFiles,
    Journal,
    Prober,
    Secrets,
    StartupRecord,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, and how many devices at a time. ``operation`` bounds all attempts at one device together;
    ``look`` is the time between two looks at what came back, 0: whoever leads looks."""

    connect: float = 10.0
    operation: float = 30.0
    probe: float = 2.0
    save: float = 60.0
    threads: int = 50
    look: float = 2.0


@dataclass(frozen=True, slots=True)
class Services:
    """The ports a run acts through."""

    clock: Clock
    driver: Driver
    secrets: Secrets
    prober: Prober
    journal: Journal
    limits: Limits = Limits()
    evidence: EvidenceFiles | None = None
    armed: Armed | None = None


class StopCause:
    """Why operations that have not begun are left alone; the text is ``cause.<value>``."""

    ABORTED = "aborted"
    PREEMPTED = "cut-under-way"
    FAILED = "stopped-at-failure"
    DEGRADED = "journal-degraded"
    STANDING_DOWN = "standing-down"
    TRIPPED = "tripwire"
    GATED = "gate-closed"


@dataclass
class Running:
    """One run under way: its plan, what it acts through, and whether it should go on.

    ``probe_sessions`` are apart from ``sessions``, so that a probe never holds up a device's own cut.
    ``startups`` is what became of startup configurations before this run, for what brings back, ``compared``
    how they stood before the changes of a run that goes on;
    ``admits`` says whether subjects may return in a wave that is about to go out;
    ``wave_begins`` tells what goes on record before a wave's first byte, ``wave_over`` returns once what
    comes after it may begin; ``session_had`` is told of a device's first session, ``learnt_before`` asked
    right before its change.
    ``unsettled`` are the attempts per device that an earlier process intended and never settled; ``attempts``
    counts the attempts on record per device."""

    run: str
    plan: Plan
    inventory: Inventory
    profiles: Mapping[str, DeviceProfile]
    services: Services
    actor: Actor
    book: HoldBook
    slots: DeviceSlots
    sessions: Sessions
    probe_sessions: Sessions
    watcher: Watcher
    accept_drift: Collection[str] = frozenset()
    unsettled: dict[str, tuple[int, ...]] = field(default_factory=dict)
    before_change: Callable[[Sequence[PointId]], None] = lambda _: None
    session_had: Callable[[Device], None] = lambda _: None
    learnt_before: Callable[[Device], list[Fact]] = lambda _: []
    admits: Callable[[Collection[str], int], bool] = lambda _subjects, _wave: True
    wave_begins: Callable[[Wave], Sequence[Fact]] = lambda _: ()
    wave_over: Callable[[Wave], None] = lambda _: None
    startups: Mapping[str, StartupRecord] = field(default_factory=dict)
    compared: Mapping[str, StartupState] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stopping: Flag = field(default_factory=Flag)
    _cause: str = ""
    _lock: Lock = field(default_factory=Lock)
    _told: set[bool] = field(default_factory=set)

    @property
    def action(self) -> Action:
        return self.plan.action

    @property
    def precedence(self) -> Action:
        """As what it asks for a device: a rehearsal's cut gives way to others as a restore does."""
        return Action.RESTORE if self.plan.gives_way else Action.ISOLATE

    @property
    def cause(self) -> str:
        """Why the run is stopping; "" while it is not."""
        return self._cause

    def stop(self, cause: str) -> None:
        """No operation begins from now on; those under way come to their end. The first cause stays."""
        with self._lock:
            if not self.stopping.is_set():
                self._cause = cause
                self.stopping.set()

    def commit(self, tag: Tag, facts: Sequence[Fact]) -> Committed:
        """Puts facts on disk, then in the book. What gives way to a cut stops once the journal is
        degraded."""
        committed = self.services.journal.commit(tag, facts, self.actor)
        self.book.apply(facts)
        if committed.degraded:
            if self.plan.gives_way:
                self.stop(StopCause.DEGRADED)
            with self._lock:
                tell = committed.unrecorded not in self._told
                self._told.add(committed.unrecorded)
            if tell:
                self.watcher(JournalDegraded(self.run, committed.unrecorded))
        return committed

    def saves_at(self, device: str) -> bool:
        """A cut may save anywhere; what brings back only where the startup configuration may hold a cut."""
        if self.action is Action.ISOLATE:
            return True
        known = self.startups.get(device)
        return known is not None and known.cut

    def ends_of(self, point: PointId) -> tuple[HoldKey, ...]:
        """The holds a restore lets go at the point."""
        return self._ends.get(point, ())

    def limited_at(self, point: PointId) -> Limited | None:
        """What a restore lets through at a point that it leaves held."""
        return self._limits.get(point)

    def is_last(self, wave: Wave, point: PointId) -> bool:
        """Whether nothing else is planned for the point after the wave."""
        return self._last.get(point) == wave.index

    def claimed_by(self, point: PointId) -> frozenset[HoldKey]:
        """The holds a restore knows of at the point: those it lets go, and those it leaves."""
        limited = self.limited_at(point)
        left = limited.holds if limited else ()
        return frozenset((*self.ends_of(point), *(HoldKey(run, subject, point) for run, subject in left)))

    def concerns(self, point: PointId) -> bool:
        """A resumed restore passes over points that came back before: what they are now is not its doing."""
        if self.action is Action.ISOLATE:
            return True
        return not self.book.holders(point).isdisjoint(self.claimed_by(point))

    @cached_property
    def _last(self) -> Mapping[PointId, int]:
        return {step.point.id: wave.index for wave, _, step in self.plan.steps()}

    @cached_property
    def _limits(self) -> Mapping[PointId, Limited]:
        return {each.point: each for each in self.plan.limits}

    @cached_property
    def _ends(self) -> Mapping[PointId, tuple[HoldKey, ...]]:
        found: dict[PointId, list[HoldKey]] = defaultdict(list)
        for run, subject, point in self.plan.ends:
            found[point].append(HoldKey(run, subject, point))
        return {point: tuple(keys) for point, keys in found.items()}

    def as_known(self, result: StepResult) -> StepResult:
        """A cut that nothing was learned of stands as claimed where a person says they made it."""
        claimed = result.proof is Proof.UNKNOWN and self.action is Action.ISOLATE
        if claimed and result.state is None and self.book.claimed(result.step.point.id):
            return replace(result, proof=Proof.CLAIMED)
        return result

    def next_attempt(self, device: str) -> int:
        with self._lock:
            self.attempts[device] += 1
            return self.attempts[device]
