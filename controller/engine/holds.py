"""The holds of a home, kept in memory by its leader: which runs claim which points, and since what state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from threading import Lock

from controller.domain.errors import JournalUnavailable
from controller.domain.facts import BaselineTaken, Fact, HoldEnded, HoldOpened, IntentRecorded, PointRead
from controller.domain.hold import Baseline, Hold, HoldKey
from controller.domain.inventory import Method, PointId
from controller.domain.playbook import Action
from controller.domain.profile import State
from controller.engine.ports import Clock, History


class HoldBook:
    """Follows the facts as they are committed, so that it is right also while the database is not.

    ``blind``: the history could not be read, so nobody knows what is held. A cut goes on without it, and what
    it then claims is assumed. Safe to call from many threads.
    """

    def __init__(self, history: History, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._holds: dict[HoldKey, Hold] = {}
        self._baselines: dict[PointId, Baseline] = {}
        self._methods: dict[PointId, list[Method]] = {}
        self._left: dict[PointId, State | None] = {}
        self._keys: dict[PointId, set[HoldKey]] = defaultdict(set)
        self.blind = False
        try:
            self._load(history)
        except JournalUnavailable:
            self.blind = True

    def _load(self, history: History) -> None:
        self._holds = {hold.key: hold for hold in history.open_holds()}
        self._baselines = dict(history.baselines())
        self._methods = {point: list(methods) for point, methods in history.methods_sent().items()}
        self._left = {point: read.state for point, read in history.last_reads().items()}
        for key in self._holds:
            self._keys[key.point].add(key)

    def apply(self, facts: Iterable[Fact]) -> None:
        with self._lock:
            for fact in facts:
                self._apply(fact)

    def holds(self) -> tuple[Hold, ...]:
        """Every open hold, oldest first."""
        with self._lock:
            return tuple(
                sorted(self._holds.values(), key=lambda hold: (hold.opened_at, hold.key.point.order))
            )

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

    def methods(self, point: PointId) -> tuple[Method, ...]:
        """What was sent at the point since its baseline, in order."""
        with self._lock:
            return tuple(self._methods.get(point, ()))

    def as_left(self, point: PointId) -> State | None:
        """The state last read at the point: how Cordon left it."""
        with self._lock:
            return self._left.get(point)

    def _apply(self, fact: Fact) -> None:
        match fact:
            case BaselineTaken(run=run, point=point, state=state, read_at=read_at):
                self._baselines.setdefault(point.id, Baseline(point.id, state, read_at, run))
            case HoldOpened(run=run, subject=subject, point=point, method=method, attribution=attribution):
                key = HoldKey(run, subject, point.id)
                self._holds[key] = Hold(key, point, method, attribution, self._clock.now())
                self._keys[point.id].add(key)
            case HoldEnded(run=run, subject=subject, point=point_id):
                self._end(HoldKey(run, subject, point_id))
            case IntentRecorded(action=Action.ISOLATE, steps=steps):
                for point_id, method in steps:
                    self._methods.setdefault(point_id, []).append(method)
            case PointRead(point=point_id, state=state) if state is not None:
                self._left[point_id] = state
            case _:
                pass

    def _end(self, key: HoldKey) -> None:
        self._holds.pop(key, None)
        keys = self._keys.get(key.point, set())
        keys.discard(key)
        if not keys:
            self._keys.pop(key.point, None)
            self._baselines.pop(key.point, None)
            self._methods.pop(key.point, None)
            self._left.pop(key.point, None)


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
