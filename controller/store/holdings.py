"""Which points are held, since what state and by what means: the fold of the facts about holds."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from controller.domain.facts import BaselineTaken, Fact, HoldEnded, HoldOpened, IntentRecorded
from controller.domain.hold import Baseline, Ending, Hold, HoldKey
from controller.domain.inventory import Method, PointId
from controller.domain.playbook import Action


class Holdings:
    """Facts are applied in the order of the log.

    A hold opened again while open keeps its time and takes the new method and attribution. A baseline counts
    from the time its point was last free: the latest before the first hold, or, if there was none, the first
    after. Methods are those sent to isolate the point since then."""

    def __init__(self) -> None:
        self._holds: dict[HoldKey, Hold] = {}
        self._holders: dict[PointId, set[HoldKey]] = {}
        self._baselines: dict[PointId, Baseline] = {}
        self._methods: dict[PointId, list[Method]] = {}
        self._open: Counter[str] = Counter()
        self._returned: dict[str, set[PointId]] = {}
        self._told: tuple[tuple[Hold, ...], frozenset[PointId]] | None = None

    def copy(self) -> Holdings:
        twin = Holdings()
        twin._holds = dict(self._holds)
        twin._holders = {point: set(keys) for point, keys in self._holders.items()}
        twin._baselines = dict(self._baselines)
        twin._methods = {point: list(methods) for point, methods in self._methods.items()}
        twin._open = Counter(self._open)
        twin._returned = {name: set(points) for name, points in self._returned.items()}
        return twin

    def apply(self, fact: Fact, at: datetime) -> None:
        if isinstance(fact, HoldOpened | HoldEnded):
            self._told = None
        match fact:
            case BaselineTaken(run=run, point=point, state=state, read_at=read_at):
                if point.id not in self._holders or point.id not in self._baselines:
                    self._baselines[point.id] = Baseline(point.id, state, read_at, run)
                    self._forget_methods(point.id)
            case HoldOpened(run=run, subject=subject, point=point, method=method, attribution=attribution):
                key = HoldKey(run, subject, point.id)
                before = self._holds.get(key)
                opened_at = before.opened_at if before else at
                self._holds[key] = Hold(key, point, method, attribution, opened_at)
                self._holders.setdefault(point.id, set()).add(key)
                self._open[subject] += before is None
                self._returned.get(subject, set()).discard(point.id)
            case HoldEnded(run=run, subject=subject, point=point_id, ending=ending):
                self._end(HoldKey(run, subject, point_id), ending)
            case IntentRecorded(action=Action.ISOLATE, steps=steps):
                for point_id, method in steps:
                    self._methods.setdefault(point_id, []).append(method)
            case _:
                pass

    def holds(self) -> tuple[Hold, ...]:
        """In the order in which they were opened. The same object as before where nothing was opened or
        ended since; so is what ``held`` tells."""
        return self._tell()[0]

    def held(self) -> frozenset[PointId]:
        return self._tell()[1]

    def baselines(self) -> dict[PointId, Baseline]:
        return {point: base for point, base in self._baselines.items() if point in self._holders}

    def methods(self) -> dict[PointId, tuple[Method, ...]]:
        return {point: tuple(sent) for point, sent in self._methods.items() if point in self._holders}

    def returned(self) -> dict[str, frozenset[PointId]]:
        """By subject, the points that came back while others of it are held."""
        return {name: frozenset(points) for name, points in self._returned.items() if points}

    def _tell(self) -> tuple[tuple[Hold, ...], frozenset[PointId]]:
        if self._told is None:
            self._told = (tuple(self._holds.values()), frozenset(self._holders))
        return self._told

    def _end(self, key: HoldKey, ending: Ending) -> None:
        known = self._holds.pop(key, None)
        keys = self._holders.get(key.point)
        if keys is None:
            return
        keys.discard(key)
        self._open[key.subject] -= known is not None
        back = known is not None and ending is Ending.RESTORE
        if not self._open[key.subject]:
            self._returned.pop(key.subject, None)
        elif back and key.subject not in {each.subject for each in keys}:
            self._returned.setdefault(key.subject, set()).add(key.point)
        if not keys:
            del self._holders[key.point]
            self._baselines.pop(key.point, None)
            self._methods.pop(key.point, None)

    def _forget_methods(self, point: PointId) -> None:
        """What was sent before a free point's state was read is part of that state."""
        if point not in self._holders:
            self._methods.pop(point, None)
