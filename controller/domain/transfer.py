"""Holds that moved from a point that is no more to the one that took its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from controller.domain.facts import Noted
from controller.domain.inventory import PointId

TRANSFER = "transfer"
"""The subject of notes about it, and the name of the plans that do it."""

RETIREMENT = "retirement"
"""The name of the plans that let go without bringing anything back."""


@dataclass(frozen=True, slots=True)
class Moved:
    """In ``run`` the holds of ``old`` move to ``new``; ``since``: when the first of them began."""

    run: str
    old: PointId
    new: PointId
    since: datetime

    def fact(self) -> Noted:
        data = (("run", self.run), *_cells("old", self.old), *_cells("new", self.new))
        return Noted(TRANSFER, (*data, ("since", self.since.isoformat())))


def moved(notes: Iterable[Noted]) -> tuple[Moved, ...]:
    """``notes``: those of :data:`TRANSFER`, oldest first."""
    found = []
    for note in notes:
        data = dict(note.data)
        since = datetime.fromisoformat(data["since"])
        found.append(Moved(data["run"], _point("old", data), _point("new", data), since))
    return tuple(found)


def _cells(which: str, point: PointId) -> tuple[tuple[str, str], ...]:
    vlan = "" if point.vlan is None else str(point.vlan)
    return ((f"{which}-device", point.device), (f"{which}-object", point.object), (f"{which}-vlan", vlan))


def _point(which: str, data: dict[str, str]) -> PointId:
    vlan = data[f"{which}-vlan"]
    return PointId(data[f"{which}-device"], data[f"{which}-object"], int(vlan) if vlan else None)
