"""``show interface`` and its kin.

Cisco Nexus 9000 Series NX-OS Interfaces command reference: "show interface", "show interface switchport",
"show port-channel summary"; Troubleshooting Guide, "Ports" (the reason in brackets: "Administratively down",
"Link not connected", "Channel admin down", "No operational members", "VLAN/BD is down").
"""

from __future__ import annotations

from collections.abc import Callable

from controller.simulator.cisco_nxos.device import NexusSwitch
from controller.simulator.cisco_nxos.names import short_name
from controller.simulator.cisco_nxos.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar, invalid
from controller.simulator.modal import paged
from controller.simulator.surroundings import hardware_address
from controller.simulator.switching import Interface
from controller.simulator.vlans import vlan_text

Render = Callable[[NexusSwitch, list[Interface]], list[str]]


def _reason(device: NexusSwitch, each: Interface) -> str:
    """Why it is down; "" while it is up."""
    status = device.status(each)
    if status.protocol:
        group = device.aggregate(each.channel_group) if each.channel_group is not None else None
        return "Channel admin down" if group is not None and group.shutdown else ""
    if status.admin_down:
        return "Administratively down"
    if each.is_svi:
        return "VLAN/BD is down"
    return "No operational members" if each.is_aggregate else "Link not connected"


def _state(device: NexusSwitch, each: Interface) -> str:
    reason = _reason(device, each)
    return f"down ({reason})" if reason else "up"


def _detail(device: NexusSwitch, interfaces: list[Interface]) -> list[str]:
    lines: list[str] = []
    for each in interfaces:
        mac = hardware_address(f"{device.name}{each.name}")
        state = _state(device, each)
        if each.is_svi:
            protocol = "up" if state == "up" else "down"
            lines.append(f"{each.name} is {state}, line protocol is {protocol}, autostate enabled")
            lines.append(f"  Hardware is EtherSVI, address is  {mac}")
            lines += [f"  Description: {each.description}"] if each.description else []
            lines += [f"  Internet Address is {'/'.join(each.address)}"] if each.address else []
            lines += ["  MTU 1500 bytes, BW 1000000 Kbit , DLY 10 usec", ""]
            continue
        admin = "down" if each.shutdown else "up"
        tail = "" if each.is_aggregate else " Dedicated Interface"
        lines += [f"{each.name} is {state}", f"admin state is {admin},{tail}"]
        if each.channel_group is not None:
            lines.append(f"  Belongs to Po{each.channel_group}")
        kind = "Port-Channel" if each.is_aggregate else "100/1000/10000 Ethernet"
        lines.append(f"  Hardware: {kind}, address: {mac} (bia {mac})")
        lines += [f"  Description: {each.description}"] if each.description else []
        lines += [
            "  MTU 1500 bytes, BW 1000000 Kbit , DLY 10 usec",
            "  reliability 255/255, txload 1/255, rxload 1/255",
            "  Encapsulation ARPA, medium is broadcast",
            f"  Port mode is {'trunk' if device.is_trunk(each) else 'access'}",
            "  full-duplex, 1000 Mb/s" if state == "up" else "  auto-duplex, auto-speed",
            "  Switchport monitor is off ",
            "  EtherType is 0x8100 ",
        ]
        if each.is_aggregate:
            members = [short_name(member.name) for member in device.members(each.number)]
            lines += [f"  Members in this channel: {', '.join(members)}"] if members else []
        lines += ['  Last clearing of "show interface" counters never', "  1 interface resets", "  TX"]
        lines += ["    0 lost carrier  0 no carrier  0 babble  0 output discard", "    0 Tx pause", ""]
    return lines


def _switchport(device: NexusSwitch, interfaces: list[Interface]) -> list[str]:
    lines: list[str] = []
    for each in interfaces:
        if each.is_svi:
            continue
        named = [
            f"{vlan} ({device.running.vlans.get(vlan, 'Vlan not created')})"
            for vlan in (each.access_vlan, each.native_vlan)
        ]
        lines += [
            f"Name: {each.name}",
            "  Switchport: Enabled",
            "  Switchport Monitor: Not enabled ",
            "  Switchport Isolated : Not enabled",
            f"  Operational Mode: {'trunk' if device.is_trunk(each) else 'access'}",
            f"  Access Mode VLAN: {named[0]}",
            f"  Trunking Native Mode VLAN: {named[1]}",
            f"  Trunking VLANs Allowed: {vlan_text(each.allowed, 2)}",
            "  Voice VLAN: none",
            "  Administrative private-vlan primary host-association: none",
            "  Administrative private-vlan trunk encapsulation: dot1q",
            "  Operational private-vlan: none",
        ]
    return lines


def _summary(device: NexusSwitch, interfaces: list[Interface]) -> list[str]:
    """Nothing at all where there is no port-channel."""
    if not any(each.is_aggregate for each in interfaces):
        return []
    ruler = "-" * 80
    lines = [
        "Flags:  D - Down        P - Up in port-channel (members)",
        "        I - Individual  H - Hot-standby (LACP only)",
        "        s - Suspended   r - Module-removed",
        "        b - BFD Session Wait",
        "        S - Switched    R - Routed",
        "        U - Up (port-channel)",
        "        p - Up in delay-lacp mode (member)",
        "        M - Not in use. Min-links not met",
        ruler,
        "Group Port-       Type     Protocol  Member Ports",
        "      Channel",
        ruler,
    ]
    for each in interfaces:
        if not each.is_aggregate:
            continue
        members = device.members(each.number)
        flag = "SU" if device.status(each).protocol else "SD"
        protocol = "LACP" if {member.channel_mode for member in members} & {"active", "passive"} else "NONE"
        cells = [f"{short_name(each.name)}({'P' if device.bundled(each) else 'D'})" for each in members]
        first = "".join(f"{cell:<13}" for cell in cells[:3])
        lines.append(f"{each.number:<6}{f'Po{each.number}({flag})':<12}{'Eth':<9}{protocol:<10}{first}")
        rows = [cells[at : at + 3] for at in range(3, len(cells), 3)]
        lines += [" " * 37 + "".join(f"{cell:<13}" for cell in row) for row in rows]
    return lines


def _of_all(render: Render) -> Handler:
    return lambda shell, _arguments: paged(render(shell.device, shell.device.ordered()))


def _of_one(render: Render) -> Handler:
    return lambda shell, arguments: paged(render(shell.device, [shell.interface(arguments)]))


def _unknown(shell: Shell, arguments: Arguments) -> None:
    """A name of a type there is none of here, ``nve1``."""
    if not arguments.text()[-1].isdigit():
        raise invalid(arguments.starts[0])
    raise shell.refused("interface format", arguments.starts[0])


def add_showing_interfaces(enabled: Grammar[Handler]) -> None:
    for tail, render in (("", _detail), (" switchport", _switchport)):
        enabled.add(f"show interface{tail}", _of_all(render))
        enabled.add(f"show interface <interface>{tail}", _of_one(render))
    enabled.add("show interface <word>", _unknown)
    enabled.add("show port-channel summary", _of_all(_summary))
    enabled.add("show port-channel summary interface <interface>", _of_one(_summary))
