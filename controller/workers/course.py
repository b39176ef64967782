"""How far a run has come over time, and when it will have come farther: estimated from what it took so far,
not from anything known beforehand, and not at all while too little is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MILESTONES = (50, 90, 100)
"""Percent of a run's points with the proof wanted."""

FEWEST = 3
"""Answers, at moments of their own, before anything is estimated."""


@dataclass(frozen=True, slots=True)
class Moment:
    """``seconds`` since the run began, ``known`` points by then."""

    seconds: float
    known: int


class Reach(StrEnum):
    """What can be said of a milestone; the text is ``course.<value>``."""

    REACHED = "reached"
    EXPECTED = "expected"
    UNKNOWN = "unknown"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Milestone:
    """``seconds`` from the run's beginning to when it was reached; from now where it is expected; else 0.
    ``out``: so many points ended without their proof that it is not reached by itself."""

    percent: int
    reach: Reach
    seconds: float = 0.0


def course(moments: Sequence[Moment], total: int, now: float, lacking: int = 0) -> tuple[Milestone, ...]:
    """One for each of :data:`MILESTONES`. ``now`` in seconds since the run began; ``lacking``: points that
    ended without their proof.

    What is left is taken to go on as fast as it went between the first answer and now, so that a run which
    stands still is expected later with every second."""
    known = moments[-1].known if moments else 0
    pace = _pace(moments, now)
    return tuple(_milestone(percent, moments, total, known, pace, lacking) for percent in MILESTONES)


def _milestone(
    percent: int, moments: Sequence[Moment], total: int, known: int, pace: float, lacking: int
) -> Milestone:
    needed = -(-percent * total // 100)
    at = next((each.seconds for each in moments if total and each.known >= needed), None)
    if at is not None:
        return Milestone(percent, Reach.REACHED, at)
    if needed > total - lacking:
        return Milestone(percent, Reach.OUT)
    if pace <= 0:
        return Milestone(percent, Reach.UNKNOWN)
    return Milestone(percent, Reach.EXPECTED, (needed - known) / pace)


def _pace(moments: Sequence[Moment], now: float) -> float:
    """Points a second; 0 while it cannot be told."""
    if len({each.seconds for each in moments}) < FEWEST:
        return 0.0
    first, last = moments[0], moments[-1]
    lasted = max(now, last.seconds) - first.seconds
    return (last.known - first.known) / lasted
