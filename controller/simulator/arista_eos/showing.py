"""``show`` commands of EOS.

Arista EOS User Manual: "show interfaces", "show interfaces status", "show interfaces switchport", "show
running-config",
"show startup-config", "show version", "show ip access-lists", "show vlan", "show lldp neighbors", "show mac
address-table",
"show ip arp", "show privilege".
"""

from __future__ import annotations

from typing import Any

from controller.simulator.arista_eos.configuration import written
from controller.simulator.arista_eos.device import EosSwitch
from controller.simulator.arista_eos.names import short_name
from controller.simulator.arista_eos.shell import Handler, Shell
from controller.simulator.filters import AccessList
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.modal import paged
from controller.simulator.shell import Reply
from controller.simulator.surroundings import cabled, hardware_address, hosts
from controller.simulator.switching import Interface
from controller.simulator.vlans import ALL_VLANS, vlan_text

VERSION = "4.30.5M"


def _status_of(device: EosSwitch, each: Interface) -> tuple[str, str, str]:
    """Link, line protocol, and the word in brackets."""
    status = device.status(each)
    if status.admin_down:
        return "administratively down", "down", "disabled"
    if status.protocol:
        return "up", "up", "connected"
    return "down", "lowerlayerdown" if each.is_aggregate else "down", "notconnect"


def _detail(device: EosSwitch, interfaces: list[Interface]) -> list[str]:
    lines: list[str] = []
    for each in interfaces:
        link, protocol, word = _status_of(device, each)
        kind = "Vlan" if each.is_svi else "Port-Channel" if each.is_aggregate else "Ethernet"
        mac = hardware_address(f"{device.name}{each.name}")
        since = "  Up 3 hours, 12 minutes, 5 seconds" if link == "up" else "  Down 5 minutes, 2 seconds"
        lines.append(f"{each.name} is {link}, line protocol is {protocol} ({word})")
        burnt = "" if each.is_aggregate else f" (bia {mac})"
        lines.append(f"  Hardware is {kind}, address is {mac}{burnt}")
        lines += [f"  Description: {each.description}"] if each.description else []
        if each.channel_group is not None:
            lines.append(f"  Member of Port-Channel{each.channel_group}")
        if each.is_svi:
            address = f"  Internet address is {'/'.join(each.address)}" if each.address else ""
            lines += [address or "  No Internet protocol address assigned", "  IP MTU 1500 bytes (default)"]
            lines.append(since)
            continue
        lines.append("  Ethernet MTU 9214 bytes, BW 1000000 kbit")
        if each.is_aggregate:
            active = [member for member in device.members(each.number) if device.bundled(member)]
            lines.append("  Full-duplex, 1Gb/s" if active else "  Unconfigured, Unconfigured")
            lines.append(f"  Active members in this channel: {len(active)}")
            lines += [f"  ... {member.name} , Full-duplex, 1Gb/s" for member in active]
            lines.append("  Fallback mode is: Off")
        else:
            lines.append("  Full-duplex, 1Gb/s, auto negotiation: on, uni-link: n/a")
        lines += [
            since,
            "  Loopback Mode : None",
            "  2 link status changes since last clear",
            '  Last clearing of "show interface" counters never',
            "  5 minutes input rate 0 bps (0.0% with framing overhead), 0 packets/sec",
            "  5 minutes output rate 0 bps (0.0% with framing overhead), 0 packets/sec",
            "     0 packets input, 0 bytes",
            "     Received 0 broadcasts, 0 multicast",
            "     0 packets output, 0 bytes",
            "     Sent 0 broadcasts, 0 multicast",
            "     0 PAUSE output",
        ]
    return lines


def _status(device: EosSwitch, interfaces: list[Interface]) -> list[str]:
    lines = ["Port       Name               Status       Vlan       Duplex Speed  Type            Flags"]
    for each in interfaces:
        if each.is_svi:
            continue
        vlan = "trunk" if device.is_trunk(each) else str(each.access_vlan)
        if each.channel_group is not None:
            vlan = f"in Po{each.channel_group}"
        word = _status_of(device, each)[2]
        lines.append(
            f"{short_name(each.name):<10} {each.description[:18]:<18} {word:<12} {vlan:<10} "
            f"a-full a-1G   {'N/A' if each.is_aggregate else '1000BASE-T'}"
        )
    return lines


def _switchport(device: EosSwitch, interfaces: list[Interface]) -> list[str]:
    lines: list[str] = []
    for each in interfaces:
        if each.is_svi:
            continue
        access, native = (
            device.running.vlans.get(vlan, "inactive") for vlan in (each.access_vlan, each.native_vlan)
        )
        mode = "trunk" if device.is_trunk(each) else "static access"
        vlans = "ALL" if each.allowed == ALL_VLANS else vlan_text(each.allowed, 2).upper()
        lines += [
            f"Name: {short_name(each.name)}",
            "Switchport: Enabled",
            f"Administrative Mode: {mode}",
            f"Operational Mode: {mode}",
            "MAC Address Learning: enabled",
            "Dot1q ethertype/TPID: 0x8100 (active)",
            f"Access Mode VLAN: {each.access_vlan} ({access})",
            f"Trunking Native Mode VLAN: {each.native_vlan} ({native})",
            "Administrative Native VLAN tagging: disabled",
            f"Trunking VLANs Enabled: {vlans}",
            "Static Trunk Groups:",
            "Dynamic Trunk Groups:",
            "Source interface filtering: enabled",
            "",
        ]
    return lines


def _running(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    made_by = f"! device: {device.hostname} ({device.model}, EOS-{VERSION})"
    head = ["! Command: show running-config", made_by, "!"]
    return paged([*head, "! boot system flash:/CORDON-SIMULATED.swi", "!", device.running.text()])


def _running_interface(shell: Shell, arguments: Arguments) -> Reply:
    return paged(written(shell.interface(arguments)))


def _startup(shell: Shell, _arguments: Arguments) -> Reply | str:
    device = shell.device
    if device.startup is None:
        return "% Error displaying startup-config (no such file or directory)"
    head = [
        "! Command: show startup-config",
        "! Startup-config last modified at Sun Nov 22 08:00:00 2026 by cordon",
        f"! device: {device.hostname} ({device.model}, EOS-{VERSION})",
        "!",
    ]
    return paged([*head, "! boot system flash:/CORDON-SIMULATED.swi", "!", device.startup.text()])


def _version(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    mac = hardware_address(device.name)
    return paged(
        [
            f"Arista {device.model}",
            "Hardware version: 11.00",
            f"Serial number: {device.serial}",
            f"Hardware MAC address: {mac}",
            f"System MAC address: {mac}",
            "",
            f"Software image version: {VERSION}",
            "Architecture: i686",
            f"Internal build version: {VERSION}-CORDON-SIMULATED",
            "Internal build ID: 00000000-0000-0000-0000-000000000000",
            "Image format version: 3.0",
            "Image optimization: None",
            "",
            "Uptime: 1 hour and 5 minutes",
            "Total memory: 3982456 kB",
            "Free memory: 2076700 kB",
        ]
    )


def list_shown(each: AccessList) -> list[str]:
    title = "IP Access List" if each.family == "ip" else "IP6 Access List"
    return [f"{title} {each.name}", *(f"        {entry.words}" for entry in each.entries)]


def _lists(family: str, *, named: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> Reply:
        wanted = arguments.text() if named else None
        lines: list[str] = []
        for (kind, name), each in sorted(shell.device.running.lists.items()):
            if kind == family and wanted in (None, name):
                lines += [*list_shown(each), ""]
        return paged(lines)

    return handler


def _vlans(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    lines = ["VLAN  Name                             Status    Ports"]
    lines.append(f"----- {'-' * 32} --------- {'-' * 31}")
    for vlan, name in sorted(device.running.vlans.items()):
        switched = [each for each in device.ordered() if not each.is_svi]
        ports = [short_name(each.name) for each in switched if device.carries(each, vlan)]
        lines.append(f"{vlan:<5} {name:<32} active    {', '.join(ports)}".rstrip())
    return paged([*lines, ""])


# --- who is there ------------------------------------------------------------------------------------


def _lldp(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    far_ends = {each.name: (far, port) for each, far, port in cabled(device)}
    lines: list[str] = []
    for each in device.ordered():
        found = far_ends.get(each.name) if device.running.settings.lldp else None
        lines += [f"Interface {each.name} detected {int(found is not None)} LLDP neighbors:", ""]
        if found is None:
            continue
        far, port = found
        mac = hardware_address(far.name)
        lines += [
            f'  Neighbor {mac}/"{port}", age 12 seconds',
            "  Discovered 0:01:11 ago; Last changed 0:01:11 ago",
            "  - Chassis ID type: MAC address (4)",
            f"    Chassis ID     : {mac}",
            "  - Port ID type: Interface name (5)",
            f'    Port ID     : "{port}"',
            "  - Time To Live: 120 seconds",
            f'  - System Name: "{far.hostname}"',
            f'  - System Description: "Arista Networks EOS version {VERSION} (CORDON-SIMULATED)"',
            "  - System Capabilities : Bridge, Router",
            "    Enabled Capabilities: Bridge, Router",
            "",
        ]
    return paged(lines)


def _macs(shell: Shell, _arguments: Arguments) -> Reply:
    rows = [
        f"{vlan:>4}    {hardware_address(host.name)}    DYNAMIC     {short_name(each.name):<10} 1  0:05 ago"
        for host, each, vlan in hosts(shell.device)
    ]
    columns = ["Vlan    Mac Address       Type        Ports", "----    -----------       ----        -----"]
    ruler = "-" * 66
    head = ["          Mac Address Table", ruler, "", f"{columns[0]}      Moves   Last Move"]
    head.append(f"{columns[1]}      -----   ---------")
    other = ["", "          Multicast Mac Address Table", ruler, "", *columns]
    other.append("Total Mac Addresses for this criterion: 0")
    return paged([*head, *rows, f"Total Mac Addresses for this criterion: {len(rows)}", *other])


def _arp(shell: Shell, _arguments: Arguments) -> Reply:
    lines = ["Address         Age (sec)  Hardware Addr   Interface"]
    for host, interface, vlan in hosts(shell.device):
        if host.address and f"Vlan{vlan}" in shell.device.running.interfaces:
            mac = hardware_address(host.name)
            lines.append(f"{host.address:<15}   0:00:00  {mac}  Vlan{vlan}, {interface.name}")
    return paged(lines)


def _neighbours6(_shell: Shell, _arguments: Arguments) -> str:
    return "IPv6 Address                                  Age Hardware Addr    State Interface"


def _of_all(render: Any) -> Handler:
    return lambda shell, _arguments: paged(render(shell.device, shell.device.ordered()))


def _of_one(render: Any) -> Handler:
    return lambda shell, arguments: paged(render(shell.device, [shell.interface(arguments)]))


def add_showing(user: Grammar[Handler], enabled: Grammar[Handler]) -> None:
    for grammar in (user, enabled):
        for tail, render in (("", _detail), (" status", _status), (" switchport", _switchport)):
            grammar.add(f"show interfaces{tail}", _of_all(render))
            grammar.add(f"show interfaces <interface>{tail}", _of_one(render))
        grammar.add("show version", _version)
        grammar.add("show vlan", _vlans)
        grammar.add("show lldp neighbors detail", _lldp)
        grammar.add("show mac address-table", _macs)
        grammar.add("show ip arp", _arp)
        grammar.add("show ipv6 neighbors", _neighbours6)
        grammar.add(
            "show privilege",
            lambda shell, _arguments: f"Current privilege level is {1 if shell.mode == 'user' else 15}",
        )
    enabled.add("show running-config", _running)
    enabled.add("show running-config interfaces <interface>", _running_interface)
    enabled.add("show startup-config", _startup)
    for family in ("ip", "ipv6"):
        enabled.add(f"show {family} access-lists", _lists(family, named=False))
        enabled.add(f"show {family} access-lists <word>", _lists(family, named=True))
