"""Whether somebody else changed a point: since Cordon left it, or while Cordon was at it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from controller.domain.playbook import Action
from controller.domain.profile import State
from controller.engine.points.holds import HoldBook
from controller.engine.points.reading import configured, read_state
from controller.engine.points.renderer import isolation
from controller.engine.points.track import Track


def drifted(book: HoldBook, track: Track, state: State) -> bool:
    """Whether a person changed the point since Cordon left it. Where nobody read how it was left, every
    field may be as before the cut or as the cut wanted it; half-way through a restore that died, as left
    or as before the cut."""
    left = book.as_left(track.point)
    may_be = {name: set(values) for name, values in track.rendering.expect.items()}
    if left is None:
        for method in book.methods(track.point):
            sent = isolation(track.context, method)
            for name, values in sent.expect.items() if sent else ():
                may_be.setdefault(name, set()).update(values)
    else:
        restoring = book.unsettled(track.point, Action.RESTORE)
        for name, value in configured(track.context, left).items():
            may_be[name] = {value, *(may_be.get(name, ()) if restoring else ())}
    return any(value not in may_be[name] for name, value in configured(track.context, state).items())


def changed_meanwhile(track: Track, first: State | None, before: Mapping[str, str]) -> bool:
    """Whether the state just before the change is not the one on record: somebody else was there."""
    again = read_state(track.context, before)
    if first is None or again is None:
        return False
    return configured(track.context, first) != configured(track.context, again)
