"""What still reaches what over the links of an inventory, once some steps have cut theirs. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from controller.domain.inventory import WHOLE_PORT, Conduit, Port, Segment
from controller.engine.network.vlans import (
    BY_ADDRESS,
    FAMILIES,
    Cuts,
    Network,
    Socket,
    Vlan,
    families_of,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One subject still reaches another. ``gateways`` are those of the first that its traffic can leave by;
    ``at`` the VLAN or the point of a conduit it goes through."""

    subject: str
    other: str
    family: int
    gateways: tuple[Port, ...] = ()
    at: str = ""


class Aftermath:
    """A network after some cuts. ``spared``: subject → conduits whose cut lets its traffic through."""

    def __init__(self, network: Network, cuts: Cuts) -> None:
        self.network, self.cuts = network, cuts
        self._leaving: dict[tuple[str, int], tuple[Port, ...]] = {}
        self._dead: dict[Vlan, frozenset[int]] = {}
        self._physical = network.dead(cuts)

    # --- inside a VLAN -------------------------------------------------------------------------------

    def dead(self, vlan: Vlan) -> frozenset[int]:
        if vlan not in self._dead:
            self._dead[vlan] = self.network.dead(self.cuts, vlan)
        return self._dead[vlan]

    def live(self, socket: Socket, family: int | None = None) -> bool:
        """Whether hosts at the socket still send: anything at all, or packets of one family."""
        if socket.point is None:
            return True
        cut = self.cuts.points.get(socket.point)
        if cut is not None and (cut[0] not in BY_ADDRESS or family in cut[1]):
            return False
        return Port(socket.point.device, socket.point.object) not in self.cuts.ports

    def parts(self, socket: Socket) -> frozenset[tuple[Vlan, int]]:
        return frozenset(
            (vlan, part)
            for vlan in socket.vlans
            for part in self.network.parts(socket.device, self.dead(vlan))
        )

    def together(self, segment: str) -> list[list[Socket]]:
        """The live sockets of a segment whose hosts still reach each other inside a VLAN, as groups of two or
        more; those of an unknown port are in none."""
        groups: dict[tuple[Vlan, int], list[Socket]] = defaultdict(list)
        for socket in self.network.sockets[segment]:
            if socket.point is not None and self.live(socket):
                for part in self.parts(socket):
                    groups[part].append(socket)
        return [group for group in groups.values() if len(group) > 1]

    # --- between segments ----------------------------------------------------------------------------

    def gateways(self, name: str, family: int) -> tuple[Port, ...]:
        """The gateways that are up and that live hosts of the segment reach."""
        key = (name, family)
        if key not in self._leaving:
            segment = self.network.inventory.segments[name]
            vlans = self.network.vlans[name]
            self._leaving[key] = tuple(
                gateway
                for gateway in segment.gateways
                if self.up(gateway, family)
                and self._reached_by(self.network.sockets[name], Socket(gateway.device, vlans, None), family)
            )
        return self._leaving[key]

    def _reached_by(self, sockets: Iterable[Socket], other: Socket, family: int) -> bool:
        """Whether hosts at any of ``sockets`` still reach ``other`` inside a VLAN."""
        there = self.parts(other)
        return any(self.live(each, family) and not there.isdisjoint(self.parts(each)) for each in sockets)

    def up(self, gateway: Port, family: int) -> bool:
        return gateway not in self.cuts.ports and family not in self.cuts.gateways.get(gateway, ())

    def passage(self, one: Segment, other: Segment, family: int) -> Passage | None:
        """How hosts of one segment reach those of another, routed or inside a VLAN both have."""
        shared = self.network.vlans[one.name] & self.network.vlans[other.name]
        if shared:
            here, there = (
                frozenset(
                    part
                    for socket in self.network.sockets[each.name]
                    if socket.point is not None and self.live(socket, family)
                    for part in self.parts(socket)
                )
                for each in (one, other)
            )
            if both := here & there:
                return Passage(one.name, other.name, family, at=f"VLAN {min(str(v) for v, _ in both)}")
        return self._routed(one.name, other.name, self.gateways(other.name, family), family)

    def out(self, segment: Segment, conduit: Conduit, family: int) -> Passage | None:
        """How hosts of a segment reach out through a conduit. A cut that spares what the conduit excepts does
        not stop it."""
        for point in conduit.points:
            cut = self.cuts.points.get(point.id)
            spared = segment.name in conduit.keep_alive and cut is not None and cut[0] not in WHOLE_PORT
            if not spared and (point.port in self.cuts.ports or (cut is not None and family in cut[1])):
                continue
            found = self._routed(segment.name, conduit.name, (point.port,), family, str(point.id))
            if found is not None:
                return found
        return None

    def _routed(
        self, one: str, other: str, ends: Sequence[Port], family: int, at: str = ""
    ) -> Passage | None:
        leaving = self.gateways(one, family)
        if not leaving or not ends:
            return None
        stopped = frozenset(
            self.cuts.blocked.get((one, family), set()) | self.cuts.blocked.get((other, family), set())
        )
        islands = self.network.islands(self._physical, stopped, bridged=False)
        there = {islands[end.device] for end in ends if end.device in islands}
        used = tuple(gateway for gateway in leaving if islands.get(gateway.device, -1) in there)
        return Passage(one, other, family, used, at) if used else None

    def reached(self, segment: Segment) -> Iterator[Passage]:
        """Everything a segment still reaches, one passage a subject and family."""
        inventory = self.network.inventory
        for family in families_of(segment):
            for other in inventory.segments.values():
                if other.name != segment.name and family in families_of(other):
                    found = self.passage(segment, other, family)
                    if found is not None:
                        yield found
            for conduit in inventory.conduits.values():
                found = self.out(segment, conduit, family)
                if found is not None:
                    yield found

    # --- the controller's own way --------------------------------------------------------------------

    def manageable(self) -> frozenset[str]:
        """The devices the controller reaches over links, from where it is attached."""
        inventory = self.network.inventory
        start = inventory.controller.attached_to
        if start is None or start in self.cuts.ports:
            return frozenset()
        near = self._from(start.device, self._physical)
        by_segment: dict[str, frozenset[str]] = {}
        found: set[str] = set()
        for name in near:
            home = self.network.home(name)
            if home is None:
                found.add(name)
                continue
            if home.name not in by_segment:
                by_segment[home.name] = self._managed(start, home, near)
            if name in by_segment[home.name]:
                found.add(name)
        return frozenset(found)

    def _managed(self, start: Port, home: Segment, near: frozenset[str]) -> frozenset[str]:
        """What is reached inside the VLANs of the segment that holds the devices' own addresses: from the
        controller's port if that is in it, else from the segment's gateways."""
        inside = any(point.port == start for point in home.points)
        starts = {start.device} if inside or not home.gateways else set()
        if not inside:
            starts |= {
                each.device
                for each in home.gateways
                if each.device in near and all(self.up(each, family) for family in FAMILIES)
            }
        found: set[str] = set()
        for vlan in self.network.vlans[home.name]:
            for each in starts:
                found |= self._from(each, self.dead(vlan))
        return frozenset(found)

    def _from(self, device: str, dead: frozenset[int]) -> frozenset[str]:
        islands = self.network.islands(dead, frozenset(), bridged=False)
        return frozenset(name for name, part in islands.items() if part == islands.get(device))
