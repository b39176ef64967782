"""The latest reading of every point that was ever held, folded once from the log: a look reads only what came
since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from threading import Lock

from sqlalchemy import ColumnElement, func, select

from controller.domain.facts import HoldOpened, PointRead
from controller.domain.inventory import PointId
from controller.engine.ports import StepRecord
from controller.store import schema
from controller.store.moment import Found, Moment
from controller.store.runs import step


class Readings:
    """Safe to call from many threads. ``changes`` counts the readings that told something new of a point: one
    that says again what was known is none."""

    def __init__(self) -> None:
        self.changes = 0
        self._lock = Lock()
        self._reads: dict[PointId, StepRecord] = {}
        self._through = 0

    def latest(self, moment: Moment) -> Mapping[PointId, StepRecord]:
        read, hold = schema.point_read, schema.hold
        with self._lock:
            since = self._through
            found = list(_of_points_held(moment, hold.c.entry > since))
            if since:  # of points held before
                found += moment.facts(read, read.c.entry > since)
            self.changes += _take(found, self._reads)
            self._through = max(since, moment.seq)
            reads = dict(self._reads)
        for point in {one.fact.point.id for one in moment.late if isinstance(one.fact, HoldOpened)}:
            # Perhaps held for the first time, and read before that.
            its = select(func.max(read.c.id)).where(
                read.c.device == point.device,
                read.c.object == point.object,
                read.c.vlan.is_not_distinct_from(point.vlan),
            )
            _take(moment.facts(read, read.c.id.in_(its)), reads)
        _take(moment.late, reads)
        return reads


def _take(found: Iterable[Found], reads: dict[PointId, StepRecord]) -> int:
    """How many of them told something new."""
    changes = 0
    for one in found:
        if isinstance(one.fact, PointRead):
            read, before = step(one.fact), reads.get(one.fact.point)
            reads[one.fact.point] = read
            changes += before is None or replace(before, read_at=read.read_at) != read
    return changes


def _of_points_held(moment: Moment, which: ColumnElement[bool]) -> Iterator[Found]:
    """One step in the index for each point with such a hold."""
    read, hold = schema.point_read, schema.hold
    points = select(hold.c.device, hold.c.object, hold.c.vlan).where(which).distinct().subquery()
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
