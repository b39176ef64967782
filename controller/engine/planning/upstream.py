"""The ports that cut a device off from outside, where the device itself cannot be reached. Pure.

A device is cut off at the far end of every link by which it reaches the site: all of them where it is
attached twice, an aggregate as one. Links to what hangs on the device alone are left: that goes with it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from controller.domain.inventory import Inventory, LinkKind, Point, PointId, PointKind, Port
from controller.engine.network.vlans import Network
from controller.engine.planning.waves import CRITICALITY

_AGGREGATES = re.compile(
    r"(?i)(port-?channel|bundle-ether|eth-trunk|bridge-aggregation|bond|lag|trk|po|ae)\s*\d"
)
"""How the vendors call an aggregate of links: Cisco, Huawei, HPE, Juniper, Linux."""


@dataclass(frozen=True, slots=True)
class Border:
    """Where a device is cut off: ``ports`` of its neighbours; ``behind``: the devices that go with it;
    ``never``: a link that may not be cut and would go on connecting it."""

    ports: tuple[Port, ...]
    behind: tuple[str, ...]
    never: tuple[Port, LinkKind] | None = None

    def severed(self, device: str) -> frozenset[str]:
        return frozenset((device, *self.behind))


class Upstream:
    """Seen from the controller's device, or from the most critical of each part of the network without it."""

    def __init__(self, network: Network) -> None:
        self._network = network
        inventory = network.inventory
        self._distance = _distances(network)
        self._never = {
            end: link.kind for link in inventory.links for end in link.ends if link.kind is not LinkKind.DATA
        }
        self._aggregates = {
            point.port
            for subject in inventory.subjects()
            for point in subject.points
            if point.kind is PointKind.AGGREGATE
        }
        gateways = (gateway.device for each in inventory.segments.values() for gateway in each.gateways)
        ways_out = (point.id.device for each in inventory.conduits.values() for point in each.points)
        self._ways_on = frozenset((*gateways, *ways_out))

    def border(self, device: str) -> Border | None:
        """None where no link is known that leads from the device to the rest of the site."""
        links: dict[str, list[int]] = defaultdict(list)
        for other, at in self._network.edges_of.get(device, ()):
            if other != device:
                links[other].append(at)
        ports: set[Port] = set()
        behind: set[str] = set()
        never: tuple[Port, LinkKind] | None = None
        upstream = False
        for other in sorted(links):
            beyond = self._beyond(other, device)
            upstream = upstream or beyond is None
            behind |= beyond or set()
            if beyond is not None and beyond.isdisjoint(self._ways_on):
                continue
            for at in links[other]:
                edge = self._network.edges[at]
                here, there = (edge.one, edge.other) if edge.one.device == device else (edge.other, edge.one)
                kind = self._never.get(here) or self._never.get(there)
                if kind is not None:
                    never = never or (there, kind)
                ports.add(there)
        return Border(tuple(sorted(ports)), tuple(sorted(behind)), never) if upstream else None

    def point(self, port: Port) -> Point:
        """The port as a whole, as something to be cut."""
        aggregate = port in self._aggregates or _AGGREGATES.match(port.interface)
        kind = PointKind.AGGREGATE if aggregate else PointKind.INTERFACE
        return Point(PointId(port.device, port.interface), kind)

    def _beyond(self, start: str, device: str) -> set[str] | None:
        """What hangs on ``device`` alone and holds ``start``; None where it has another way to the root. A
        device no farther from the root than ``device`` has one, along which the distance only falls."""
        limit = self._distance[device]
        found, todo = {start}, [start]
        while todo:
            each = todo.pop()
            if self._distance[each] <= limit:
                return None
            for other, _ in self._network.edges_of.get(each, ()):
                if other != device and other not in found:
                    found.add(other)
                    todo.append(other)
        return found


def _distances(network: Network) -> dict[str, int]:
    """Links from the root of each part of the network."""
    found: dict[str, int] = {}
    for root in _roots(network.inventory, network.devices):
        if root in found:
            continue
        found[root], queue = 0, [root]
        for device in queue:
            for other, _ in network.edges_of.get(device, ()):
                if other not in found:
                    found[other] = found[device] + 1
                    queue.append(other)
    return found


def _roots(inventory: Inventory, devices: Sequence[str]) -> Iterable[str]:
    def importance(name: str) -> tuple[int, str]:
        device = inventory.devices.get(name)
        return (CRITICALITY[device.role] if device else len(CRITICALITY), name)

    attached = inventory.controller.attached_to
    return (*((attached.device,) if attached else ()), *sorted(devices, key=importance))
