"""One share of the crash campaign, as the tests of a cut and of a restore run it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache

from tests.faults.conftest import CRASH
from tests.faults.crash import FULL, Ground, Point, Series, points_of, strike

SHARES = 10
"""How many tests a series is divided into."""

ONE_IN = {Series.KILLED: 50, Series.FROZEN: 50}
"""Outside the full campaign a sample: of a killed controller both sides of every commit and one in so many of
the other points; of a frozen one, whose lead is taken over only after a second of silence, one in so many."""


@cache
def _points(ground: Ground, action: str) -> tuple[Point, ...]:
    return points_of(ground, action)


def _struck(points: Sequence[Point], series: Series) -> Sequence[Point]:
    if FULL:
        return points
    if series is Series.FROZEN:
        return points[:: ONE_IN[series]]
    others = [point for point in points if not point.commit][:: ONE_IN[series]]
    return [point for point in points if point.commit or point in others]


def run_share(
    ground: Ground, action: str, series: Series, share: int, record_property: Callable[[str, object], None]
) -> None:
    points = _points(ground, action)
    mine = _struck(points, series)[share::SHARES]
    trials = [strike(ground, action, series, point) for point in mine]
    part = {
        "action": "cut" if action == "isolate" else action,
        "series": series.value,
        "commits": len({point.commit for point in points if point.commit}),
        "points": len(points),
        "struck": len(trials),
        "survived": sum(not trial.violations for trial in trials),
        "doubted": sum(trial.doubted for trial in trials),
    }
    record_property(CRASH, json.dumps(part))
    assert not [violation for trial in trials for violation in trial.violations]
