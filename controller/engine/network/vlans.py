"""The links of an inventory as a network of VLANs, and what the steps of a plan take from it. Pure.

The model errs on the side of connection: a link carries every VLAN unless one of its ports is written down
as an access port; a link that spanning tree blocks counts as open, since it opens when another goes; a router
passes whatever no cut at it stops. What is not written down (a second cable, a gateway) it cannot see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from controller.domain.inventory import (
    MANUAL,
    WHOLE_PORT,
    Device,
    DeviceRole,
    Inventory,
    LinkKind,
    Management,
    Method,
    Point,
    PointId,
    PointKind,
    Port,
    Segment,
)
from controller.domain.plan import Step

UNTAGGED_PORT = frozenset({Method.VLAN, Method.DROP_FLOW})
"""Methods that at an untagged point leave nothing of the port's traffic where it was."""

BY_ADDRESS = frozenset({Method.ACL, Method.POLICY})
"""Methods that stop the families of addresses they name, and nothing inside a VLAN."""

CARRIES = frozenset({LinkKind.DATA, LinkKind.PEER_LINK, LinkKind.STACK})
"""Links that carry traffic of segments; ``ha`` and ``storage`` links carry their own only."""

ROUTING = frozenset({DeviceRole.FIREWALL, DeviceRole.VPN, DeviceRole.WAN})
"""Roles that route between their ports and never bridge a VLAN from one to another."""

FAMILIES = (4, 6)
PORTS = frozenset({PointKind.INTERFACE, PointKind.AGGREGATE})

Vlan = int | str
"""A VLAN's number; a segment that names none has one of its own, under its name."""


def takes_port(point: Point, method: Method) -> bool:
    """Whether the method stops everything on the point's port, management included."""
    return method in WHOLE_PORT or (method in UNTAGGED_PORT and not point.tagged)


@dataclass
class Cuts:
    """What steps take away. ``blocked``: where a segment's routed traffic is stopped, per family; ``points``:
    every point cut, with the families that stop there."""

    ports: set[Port] = field(default_factory=set)
    vlans: dict[Port, set[Vlan]] = field(default_factory=lambda: defaultdict(set))
    blocked: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))
    points: dict[PointId, tuple[Method, frozenset[int]]] = field(default_factory=dict)
    gateways: dict[Port, frozenset[int]] = field(default_factory=dict)

    def add(self, step: Step) -> None:
        self.cut(step.point, step.rendering.method, step.subjects, families_cut(step))

    def cut(
        self,
        point: Point,
        method: Method,
        subjects: Iterable[str] = (),
        families: frozenset[int] = frozenset(FAMILIES),
    ) -> None:
        self.points[point.id] = (method, families)
        if point.kind in PORTS and method in UNTAGGED_PORT and point.id.vlan is not None:
            self.vlans[point.port].add(point.id.vlan)  # a telephone's VLAN on the same port lives
        elif point.kind in PORTS and takes_port(point, method):
            self.ports.add(point.port)
        elif point.kind is PointKind.SVI:
            self.gateways[point.port] = self.gateways.get(point.port, frozenset()) | families
        elif point.kind is PointKind.POLICY:
            for subject in subjects:
                for family in families:
                    self.blocked[subject, family].add(point.id.device)

    @classmethod
    def of(cls, steps: Iterable[Step]) -> Cuts:
        cuts = cls()
        for step in steps:
            cuts.add(step)
        return cuts


def families_cut(step: Step) -> frozenset[int]:
    """The families of addresses a step stops: all, unless it cuts by address and names networks."""
    if step.rendering.method not in BY_ADDRESS or not step.prefixes:
        return frozenset(FAMILIES)
    return frozenset(ip_network(prefix).version for prefix in step.prefixes)


@dataclass(frozen=True, slots=True)
class Socket:
    """Where hosts of a segment are plugged in: one of its points, or a gateway where no port is known."""

    device: str
    vlans: frozenset[Vlan]
    point: PointId | None


@dataclass(frozen=True, slots=True)
class Edge:
    """A link that carries traffic; ``only``: the VLANs of an access port at one of its ends."""

    one: Port
    other: Port
    only: frozenset[Vlan] | None


class Network:
    """The links of an inventory, indexed once, with the places where each segment's hosts are plugged in."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        access = _access_vlans(inventory)
        self.edges = [
            Edge(*link.ends, _both(access.get(link.ends[0]), access.get(link.ends[1])))
            for link in inventory.links
            if link.kind in CARRIES
        ]
        self._restricted = [at for at, edge in enumerate(self.edges) if edge.only is not None]
        self.at_port: dict[Port, list[int]] = defaultdict(list)
        self.edges_of: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for at, edge in enumerate(self.edges):
            for near, far in ((edge.one, edge.other), (edge.other, edge.one)):
                self.at_port[near].append(at)
                self.edges_of[near.device].append((far.device, at))
        self.devices = sorted({*inventory.devices, *self.edges_of})
        self.routes = frozenset(name for name, device in inventory.devices.items() if device.role in ROUTING)
        link_ends = {end for link in inventory.links for end in link.ends}
        self.sockets = {segment.name: _sockets(segment, link_ends) for segment in inventory.segments.values()}
        self.vlans = {each.name: _vlans(each) for each in inventory.segments.values()}
        # By family and length: an address is masked and looked up, however many networks there are.
        self._prefixes: dict[tuple[int, int], dict[int, tuple[int, Segment]]] = defaultdict(dict)
        for at, each in enumerate(inventory.segments.values()):
            for prefix in map(ip_network, each.prefixes):
                known = self._prefixes[prefix.version, prefix.prefixlen]
                known.setdefault(int(prefix.network_address), (at, each))
        self._homes: dict[str, Segment | None] = {}
        self._islands: dict[tuple[frozenset[int], frozenset[str], bool], Mapping[str, int]] = {}

    def home(self, name: str) -> Segment | None:
        """The segment whose networks hold the address an in-band device is managed by, if one does."""
        device = self.inventory.devices.get(name)
        if device is None or not in_band(device) or (text := device.address) is None:
            return None
        return self.segment_of(text)

    def segment_of(self, text: str) -> Segment | None:
        """The segment whose networks hold the address, if one does."""
        if text not in self._homes:
            self._homes[text] = self._home(ip_address(text))
        return self._homes[text]

    def _home(self, address: IPv4Address | IPv6Address) -> Segment | None:
        """The first segment of the inventory one of whose networks holds the address."""
        number, bits = int(address), address.max_prefixlen
        found = [
            networks[start]
            for (version, length), networks in self._prefixes.items()
            if version == address.version and (start := number >> bits - length << bits - length) in networks
        ]
        return min(found, key=lambda each: each[0])[1] if found else None

    def dead(self, cuts: Cuts, vlan: Vlan | None = None) -> frozenset[int]:
        """The links that carry nothing any more, or nothing of ``vlan``."""
        found = {at for port in cuts.ports for at in self.at_port.get(port, ())}
        if vlan is not None:
            found.update(at for at in self._restricted if vlan not in (self.edges[at].only or ()))
            for port, vlans in cuts.vlans.items():
                if vlan in vlans:
                    found.update(self.at_port.get(port, ()))
        return frozenset(found)

    def islands(self, dead: frozenset[int], without: frozenset[str], *, bridged: bool) -> Mapping[str, int]:
        """Device → number of the part of the network it is in, over links not ``dead`` and devices not in
        ``without``. ``bridged``: what routes is only ever at the edge, in a part of its own."""
        key = (dead, without, bridged)
        if key not in self._islands:
            part: dict[str, int] = {}
            for start in self.devices:
                if start in part or start in without:
                    continue
                part[start], todo = len(part), [start]
                while todo:
                    device = todo.pop()
                    if bridged and device in self.routes:
                        continue
                    for other, at in self.edges_of.get(device, ()):
                        if other in part or other in without or at in dead:
                            continue
                        if bridged and other in self.routes:
                            continue
                        part[other] = part[start]
                        todo.append(other)
            self._islands[key] = part
        return self._islands[key]

    def parts(self, device: str, dead: frozenset[int]) -> frozenset[int]:
        """The parts of a VLAN a device has a foot in: one if it switches, those around it if it routes. A
        link between two that route is a part of its own, below zero."""
        islands = self.islands(dead, frozenset(), bridged=True)
        if device not in islands:
            return frozenset()
        found = {islands[device]}
        if device in self.routes:
            for other, at in self.edges_of.get(device, ()):
                if at not in dead:
                    found.add(-1 - at if other in self.routes else islands[other])
        return frozenset(found)

    def path(self, start: str, ends: frozenset[str], dead: frozenset[int]) -> list[Edge]:
        """The links of a shortest way inside a VLAN; empty where there is none or nothing to go."""
        came: dict[str, tuple[str, Edge] | None] = {start: None}
        queue = [start]
        for device in queue:
            if device in ends:
                break
            if device in self.routes and device != start:
                continue
            for other, at in self.edges_of.get(device, ()):
                if at not in dead and other not in came:
                    came[other] = (device, self.edges[at])
                    queue.append(other)
        else:
            return []
        found: list[Edge] = []
        while (step := came[device]) is not None:
            device = step[0]
            found.append(step[1])
        return found[::-1]


def families_of(segment: Segment) -> tuple[int, ...]:
    """The families a segment has or may have."""
    only_six = bool(segment.prefixes) and all(":" in prefix for prefix in segment.prefixes)
    return tuple(
        family
        for family in FAMILIES
        if not (family == 6 and segment.ipv6_none) and not (family == 4 and only_six)
    )


def in_band(device: Device) -> bool:
    return device.management is Management.INBAND and device.platform != MANUAL


def _vlans(segment: Segment) -> frozenset[Vlan]:
    numbers = {*segment.vlans, *(each.id.vlan for each in segment.points if each.id.vlan is not None)}
    return frozenset(numbers) or frozenset({segment.name})


def _sockets(segment: Segment, link_ends: set[Port]) -> tuple[Socket, ...]:
    vlans = _vlans(segment)
    found = tuple(
        Socket(point.id.device, vlans if point.id.vlan is None else frozenset({point.id.vlan}), point.id)
        for point in segment.points
        if (point.kind in PORTS and point.port not in link_ends and point.port not in segment.gateways)
        or point.kind is PointKind.SSID
    )
    return found or tuple(Socket(gateway.device, vlans, None) for gateway in segment.gateways)


def _access_vlans(inventory: Inventory) -> Mapping[Port, frozenset[Vlan]]:
    """The one VLAN, or the few, of ports whose points are all untagged and name theirs."""
    points: dict[Port, list[Point]] = defaultdict(list)
    for subject in inventory.subjects():
        for point in subject.points:
            if point.kind in PORTS:
                points[point.port].append(point)
    return {
        port: frozenset(point.id.vlan for point in found if point.id.vlan is not None)
        for port, found in points.items()
        if all(not point.tagged and point.id.vlan is not None for point in found)
    }


def _both(one: frozenset[Vlan] | None, other: frozenset[Vlan] | None) -> frozenset[Vlan] | None:
    if one is None or other is None:
        return one if other is None else other
    return one & other
