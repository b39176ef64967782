"""``show`` commands of AOS-CX.

AOS-CX Monitoring Guide (10.15), "show interface", "show running-config interface"; Link Aggregation Guide
(10.02), "show interface"; Diagnostics and Supportability Guide (10.06), "show running-config", "show system";
Layer 2 Bridging Guide, "show vlan"; ACLs and Classifier Policies Guide, "show access-list"; Security Guide,
"show user information"; MPLS Guide, "show bgp all-vrf all summary".
"""

from __future__ import annotations

from typing import Any

from controller.simulator.aruba_aoscx.configuration import VERSION, written
from controller.simulator.aruba_aoscx.device import CxSwitch
from controller.simulator.aruba_aoscx.names import listed, shown_name
from controller.simulator.aruba_aoscx.neighbours import add_neighbours, mac_address
from controller.simulator.aruba_aoscx.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.modal import paged
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface
from controller.simulator.vlans import ALL_VLANS, vlan_text

BUILD = f"ArubaOS-CX:{VERSION}:CORDON-SIMULATED"


# --- interfaces --------------------------------------------------------------------------------------


def _detail(device: CxSwitch, interfaces: list[Interface]) -> list[str]:
    lines: list[str] = []
    for each in interfaces:
        status = device.status(each)
        kind = "Aggregate" if each.is_aggregate else "Interface"
        why = " (Administratively down)" if status.admin_down else ""
        lines.append(f"{kind} {shown_name(each.name)} is {'up' if status.protocol else 'down'}{why} ")
        lines.append(f" Admin state is {'down' if status.admin_down else 'up'}")
        if each.is_aggregate:
            lines += _aggregate(device, each, status.admin_down, status.protocol)
        elif each.is_svi:
            lines += _virtual(device, each)
        else:
            lines += _port(device, each, status.admin_down, status.protocol)
        lines.append("")
    return lines


def _aggregate(device: CxSwitch, each: Interface, shut: bool, up: bool) -> list[str]:
    members = device.members(each.number)
    reason = "Administratively down" if shut else "Disabled by aggregation"
    return [
        *([] if up else [f" State information : {reason}"]),
        f" Description : {each.description}",
        f" MAC Address                 : {mac_address(device.name + each.name)}",
        f" Aggregated-interfaces       : {' '.join(member.name for member in members)}",
        f" Aggregation-key             : {each.number}",
        f" Aggregate mode              : {each.channel_mode or 'static'}",
        f" Speed                       : {1000 * sum(device.bundled(one) for one in members)} Mb/s",
        " L3 Counters: Rx Disabled, Tx Disabled",
        " qos trust none",
        *_vlans_of(each),
        " Rx",
        "            0 total packets                    0 total bytes",
        " Tx",
        "            0 total packets                    0 total bytes",
    ]


def _virtual(device: CxSwitch, each: Interface) -> list[str]:
    return [
        f" Description: {each.description}",
        f" Hardware: Ethernet, MAC Address: {mac_address(device.name)} ",
        *([f" IPv4 address {'/'.join(each.address)}"] if each.address else []),
        *(f" IPv6 address {address}" for address in each.addresses6),
        " L3 Counters: Rx Disabled, Tx Disabled",
    ]


def _port(device: CxSwitch, each: Interface, shut: bool, up: bool) -> list[str]:
    reason = "Administratively down" if shut else "Waiting for link"
    since = f"{'up' if up else 'down'} for 3 hours (since Sun Nov 22 05:12:33 UTC 2026)"
    return [
        *([] if up else [f" State information: {reason}"]),
        f" Link state: {since}",
        " Link transitions: 2",
        f" Description: {each.description}",
        " Persona: ",
        f" Hardware: Ethernet, MAC Address: {mac_address(device.name + each.name)} ",
        " MTU 1500 ",
        " Type 1GbT",
        " Full-duplex ",
        " qos trust none",
        f" Speed {1000 if up else 0} Mb/s ",
        " Auto-negotiation is on",
        " Flow-control: off ",
        " Error-control: off ",
        " MDI mode: MDIX ",
        *(
            [f" Aggregate-name: lag{each.channel_group}"]
            if each.channel_group is not None
            else _vlans_of(each)
        ),
        " Rate collection interval: 300 seconds",
        "",
        " Statistic                          RX                   TX                Total",
        " ---------------- -------------------- -------------------- --------------------",
        " Packets                             0                    0                    0",
        " Errors                              0                    0                    0",
        "   CRC/FCS                           0                  n/a                    0",
        "   Giants                            0                  n/a                    0",
    ]


def _vlans_of(each: Interface) -> list[str]:
    if each.mode != "trunk":
        return [" VLAN Mode: access ", f" Access VLAN: {each.access_vlan} "]
    allowed = "all" if each.allowed == ALL_VLANS else vlan_text(each.allowed, 2)
    return [
        " VLAN Mode: native-untagged ",
        f" Native VLAN: {each.native_vlan} ",
        f" Allowed VLAN List: {allowed} ",
    ]


def _of_all(shell: Shell, _arguments: Arguments) -> Reply:
    return paged(_detail(shell.device, [each for each in shell.device.ordered() if each.is_physical]))


def _of_one(shell: Shell, arguments: Arguments) -> Reply:
    return paged(_detail(shell.device, [shell.interface(arguments)])[:-1])


# --- the configuration -------------------------------------------------------------------------------


def _running(shell: Shell, _arguments: Arguments) -> Reply:
    return paged(["Current configuration:", "!", shell.device.running.text()])


def _running_interface(shell: Shell, arguments: Arguments) -> Reply:
    return paged([*written(shell.interface(arguments)), "    exit"])


def _startup(shell: Shell, _arguments: Arguments) -> Reply | str:
    if shell.device.startup is None:
        return "No startup configuration found"
    return paged(["Startup configuration:", "!", shell.device.startup.text()])


_HEAD = [
    "Type       Name",
    "  Sequence Comment",
    "           Action                          L3 Protocol",
    "           Source IP Address               Source L4 Port(s)",
    "           Destination IP Address          Destination L4 Port(s)",
    "           Additional Parameters",
]
_RULER = "-" * 79


def _lists(shell: Shell, _arguments: Arguments) -> Reply:
    lines = [*_HEAD, _RULER]
    for (family, name), each in sorted(shell.device.running.lists.items()):
        lines.append(f"{'IPv4' if family == 'ip' else 'IPv6'}       {name}")
        lines += [line for entry in each.entries for line in entry.table()]
        lines.append(_RULER)
    return paged(lines)


# --- the switch --------------------------------------------------------------------------------------


def _system(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    return paged(
        [
            f"Hostname           : {device.hostname}",
            f"System Description : {BUILD}",
            "System Contact     : ",
            "System Location    : ",
            "",
            "Vendor             : Aruba",
            f"Product Name       : {device.model}",
            f"Chassis Serial Nbr : {device.serial}",
            f"Base MAC Address   : {mac_address(device.name).replace(':', '')}",
            f"ArubaOS-CX Version : {VERSION}",
            "",
            "Time Zone          : UTC",
            "",
            "Up Time            : 1 hour, 5 minutes",
            "CPU Util (%)       : 8",
            "Memory Usage (%)   : 21",
        ]
    )


def _version(_shell: Shell, _arguments: Arguments) -> Reply:
    ruler = "-" * 77
    head = [ruler, "ArubaOS-CX", ruler]
    return paged(
        [*head, f"Version      : {VERSION}", f"Build ID     : {BUILD}", "Active Image : primary", ""]
    )


def _user(shell: Shell, _arguments: Arguments) -> str:
    account = shell.device.running.users.get(shell.user)
    group = account.group if account else "administrators"
    level = 15 if group == "administrators" else 1
    return (
        f"Username             : {shell.user}\nAuthentication type  : Local\n"
        f"User group           : {group}\nUser privilege level : {level}"
    )


_PORTS_AT = 84
"""Where the last column of ``show vlan`` begins."""


def _vlans(shell: Shell, _arguments: Arguments) -> Reply:
    device, ruler = shell.device, "-" * 114
    head = "VLAN  Name                              Status  Reason                  Type        Interfaces"
    lines = [ruler, head, ruler]
    for vlan, name in sorted(device.running.vlans.items()):
        switched = [each for each in device.ordered() if not each.is_svi and each.channel_group is None]
        ports = listed([each.name for each in switched if device.carries(each, vlan)])
        state, kind = "up    " if ports else "down  ", "default" if vlan == 1 else "static"
        reason = "ok" if ports else "no_member_forwarding"
        head = f"{vlan:<5} {name:<33} {state}  {reason:<22}  {kind:<10}  "
        for part in ports or [""]:
            if len(head) + len(part) > len(ruler):
                lines.append(head)
                head = " " * _PORTS_AT
            head += part
        lines.append(head)
    return paged(lines)


def _bgp(shell: Shell, _arguments: Arguments) -> Reply:
    bgp = shell.device.running.bgp
    lines = [
        "VRF : default",
        "BGP Summary",
        "-----------",
        f" Local AS               : {bgp.asn if bgp else 0:<12} BGP Router Identifier  : 10.0.0.1",
        f" Peers                  : {len(bgp.neighbors) if bgp else 0:<12} Log Neighbor Changes   : No",
        " Cfg. Hold Time         : 180          Cfg. Keep Alive        : 60",
        " Confederation Id       : 0",
        "",
    ]
    for family, wanted in (("IPv4", False), ("IPv6", True)):
        lines += [f"Address-family : {family} Unicast", "-----------------------------"]
        lines.append(" Neighbor        Remote-AS MsgRcvd MsgSent   Up/Down Time State        AdminStatus")
        for address, neighbor in bgp.neighbors if bgp else ():
            if (":" in address) is wanted:
                state = "Established" if shell.device.established(address) else "Idle"
                admin = "Down" if neighbor.shutdown else "Up"
                asn = f"{neighbor.remote_as:<10}"
                lines.append(f" {address:<15} {asn} 0       0       00h:05m:12s  {state:<12} {admin:<11}")
        lines.append("")
    return paged(lines)


def add_showing(operator: Grammar[Handler], manager: Grammar[Handler]) -> None:
    both: dict[str, Any] = {
        "show interface": _of_all,
        "show interface <interface>": _of_one,
        "show hostname": lambda shell, _given: shell.device.hostname,
        "show system": _system,
        "show version": _version,
        "show user information": _user,
        "show vlan": _vlans,
        "show access-list": _lists,
        "show bgp all-vrf all summary": _bgp,
    }
    for grammar in (operator, manager):
        for pattern, handler in both.items():
            grammar.add(pattern, handler)
        add_neighbours(grammar)
    manager.add("show running-config", _running)
    manager.add("show running-config interface <interface>", _running_interface)
    manager.add("show startup-config", _startup)
