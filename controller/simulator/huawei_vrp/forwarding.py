"""``display`` commands about VLANs, and about the machines and devices around.

S2720, S5700, and S6700 V200R019C10 Command Reference: Ethernet Switching ("display vlan", "display port
vlan", "display mac-address"); IP Services ("display arp all"); Network Management ("display lldp neighbor").
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping

from controller.simulator.grammar import Arguments, Rejected
from controller.simulator.huawei_vrp.device import VrpSwitch
from controller.simulator.huawei_vrp.filtering import NO_VLAN
from controller.simulator.huawei_vrp.names import short_name
from controller.simulator.huawei_vrp.shell import Shell
from controller.simulator.modal import paged
from controller.simulator.shell import Reply
from controller.simulator.surroundings import cabled, hosts
from controller.simulator.surroundings import hardware_address as dotted
from controller.simulator.switching import Interface
from controller.simulator.views import spans
from controller.simulator.vlans import ALL_VLANS, vlan_spans

_RULED = "-" * 79
_WIDE = "-" * 80


def hardware_address(name: str) -> str:
    """The same for the same name: ``0250-56ab-cdef``."""
    return dotted(name).replace(".", "-")


# --- VLANs -----------------------------------------------------------------------------------------------


def _vlan(shell: Shell, arguments: Arguments) -> Reply:
    device, vlan = shell.device, arguments.number()
    if vlan not in device.running.vlans:
        raise Rejected(NO_VLAN)
    lines = [
        _WIDE,
        "U: Up;         D: Down;         TG: Tagged;         UT: Untagged;",
        "MP: Vlan-mapping;               ST: Vlan-stacking;",
        "#: ProtocolTransparent-vlan;    *: Management-vlan;",
        _WIDE,
        "",
        "VID  Type    Ports",
        _WIDE,
        *_ports_of(device, vlan),
        "",
        "VID  Status  Property      MAC-LRN Statistics Description",
        _WIDE,
        "",
        f"{vlan:<4} enable  default       enable  disable    {device.running.vlans[vlan]}",
    ]
    return paged(lines)


def _ports_of(device: VrpSwitch, vlan: int) -> list[str]:
    """Four to a line, the untagged first."""
    found: dict[str, list[str]] = {"UT": [], "TG": []}
    for each in device.ordered():
        if each.is_svi or each.channel_group is not None:
            continue
        trunk = device.is_trunk(each)
        pvid = each.native_vlan if trunk else each.access_vlan
        if vlan in each.allowed if trunk else vlan == pvid:
            state = "U" if device.status(each).link else "D"
            found["UT" if vlan == pvid else "TG"].append(f"{short_name(each.name)}({state})")
    rows = [
        f"{f'{word}:' if not start else '':<3}{''.join(f'{name:<16}' for name in names[start : start + 4])}"
        for word, names in found.items()
        for start in range(0, len(names), 4)
    ]
    return [
        f"{str(vlan) if not index else '':<5}{'common' if not index else '':<8}{row}"
        for index, row in enumerate(rows)
    ]


def _port_vlan(shell: Shell, arguments: Arguments) -> Reply:
    return _carried(shell.device, [shell.interface(arguments)])


def _ports_vlan(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    switched = [each for each in device.ordered() if not each.is_svi and each.channel_group is None]
    return _carried(device, switched)


def _carried(device: VrpSwitch, interfaces: list[Interface]) -> Reply:
    """A port that negotiates its link type would carry every VLAN as a trunk."""
    lines = ["Port                        Link Type    PVID  Trunk VLAN List", _RULED]
    for each in interfaces:
        trunk = device.is_trunk(each)
        allowed = ALL_VLANS if each.mode == "auto" else each.allowed if trunk else frozenset()
        carried = "1-4094" if allowed == ALL_VLANS else " ".join(vlan_spans(allowed, 2))
        shown = textwrap.wrap(carried, 32) or ["-"]
        pvid = each.native_vlan if trunk else each.access_vlan
        lines.append(f"{each.name:<28}{each.mode:<13}{pvid:<6}{shown[0]}")
        lines += [" " * 47 + more for more in shown[1:]]
    return paged(lines)


def _port_vlan_active(shell: Shell, arguments: Arguments) -> Reply:
    device, each = shell.device, shell.interface(arguments)
    trunk = device.is_trunk(each)
    pvid = each.native_vlan if trunk else each.access_vlan
    there = (each.allowed if trunk else {pvid}) & device.running.vlans.keys()
    words = [("U", there & {pvid}), ("T", there - {pvid})]
    shown = [
        ("" if index else f"{word}: ", text)
        for word, vlans in words
        if vlans
        for index, text in enumerate(textwrap.wrap(spans(vlans), 36))
    ] or [("", "-")]
    rows = [f"{head:<3}{text}" if head or text != "-" else text for head, text in shown]
    first = (
        f"{short_name(each.name):<20}{'access' if each.mode == 'auto' else each.mode:<13}{pvid:<8}{rows[0]}"
    )
    lines = ["T=TAG U=UNTAG", _RULED, "Port                Link Type    PVID    VLAN List", _RULED, first]
    return paged([*lines, *(" " * 41 + more for more in rows[1:])])


# --- who is there ----------------------------------------------------------------------------------------


def _macs(shell: Shell, _arguments: Arguments) -> Reply:
    lines = [_RULED, "MAC Address    VLAN/VSI                          Learned-From        Type", _RULED]
    found = [
        f"{hardware_address(host.name)} {f'{vlan}/-':<34}{short_name(each.name):<20}dynamic"
        for host, each, vlan in hosts(shell.device)
    ]
    return paged([*lines, *found, "", _RULED, f"Total items displayed = {len(found)}", ""])


def _arp(shell: Shell, _arguments: Arguments) -> Reply:
    lines = [
        "IP ADDRESS      MAC ADDRESS     EXPIRE(M) TYPE        INTERFACE   VPN-INSTANCE",
        "                                          VLAN/CEVLAN",
        "-" * 78,
    ]
    count = 0
    for host, each, vlan in hosts(shell.device):
        if host.address and f"Vlanif{vlan}" in shell.device.running.interfaces:
            mac = hardware_address(host.name)
            lines.append(f"{host.address:<16}{mac}  17        D-0         {short_name(each.name)}")
            lines.append(f"{' ' * 42}{vlan}/-")
            count += 1
    total = f"Total:{count:<10}Dynamic:{count:<8}Static:0     Interface:0"
    return paged([*lines, "-" * 78, total])


def _neighbours(shell: Shell, _arguments: Arguments) -> Reply:
    found = {each.name: (far, port) for each, far, port in cabled(shell.device)}
    lines: list[str] = []
    for each in shell.device.ordered():
        if not each.is_physical:
            continue
        if each.name not in found:
            lines += [f"{each.name} has 0 neighbor(s)", ""]
            continue
        far, port = found[each.name]
        lines += [
            f"{each.name} has 1 neighbor(s):",
            "",
            "Neighbor index                     :1",
            "Chassis type                       :MAC Address",
            f"Chassis ID                         :{hardware_address(far.name)}",
            "Port ID subtype                    :Interface Name",
            f"Port ID                            :{port}",
            f"Port description                   :{port}",
            f"System name                        :{far.hostname}",
            "System description                 :CORDON-SIMULATED",
            "System capabilities supported      :bridge router",
            "System capabilities enabled        :bridge",
            "Expired time                       :102s",
            "",
        ]
    return paged(lines)


SHOWN: Mapping[str, Callable[[Shell, Arguments], Reply]] = {
    "vlan <number:1-4094>": _vlan,
    "port vlan": _ports_vlan,
    "port vlan <interface>": _port_vlan,
    "port vlan <interface> active": _port_vlan_active,
    "mac-address": _macs,
    "arp all": _arp,
    "lldp neighbor": _neighbours,
}
"""By what stands behind ``display``."""
