"""What runs on machines of the site: the guests of its hypervisors, the jump hosts and console servers on the
way to devices, and the controller itself. Pure.

Neither ever blocks a cut: it is for a person to know before it is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from controller.domain.inventory import WHOLE_PORT, Foothold, Hypervisor, Port
from controller.domain.plan import Severity, Step
from controller.engine.findings import Findings, some
from controller.engine.network.lifelines import losses, said
from controller.engine.network.reachability import Aftermath
from controller.engine.network.vlans import PORTS, UNTAGGED_PORT, Network

TAKES_GUESTS = WHOLE_PORT | UNTAGGED_PORT
"""Methods that at a port leave nothing of it, or nothing of one VLAN there."""


def check_hypervisors(hypervisors: Iterable[Hypervisor], sent: Iterable[Step], findings: Findings) -> None:
    """Names the steps that take guests off the network at a hypervisor's port. A step's second choices count:
    each may come to be what is done."""
    at: dict[Port, list[str]] = defaultdict(list)
    for hypervisor in hypervisors:
        for port in hypervisor.ports:
            at[port].append(hypervisor.name)
    for step in sent:
        names = at.get(step.point.port)
        methods = {each.method for each in (step.rendering, *step.fallbacks)}
        if names and step.point.kind in PORTS and methods & TAKES_GUESTS:
            findings.hazard(
                "hypervisor-port",
                Severity.WARN,
                str(step.point.id),
                hypervisor=", ".join(dict.fromkeys(names)),
            )


def check_waypoints(network: Network, wanted: Collection[str], findings: Findings) -> None:
    """Names the jump hosts and console servers that are in a segment selected, with the devices reached by
    them: straight ways, where there are any, are tried all the same."""
    behind: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for device in network.inventory.devices.values():
        for waypoint in (each for path in device.paths for each in path.waypoints):
            home = network.segment_of(waypoint.address)
            if home is not None and home.name in wanted:
                behind[waypoint.name, home.name][device.name] = None
    for (name, segment), devices in behind.items():
        findings.hazard("waypoint-cut", Severity.WARN, name, segment=segment, devices=some(list(devices)))


def check_footing(
    before: Aftermath,
    after: Aftermath,
    sent: Collection[Step],
    wanted: Collection[str],
    findings: Findings,
) -> None:
    """Names what the controller rests on and the plan cuts: its port at all, its segment selected or parted
    from what it lives on. ``sent``: the steps that are carried out; ``wanted``: the subjects selected."""
    for foothold in after.network.inventory.controller.rests_on:
        reasons = list(dict.fromkeys(_taken(foothold, before, after, sent, wanted)))
        if reasons:
            findings.hazard(
                "controller-footing",
                Severity.WARN,
                foothold.what.value,
                through=", ".join(reasons),
                some=some(reasons),
            )


def _taken(
    foothold: Foothold,
    before: Aftermath,
    after: Aftermath,
    sent: Iterable[Step],
    wanted: Collection[str],
) -> Iterable[str]:
    if foothold.port is not None:
        return (str(step.point.id) for step in sent if step.point.port == foothold.port)
    if foothold.segment in wanted:
        return (foothold.segment,)
    return said(losses(before, after, after.network.inventory.segments[foothold.segment], wanted))
