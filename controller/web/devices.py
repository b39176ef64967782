"""One device: where it stands, what it is linked to, and each of its points with who holds it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Response

from controller.domain.errors import NotFound
from controller.domain.inventory import PointId
from controller.text.times import age
from controller.web.cut_state import OPEN, CutState
from controller.web.pages import show
from controller.web.site_map import place_of
from controller.web.telling import title_of
from controller.web.visits import Viewing, Visit

router = APIRouter()

Name = Annotated[str, Path(max_length=200)]


@dataclass(frozen=True, slots=True)
class PointRow:
    """``kind``: the shape of its state. ``through``: what it lets through. ``runs``: those that hold it."""

    point: str
    subjects: str
    kind: str
    word: str
    read: str
    through: str
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkRow:
    here: str
    there: str
    device: str
    kind: str
    shape: str
    word: str


@router.get("/map/devices/{name}")
def device(visit: Viewing, name: Name) -> Response:
    found = CutState(visit.service.office, visit.now)
    asked = found.inventory.devices.get(name)
    if asked is None:
        raise NotFound(kind="device", name=name)
    state, sees = found.of_device(name), found.sees(name)
    return show(
        visit,
        "device.html",
        refresh=10,
        device=asked,
        place=place_of(asked),
        state=state,
        word=visit.words.text(f"map.device-{state}"),
        sight="" if sees is None else visit.words.text("map.in-sight" if sees else "map.out-of-sight"),
        out_of_sight=sees is False,
        points=_points(name, found, visit),
        links=_links(name, found, visit),
    )


def _points(name: str, found: CutState, visit: Visit) -> list[PointRow]:
    words, held = visit.words, found.held.get(name, {})
    subjects: dict[PointId, list[str]] = defaultdict(list)
    for each in found.inventory.subjects():
        for point in each.points:
            if point.id.device == name:
                subjects[point.id].append(title_of(each, each.name, words))
    for point_id in held:
        subjects.setdefault(point_id, [])
    rows = []
    for point_id in sorted(subjects, key=lambda each: each.order):
        proof, read_at = found.proof(point_id)
        holds = held.get(point_id, [])
        kind, towards = found.of_point(point_id), found.towards(point_id)
        word = words.text(
            f"proof.{proof.value}" if holds else f"map.point-{'back' if kind == 'done' else 'free'}"
        )
        rows.append(
            PointRow(
                point=point_id.object + (f" · VLAN {point_id.vlan}" if point_id.vlan is not None else ""),
                subjects=", ".join(subjects[point_id]),
                kind=kind,
                word=word,
                read=words.text("situation.read", age=age(words, read_at, visit.now))
                if holds and read_at
                else "",
                through=words.text("status.towards", towards=", ".join(towards)) if towards else "",
                runs=tuple(sorted({hold.key.run for hold in holds})),
            )
        )
    return rows


def _links(name: str, found: CutState, visit: Visit) -> list[LinkRow]:
    rows = []
    for link in found.inventory.links:
        for own, other in (link.ends, link.ends[::-1]):
            if own.device == name:
                state = found.of_link(link)
                shape = "connected" if state == OPEN else "isolated" if state == "cut" else "unknown"
                word = visit.words.text(f"map.link-{state}")
                rows.append(
                    LinkRow(own.interface, other.interface, other.device, link.kind.value, shape, word)
                )
    return sorted(rows, key=lambda row: (row.device, row.here))
