"""Where devices stand on a map: rings around the controller's own, as far out as they are hops away."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_RING = 118.0
"""Least distance between two rings, in units of the drawing."""

_ROOM = 38.0
"""Least room of a device on the outermost ring, along it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """``angle``: radians, for the side its name is written on. ``last``: nothing stands behind it."""

    x: float
    y: float
    angle: float
    last: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """``radius``: of a circle around the origin that holds every spot."""

    spots: Mapping[str, Spot]
    radius: float


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
        return Layout({}, _RING)
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
    return Layout(spots, ring * max(outermost, 1))


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
    # Twelve o'clock first, then clockwise.
    turned = angle - math.pi / 2
    return Spot(round(distance * math.cos(turned), 1), round(distance * math.sin(turned), 1), turned, last)
