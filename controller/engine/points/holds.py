"""The holds of a home, kept in memory by its leader: which runs claim which points, and since what state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from controller.domain.errors import JournalUnavailable
from controller.domain.facts import (
    BaselineTaken,
    Fact,
    HoldEnded,
    HoldOpened,
    IntentRecorded,
    Noted,
    OutcomeRecorded,
    PointRead,
)
from controller.domain.hold import Baseline, Hold, HoldKey
from controller.domain.inventory import Method, PointId
from controller.domain.lifecycle import OVER, RunState
from controller.domain.limit import LIMIT, Limit, limit_of
from controller.domain.playbook import Action
from controller.domain.profile.reading import State
from controller.domain.proof import Outcome, Proof
from controller.domain.timer import TIMER, Timer, timer_of, timers
from controller.engine.ports import Clock, History, RunRecord, StepRecord

CLAIMED_BACK = "claimed-back"
"""The cause of a claim that a point was brought back: said of a cut, it proves nothing."""


class Attempt(NamedTuple):
    run: str
    device: str
    number: int


class HoldBook:
    """Follows the facts as they are committed, so that it is right also while the database is not.

    ``unread``: why the history could not be read, where nobody knows what is held. A cut goes on without it,
    and what it then claims is assumed. Safe to call from many threads.
    """

    def __init__(self, history: History, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._holds: dict[HoldKey, Hold] = {}
        self._sorted: tuple[Hold, ...] | None = None
        self._baselines: dict[PointId, Baseline] = {}
        self._methods: dict[PointId, list[Method]] = {}
        self._left: dict[PointId, State | None] = {}
        self._claimed: set[PointId] = set()
        self._keys: dict[PointId, set[HoldKey]] = defaultdict(set)
        self._unsettled: dict[Attempt, tuple[Action, frozenset[PointId]]] = {}
        self._timers: dict[tuple[str, int, str], Timer] = {}
        self._earlier: frozenset[tuple[str, int, str]] = frozenset()
        self._limits: dict[PointId, list[Limit]] = {}
        self.unread: JournalUnavailable | None = None
        try:
            self._load(history)
        except JournalUnavailable as error:
            self.unread = error

    def _load(self, history: History) -> None:
        self._holds = {hold.key: hold for hold in history.open_holds()}
        self._baselines = dict(history.baselines())
        self._methods = {point: list(methods) for point, methods in history.methods_sent().items()}
        for key in self._holds:
            self._keys[key.point].add(key)
        self._claimed = {point for point, read in history.last_reads().items() if claims_cut(read)}
        noted = timers(note for _, note in history.noted(TIMER))
        self._timers = {timer.key: timer for timer in noted if timer.open}
        self._earlier = frozenset(self._timers)
        for _, note in history.noted(LIMIT):
            self._limited(limit_of(note))
        runs = history.runs()
        self._left = left_states(history, runs, self._keys, self._baselines)
        for run in runs:
            if run.state not in OVER:
                for intent in run.pending:
                    points = tuple(point for point, _ in intent.steps)
                    self._intended(Attempt(intent.run, intent.device, intent.attempt), intent.action, points)

    @property
    def blind(self) -> bool:
        return self.unread is not None

    def apply(self, facts: Iterable[Fact]) -> None:
        with self._lock:
            for fact in facts:
                self._apply(fact)

    def holds(self) -> tuple[Hold, ...]:
        """Every open hold, oldest first."""
        with self._lock:
            if self._sorted is None:
                by_age = sorted(self._holds.values(), key=lambda hold: (hold.opened_at, hold.key.point.order))
                self._sorted = tuple(by_age)
            return self._sorted

    def holders(self, point: PointId) -> frozenset[HoldKey]:
        with self._lock:
            return frozenset(self._keys.get(point, ()))

    def hold(self, key: HoldKey) -> Hold | None:
        with self._lock:
            return self._holds.get(key)

    def baseline(self, point: PointId) -> Baseline | None:
        """None: the point has no open hold, its present state is its baseline-to-be."""
        with self._lock:
            return self._baselines.get(point)

    def untouched(self, point: PointId) -> bool:
        """Whether nothing was ever read at or sent to the point since its first hold."""
        with self._lock:
            return point not in self._baselines and not self._methods.get(point)

    def claimed(self, point: PointId) -> bool:
        """Whether a person said they cut the point, and nothing was read there since."""
        with self._lock:
            return point in self._claimed

    def seen(self, points: Iterable[PointId]) -> None:
        """The points were read: nobody's word counts for them any more."""
        with self._lock:
            self._claimed.difference_update(points)

    def methods(self, point: PointId) -> tuple[Method, ...]:
        """What was sent at the point since its baseline, in order."""
        with self._lock:
            return tuple(self._methods.get(point, ()))

    def as_left(self, point: PointId) -> State | None:
        """How Cordon left the point: as it was read after the last line sent there. None: nobody knows."""
        with self._lock:
            return self._left.get(point)

    def limit(self, point: PointId) -> Limit | None:
        """What the point lets through, as a return wrote it or meant to; None: nothing, or cut since."""
        with self._lock:
            known = self._limits.get(point)
            return known[-1] if known and known[-1].open else None

    def former(self, point: PointId) -> tuple[str, ...]:
        """Every network a return let through there since the point's baseline, or may have."""
        with self._lock:
            known = self._limits.get(point, ())
            return tuple(dict.fromkeys(network for each in known for network in each.networks))

    def timers(self, device: str) -> tuple[Timer, ...]:
        """Those of returns to the device that are on record as running."""
        with self._lock:
            return tuple(timer for timer in self._timers.values() if timer.device == device)

    def timed(self) -> frozenset[str]:
        """The devices with such timers."""
        with self._lock:
            return frozenset(timer.device for timer in self._timers.values())

    def from_before(self, timer: Timer) -> bool:
        """Whether it was begun by an earlier process."""
        return timer.key in self._earlier

    def doubtful(self, device: str) -> frozenset[PointId]:
        """Its held points to which something was sent, and nobody knows what became of it."""
        with self._lock:
            return frozenset(
                point
                for point in self._keys
                if point.device == device and point in self._left and self._left[point] is None
            )

    def unsettled(self, point: PointId, action: Action) -> bool:
        """Whether lines may have been sent there of which nobody has read yet what they did."""
        with self._lock:
            return any(did is action for did, points in self._unsettled.values() if point in points)

    def intended(self, run: str, device: str, number: int) -> frozenset[PointId]:
        """The points of an attempt that is not settled; none where that is not known."""
        with self._lock:
            return self._unsettled.get(Attempt(run, device, number), (None, frozenset[PointId]()))[1]

    def _apply(self, fact: Fact) -> None:
        match fact:
            case BaselineTaken(run=run, point=point, state=state, read_at=read_at):
                self._baselines.setdefault(point.id, Baseline(point.id, state, read_at, run))
            case HoldOpened(run=run, subject=subject, point=point, method=method, attribution=attribution):
                key = HoldKey(run, subject, point.id)
                before = self._holds.get(key)
                opened_at = before.opened_at if before else self._clock.now()
                self._holds[key] = Hold(key, point, method, attribution, opened_at)
                self._sorted = None
                self._keys[point.id].add(key)
            case HoldEnded(run=run, subject=subject, point=point_id):
                self._end(HoldKey(run, subject, point_id))
            case IntentRecorded(action=action, steps=steps):
                for point_id, method in steps if action is Action.ISOLATE else ():
                    self._methods.setdefault(point_id, []).append(method)
                attempt = Attempt(fact.run, fact.device, fact.attempt)
                self._intended(attempt, action, [point_id for point_id, _ in steps])
            case OutcomeRecorded(run=run, device=device, attempt=number):
                self._unsettled.pop(Attempt(run, device, number), None)
            case PointRead():
                self._read(fact)
            case Noted(subject=subject) if subject == LIMIT:
                self._limited(limit_of(fact))
            case Noted(subject=subject) if subject == TIMER:
                timer = timer_of(fact)
                self._timers.pop(timer.key, None)
                if timer.open:
                    self._timers[timer.key] = timer
                    self._earlier -= {timer.key}
            case _:
                pass

    def _read(self, read: PointRead) -> None:
        claimed = read.proof is Proof.CLAIMED and read.wanted is Action.ISOLATE
        if claimed:
            self._claimed.add(read.point)
        else:
            self._claimed.discard(read.point)
        sent = read.outcome is not Outcome.NOT_ATTEMPTED
        if read.state is not None:
            if sent or (read.wanted is Action.ISOLATE and self._left.get(read.point) is None):
                self._left[read.point] = read.state
        elif read.cause == CLAIMED_BACK or (claimed and sent and read.outcome is not Outcome.NOT_SENT):
            self._left[read.point] = None  # a person was there: how Cordon left it says nothing any more

    def _limited(self, limit: Limit) -> None:
        baseline = self._baselines.get(limit.point)
        if baseline is not None and baseline.run == limit.since:
            self._limits.setdefault(limit.point, []).append(limit)

    def _intended(self, attempt: Attempt, action: Action, points: Iterable[PointId]) -> None:
        self._unsettled[attempt] = (action, frozenset(points))
        self._left.update(dict.fromkeys(points))

    def _end(self, key: HoldKey) -> None:
        self._holds.pop(key, None)
        self._sorted = None
        keys = self._keys.get(key.point, set())
        keys.discard(key)
        if not keys:
            self._keys.pop(key.point, None)
            self._baselines.pop(key.point, None)
            self._methods.pop(key.point, None)
            self._left.pop(key.point, None)
            self._claimed.discard(key.point)
            self._limits.pop(key.point, None)


def claims_cut(read: StepRecord) -> bool:
    """Whether a person stands for the point being cut."""
    return read.proof == Proof.CLAIMED and read.cause != CLAIMED_BACK


def left_states(
    history: History,
    runs: Iterable[RunRecord],
    held: Mapping[PointId, Collection[HoldKey]],
    baselines: Mapping[PointId, Baseline],
) -> dict[PointId, State | None]:
    """How Cordon left each held point. A reading after which nothing was sent (drift, found cut already) does
    not count while there is one after a line of ours; a restore's counts only so, and of this hold only."""
    left: dict[PointId, State | None] = {}
    asked: set[PointId] = set()
    for point, read in history.last_reads().items():
        if read.cause == CLAIMED_BACK:
            left[point] = None
        elif read.outcome in (Outcome.NOT_ATTEMPTED, Outcome.NOT_SENT):
            asked.add(point)
        else:
            left[point] = read.state
    holding = {key.run for point in asked for key in held.get(point, ())}
    latest: dict[PointId, tuple[bool, datetime]] = {}
    for run in runs:
        restoring = run.action is Action.RESTORE
        if not asked or (run.run not in holding and not (restoring and run.state is not RunState.FINISHED)):
            continue
        for step in history.run(run.run).steps:
            if step.point not in asked or step.state is None or step.read_at is None:
                continue
            taken = baselines.get(step.point)
            if restoring and (taken is None or step.read_at < taken.read_at):
                continue
            if not restoring and run.run not in {key.run for key in held[step.point]}:
                continue
            rank = (step.outcome is not Outcome.NOT_ATTEMPTED, step.read_at)
            if (rank[0] or not restoring) and (step.point not in latest or rank > latest[step.point]):
                latest[step.point], left[step.point] = rank, step.state
    return left


def returning(
    holds: Sequence[Hold], ends: Collection[HoldKey]
) -> tuple[Mapping[PointId, tuple[Hold, ...]], tuple[HoldKey, ...]]:
    """What letting go of ``ends`` means: the points whose last hold goes (with all their holds), and the
    holds that end at points another hold keeps cut."""
    by_point: dict[PointId, list[Hold]] = defaultdict(list)
    for hold in holds:
        by_point[hold.key.point].append(hold)
    opening: dict[PointId, tuple[Hold, ...]] = {}
    kept: list[HoldKey] = []
    for point, held in by_point.items():
        ending = [hold for hold in held if hold.key in ends]
        if ending and len(ending) == len(held):
            opening[point] = tuple(held)
        else:
            kept.extend(hold.key for hold in ending)
    return opening, tuple(sorted(kept))
