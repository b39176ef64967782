"""What is held of each device and link at one moment, and how well that is known: for maps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from controller.domain.hold import Hold
from controller.domain.inventory import WHOLE_PORT, Inventory, Link, Management, PointId, Port
from controller.domain.proof import Proof, aged
from controller.engine.holding.remembered import followed
from controller.engine.network.topology import Topology
from controller.workers.resident import Resident

OPEN, CUT, UNSURE = "open", "cut", "unsure"
"""Of a link: nothing of it is held; a cut that takes it whole is known; one is held and not known."""

_PROOFS = {each.value: each for each in Proof}
_CONFIRMED = frozenset(each for each in Proof if each.satisfies(Proof.CONFIRMED))


class Held:
    """What is held, by device and point; ``whole``: the points that take a port whole. ``distances``: hops
    from the controller's device over links that are open; empty where nobody said where the controller is
    attached. Rests on its two arguments and on nothing else."""

    def __init__(self, inventory: Inventory, holds: tuple[Hold, ...]) -> None:
        self._rests_on = (inventory, holds)
        self._inventory = inventory
        self.points: dict[str, dict[PointId, list[Hold]]] = defaultdict(dict)
        self.whole: dict[Port, list[PointId]] = defaultdict(list)
        for hold in holds:
            self.points[hold.point.id.device].setdefault(hold.point.id, []).append(hold)
            if hold.method in WHOLE_PORT:
                self.whole[hold.point.port].append(hold.point.id)
        self.distances: Mapping[str, int] = Topology(inventory).distances(self.whole.keys())

    def rests_on(self, inventory: Inventory, holds: tuple[Hold, ...]) -> bool:
        """On these very ones: neither of them is ever altered."""
        return self._rests_on[0] is inventory and self._rests_on[1] is holds

    @cached_property
    def own_way(self) -> frozenset[frozenset[str]]:
        """Pairs of neighbours on a shortest open way from the controller to devices managed in-band."""
        near: dict[str, list[str]] = defaultdict(list)
        for link in self._inventory.links:
            if not any(end in self.whole for end in link.ends):
                one, other = (end.device for end in link.ends)
                near[one].append(other)
                near[other].append(one)
        found: set[frozenset[str]] = set()
        next_of: dict[str, str | None] = {}
        for device in self._inventory.devices.values():
            at = device.name
            if device.management is not Management.INBAND or at not in self.distances:
                continue
            while hops := self.distances[at]:
                if at not in next_of:
                    closer = (each for each in near[at] if self.distances.get(each) == hops - 1)
                    next_of[at] = min(closer, default=None)
                before = next_of[at]
                if before is None or frozenset((at, before)) in found:
                    break
                found.add(frozenset((at, before)))
                at = before
        return frozenset(found)


class _LastHeld:
    """Of the last look, for the next one: between most of them nothing was held or let go of."""

    def __init__(self) -> None:
        self._found: Held | None = None

    def of(self, inventory: Inventory, holds: tuple[Hold, ...]) -> Held:
        found = self._found
        if found is None or not found.rests_on(inventory, holds):
            found = self._found = Held(inventory, holds)
        return found


_last = _LastHeld()


class CutState:
    """``inventory`` is the one in force."""

    def __init__(self, office: Resident, now: datetime) -> None:
        self.inventory: Inventory = office.documents_in_force().inventory
        self._now = now
        self._reads = followed(office.last_reads())
        self._back = office.partly_back()
        self._freed = {point.device for point in self._back.free}
        self._all = _last.of(self.inventory, office.open_holds())
        self.held: Mapping[str, Mapping[PointId, list[Hold]]] = self._all.points
        self.distances = self._all.distances
        self._devices: dict[str, str] = {}

    def proof(self, point: PointId) -> tuple[Proof, datetime | None]:
        """As of now, with the time of the reading it rests on."""
        read = self._reads.get(point)
        if read is None:
            return Proof.UNKNOWN, None
        return aged(_PROOFS[read.proof], read.read_at, self._now), read.read_at

    @cached_property
    def known(self) -> frozenset[PointId]:
        """Points whose cut is confirmed as of now."""
        return frozenset(point for point in self._reads if self.proof(point)[0] in _CONFIRMED)

    def of_link(self, link: Link) -> str:
        whole = self._all.whole
        one, other = link.ends
        if one not in whole and other not in whole:
            return OPEN
        held = (*whole.get(one, ()), *whole.get(other, ()))
        return UNSURE if self.known.isdisjoint(held) else CUT

    @cached_property
    def links(self) -> tuple[tuple[Link, str], ...]:
        """Every link with its state."""
        return tuple((link, self.of_link(link)) for link in self.inventory.links)

    def of_device(self, name: str) -> str:
        """In the words of a segment's state: ``isolated`` where each held point is known to be cut,
        ``partly-back`` where some of them let something through, or others of it came back."""
        found = self._devices.get(name)
        if found is None:
            found = self._devices[name] = self._of_device(name)
        return found

    def _of_device(self, name: str) -> str:
        held = self.held.get(name)
        if not held:
            return "connected"
        known = len(self.known.intersection(held))  # goes through those held here, not through all known
        if known < len(held):
            return "partial" if known else "unknown"
        partly = name in self._freed or any(point in self._back.towards for point in held)
        return "partly-back" if partly else "isolated"

    def of_point(self, point: PointId) -> str:
        """The same of one point; ``failed`` where it was read back otherwise."""
        if point not in self.held.get(point.device, {}):
            return "done" if point in self._back.free else "connected"
        proof, _ = self.proof(point)
        if proof is Proof.CONTRADICTED:
            return "failed"
        if not proof.satisfies(Proof.CONFIRMED):
            return "unknown"
        return "partly-back" if point in self._back.towards else "isolated"

    def towards(self, point: PointId) -> tuple[str, ...]:
        """What it lets through though it is held."""
        return self._back.towards.get(point, ())

    def sees(self, name: str) -> bool | None:
        """Whether open links lead from the controller to it. None where that is not the question: it is
        managed over a network of its own, or the inventory does not say where the controller is."""
        device = self.inventory.devices[name]
        if device.management is Management.OOB or not self.distances:
            return None
        return name in self.distances

    @property
    def own_way(self) -> frozenset[frozenset[str]]:
        """As of :class:`Held`."""
        return self._all.own_way
