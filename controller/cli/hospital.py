"""The simulated hospital of ``cordon demo``: its switches as the simulator plays them, its inventory as
Cordon reads it, and what the simulator itself says of them."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from controller.domain.inventory import PointKind, Segment

if TYPE_CHECKING:
    from controller.domain.inventory import Inventory, Point
    from controller.simulator.process import Simulation
    from controller.simulator.site import DeviceSpec, End

QUARANTINE = 999
"""The VLAN that leads nowhere, as device_profiles/cisco_ios.yaml names it."""

SHUT_BEFORE = (("acc-b6", "GigabitEthernet1/0/3"), ("acc-c1", "GigabitEthernet1/0/4"))
"""Ports of segments that a person had shut before everything began."""


def switches(inventory: Inventory, password: str, enable: str) -> list[DeviceSpec]:
    """One switch a device, configured as the inventory describes it."""
    from controller.simulator.site import Account, DeviceSpec

    lines: dict[str, list[str]] = {name: list(_vlans(inventory)) for name in inventory.devices}
    for segment in inventory.segments.values():
        for point in segment.points:
            lines[point.id.device] += _configured(point, segment)
    for link in inventory.links:
        for device, port in link.ends:
            lines[device] += [f"interface {port}", "switchport mode trunk"]
    for each in inventory.devices.values():
        if each.canary is not None:
            lines[each.name] += [f"interface {each.canary}", "switchport mode access"]
    for device, port in SHUT_BEFORE:
        lines[device] += [f"interface {port}", "shutdown"]
    users = {"cordon": Account(password)}
    return [DeviceSpec(name, users=users, enable=enable, config=config) for name, config in lines.items()]


def cables(inventory: Inventory) -> list[tuple[End, End]]:
    return [link.ends for link in inventory.links]


def _vlans(inventory: Inventory) -> Iterator[str]:
    for segment in inventory.segments.values():
        for vlan in segment.vlans:
            yield from (f"vlan {vlan}", f"name {segment.name}")
    yield from (f"vlan {QUARANTINE}", "name quarantine")


def _configured(point: Point, segment: Segment) -> Iterator[str]:
    yield f"interface {point.id.object}"
    if point.kind is PointKind.SVI:
        for prefix in segment.prefixes:
            network = ipaddress.ip_network(prefix)
            if network.version == 4:
                yield f"ip address {network[1]} {network.netmask}"
            else:
                yield f"ipv6 address {network[1]}/{network.prefixlen}"
    elif point.tagged:
        yield f"switchport voice vlan {point.id.vlan}"
    else:
        yield from ("switchport mode access", f"switchport access vlan {point.id.vlan}")


def located(text: str, inventory: Inventory, simulation: Simulation) -> str:
    """The inventory's ``text`` with each device where the simulator listens, and its host key pinned."""
    for name, device in inventory.devices.items():
        there = simulation[name]
        text = text.replace(
            f"paths: [{{ssh: {device.paths[0].address}}}]\n",
            f"paths: [{{ssh: {there.address}, port: {there.port}}}]\n    host_key: {there.host_key}\n",
        )
    return text


# --- what the simulator says, which has never seen a plan ---------------------------------------------------


def running(inventory: Inventory, simulation: Simulation) -> dict[str, str]:
    return {name: simulation.running(name) for name in inventory.devices}


def cut_points(inventory: Inventory, simulation: Simulation, *, kept: bool) -> tuple[int, int]:
    """How many points of the segments kept alive (``kept``), or of everything else, the switches themselves
    have shut or put into quarantine; and of how many. Those shut from the first count as shut."""
    points: dict[str, dict[str, Point]] = defaultdict(dict)
    for subject in inventory.subjects():
        if (isinstance(subject, Segment) and subject.keep_alive) is kept:
            for point in subject.points:
                points[point.id.device][str(point.id)] = point
    found = total = 0
    for device, here in points.items():
        interfaces = simulation.state(device)["interfaces"]
        total += len(here)
        found += sum(_is_cut(interfaces[point.id.object], point) for point in here.values())
    return found, total


def _is_cut(port: dict[str, Any], point: Point) -> bool:
    """A tagged VLAN is the telephone's: moving the computer's VLAN away leaves it alone."""
    if port["admin"] == "down" and port["protocol"] == "down":
        return True
    return not point.tagged and point.kind is PointKind.INTERFACE and port["access_vlan"] == QUARANTINE
