"""Whom an AOS-CX switch knows: at the other end of its cables, in its address table, by its addresses.

AOS-CX 10.06 Monitoring Guide, "show lldp neighbor-info"; Layer 2 Bridging Guide, "show mac-address-table"; IP
Services Guide, "show arp", "show ipv6 neighbors".
"""

from __future__ import annotations

from controller.simulator.aruba_aoscx.configuration import VERSION
from controller.simulator.aruba_aoscx.names import shown_name
from controller.simulator.aruba_aoscx.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.modal import paged
from controller.simulator.shell import Reply
from controller.simulator.surroundings import cabled, hardware_address, hosts


def mac_address(name: str) -> str:
    """As this platform writes one."""
    digits = hardware_address(name).replace(".", "")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def _lldp(shell: Shell, _arguments: Arguments) -> Reply:
    found = list(cabled(shell.device))
    lines = ["", "LLDP Neighbor Information ", "=========================", ""]
    lines += [f"Total Neighbor Entries          : {len(found)}", "Total Neighbor Entries Deleted  : 0"]
    lines += ["Total Neighbor Entries Dropped  : 0", "Total Neighbor Entries Aged-Out : 0"]
    for each, far, port in found:
        lines += [
            "-" * 80,
            f"Port                           : {each.name}",
            "Neighbor Entries               : 1",
            "Neighbor Entries Deleted       : 0",
            "Neighbor Entries Dropped       : 0",
            "Neighbor Entries Aged-Out      : 0",
            f"Neighbor Chassis-Name          : {far.hostname}",
            f"Neighbor Chassis-Description   : Aruba JL665A {VERSION} (CORDON-SIMULATED)",
            f"Neighbor Chassis-ID            : {mac_address(far.name)}",
            "Chassis Capabilities Available : Bridge, Router",
            "Chassis Capabilities Enabled   : Bridge, Router",
            f"Neighbor Port-ID               : {port}",
            f"Neighbor Port-Desc             : {port}",
            "Neighbor Port VLAN ID          : 1",
            "TTL                            : 120",
        ]
    return paged(lines)


def _macs(shell: Shell, _arguments: Arguments) -> Reply:
    rows = [
        f"{mac_address(host.name):<20} {vlan:<8} dynamic                   {shown_name(each.name)}"
        for host, each, vlan in hosts(shell.device)
    ]
    head = ["MAC age-time            : 300 seconds", f"Number of MAC addresses : {len(rows)}", ""]
    columns = "MAC Address          VLAN     Type                      Port"
    return paged([*head, columns, "-" * 62, *rows] if rows else ["No MAC entries found."])


def _arp(shell: Shell, _arguments: Arguments) -> Reply:
    head = "IPv4 Address     MAC                Port         Physical Port"
    lines = ["", f"{head}              State      VRF", "-" * 114]
    found = 0
    for host, interface, vlan in hosts(shell.device):
        if host.address and f"vlan {vlan}" in shell.device.running.interfaces:
            found += 1
            where = f"vlan{vlan:<8} {interface.name:<26} reachable  default"
            lines.append(f"{host.address:<16} {mac_address(host.name)}  {where}")
    return paged([*lines, "", f"Total Number Of ARP Entries Listed: {found}.", "-" * 114])


def _neighbours6(_shell: Shell, _arguments: Arguments) -> Reply:
    return paged("No IPv6 neighbor entries found.")


def add_neighbours(grammar: Grammar[Handler]) -> None:
    grammar.add("show lldp neighbor-info detail", _lldp)
    grammar.add("show mac-address-table", _macs)
    grammar.add("show arp all-vrfs", _arp)
    grammar.add("show ipv6 neighbors all-vrfs", _neighbours6)
