"""Where devices stand on a map and on which side their names: as Graphviz places them where it is installed,
else on rings around the controller's own, as far out as they are hops away."""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from controller.web.graphviz import places

_RING = 118.0
"""Least distance between two rings, in units of the drawing."""

_ROOM = 38.0
"""Least room of a device on the outermost ring, along it."""

_FLAT = 0.5
"""Cosine of the angle from which on names that lie flat do not touch each other."""


@dataclass(frozen=True, slots=True)
class Spot:
    """``side``: of the spot, where its name stands; ``turn``: by how many degrees the name is turned;
    ``last``: nothing stands behind it."""

    x: float
    y: float
    side: str
    turn: int
    last: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """``ringed``: on rings around one of them."""

    spots: Mapping[str, Spot]
    ringed: bool = True


def laid_out(devices: Sequence[str], links: Sequence[tuple[str, str]], root: str | None) -> Layout:
    """As Graphviz would; :func:`rings` where it has nothing to say."""
    found = places(devices, links)
    if found is None:
        return _ringed(tuple(devices), tuple(links), root)
    linked = Counter(end for ends in {frozenset(pair) for pair in links} if len(ends) > 1 for end in ends)
    spots = {name: Spot(x, y, "below", 0, linked[name] < 2) for name, (x, y) in found.items()}
    return Layout(spots, ringed=False)


@lru_cache(maxsize=4)
def _ringed(devices: tuple[str, ...], links: tuple[tuple[str, str], ...], root: str | None) -> Layout:
    """Worked out once for each network, and not at each look at it."""
    return rings(devices, links, root)


def rings(devices: Sequence[str], links: Iterable[tuple[str, str]], root: str | None) -> Layout:
    """Each device behind the neighbour nearest to the root, with as much of the circle as what stands behind
    it takes. Without ``root`` the one in the middle is that which most others meet at; devices without a way
    to it stand on a ring of their own, outermost."""
    near: dict[str, set[str]] = defaultdict(set)
    for one, other in links:
        if one != other:
            near[one].add(other)
            near[other].add(one)
    known = sorted(devices)
    if not known:
        return Layout({})
    middle = root if root in known else _middle(known, near)
    behind, depth = _tree(middle, near)
    apart = [each for each in known if each not in depth]
    rows = max(depth.values())
    room = _room(behind, depth, rows)
    slots = room[middle] + len(apart)
    ring = max(_RING, _ROOM * slots / (2 * math.pi * max(rows, 1)))
    angles = _angles(middle, behind, room, 2 * math.pi / slots)
    spots = {
        each: _spot(angles[each], ring * depth[each], last=not behind[each])
        for each in known
        if each in depth
    }
    outermost = rows + 1 if apart else rows
    for index, each in enumerate(apart):
        spots[each] = _spot(2 * math.pi * (room[middle] + index + 0.5) / slots, ring * outermost, last=True)
    return Layout(spots)


def _middle(known: Sequence[str], near: Mapping[str, set[str]]) -> str:
    """Ends are taken away until none is left: of the rest, or of the last ends, the one with most links."""
    left = {each: set(near.get(each, ())) for each in known}
    ends = [each for each, others in left.items() if len(others) < 2]
    while ends and len(ends) < len(left):
        for end in ends:
            for other in left.pop(end):
                if other in left:
                    left[other].discard(end)
        ends = [each for each, others in left.items() if len(others) < 2]
    return max(left, key=lambda each: (len(left[each]), len(near.get(each, ()))))


def _tree(middle: str, near: Mapping[str, set[str]]) -> tuple[dict[str, list[str]], dict[str, int]]:
    behind: dict[str, list[str]] = defaultdict(list)
    depth = {middle: 0}
    queue = deque([middle])
    while queue:
        device = queue.popleft()
        for neighbour in sorted(near.get(device, ())):
            if neighbour not in depth:
                depth[neighbour] = depth[device] + 1
                behind[device].append(neighbour)
                queue.append(neighbour)
    return behind, depth


def _room(behind: Mapping[str, list[str]], depth: Mapping[str, int], rows: int) -> dict[str, float]:
    """How much of the circle each takes with what is behind it: one on an inner ring needs more of it."""
    found: dict[str, float] = {}
    for each in sorted(depth, key=lambda name: -depth[name]):
        taken = sum(found[child] for child in behind.get(each, ()))
        found[each] = max(taken, max(rows, 1) / max(depth[each], 1))
    return found


def _angles(
    middle: str, behind: Mapping[str, list[str]], room: Mapping[str, float], slot: float
) -> dict[str, float]:
    found = {middle: 0.0}
    beginning = {middle: 0.0}
    queue = deque([middle])
    while queue:
        device = queue.popleft()
        own = sum(room[child] for child in behind.get(device, ()))
        at = beginning[device] + (room[device] - own) * slot / 2
        for child in behind.get(device, ()):
            beginning[child] = at
            found[child] = at + room[child] * slot / 2
            at += room[child] * slot
            queue.append(child)
    return found


def _spot(angle: float, distance: float, *, last: bool) -> Spot:
    turned = angle - math.pi / 2  # twelve o'clock first, then clockwise
    across, down = math.cos(turned), math.sin(turned)
    x, y = round(distance * across, 1), round(distance * down, 1)
    return Spot(x, y, _side(across, down, middle=not distance, last=last), _turn(turned) if last else 0, last)


def _side(across: float, down: float, *, middle: bool, last: bool) -> str:
    """Names stand away from the middle, so that lines cross few of them."""
    if middle:
        return "below"
    if abs(across) > 0.2 or last:
        return "right" if across > 0 else "left"
    return "above" if down < 0 else "below"


def _turn(angle: float) -> int:
    """Outermost at the top and the bottom names stand side by side: along their ray they do not meet."""
    if abs(math.cos(angle)) > _FLAT:
        return 0
    degrees = round(math.degrees(angle)) % 360
    return degrees - 180 if 90 < degrees < 270 else degrees
