"""Who is at the other end of a port: ``show lldp neighbors detail``, ``show cdp neighbors detail``, ``show
mac address-table``, ``show ip arp`` and ``show ipv6 neighbors``, which knows of nobody.

Cisco IOS XE Layer 2 Command Reference (Catalyst 9300), "show lldp neighbors", "show cdp neighbors" and "show
mac address-table"; Cisco IOS IP Addressing Services Command Reference, "show ip arp". CDP runs by default,
LLDP only after ``lldp run``: here both speak on every cable between two devices that are up.
"""

from __future__ import annotations

import ipaddress

from controller.simulator.cisco_ios.names import short_name
from controller.simulator.cisco_ios.shell import Handler, Shell
from controller.simulator.cisco_ios.show import VERSION
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.modal import paged
from controller.simulator.shell import Reply
from controller.simulator.surroundings import cabled, hardware_address, hosts


def _lldp(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    lines: list[str] = []
    count = 0
    for interface, far, port in cabled(device):
        count += 1
        lines += [
            "------------------------------------------------",
            f"Local Intf: {short_name(interface.name)}",
            f"Chassis id: {hardware_address(far.name)}",
            f"Port id: {short_name(port)}",
            f"Port Description: {port}",
            f"System Name: {far.hostname}",
            "",
            "System Description: ",
            f"Cisco IOS Software [Cupertino], Catalyst Software (CORDON-SIMULATED), Version {VERSION}",
            "",
            "Time remaining: 101 seconds",
            "System Capabilities: B,R",
            "Enabled Capabilities: B",
            "Management Addresses - not advertised",
            "Auto Negotiation - supported, enabled",
            "Physical media capabilities:",
            "    1000baseT(FD)",
            "Media Attachment Unit type: 30",
            "Vlan ID: - not advertised",
            "",
        ]
    return paged([*lines, "", f"Total entries displayed: {count}", ""])


def _cdp(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    lines: list[str] = []
    count = 0
    for interface, far, port in cabled(device):
        count += 1
        lines += [
            "-------------------------",
            f"Device ID: {far.hostname}",
            "Entry address(es): ",
            f"Platform: cisco {far.model},  Capabilities: Switch IGMP ",
            f"Interface: {interface.name},  Port ID (outgoing port): {port}",
            "Holdtime : 145 sec",
            "",
            "Version :",
            f"Cisco IOS Software [Cupertino], Catalyst Software (CORDON-SIMULATED), Version {VERSION}",
            "",
            "advertisement version: 2",
            "Native VLAN: 1",
            "Duplex: full",
            "",
        ]
    return paged([*lines, "", f"Total cdp entries displayed : {count}"])


def _macs(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    lines = [
        "          Mac Address Table",
        "-------------------------------------------",
        "",
        "Vlan    Mac Address       Type        Ports",
        "----    -----------       --------    -----",
        " All    0100.0ccc.cccc    STATIC      CPU",
        " All    0180.c200.0000    STATIC      CPU",
    ]
    rows = sorted(
        (vlan, hardware_address(host.name), short_name(interface.name))
        for host, interface, vlan in hosts(device)
    )
    lines += [f"{vlan:>4}    {mac}    DYNAMIC     {port}" for vlan, mac, port in rows]
    return paged([*lines, f"Total Mac Addresses for this criterion: {len(rows) + 2}"])


def _arp(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    lines = ["Protocol  Address          Age (min)  Hardware Addr   Type   Interface"]
    for svi in device.running.ordered_interfaces():
        if not (svi.is_svi and svi.address and device.status(svi).protocol):
            continue
        network = ipaddress.ip_network("/".join(svi.address), strict=False)
        own = hardware_address(device.name)
        lines.append(f"Internet  {svi.address[0]:<15}         -  {own}  ARPA   {svi.name}")
        lines += [
            f"Internet  {host.address:<15}         0  {hardware_address(host.name)}  ARPA   {svi.name}"
            for host, _, vlan in hosts(device)
            if vlan == svi.number and host.address and ipaddress.ip_address(host.address) in network
        ]
    return paged(lines)


def _ipv6(_shell: Shell, _arguments: Arguments) -> str:
    return "IPv6 Address                              Age Link-layer Addr State Interface"


def add_show_neighbours(user: Grammar[Handler], enabled: Grammar[Handler]) -> None:
    for grammar in (user, enabled):
        grammar.add("show lldp neighbors detail", _lldp)
        grammar.add("show cdp neighbors detail", _cdp)
        grammar.add("show mac address-table", _macs)
        grammar.add("show ip arp", _arp)
        grammar.add("show ipv6 neighbors", _ipv6)
