"""The map: devices and links as the inventory knows them, what is cut, and the controller's own way."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from fastapi import APIRouter, Response

from controller.domain.inventory import Device
from controller.text import Catalogue
from controller.web.cut_state import CutState
from controller.web.layout import Layout, Spot, rings
from controller.web.pages import show
from controller.web.parts import part
from controller.web.visits import Viewing

router = APIRouter()

PATH = "/map"
ROWS = 200

NAMES = 120
"""On a larger site only devices that others stand behind have their name in the drawing."""

_MARGIN = 110
_FLAT = 0.5
"""Cosine of the angle from which on names that lie flat do not touch each other."""

_STATES = ("partial", "unknown", "isolated", "connected")


@dataclass(frozen=True, slots=True)
class Node:
    """``state`` in the words of a segment's state. ``side``: where its name stands, "" for nowhere; ``turn``:
    by how many degrees it is turned."""

    name: str
    x: float
    y: float
    state: str
    label: str
    side: str
    turn: int
    middle: bool
    out_of_sight: bool


@dataclass(frozen=True, slots=True)
class Line:
    """``state``: open, cut or unsure. ``own``: the controller reaches devices over it."""

    x1: float
    y1: float
    x2: float
    y2: float
    state: str
    label: str
    own: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    box: str
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """``sight``: whether the controller's way to it is open, in words; "" where that is not the question."""

    name: str
    role: str
    place: str
    state: str
    word: str
    held: int
    sight: str
    out_of_sight: bool


@router.get(PATH)
def site_map(visit: Viewing) -> Response:
    found = CutState(visit)
    devices = found.inventory.devices
    rows = [_row(each, found, visit.words) for each in devices.values()]
    rows.sort(key=lambda row: (_STATES.index(row.state), row.name))
    links = Counter(map(found.of_link, found.inventory.links))
    return show(
        visit,
        "map.html",
        refresh=10,
        drawing=_drawing(found, visit.words),
        part=part(rows, visit, ROWS),
        links=[(state, count) for state in ("cut", "unsure", "open") if (count := links[state])],
        states=[(state, count) for state in _STATES if (count := sum(row.state == state for row in rows))],
        lost=sum(row.out_of_sight for row in rows),
        own=any(line for line in found.own_way()),
        attached=found.inventory.controller.attached_to,
    )


def place_of(device: Device) -> str:
    return " · ".join(filter(None, (device.location.building, device.location.rack)))


def _row(device: Device, found: CutState, words: Catalogue) -> Row:
    state, sees = found.of_device(device.name), found.sees(device.name)
    return Row(
        name=device.name,
        role=words.text(f"device-role.{device.role}"),
        place=place_of(device),
        state=state,
        word=words.text(f"map.device-{state}"),
        held=len(found.held.get(device.name, ())),
        sight="" if sees is None else words.text("map.in-sight" if sees else "map.out-of-sight"),
        out_of_sight=sees is False,
    )


def _drawing(found: CutState, words: Catalogue) -> Drawing:
    inventory = found.inventory
    attached = inventory.controller.attached_to
    pairs = [(link.ends[0].device, link.ends[1].device) for link in inventory.links]
    layout = rings(list(inventory.devices), pairs, attached.device if attached else None)
    own, root = found.own_way(), attached.device if attached else ""
    lines = []
    for link in inventory.links:
        one, other = link.ends
        here, there = layout.spots[one.device], layout.spots[other.device]
        state = found.of_link(link)
        label = words.text(
            "map.link",
            one=f"{one.device} {one.interface}",
            other=f"{other.device} {other.interface}",
            state=words.text(f"map.link-{state}"),
        )
        way = state == "open" and frozenset((one.device, other.device)) in own
        lines.append(Line(here.x, here.y, there.x, there.y, state, label, way))
    few = len(inventory.devices) <= NAMES
    nodes = []
    for name in inventory.devices:
        spot, state = layout.spots[name], found.of_device(name)
        nodes.append(
            Node(
                name=name,
                x=spot.x,
                y=spot.y,
                state=state,
                label=f"{name}: {words.text(f'map.device-{state}')}",
                side=_side(spot) if few or not spot.last else "",
                turn=_turn(spot) if spot.last else 0,
                middle=name == root,
                out_of_sight=found.sees(name) is False,
            )
        )
    counted = words.text("map.label", devices=len(nodes), links=len(lines))
    return Drawing(tuple(nodes), tuple(sorted(lines, key=lambda line: line.own)), _box(layout), counted)


def _box(layout: Layout) -> str:
    xs = [spot.x for spot in layout.spots.values()] or [0.0]
    ys = [spot.y for spot in layout.spots.values()] or [0.0]
    left, top = min(xs) - _MARGIN, min(ys) - _MARGIN
    return f"{left:.0f} {top:.0f} {max(xs) - left + _MARGIN:.0f} {max(ys) - top + _MARGIN:.0f}"


def _side(spot: Spot) -> str:
    """Names stand away from the middle, so that lines cross few of them."""
    across, up = math.cos(spot.angle), math.sin(spot.angle)
    if not spot.x and not spot.y:
        return "below"
    if abs(across) > 0.2 or spot.last:
        return "right" if across > 0 else "left"
    return "above" if up < 0 else "below"


def _turn(spot: Spot) -> int:
    """Outermost at the top and the bottom names stand side by side: along their ray they do not meet."""
    if abs(math.cos(spot.angle)) > _FLAT:
        return 0
    degrees = round(math.degrees(spot.angle)) % 360
    return degrees - 180 if 90 < degrees < 270 else degrees
