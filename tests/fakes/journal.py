"""A journal and a history in memory, told from the list of all commits each time they are asked.

Written for tests: nothing is kept but what was committed, and every answer is worked out from the start.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import TypeVar

from controller.domain.errors import CordonError, NotFound
from controller.domain.facts import (
    Actor,
    Attested,
    BaselineTaken,
    EvidenceTaken,
    Fact,
    GateDecided,
    HoldEnded,
    HoldOpened,
    IntentRecorded,
    Noted,
    OutcomeRecorded,
    PointRead,
    RevisionStored,
    RunMoved,
    RunOpened,
    StartupMoved,
    WaveMoved,
)
from controller.domain.hold import Baseline, Ending, Hold, HoldKey
from controller.domain.inventory import Method, PointId
from controller.domain.lifecycle import RunState, WaveState
from controller.domain.playbook import Action
from controller.domain.tags import Tag
from controller.domain.transfer import TRANSFER, moved
from controller.engine.points.startup import Told, last_told
from controller.engine.ports import (
    Committed,
    PendingIntent,
    RunRecord,
    Said,
    StartupRecord,
    Statements,
    StepRecord,
)

F = TypeVar("F")


@dataclass(frozen=True)
class Commit:
    tag: Tag
    facts: tuple[Fact, ...]
    actor: Actor
    at: datetime


class MemoryJournal:
    """``failing``: what the next commits raise instead of recording. ``degraded`` may be set."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.commits: list[Commit] = []
        self.failing: CordonError | None = None
        self.degraded = False
        self.now = clock
        self._lock = Lock()

    def commit(self, tag: Tag, facts: Sequence[Fact], actor: Actor) -> Committed:
        for fact in facts:
            _check(fact)
        with self._lock:
            if self.failing:
                raise self.failing
            self.commits.append(Commit(tag, tuple(facts), actor, self.now()))
            return Committed(None if self.degraded else len(self.commits), degraded=self.degraded)

    @property
    def facts(self) -> list[Fact]:
        return [fact for commit in self.commits for fact in commit.facts]


def _check(fact: Fact) -> None:
    if isinstance(fact, RevisionStored):
        digest = hashlib.sha256(fact.content.encode()).hexdigest()
        if fact.kind != "plan" and digest != fact.digest:
            raise ValueError("wrong digest")
    for name in ("read_at", "at"):
        moment = getattr(fact, name, None)
        if moment is not None and moment.tzinfo is None:
            raise ValueError("naive time")


class MemoryHistory:
    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal

    def runs(self) -> tuple[RunRecord, ...]:
        return tuple(self._record(run, with_steps=False) for run in self._openings())

    def run(self, run: str) -> RunRecord:
        known = self._openings()
        if run in known:
            return self._record(run, with_steps=True)
        beginning = [name for name in known if name.startswith(run)]
        if len(beginning) != 1:
            raise NotFound(kind="run", name=run)
        return self._record(beginning[0], with_steps=True)

    def open_holds(self) -> tuple[Hold, ...]:
        opened: dict[HoldKey, list[int]] = {}
        for position, _, fact in self._all():
            match fact:
                case HoldOpened(run=run, subject=subject, point=point):
                    opened.setdefault(HoldKey(run, subject, point.id), []).append(position)
                case HoldEnded(run=run, subject=subject, point=point_id):
                    opened.pop(HoldKey(run, subject, point_id), None)
        holds = []
        for key, positions in sorted(opened.items(), key=lambda item: item[1][0]):
            first, last = self._at(positions[0]), self._at(positions[-1])
            fact = last[1]
            assert isinstance(fact, HoldOpened)
            holds.append(Hold(key, fact.point, fact.method, fact.attribution, first[0].at))
        return tuple(holds)

    def returned(self) -> Mapping[str, frozenset[PointId]]:
        found: dict[str, set[PointId]] = {}
        held: set[HoldKey] = set()
        for _, _, fact in self._all():
            match fact:
                case HoldOpened(run=run, subject=subject, point=point):
                    held.add(HoldKey(run, subject, point.id))
                    found.get(subject, set()).discard(point.id)
                case HoldEnded(run=run, subject=subject, point=at, ending=ending):
                    ended = HoldKey(run, subject, at) in held
                    held.discard(HoldKey(run, subject, at))
                    left = {key.point for key in held if key.subject == subject}
                    if not left:
                        found.pop(subject, None)
                    elif ended and ending is Ending.RESTORE and at not in left:
                        found.setdefault(subject, set()).add(at)
        return {name: frozenset(points) for name, points in found.items() if points}

    def baselines(self) -> Mapping[PointId, Baseline]:
        return {point: taken[1] for point in self._held() if (taken := self._baseline(point)) is not None}

    def methods_sent(self) -> Mapping[PointId, tuple[Method, ...]]:
        found = {}
        for point in self._held():
            free = self._free_until(point)
            taken, first = self._baseline(point), self._first_hold(point)
            since = taken[0] if taken and taken[0] < first else free
            sent = tuple(
                method
                for position, _, fact in self._all()
                if position > since and isinstance(fact, IntentRecorded) and fact.action is Action.ISOLATE
                for its, method in fact.steps
                if its == point
            )
            if sent:
                found[point] = sent
        return found

    def last_reads(self) -> Mapping[PointId, StepRecord]:
        held = self._held()
        return {
            fact.point: _step(fact)
            for _, _, fact in self._all()
            if isinstance(fact, PointRead) and fact.point in held
        }

    def noted(self, *subjects: str) -> tuple[tuple[datetime, Noted], ...]:
        return tuple(
            (commit.at, fact)
            for _, commit, fact in self._all()
            if isinstance(fact, Noted) and fact.subject in subjects
        )

    def statements(self, subject: str) -> Statements:
        said: list[tuple[int, Commit, Attested | GateDecided]] = []
        cut: tuple[int, Commit] | None = None
        moving = {each.run for each in moved(note for _, note in self.noted(TRANSFER))}
        for position, commit, fact in self._all():
            if isinstance(fact, HoldOpened) and fact.subject == subject and fact.run not in moving:
                cut = (position, commit)
            if isinstance(fact, Attested | GateDecided) and fact.subject == subject:
                said.append((position, commit, fact))
        now = self._journal.now()
        words = tuple(
            Said(fact, commit.at, cut is not None and at > cut[0], (now - commit.at).total_seconds())
            for at, commit, fact in said
        )
        return Statements(words, (now - cut[1].at).total_seconds() if cut else 0.0)

    def statements_of(self, subjects: Iterable[str]) -> Mapping[str, Statements]:
        return {subject: self.statements(subject) for subject in subjects}

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def changes(self) -> Hashable:
        return len(self._journal.commits)

    def startups(self) -> Mapping[str, StartupRecord]:
        changed = {
            fact.device: number
            for number, commit in enumerate(self._journal.commits)
            for fact in commit.facts
            if isinstance(fact, IntentRecorded)
        }
        return last_told(self._told(), changed)

    def _told(self, run: str | None = None) -> list[Told]:
        return [
            Told(number, commit.at, fact)
            for number, commit in enumerate(self._journal.commits)
            for fact in commit.facts
            if isinstance(fact, StartupMoved) and run in (None, fact.run)
        ]

    def revision(self, kind: str, digest: str) -> str:
        for fact in self._of(RevisionStored):
            if (fact.kind, fact.digest) == (kind, digest):
                return fact.content
        raise NotFound(kind=kind, name=digest)

    # --- the list of commits ------------------------------------------------------------------------

    def _all(self) -> Iterator[tuple[int, Commit, Fact]]:
        pairs = [(commit, fact) for commit in list(self._journal.commits) for fact in commit.facts]
        for position, (commit, fact) in enumerate(pairs):
            yield position, commit, fact

    def _at(self, position: int) -> tuple[Commit, Fact]:
        _, commit, fact = next(itertools.islice(self._all(), position, None))
        return commit, fact

    def _of(self, kind: type[F]) -> list[F]:
        return [fact for _, _, fact in self._all() if isinstance(fact, kind)]

    def _openings(self) -> dict[str, tuple[Commit, RunOpened]]:
        found: dict[str, tuple[Commit, RunOpened]] = {}
        for _, commit, fact in self._all():
            if isinstance(fact, RunOpened):
                found.setdefault(fact.run, (commit, fact))
        return found

    def _record(self, run: str, *, with_steps: bool) -> RunRecord:
        commit, opened = self._openings()[run]
        moves = [
            (at.at, fact) for _, at, fact in self._all() if isinstance(fact, RunMoved) and fact.run == run
        ]
        waves = {fact.wave: fact.state for fact in self._of(WaveMoved) if fact.run == run}
        steps = {fact.point: _step(fact) for fact in self._of(PointRead) if fact.run == run}
        pending: dict[tuple[str, int], PendingIntent] = {}
        attempts: dict[str, int] = {}
        for _, _, fact in self._all():
            match fact:
                case IntentRecorded(run=its, device=device, attempt=attempt) if its == run:
                    pending[device, attempt] = _pending(fact)
                    attempts[device] = max(attempt, attempts.get(device, 0))
                case OutcomeRecorded(run=its, device=device, attempt=attempt) if its == run:
                    pending.pop((device, attempt), None)
        return RunRecord(
            run=run,
            action=opened.action,
            plan=opened.plan,
            playbook=opened.playbook,
            level=opened.level,
            inventory=opened.inventory,
            profiles=opened.profiles,
            state=moves[-1][1].state if moves else RunState.RUNNING,
            opened_at=commit.at,
            moved_at=moves[-1][0] if moves else commit.at,
            actor=commit.actor.id,
            joins=opened.joins,
            steps=tuple(steps[point] for point in sorted(steps, key=lambda one: one.order))
            if with_steps
            else (),
            waves_done=frozenset(wave for wave, state in waves.items() if state is WaveState.DONE),
            pending=tuple(pending.values()),
            attempts=attempts if with_steps else {},
            startups=last_told(self._told(run)) if with_steps else {},
            evidence=tuple(fact for fact in self._of(EvidenceTaken) if fact.run == run) if with_steps else (),
        )

    # --- holds of one point -------------------------------------------------------------------------

    def _held(self) -> set[PointId]:
        return {hold.key.point for hold in self.open_holds()}

    def _free_until(self, point: PointId) -> int:
        """The position at which the point's last hold ended; -1 where it never was held before."""
        holders: set[HoldKey] = set()
        freed = -1
        for position, _, fact in self._all():
            match fact:
                case HoldOpened(run=run, subject=subject, point=at) if at.id == point:
                    holders.add(HoldKey(run, subject, point))
                case HoldEnded(run=run, subject=subject, point=at_id) if at_id == point and holders:
                    holders.discard(HoldKey(run, subject, point))
                    if not holders:
                        freed = position
        return freed

    def _first_hold(self, point: PointId) -> int:
        free = self._free_until(point)
        return next(
            position
            for position, _, fact in self._all()
            if position > free and isinstance(fact, HoldOpened) and fact.point.id == point
        )

    def _baseline(self, point: PointId) -> tuple[int, Baseline] | None:
        """The last one taken while the point was free, else the first one after."""
        free, first = self._free_until(point), self._first_hold(point)
        taken = [
            (position, Baseline(point, fact.state, fact.read_at, fact.run))
            for position, _, fact in self._all()
            if position > free and isinstance(fact, BaselineTaken) and fact.point.id == point
        ]
        before = [one for one in taken if one[0] < first]
        return before[-1] if before else taken[0] if taken else None


def _step(read: PointRead) -> StepRecord:
    return StepRecord(
        read.point,
        read.point.device,
        read.outcome,
        read.proof.value,
        read.state,
        read.read_at,
        read.cause,
        read.method.value,
    )


def _pending(intent: IntentRecorded) -> PendingIntent:
    steps = tuple((point, method.value) for point, method in intent.steps)
    return PendingIntent(intent.run, intent.wave, intent.device, intent.attempt, intent.action, steps)
