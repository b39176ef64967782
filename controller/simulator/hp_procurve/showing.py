"""``show`` commands of AOS-S.

ArubaOS-Switch 16.10 Management and Configuration Guide: "show interfaces brief", "show trunks", "show lldp
info remote-device", "show system"; Basic Operation Guide: "show running-config", "show config", "show
version"; Advanced Traffic Management Guide: "show vlans"; Access Security Guide: "show access-list config";
Multicast and Routing Guide: "show arp"; "show mac-address".
"""

from __future__ import annotations

from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.hp_procurve.configuration import REVISION
from controller.simulator.hp_procurve.device import AosSwitch
from controller.simulator.hp_procurve.names import port_list
from controller.simulator.hp_procurve.shell import Handler, Shell
from controller.simulator.modal import paged
from controller.simulator.shell import Reply
from controller.simulator.surroundings import cabled, hardware_address, hosts
from controller.simulator.switching import Interface


def _mac(name: str) -> str:
    digits = hardware_address(name).replace(".", "")
    return f"{digits[:6]}-{digits[6:]}"


# --- ports -------------------------------------------------------------------------------------------


def _brief(device: AosSwitch, interfaces: list[Interface]) -> Reply:
    lines = [
        " Status and Counters - Port Status",
        "",
        "                          | Intrusion                           MDI  Flow Bcast",
        "  Port         Type       | Alert     Enabled Status Mode       Mode Ctrl Limit",
        "  ------------ ---------- + --------- ------- ------ ---------- ---- ---- -----",
    ]
    for each in interfaces:
        name = each.name if each.channel_group is None else f"{each.name}-Trk{each.channel_group}"
        enabled = "No" if each.shutdown else "Yes"
        status = "Up" if device.port_up(each) else "Down"
        lines.append(
            f"  {name:<12} 100/1000T  | No        {enabled:<7} {status:<6} 1000FDx    MDIX off  0    "
        )
    return paged([*lines, ""])


def _all_brief(shell: Shell, _arguments: Arguments) -> Reply:
    return _brief(shell.device, [each for each in shell.device.ordered() if each.is_physical])


def _one_brief(shell: Shell, arguments: Arguments) -> Reply:
    names = port_list(arguments.text())
    interfaces = [shell.interface(name, arguments.starts[0]) for name in names or [""]]
    return _brief(shell.device, [each for each in interfaces if each.is_physical])


def _trunks(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    lines = ["", " Load Balancing Method:  L3-based (default)", ""]
    lines += [
        "  Port   | Name                             Type       | Group Type    ",
        "  ------ + -------------------------------- ---------- + ----- --------",
    ]
    for trunk in device.ordered():
        for member in device.members(trunk.number) if trunk.is_aggregate else ():
            how = trunk.channel_mode.upper() if trunk.channel_mode == "lacp" else "Trunk"
            lines.append(f"  {member.name:<6} | {member.description:<32} 100/1000T  | {trunk.name:<5} {how}")
    return paged([*lines, ""])


# --- the configuration -------------------------------------------------------------------------------


def _running(shell: Shell, _arguments: Arguments) -> Reply:
    return paged(["", "Running configuration:", "", shell.device.running.text(), ""])


def _running_interface(shell: Shell, arguments: Arguments) -> Reply:
    lines = ["", "Running configuration:", ""]
    for name in port_list(arguments.text()) or [""]:
        lines += shell.device.running.interface(shell.interface(name, arguments.starts[0]).name)
    return paged([*lines, ""])


def _running_vlan(shell: Shell, arguments: Arguments) -> Reply:
    shell.interface(f"vlan {arguments.number()}", arguments.starts[0])
    return paged(["", "Running configuration:", "", *shell.device.running.vlan(arguments.number()), ""])


def _startup(shell: Shell, _arguments: Arguments) -> Reply:
    saved = shell.device.startup
    return paged(["", "Startup configuration:", "", *([saved.text()] if saved else []), ""])


def _lists(shell: Shell, _arguments: Arguments) -> Reply:
    lines = [""]
    for _key, each in sorted(shell.device.running.lists.items()):
        lines += [*each.lines(), ""]
    return paged(lines)


def _vlans(shell: Shell, _arguments: Arguments) -> Reply:
    lines = [" Status and Counters - VLAN Information", "", "  Maximum VLANs to support : 256"]
    lines += ["  Primary VLAN : DEFAULT_VLAN", "  Management VLAN :", ""]
    lines.append("  VLAN ID Name                             | Status     Voice Jumbo")
    lines.append("  ------- -------------------------------- + ---------- ----- -----")
    for vlan, name in sorted(shell.device.running.vlans.items()):
        lines.append(f"  {vlan:<7} {name:<32} | Port-based No    No   ")
    return paged([*lines, ""])


# --- the switch --------------------------------------------------------------------------------------


def _system(shell: Shell, _arguments: Arguments) -> Reply:
    return paged(
        [
            " Status and Counters - General System Information",
            "",
            f"  System Name        : {shell.device.hostname}",
            "  System Contact     : ",
            "  System Location    : CORDON-SIMULATED",
            "",
            f"  Software revision  : {REVISION}        Base MAC Addr      : {_mac(shell.device.name)}",
            f"  ROM Version        : YA.15.20          Serial Number      : {shell.device.serial}",
            "",
            "  Up Time            : 65 mins           Memory   - Total   : 82,612,224",
            "  CPU Util (%)       : 3                            Free    : 51,208,040",
            "",
        ]
    )


def _version(_shell: Shell, _arguments: Arguments) -> Reply:
    lines = [
        "",
        "Image stamp:    /ws/swbuildm/CORDON-SIMULATED/code/build/lakes",
        "                Nov 22 2026 08:00:00",
    ]
    return paged([*lines, f"                {REVISION}", "                1", "Boot Image:     Primary", ""])


# --- who is there ------------------------------------------------------------------------------------


def _lldp(shell: Shell, _arguments: Arguments) -> Reply:
    lines = ["", " LLDP Remote Devices Information", ""]
    lines.append("  LocalPort | ChassisId          PortId             PortDescr SysName           ")
    lines.append("  --------- + ------------------ ------------------ --------- ------------------")
    for each, far, port in cabled(shell.device):
        lines.append(f"  {each.name:<9} | {_mac(far.name):<18} {port:<18} {port:<9} {far.hostname:<18}")
    return paged([*lines, ""])


def _macs(shell: Shell, _arguments: Arguments) -> Reply:
    lines = ["", " Status and Counters - Port Address Table", ""]
    lines.append("  MAC Address       Port                            VLAN")
    lines.append("  ----------------- ------------------------------- ----")
    for host, each, vlan in hosts(shell.device):
        lines.append(f"  {_mac(host.name):<17} {each.name:<31} {vlan}")
    return paged([*lines, ""])


def _arp(shell: Shell, _arguments: Arguments) -> Reply:
    lines = ["", " IP ARP table", "", "  IP Address      MAC Address       Type    Port"]
    lines.append("  --------------- ----------------- ------- ----")
    for host, each, vlan in hosts(shell.device):
        if host.address and shell.device.running.interfaces[f"vlan {vlan}"].address:
            lines.append(f"  {host.address:<15} {_mac(host.name):<17} dynamic {each.name:<4}")
    return paged([*lines, ""])


def add_showing(operator: Grammar[Handler], manager: Grammar[Handler]) -> None:
    both: dict[str, Handler] = {
        "show interfaces brief": _all_brief,
        "show interfaces brief <word>": _one_brief,
        "show trunks": _trunks,
        "show vlans": _vlans,
        "show system": _system,
        "show version": _version,
        "show lldp info remote-device": _lldp,
        "show mac-address": _macs,
        "show arp": _arp,
    }
    for grammar in (operator, manager):
        for pattern, handler in both.items():
            grammar.add(pattern, handler)
        grammar.add("show interfaces custom <word>", None)
    manager.add("show running-config", _running)
    manager.add("show running-config interface <word>", _running_interface)
    manager.add("show running-config vlan <number:1-4094>", _running_vlan)
    manager.add("show config", _startup)
    manager.add("show access-list config", _lists)
