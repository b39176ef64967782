"""The map: devices and links as the inventory knows them, what is cut, and the controller's own way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from fastapi import APIRouter, Response
from markupsafe import Markup

from controller.domain.inventory import Device
from controller.text import Catalogue
from controller.web.cut_state import CutState
from controller.web.layout import Layout, laid_out
from controller.web.pages import piece, show
from controller.web.parts import part
from controller.web.telling import title_of
from controller.web.visits import Viewing
from controller.workers.resident import Resident

router = APIRouter()

PATH = "/map"
ROWS = 200

NAMES = 120
"""On a larger site only devices that others stand behind have their name in the drawing."""

KEPT = 16_384
"""Devices as they were drawn, of whatever state and language: each again only where its node is another."""

_SPOT, _LETTER = 28.0, 8.6
"""Of the drawing: from a spot's middle to past its name's beginning, and along a name."""

_STATES = ("partial", "unknown", "partly-back", "isolated", "connected")


@dataclass(frozen=True, slots=True)
class Node:
    """``state`` in the words of a segment's state. ``side``: where its name stands, "" for nowhere; ``turn``:
    by how many degrees it is turned. ``beside``: a segment was chosen, and nothing of it is cut here."""

    name: str
    x: float
    y: float
    state: str
    label: str
    side: str
    turn: int
    middle: bool
    out_of_sight: bool
    beside: bool


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
class Bundle:
    """Open links as one path: of a larger site nobody reads them one by one. ``own``: as of a line."""

    own: bool
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """``bundles``: the open links of a larger site, whose ``lines`` are the others alone."""

    nodes: tuple[Markup, ...]
    lines: tuple[Line, ...]
    bundles: tuple[Bundle, ...]
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
    """``?subject=`` the segment or conduit whose devices stand out, in the drawing and alone in the table."""
    found = CutState(visit.service.office, visit.now)
    inventory, words = found.inventory, visit.words
    chosen = inventory.subject(visit.sent.get("subject"))
    among = None if chosen is None else frozenset(point.id.device for point in chosen.points)
    names = inventory.devices.keys() if among is None else inventory.devices.keys() & among
    listed = part(sorted(names, key=lambda name: (_STATES.index(found.of_device(name)), name)), visit, ROWS)
    states = Counter(map(found.of_device, inventory.devices))
    links = Counter(state for _, state in found.links)
    return show(
        visit,
        "map.html",
        refresh=10,
        drawing=_drawing(found, words, among),
        part=listed.showing([_row(inventory.devices[name], found, words) for name in listed.items]),
        subjects=[(each.name, title_of(each, each.name, words)) for each in inventory.subjects()],
        chosen=chosen.name if chosen else "",
        told=words.text("map.chosen", title=title_of(chosen, chosen.name, words), count=len(among or ()))
        if chosen
        else "",
        links=[(state, count) for state in ("cut", "unsure", "open") if (count := links[state])],
        states=[(state, count) for state in _STATES if (count := states[state])],
        lost=sum(found.sees(name) is False for name in inventory.devices),
        own=bool(found.own_way),
        attached=inventory.controller.attached_to,
    )


def at_hand(office: Resident, now: datetime, languages: Iterable[Catalogue]) -> None:
    """What most of the drawing is made of, so that nobody waits for it."""
    found = CutState(office, now)
    for words in languages:
        _drawing(found, words, None)


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


def _drawing(found: CutState, words: Catalogue, among: frozenset[str] | None) -> Drawing:
    inventory = found.inventory
    attached = inventory.controller.attached_to
    pairs = [(link.ends[0].device, link.ends[1].device) for link in inventory.links]
    layout = laid_out(list(inventory.devices), pairs, attached.device if attached else None)
    ways, root = found.own_way, attached.device if attached else ""
    few = len(inventory.devices) <= NAMES
    lines = []
    bundles: dict[bool, list[str]] = defaultdict(list)
    for link, state in found.links:
        one, other = link.ends
        here, there = layout.spots[one.device], layout.spots[other.device]
        way = state == "open" and frozenset((one.device, other.device)) in ways
        if not few and state == "open":
            bundles[way].append(f"M{here.x} {here.y}L{there.x} {there.y}")
            continue
        label = words.text(
            "map.link",
            one=f"{one.device} {one.interface}",
            other=f"{other.device} {other.interface}",
            state=words.text(f"map.link-{state}"),
        )
        lines.append(Line(here.x, here.y, there.x, there.y, state, label, way))
    called = {state: words.text(f"map.device-{state}") for state in _STATES}
    nodes = []
    for name in inventory.devices:
        spot, state = layout.spots[name], found.of_device(name)
        node = Node(
            name=name,
            x=spot.x,
            y=spot.y,
            state=state,
            label=f"{name}: {called[state]}",
            side=spot.side if few or not spot.last else "",
            turn=spot.turn,
            middle=name == root,
            out_of_sight=found.sees(name) is False,
            beside=among is not None and name not in among,
        )
        nodes.append(_drawn(node))
    counted = words.text(
        "map.label-ringed" if layout.ringed else "map.label", devices=len(nodes), links=len(inventory.links)
    )
    return Drawing(
        tuple(nodes),
        tuple(sorted(lines, key=lambda line: line.own)),
        tuple(Bundle(own, "".join(bundles[own])) for own in sorted(bundles)),
        _box(layout),
        counted,
    )


@lru_cache(maxsize=KEPT)
def _drawn(node: Node) -> Markup:
    return piece("map-node.html", "node", node)


def _box(layout: Layout) -> str:
    """With room for the longest name on every side."""
    xs = [spot.x for spot in layout.spots.values()] or [0.0]
    ys = [spot.y for spot in layout.spots.values()] or [0.0]
    along = _LETTER * max(map(len, layout.spots), default=0)
    aside = _SPOT + (along if layout.ringed else along / 2)
    over = aside if layout.ringed else _SPOT + _LETTER
    left, top = min(xs) - aside, min(ys) - over
    return f"{left:.0f} {top:.0f} {max(xs) - left + aside:.0f} {max(ys) - top + over:.0f}"
