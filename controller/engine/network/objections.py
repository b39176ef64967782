"""Why a device may not be cut off from outside: whom it would kill, and whom the controller would lose. Pure.

What is refused is an effect of that cut alone: what the plan does anyway was judged with the plan.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from controller.domain.inventory import MANUAL, Port, Segment
from controller.domain.plan import Plan, Step, Wave
from controller.engine.network.lifelines import Loss, chains, losses, said
from controller.engine.network.ownpath import OwnPath
from controller.engine.network.reachability import Aftermath
from controller.engine.network.vlans import Cuts, Network, in_band

KEEP_ALIVE = "keep-alive"
OWN_PATH = "own-path"
NEVER_CUT = "never-cut"
NO_METHOD = "no-method"
NO_LINK = "no-link"
NO_POINTS = "no-points"
"""The codes; the texts are those of the hazards and causes that end in them."""


@dataclass(frozen=True, slots=True)
class Objection:
    """``detail``: the chain of reasons, or what would be lost."""

    code: str
    detail: str


class Objections:
    """To cutting devices off in addition to a plan. ``wanted``: the subjects the plan cuts."""

    def __init__(self, network: Network, own_path: OwnPath, waves: Sequence[Wave], steps: Iterable[Step]):
        inventory = network.inventory
        sent = list(steps)
        wanted = {name for step in sent for name in step.subjects}
        self._network = network
        self._own_path = own_path
        self._waves = waves
        self._cuts = Cuts.of(
            step
            for step in sent
            if step.rendering.commands or inventory.devices[step.point.id.device].platform == MANUAL
        )
        self._wanted = wanted
        self._before = Aftermath(network, Cuts())
        consoles = {console.device for console in inventory.controller.consoles}
        self._planned = {each.device for wave in waves for each in wave.operations} - consoles
        self._worst = own_path.worst(sent)
        self._lost_anyway = own_path.lost_too_early(waves, ())
        self._kept = [
            each for each in inventory.segments.values() if each.keep_alive and each.name not in wanted
        ]
        self._lifelines, self._ports = _lifelines(network, self._kept)
        self._doomed = {
            each.name: frozenset(loss.what for loss in self._losses(each, self._cuts)) for each in self._kept
        }
        self._common = self._common_links()

    def beforehand(self, device: str, ports: Collection[Port], severed: Collection[str]) -> Objection | None:
        """What would stand in the way with all other devices of the plan cut: for thousands of devices."""
        found = self._at_once(ports, severed) or self._unplanned(device, severed)
        if found is not None or self._others_unaffected(ports, severed):
            return found
        lost = self._own_path.lost(_with(self._worst, ports)) - self._own_path.lost(self._worst)
        lost -= self._planned | {device}
        return _own_path(lost) if lost else self._kills(ports)

    def now(
        self,
        device: str,
        ports: Collection[Port],
        severed: Collection[str],
        done: Collection[str],
        others: Collection[Port],
    ) -> Objection | None:
        """What stands in the way with the devices ``done`` over and ``others`` shut before for like reasons.
        An objection for the controller's own way may pass as more devices are done."""
        found = self._at_once(ports, severed)
        if found is not None:
            return found
        every = {*ports, *others}
        lost = self._own_path.lost_too_early(self._waves, every) - self._lost_anyway
        lost -= {device, *self._planned.intersection(done)}
        return _own_path(lost) if lost else self._kills(every)

    def _at_once(self, ports: Collection[Port], severed: Collection[str]) -> Objection | None:
        site = self._network.inventory.controller
        own = {port.device for port in (*site.consoles, *((site.attached_to,) if site.attached_to else ()))}
        if own.intersection(severed):
            return _own_path(own.intersection(severed))
        reasons = {self._lifelines[name] for name in severed if name in self._lifelines}
        reasons.update(self._ports[port] for port in ports if port in self._ports)
        return Objection(KEEP_ALIVE, "; ".join(sorted(reasons))) if reasons else None

    def _unplanned(self, device: str, severed: Collection[str]) -> Objection | None:
        devices = self._network.inventory.devices
        lost = {name for name in severed if name in devices and in_band(devices[name])}
        lost -= self._planned | {device}
        return _own_path(lost) if lost else None

    def _kills(self, ports: Collection[Port]) -> Objection | None:
        cuts = _with(self._cuts, ports)
        more = [
            loss
            for each in self._kept
            for loss in self._losses(each, cuts)
            if loss.what not in self._doomed[each.name]
        ]
        reasons = set(said(more)) or {each.reason for each in more}
        return Objection(KEEP_ALIVE, "; ".join(sorted(reasons))) if more else None

    def _losses(self, segment: Segment, cuts: Cuts) -> Iterator[Loss]:
        return losses(self._before, Aftermath(self._network, cuts), segment, self._wanted)

    # --- the quick way ---------------------------------------------------------------------------------

    def _common_links(self) -> frozenset[int]:
        """The links that carry, after the plan, everything that is kept alive or manages a device, between
        devices that pass it all on."""
        network = self._network
        homes = {home.name for name in network.inventory.devices if (home := network.home(name))}
        names = {*homes, *(name for each in self._kept for name in chains(network.inventory, each))}
        dead = network.dead(self._worst).union(
            network.dead(self._cuts),
            *(network.dead(self._cuts, vlan) for name in names for vlan in network.vlans[name]),
        )
        stops = network.routes.union(*self._cuts.blocked.values())
        return frozenset(
            at
            for at, edge in enumerate(network.edges)
            if at not in dead and not stops.intersection((edge.one.device, edge.other.device))
        )

    def _others_unaffected(self, ports: Collection[Port], severed: Collection[str]) -> bool:
        """Whether all that is not severed goes on reaching each other as it did: where what is severed has
        one neighbour, or several that are connected without it for all purposes."""
        ends = {port.device for port in ports}
        if len(ends) <= 1:
            return True
        queue = [min(ends)]
        found = set(queue)
        for each in queue:
            if ends <= found:
                break
            for other, at in self._network.edges_of.get(each, ()):
                if at in self._common and other not in found and other not in severed:
                    found.add(other)
                    queue.append(other)
        return ends <= found


def objections_to(plan: Plan, network: Network) -> Objections:
    """For a plan under way."""
    return Objections(network, OwnPath(network, ()), plan.waves, (step for _, _, step in plan.steps()))


def _lifelines(network: Network, kept: Iterable[Segment]) -> tuple[Mapping[str, str], Mapping[Port, str]]:
    """Devices and ports that may not be cut off, each with the chain that leads there from a segment kept
    alive: to its own points, to what it needs, to the conduits it passes."""
    inventory = network.inventory
    devices: dict[str, str] = {}
    ports: dict[Port, str] = {}

    def found(chain: Iterable[str], port: Port) -> None:
        arrow = " → ".join((*chain, f"{port.device} {port.interface}"))
        devices.setdefault(port.device, arrow)
        ports.setdefault(port, arrow)

    for segment in kept:
        for name, chain in chains(inventory, segment).items():
            needed = inventory.segments[name]
            for port in (*(point.port for point in needed.points), *needed.gateways):
                found(chain, port)
        for conduit in inventory.conduits.values():
            for point in conduit.points if segment.name in conduit.keep_alive else ():
                found((segment.name, conduit.name), point.port)
    return devices, ports


def _with(cuts: Cuts, ports: Collection[Port]) -> Cuts:
    return replace(cuts, ports=cuts.ports | set(ports))


def _own_path(lost: Iterable[str]) -> Objection:
    return Objection(OWN_PATH, ", ".join(sorted(lost)))
