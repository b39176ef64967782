"""What an isolation puts on record before it touches a point: its baseline and the run's holds.

Attribution decides whether a later restore needs a person: a point read open and then cut is ours; one found
cut when its first hold began is foreign, its baseline is cut; one that nobody can vouch for is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from controller.domain.facts import BaselineTaken, Fact, HoldOpened
from controller.domain.hold import Attribution, HoldKey
from controller.domain.limit import Limit, LimitState
from controller.domain.plan import Step
from controller.domain.playbook import Action
from controller.domain.profile.reading import State
from controller.domain.proof import Outcome, Proof
from controller.engine.execution.running import Running
from controller.engine.points.reading import judge
from controller.engine.points.track import Track


def claims(running: Running, track: Track, state: State | None, read_at: datetime) -> Iterator[Fact]:
    """The baseline, where the point is not held yet, and this run's holds; nothing already on record. What
    was let through there is at its end."""
    baseline = running.book.baseline(track.point)
    if baseline is None:
        yield BaselineTaken(running.run, track.step.point, state, read_at)
    attribution = _attribution(running, track, state)
    limit = running.book.limit(track.point)
    if limit is not None:
        yield replace(limit, state=LimitState.OVER).fact()
    for subject in track.step.subjects:
        hold = running.book.hold(HoldKey(running.run, subject, track.point))
        if hold is None or _DOUBT[hold.attribution] < _DOUBT[attribution]:
            yield HoldOpened(running.run, subject, track.step.point, track.rendering.method, attribution)


def unmet(running: Running, steps: Iterable[Step]) -> Iterator[Fact]:
    """The run's holds at points it could not even read: wanted cut, nothing sent, nothing known. They count
    as not cut until somebody gets there; a restore has nothing to undo at them."""
    for step in steps:
        for subject in step.subjects:
            if running.book.hold(HoldKey(running.run, subject, step.point.id)) is None:
                yield HoldOpened(running.run, subject, step.point, step.rendering.method, Attribution.OURS)


def let_through(running: Running, track: Track, state: LimitState) -> Iterator[Fact]:
    """What a restore lets through at a point it leaves held."""
    limited, baseline = running.limited_at(track.point), running.book.baseline(track.point)
    if limited is not None and baseline is not None:
        yield Limit(track.point, running.run, limited.towards, limited.networks, baseline.run, state).fact()


def doubt(running: Running, track: Track) -> Iterator[Fact]:
    """The run's holds again, now assumed: somebody else changed the point while it was being cut."""
    for subject in track.step.subjects:
        yield HoldOpened(running.run, subject, track.step.point, track.rendering.method, Attribution.ASSUMED)


def _attribution(running: Running, track: Track, state: State | None) -> Attribution:
    baseline = running.book.baseline(track.point)
    cut = judge(track.rendering.expect, state) is Proof.CONFIRMED
    if baseline is None:
        if state is None or running.book.blind:
            return Attribution.ASSUMED
        return Attribution.FOREIGN if cut else Attribution.OURS
    if baseline.state is None:
        return Attribution.ASSUMED
    unsettled = running.book.unsettled(track.point, Action.ISOLATE)
    if cut and (track.blind or (track.outcome is Outcome.NOT_ATTEMPTED and unsettled)):
        return Attribution.ASSUMED
    holders = (running.book.hold(key) for key in running.book.holders(track.point))
    return max(
        (hold.attribution for hold in holders if hold is not None),
        key=_DOUBT.__getitem__,
        default=Attribution.OURS,
    )


_DOUBT = {Attribution.OURS: 0, Attribution.FOREIGN: 1, Attribution.ASSUMED: 2}
