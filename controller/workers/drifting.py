"""Held points read now, to tell what somebody changed since the cut. Made by the process that asks, whoever
leads; nothing is changed anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from controller.bootstrap import Composition
from controller.bootstrap.documents import StoredDocuments
from controller.domain.drift import Drift
from controller.domain.errors import CordonError, NotFound
from controller.domain.facts import Actor
from controller.domain.inventory import Inventory
from controller.engine.holding.watched import Basis, basis_of
from controller.engine.points.holds import HoldBook
from controller.engine.ports import History
from controller.engine.readiness.drifting import find_drift
from controller.workers.livechecks import Noting
from controller.workers.requests import RecordDrift


def drift(
    composition: Composition,
    history: History,
    current: Inventory | None,
    devices: Sequence[str],
    actor: Actor,
    record: Callable[[RecordDrift], object],
) -> Drift:
    """``devices``: where to look, none for all. ``record`` hands a request to whoever leads; where it raises,
    what was found is still told. Raises NotFound for a device at which nothing is held."""
    held = {hold.key.point.device for hold in history.open_holds()}
    for name in devices:
        if name not in held:
            raise NotFound(kind="held-device", name=name)
    noting, reader = Noting(), StoredDocuments()
    services = composition.services(noting)

    @lru_cache(maxsize=32)
    def basis(run: str) -> Basis:
        return basis_of(history, reader, run)

    book = HoldBook(history, services.clock)
    found = find_drift(history, book, services, basis, current, devices)
    points = tuple(str(each.point) for each in found.changed)
    try:
        record(RecordDrift(found.looked_at, len(found.unread), points, noting.secrets, actor))
    except (CordonError, OSError) as error:
        return replace(found, unrecorded=error.code if isinstance(error, CordonError) else "internal")
    return found
