"""The controller's own way to what it cuts: in which order the steps of a plan must go, and what no order can
save. Pure.

A device that would be lost goes before what takes it away. Whatever order is left to choose stays as the
playbook says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from controller.domain.inventory import PointKind, Port
from controller.domain.plan import Severity, Step, Wave
from controller.engine.findings import Findings
from controller.engine.network.reachability import Aftermath
from controller.engine.network.vlans import PORTS, UNTAGGED_PORT, Cuts, Network, in_band, takes_port


class OwnPath:
    """What of a plan touches the way to the devices. ``overrides``: ports, as ``device interface``, or points
    that a person answers for."""

    def __init__(self, network: Network, overrides: Collection[str]) -> None:
        self._network = network
        self._overrides = frozenset(overrides)
        inventory = network.inventory
        self._before = Aftermath(network, Cuts()).manageable()
        self._inband = {name for name, device in inventory.devices.items() if in_band(device)} & self._before
        homes = {home.name: home for name in self._inband if (home := network.home(name))}
        self._gateways = {gateway for home in homes.values() for gateway in home.gateways}
        self._vlans = {vlan for home in homes.values() for vlan in home.vlans}

    def matters(self, step: Step) -> bool:
        """Whether the step cuts something a way to a device may lead through."""
        port, method = step.point.port, step.rendering.method
        on_the_way, gateway = port in self._network.at_port, port in self._gateways
        if not (on_the_way or gateway) or not step.rendering.commands or self._overridden(step):
            return False
        if step.point.kind in PORTS:
            if takes_port(step.point, method):
                return True
            return on_the_way and method in UNTAGGED_PORT and step.point.id.vlan in self._vlans
        return step.point.kind is PointKind.SVI and gateway

    def layers(self, stages: Sequence[Sequence[Step]]) -> list[list[list[Step]]]:
        """The steps of each stage, split into layers that go one after the other.

        Found from the end: the last to go are the devices still reached when everything is cut; before them
        those reached without the cuts of the last; and so on. Steps that stand in nobody's way go at once.
        What no order can save goes first, and :meth:`check` names what is to blame.
        """
        left: dict[tuple[int, str], list[Step]] = {
            (at, step.point.id.device): [] for at, steps in enumerate(stages) for step in steps
        }
        at_once: list[list[Step]] = [[] for _ in stages]
        for at, steps in enumerate(stages):
            for step in steps:
                if self.matters(step):
                    left[at, step.point.id.device].append(step)
                else:
                    at_once[at].append(step)
        if not any(left.values()) or not self._inband:
            return [[list(steps) for steps in stages]]
        found: list[set[tuple[int, str]]] = []
        while left:
            cut = _worst(step for steps in left.values() for step in steps)
            near = Aftermath(self._network, cut).manageable()
            last = {key for key in left if key[1] not in self._inband or key[1] in near}
            found.insert(0, last or set(left))
            for key in found[0]:
                del left[key]
        if len(found) == 1:
            return [[list(steps) for steps in stages]]
        quick = {id(step) for steps in at_once for step in steps}
        return [
            [
                [
                    step
                    for step in steps
                    if (layer == 0 and id(step) in quick)
                    or (id(step) not in quick and (at, step.point.id.device) in keys)
                ]
                for at, steps in enumerate(stages)
            ]
            for layer, keys in enumerate(found)
        ]

    def check(self, waves: Sequence[Wave], findings: Findings) -> None:
        """Refuses what would take away a responder's port, the controller's, or the way to a device that is
        not cut yet or that the plan does not cut at all; names what is lost once it is cut."""
        for wave in waves:
            for operation in wave.operations:
                for step in operation.steps:
                    self._check_ports(step, findings)
        for cut, cuts, lost, too_early in self._losses(waves):
            for culprit in self._culprits(cuts, cut, too_early):
                findings.hazard("own-path", Severity.REFUSE, culprit, lost=", ".join(sorted(too_early)))
            for name in sorted(lost - too_early):
                through = ", ".join(self._culprits(cuts, cut, {name}))
                findings.hazard("path-lost-after", Severity.WARN, name, through=through)

    def lost_too_early(self, waves: Sequence[Wave], ports: Collection[Port]) -> frozenset[str]:
        """The devices whose way is gone before their turn, or that have none, when ``ports`` go first."""
        return frozenset[str]().union(*(too_early for *_, too_early in self._losses(waves, ports)))

    def lost(self, cuts: Cuts) -> frozenset[str]:
        """The devices that are out of reach after ``cuts``."""
        return frozenset(self._inband - Aftermath(self._network, cuts).manageable())

    def worst(self, steps: Iterable[Step]) -> Cuts:
        """What the steps that a way may lead through may take, by whatever they do there."""
        return _worst(step for step in steps if self.matters(step))

    def lost_by_wave(self, waves: Sequence[Wave]) -> list[frozenset[str]]:
        """The devices out of reach once each wave has gone."""
        found: list[frozenset[str]] = []
        cut: list[Step] = []
        for wave in waves:
            mattering = [step for each in wave.operations for step in each.steps if self.matters(step)]
            cut.extend(mattering)
            found.append(self.lost(_worst(cut)) if mattering or not found else found[-1])
        return found

    def _losses(
        self, waves: Sequence[Wave], ports: Collection[Port] = ()
    ) -> Iterator[tuple[list[Step], Cuts, set[str], set[str]]]:
        """Wave by wave: what was cut so far that a way may lead through, the devices lost, and those of them
        that were lost too early."""
        last_wave: dict[str, int] = {}
        for at, wave in enumerate(waves):
            last_wave.update({each.device: at for each in wave.operations})
        for console in self._network.inventory.controller.consoles:
            last_wave.pop(console.device, None)
        cut: list[Step] = []
        for at, wave in enumerate(waves):
            mattering = [step for each in wave.operations for step in each.steps if self.matters(step)]
            if not mattering and not (ports and at == 0):
                continue
            cut.extend(mattering)
            cuts = _worst(cut)
            cuts.ports.update(ports)
            lost = self._inband - Aftermath(self._network, cuts).manageable()
            # A wave that does not wait may overtake the one before: nothing in it counts as done.
            done = max((index for index in range(at + 1) if waves[index].waits), default=0)
            too_early = {name for name in lost if last_wave.get(name, len(waves)) >= done}
            yield list(cut), cuts, lost, too_early

    def _check_ports(self, step: Step, findings: Findings) -> None:
        site, port = self._network.inventory.controller, step.point.port
        if port != site.attached_to and port not in site.consoles:
            return
        if not step.rendering.commands or not takes_port(step.point, step.rendering.method):
            return
        if self._overridden(step):
            return
        if port == site.attached_to:
            findings.hazard("own-path", Severity.REFUSE, str(step.point.id), lost=port.device)
        else:
            findings.hazard("own-console", Severity.REFUSE, str(step.point.id))

    def _overridden(self, step: Step) -> bool:
        """Whether a person answers for the port or the point."""
        return not self._overrides.isdisjoint((_name(step.point.port), str(step.point.id)))

    def _culprits(self, cuts: Cuts, cut: Sequence[Step], lost: Collection[str]) -> list[str]:
        """The ports cut at the border of the parts that ``lost`` devices are left in; where the way is lost
        inside a VLAN or at its gateway, the points cut there."""
        if not lost:
            return []
        network = self._network
        islands = network.islands(network.dead(cuts), frozenset(), bridged=False)
        start = network.inventory.controller.attached_to
        parts = {islands[name] for name in lost if start is None or islands[name] != islands[start.device]}
        borders = {
            port
            for edge in network.edges
            for near, far in ((edge.one, edge.other), (edge.other, edge.one))
            if islands[near.device] in parts and islands[far.device] != islands[near.device]
            for port in (near, far)
            if port in cuts.ports
        }
        return sorted(
            {_name(port) for port in borders}
            or {str(step.point.id) for step in cut if not takes_port(step.point, step.rendering.method)}
            or {str(step.point.id) for step in cut}
        )


def _worst(steps: Iterable[Step]) -> Cuts:
    """With a port that loses its untagged VLAN counted as lost: management may be in that one."""
    every = list(steps)
    cuts = Cuts.of(every)
    cuts.ports.update(
        step.point.port
        for step in every
        if step.point.kind in PORTS and takes_port(step.point, step.rendering.method)
    )
    return cuts


def _name(port: Port) -> str:
    return f"{port.device} {port.interface}"
