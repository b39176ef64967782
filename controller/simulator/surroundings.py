"""What stands around a switch, however its platform tells of it: the devices at the other end of its cables
and the machines at its ports."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from controller.simulator.device import Device, Host
from controller.simulator.switching import Interface, Switch


def hardware_address(name: str, vendor: str = "025056") -> str:
    """The same for the same name: ``0250.56ab.cdef``; of who goes by an address for a name, that address."""
    digits = re.sub("[.:-]", "", name)
    if not re.fullmatch("[0-9a-f]{12}", digits):
        digits = vendor + hashlib.sha256(name.encode()).hexdigest()[:6]
    return ".".join(digits[at : at + 4] for at in (0, 4, 8))


def cabled(device: Switch[Any]) -> Iterator[tuple[Interface, Device[Any], str]]:
    """The ports that are up with the device and port at the other end of their cable."""
    for each in device.ordered():
        far = device.far_end(each.name) if each.is_physical and device.port_up(each) else None
        if far is not None:
            yield each, *far


def hosts(device: Switch[Any]) -> Iterator[tuple[Host, Interface, int]]:
    """Machines at ports that forward for them, with the VLAN they are in."""
    for host in device.hosts:
        interface = device.running.interfaces.get(host.port)
        vlan = host.vlan or (interface.access_vlan if interface else 0)
        if interface is not None and device.carries(interface, vlan):
            yield host, interface, vlan
