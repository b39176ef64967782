"""The latest reading of every point that was ever held, folded once from the log: a look reads only what came
since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from threading import Lock

from sqlalchemy import func, select

from controller.domain.facts import HoldOpened, PointRead
from controller.domain.inventory import PointId
from controller.engine.ports import StepRecord
from controller.store import schema
from controller.store.moment import Found, Moment
from controller.store.runs import step


class Readings:
    """Safe to call from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._changes = 0
        self._reads: dict[PointId, StepRecord] = {}
        self._held: frozenset[PointId] = frozenset()
        self._of_held: dict[PointId, StepRecord] = {}
        self._through = 0

    def changes(self, moment: Moment) -> int:
        """How many readings told something new of a point: one that says again what was known is none."""
        with self._lock:
            self._follow(moment)
            return self._changes

    def latest(self, moment: Moment, held: frozenset[PointId]) -> Mapping[PointId, StepRecord]:
        """Of the points that are ``held``."""
        with self._lock:
            self._follow(moment)
            if not moment.late:
                if held is not self._held:
                    of_held = {point: read for point, read in self._reads.items() if point in held}
                    self._held, self._of_held = held, of_held
                return dict(self._of_held)
            reads = dict(self._reads)
        _take_late(moment, reads)
        return {point: read for point, read in reads.items() if point in held}

    def _follow(self, moment: Moment) -> None:
        """Called with the lock held."""
        since = self._through
        if moment.seq <= since:
            return
        found = [*_of_points_held(moment, since)]
        if since:  # of points held before
            found += moment.later(schema.point_read, since)
        self._changes += _take(found, self._reads)
        for one in found:
            if isinstance(one.fact, PointRead) and one.fact.point in self._held:
                self._of_held[one.fact.point] = self._reads[one.fact.point]
        self._through = moment.seq


def _take_late(moment: Moment, reads: dict[PointId, StepRecord]) -> None:
    read = schema.point_read
    for point in {one.fact.point.id for one in moment.late if isinstance(one.fact, HoldOpened)}:
        # Perhaps held for the first time, and read before that.
        its = select(func.max(read.c.id)).where(
            read.c.device == point.device,
            read.c.object == point.object,
            read.c.vlan.is_not_distinct_from(point.vlan),
        )
        _take(moment.facts(read, read.c.id.in_(its)), reads)
    _take(moment.late, reads)


def _take(found: Iterable[Found], reads: dict[PointId, StepRecord]) -> int:
    """How many of them told something new."""
    changes = 0
    for one in found:
        if isinstance(one.fact, PointRead):
            read, before = step(one.fact), reads.get(one.fact.point)
            reads[one.fact.point] = read
            changes += before is None or replace(before, read_at=read.read_at) != read
    return changes


def _of_points_held(moment: Moment, since: int) -> Iterator[Found]:
    """One step in the index for each point with a hold later than the entry ``since``."""
    read, hold = schema.point_read, schema.hold
    later = hold.c.entry > since
    if moment.connection.execute(select(hold.c.id).where(later).limit(1)).first() is None:
        return iter(())
    points = select(hold.c.device, hold.c.object, hold.c.vlan).where(later).distinct().subquery()
    latest = (
        select(func.max(read.c.id))
        .where(
            read.c.device == points.c.device,
            read.c.object == points.c.object,
            read.c.vlan.is_not_distinct_from(points.c.vlan),
        )
        .correlate(points)
        .scalar_subquery()
    )
    return moment.facts(read, read.c.id.in_(select(latest).select_from(points)))
