"""What a plan holds ready for devices that cannot be reached: the cut at their neighbours' ports, what it
costs, or why it may not be. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from controller.domain.inventory import MANUAL, Inventory, Method, PointId, PointKind, Port
from controller.domain.plan import Escalation, Operation, Plan, Severity, Step, Wave
from controller.domain.playbook import OnUnreachable
from controller.domain.profile import DeviceProfile
from controller.engine.findings import Findings, some
from controller.engine.network.objections import (
    KEEP_ALIVE,
    NEVER_CUT,
    NO_LINK,
    NO_METHOD,
    NO_POINTS,
    OWN_PATH,
    Objection,
    Objections,
)
from controller.engine.network.reachability import Aftermath
from controller.engine.network.vlans import Network, Socket
from controller.engine.planning.upstream import Border, Upstream
from controller.engine.points.renderer import isolations, operation, point_context
from controller.engine.points.track import rests_on


@dataclass(frozen=True, slots=True)
class CutOff:
    """A device cut off from outside in a run: the ``ports`` shut, how many of its points rest on that, and
    the segments that stay connected inside, with the number of their ports. ``instead``: as asked, and not
    because it could not be reached."""

    device: str
    ports: tuple[str, ...]
    points: int
    inside: tuple[tuple[str, int], ...]
    instead: bool = False


def cut_off(plan: Plan, causes: Mapping[PointId, str]) -> tuple[CutOff, ...]:
    """The devices of whose points the proof rests on ports of others. ``causes``: what is on record of each
    point. What stays connected inside is told once, with the device the cut was made for."""
    inside = {each.device: each.inside for each in plan.escalations}
    instead = {each.device for each in plan.escalations if each.instead}
    found: dict[str, list[frozenset[str]]] = defaultdict(list)
    for point, cause in causes.items():
        if ports := rests_on(cause):
            found[point.device].append(ports)
    return tuple(
        CutOff(
            device,
            tuple(sorted(frozenset().union(*ports))),
            len(ports),
            inside.get(device, ()),
            device in instead,
        )
        for device, ports in sorted(found.items())
    )


class Escalations:
    """Those of one plan. ``after``: the network once everything the plan cuts is cut; ``at_neighbour``: the
    devices cut upstream in any case."""

    def __init__(
        self,
        network: Network,
        profiles: Mapping[str, DeviceProfile],
        objections: Objections,
        after: Aftermath,
        findings: Findings,
        at_neighbour: Collection[str] = (),
    ) -> None:
        self._at_neighbour = frozenset(at_neighbour)
        self._inventory = network.inventory
        self._profiles = profiles
        self._objections = objections
        self._after = after
        self._findings = findings
        self._network = network
        self._upstream = Upstream(network)
        self._sockets: dict[str, list[tuple[str, Socket]]] = defaultdict(list)
        for name, sockets in network.sockets.items():
            for socket in sockets:
                if socket.point is not None:
                    self._sockets[socket.device].append((name, socket))
        self._subjects: dict[str | Port, list[str]] = defaultdict(list)
        for subject in self._inventory.subjects():
            for place in {place for point in subject.points for place in (point.port, point.port.device)}:
                self._subjects[place].append(subject.name)

    def of(self, waves: Sequence[Wave]) -> Iterator[Escalation]:
        """One a device of the stages that want it, in the order of the plan."""
        unlinked: dict[str, list[str]] = defaultdict(list)
        cut = {
            name
            for wave in waves
            for each in wave.operations
            for step in each.steps
            for name in step.subjects
        }
        planned = {each.device for wave in waves for each in wave.operations}
        wanting = _wanting(self._inventory, waves, self._at_neighbour)
        shut: set[Port] = set()
        for device, (stage, steps) in wanting.items():
            instead, border = device in self._at_neighbour, self._upstream.border(device)
            if border is None:
                found = Escalation(device, (), refused=NO_LINK)
                if not instead:
                    unlinked[stage].append(device)
            else:
                found = self._escalation(device, steps, border, cut)
            if instead:
                found = self._as_asked(replace(found, instead=True), planned, shut)
            yield found
        for device in sorted(self._at_neighbour.difference(wanting)):
            self._refuse(device, NO_POINTS)
        for stage, devices in unlinked.items():
            self._findings.hazard(
                "escalation-no-link", Severity.WARN, stage, devices=", ".join(devices), some=some(devices)
            )

    def _as_asked(self, found: Escalation, planned: Collection[str], shut: set[Port]) -> Escalation:
        """Judged with the ports ``shut`` for those before it as well: all of them will be, on neighbours that
        something may be sent to."""
        code, detail = found.refused, found.because
        ports = {Port(point.device, point.object) for point in found.points}
        if not code:
            severed = {found.device, *found.behind}
            spared = [port for port in sorted(ports) if port.device in self._at_neighbour]
            objection = self._objections.now(found.device, ports, severed, planned, shut)
            if spared:
                objection = Objection(NO_METHOD, f"{spared[0].device} {spared[0].interface}")
            code, detail = (objection.code, objection.detail) if objection else ("", "")
        if code:
            self._refuse(found.device, code, detail)
            return replace(found, operations=(), refused=code, because=detail)
        shut |= ports
        return found

    def _refuse(self, device: str, code: str, detail: str = "") -> None:
        against = f"upstream-{code}:{detail}" if detail else f"upstream-{code}"
        self._findings.hazard("at-neighbour-refused", Severity.REFUSE, device, against=against)

    def _escalation(self, device: str, steps: Sequence[Step], border: Border, cut: set[str]) -> Escalation:
        severed = border.severed(device)
        subjects = tuple(dict.fromkeys(name for step in steps for name in step.subjects))
        operations = self._operations(border.ports, subjects)
        objection: Objection | None
        if border.never is not None:
            port, kind = border.never
            objection = Objection(NEVER_CUT, f"{port.device} {port.interface} ({kind.value})")
        elif isinstance(operations, Port):
            objection = Objection(NO_METHOD, f"{operations.device} {operations.interface}")
        else:
            objection = self._objections.beforehand(device, border.ports, severed)
        if objection is not None or isinstance(operations, Port):
            code = objection.code if objection else NO_METHOD
            detail = objection.detail if objection else ""
            if device not in self._at_neighbour:
                self._findings.hazard(
                    {
                        KEEP_ALIVE: "escalation-keep-alive",
                        OWN_PATH: "escalation-own-path",
                        NEVER_CUT: "escalation-never-cut",
                        NO_METHOD: "escalation-no-method",
                    }[code],
                    Severity.WARN,
                    device,
                    detail=detail,
                )
            return Escalation(device, (), border.behind, refused=code, because=detail)
        places: tuple[str | Port, ...] = (*sorted(severed), *border.ports)
        there = dict.fromkeys(name for place in places for name in self._subjects.get(place, ()))
        also = tuple(name for name in there if name not in cut)
        ports = [f"{port.device} {port.interface}" for port in border.ports]
        if also or border.behind:
            self._findings.hazard(
                "escalation-costs",
                Severity.WARN,
                device,
                ports=", ".join(ports),
                others=some((*border.behind, *also)),
            )
        return Escalation(device, operations, border.behind, also, self._inside(device, severed))

    def _operations(self, ports: Iterable[Port], subjects: tuple[str, ...]) -> tuple[Operation, ...] | Port:
        """The port that cannot be shut, where there is one."""
        by_device: dict[str, list[Step]] = defaultdict(list)
        for port in ports:
            device = self._inventory.devices.get(port.device)
            profile = self._profiles.get(device.platform) if device else None
            point = self._upstream.point(port)
            context = point_context(point, subjects, (), device, profile) if device and profile else None
            renderings = isolations(context, Method.SHUTDOWN) if context else ()
            if not renderings or not all(each.commands for each in renderings):
                return port
            by_device[port.device].append(Step(point, subjects, (), renderings[0], renderings[1:]))
        return tuple(
            operation(self._profiles, self._inventory.devices[name], steps)
            for name, steps in sorted(by_device.items())
        )

    def _inside(self, device: str, severed: Iterable[str]) -> tuple[tuple[str, int], ...]:
        """The segments with hosts that go on reaching others within what is cut off: a second port of their
        own, another segment in their VLAN, or one that is routed there too."""
        count: dict[str, int] = defaultdict(int)
        for each in severed:
            for name, socket in self._sockets.get(each, ()):
                if each == device or self._after.live(socket):
                    count[name] += 1
        routed = [
            name
            for name in count
            if any(gateway.device in severed for gateway in self._inventory.segments[name].gateways)
        ]
        vlans = self._network.vlans
        return tuple(
            (name, ports)
            for name, ports in sorted(count.items())
            if ports > 1
            or (name in routed and len(routed) > 1)
            or any(other != name and vlans[other] & vlans[name] for other in count)
        )


def _wanting(
    inventory: Inventory, waves: Iterable[Wave], at_neighbour: Collection[str]
) -> dict[str, tuple[str, list[Step]]]:
    """Device → the stage that first wants it cut from outside, and the steps a cut there would stand for."""
    found: dict[str, tuple[str, list[Step]]] = {}
    for wave in waves:
        for each in wave.operations:
            if wave.on_unreachable is not OnUnreachable.ESCALATE and each.device not in at_neighbour:
                continue
            if inventory.devices[each.device].platform == MANUAL:
                continue
            steps = [step for step in each.steps if cut_from_outside(step)]
            if steps:
                found.setdefault(each.device, (wave.stage, []))[1].extend(steps)
    return found


def cut_from_outside(step: Step) -> bool:
    """Whether a cut of all links of its device stands for the step: not for what goes on by radio at other
    devices, nor for what was left to a person."""
    return bool(step.rendering.commands) and step.point.kind is not PointKind.SSID
