"""Whether somebody else changed a point: since Cordon left it, or while Cordon was at it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from controller.domain.inventory import PointId
from controller.domain.playbook import Action
from controller.domain.profile.reading import State
from controller.engine.points.holds import HoldBook
from controller.engine.points.reading import configured, read_partly
from controller.engine.points.renderer import PointContext, isolations, limitation
from controller.engine.points.track import Track

_WAS = "was."


def drifted(book: HoldBook, track: Track, state: State) -> bool:
    """Whether a person changed the point since Cordon left it."""
    baseline = book.baseline(track.point)
    known = baseline.state if baseline is not None and baseline.state is not None else {}
    before = {name: {value} for name, value in known.items()}
    before.update({name: set(values) for name, values in track.rendering.expect.items()})
    may_be = as_it_may_be(book, track.point, track.context, before)
    found = configured(track.context, state).items()
    return any(value not in may_be[name] for name, value in found if may_be[name])


def as_it_may_be(
    book: HoldBook,
    point: PointId,
    context: PointContext,
    before: Mapping[str, set[str]] | None = None,
) -> Mapping[str, set[str]]:
    """The values that are Cordon's own doing, by configured field. Where nobody read how the point was left,
    every field may be as before the cut or as the cut wanted it; half-way through a restore that died, as
    left or as before the cut. A field without values may have any. ``before``: where it is not what the
    baseline says."""
    if before is None:
        baseline = book.baseline(point)
        state = baseline.state if baseline is not None and baseline.state is not None else {}
        before = {name: {state[name]} for name in context.spec.config if name in state}
    may_be = {name: set(before.get(name, ())) for name in context.spec.config}
    left = book.as_left(point)
    if left is None:
        for method in book.methods(point):
            for sent in isolations(context, method):
                for name, values in sent.expect.items():
                    may_be.setdefault(name, set()).update(values)
    else:
        restoring = book.unsettled(point, Action.RESTORE)
        for name, value in configured(context, left).items():
            may_be[name] = {value, *(may_be.get(name, ()) if restoring else ())}
    _let_through(book, point, context, may_be)
    return may_be


def _let_through(book: HoldBook, point: PointId, context: PointContext, may_be: dict[str, set[str]]) -> None:
    """Adds what a return lets through there, or means to."""
    limit, limiting, baseline = book.limit(point), context.spec.limiting, book.baseline(point)
    if limit is None or limiting is None or baseline is None or baseline.state is None:
        return
    for each in limitation(context, book.methods(point), baseline.state, limit.networks) or ():
        for name, values in each.expect.items():
            if name in may_be:
                may_be[name].update(values)
    if book.unsettled(point, Action.RESTORE):  # it is written line by line: any part of it may be there
        may_be.update({name: set() for name in limiting[1].limited if name in may_be})


def undone_by(track: Track) -> frozenset[str]:
    """The configured fields that the method whose turn it is goes by or changes, and those its restore goes
    by: what they were before matters, and a reading afterwards no longer tells."""
    spec, rendering = track.context.spec, track.rendering
    found = {name for name in (*rendering.when, *rendering.expect) if name in spec.config}
    for clause in spec.methods[track.rendering.method].restore:
        found.update(clause.when)
        for line in clause.send:
            found.update(name.removeprefix(_WAS) for name in line.send.names if name.startswith(_WAS))
    return frozenset(found)


def changed_meanwhile(track: Track, first: State | None, before: Mapping[str, str]) -> bool:
    """Whether the answers ``before`` the change, as far as they go, are not as the state on record says:
    somebody else was there."""
    again = configured(track.context, read_partly(track.context, before))
    return first is not None and any(first.get(name, value) != value for name, value in again.items())
