"""Where people go by the bar on top: only where they may."""

from __future__ import annotations

from dataclasses import dataclass

from controller.engine.people.roles import Permission
from controller.web.visits import Visit


@dataclass(frozen=True, slots=True)
class Place:
    """``text`` is its code in the catalogue. ``within``: addresses that belong to it, by how they begin."""

    address: str
    text: str
    permission: Permission = Permission.VIEW
    within: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        return any(path == each or path.startswith(f"{each}/") for each in (self.address, *self.within))


PLACES = (
    Place("/situation", "place.situation", within=("/isolate", "/runs", "/walk-list", "/plans")),
    Place("/restore", "place.restore", within=("/approvals",)),
    Place("/map", "place.map"),
    Place("/logbook", "place.logbook"),
    Place("/readiness", "place.readiness"),
    Place("/inventory", "place.inventory"),
    Place("/accounts", "place.accounts", Permission.READ_ACCOUNTS),
    Place("/projector", "place.projector"),
)


@dataclass(frozen=True, slots=True)
class PlaceShown:
    address: str
    text: str
    current: bool


def places(visit: Visit) -> tuple[PlaceShown, ...]:
    path = visit.request.url.path
    return tuple(
        PlaceShown(each.address, visit.words.text(each.text), each.holds(path))
        for each in PLACES
        if visit.may(each.permission)
    )
