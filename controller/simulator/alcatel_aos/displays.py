"""``show`` commands.

OmniSwitch AOS Release 8 CLI Reference Guide: "show interfaces alias", "show vlan members", "show linkagg",
"show mac-learning", "show arp", "show system", "show configuration snapshot". Network Configuration Guide,
"Clearing Ethernet Port Violations": "show violation".
"""

from __future__ import annotations

from collections.abc import Callable

from controller.simulator.alcatel_aos.configuration import Configuration, of
from controller.simulator.alcatel_aos.device import OmniSwitch
from controller.simulator.alcatel_aos.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.modal import paged
from controller.simulator.shell import Reply
from controller.simulator.surroundings import hardware_address as dotted
from controller.simulator.surroundings import hosts
from controller.simulator.switching import Interface

Shown = Callable[[Shell, Arguments], Reply]


_LEARNED = (
    "   Domain    Vlan/SrvcId[ISId/vnId]     Mac Address           Type          Operation          Interface"
)


def _address(name: str) -> str:
    """The same for the same name: ``02:50:56:ab:cd:ef``."""
    digits = dotted(name).replace(".", "")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def _ruled(*widths: int) -> str:
    return "+".join("-" * width for width in widths)


# --- interfaces ------------------------------------------------------------------------------------------


def _aliases(device: OmniSwitch, ports: list[Interface]) -> Reply:
    lines = [
        " Chas/",
        " Slot/    Admin      Link       WTR        WTS        Alias",
        " Port     Status     Status     (sec)      (msec)",
        "---------+----------+----------+----------+----------+----------------------------------------",
    ]
    for each in ports:
        admin = "disable" if each.shutdown else "enable"
        link = "up" if device.status(each).link else "down"
        lines.append(f' {each.name:<9} {admin:<10} {link:<10} 0          0          "{each.description}"')
    return paged([*lines, ""])


def _alias(shell: Shell, arguments: Arguments) -> Reply:
    return _aliases(shell.device, [shell.interface(arguments.text())])


def _all_aliases(shell: Shell, _arguments: Arguments) -> Reply:
    return _aliases(shell.device, [each for each in shell.device.ordered() if each.is_physical])


# --- VLANs -----------------------------------------------------------------------------------------------


def _members(shell: Shell, arguments: Arguments) -> Reply:
    device, each = shell.device, shell.interface(arguments.text())
    up = device.status(each).protocol
    kinds = {each.access_vlan: "untagged", **dict.fromkeys(each.allowed, "tagged")}
    lines = ["  vlan      type        status ", "--------+-----------+---------------"]
    for vlan, kind in sorted(kinds.items()):
        lines.append(f"{vlan:>6}    {kind:<12} {'forwarding' if up else 'inactive'}")
    return paged([*lines, ""])


# --- aggregates ------------------------------------------------------------------------------------------


def _aggregates(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    lines = [
        "",
        "Number  Aggregate     SNMP Id   Size Admin State  Oper State     Att/Sel Ports",
        "-------+-------------+---------+----+------------+--------------+-------------",
    ]
    for each in device.ordered():
        if each.is_aggregate:
            kind = "Dynamic" if each.channel_mode == "lacp" else "Static"
            admin, oper, attached, selected = _counted(device, each)
            lines.append(
                f"{each.number:>4}     {kind:<12} {40000000 + each.number:<10} {of(each, 'size'):<3} "
                f"{admin:<12} {oper:<15} {attached}   {selected}"
            )
    return paged([*lines, ""])


def _counted(device: OmniSwitch, each: Interface) -> tuple[str, str, int, int]:
    """Administrative and operational state, members attached and selected."""
    members = device.members(each.number)
    admin = "DISABLED" if each.shutdown else "ENABLED"
    oper = "UP" if device.status(each).link else "DOWN"
    return admin, oper, sum(device.bundled(member) for member in members), len(members)


def _aggregate(shell: Shell, arguments: Arguments) -> Reply:
    device, each = shell.device, shell.interface(arguments.text())
    admin, oper, attached, selected = _counted(device, each)
    dynamic = each.channel_mode == "lacp"
    kind = "Dynamic" if dynamic else "Omnichannel"
    index = 40000000 + each.number
    primary = next((member.name for member in device.members(each.number) if device.bundled(member)), "NONE")
    fields = {
        "SNMP Id": index,
        "Aggregate Number": each.number,
        "SNMP Descriptor": f"{kind} Aggregate Number {each.number} ref {index} size {of(each, 'size')}",
        "Name": "",
        "Admin State": admin,
        "Operational State": oper,
        "Aggregate Size": of(each, "size"),
        "Number of Selected Ports": selected,
        "Number of Reserved Ports": selected,
        "Number of Attached Ports": attached,
        "Primary Port": primary,
        "Port Selection Hash": "Source Destination Ip",
        "Wait To Restore Time": "0 Minutes",
    }
    lines = ["Dynamic Aggregate" if dynamic else "Static Aggregate"]
    lines += [f"    {name:<27} : {value}," for name, value in fields.items()]
    if dynamic:
        lines += ["LACP", f"    {'Actor Admin Key':<27} : {of(each, 'key')},"]
    return paged([*lines, f"    {'Agg-Down/Violation Reason':<27} : None,", ""])


# --- what is around --------------------------------------------------------------------------------------


def _learned(shell: Shell, _arguments: Arguments) -> Reply:
    rows = [
        f"{'VLAN':>10}{vlan:>25}   {_address(host.name)}{'dynamic':>19}{'bridging':>13}{_shown(each):>27} "
        for host, each, vlan in hosts(shell.device)
    ]
    head = [
        "Legend: Mac Address: * = address not valid,",
        "",
        "        Mac Address: & = duplicate static address,",
        "",
        _LEARNED,
        _ruled(12, 22, 19, 18, 13, 25),
    ]
    return paged([*head, *rows, "", f" Total number of Valid MAC addresses above = {len(rows)}", ""])


def _shown(each: Interface) -> str:
    return f"0/{each.number}" if each.is_aggregate else each.name


def _arp(shell: Shell, _arguments: Arguments) -> Reply:
    rows = [
        f" {host.address:<17} {_address(host.name):<19} DYNAMIC {'':<10} {_shown(each):>17} vlan{vlan}ip"
        for host, each, vlan in hosts(shell.device)
        if host.address
    ]
    head = [
        f"Total {len(rows)} arp entries",
        " Flags (P=Proxy, A=Authentication, V=VRRP, B=BFD, H=HAVLAN, I=INTF, M=Managed)",
        "",
        " IP Addr           Hardware Addr       Type       Flags   Port              Interface   Name",
        _ruled(17, 19, 10, 7, 17, 11, 33),
    ]
    return paged([*head, *rows, ""])


# --- the configuration -----------------------------------------------------------------------------------


def _snapshot(shell: Shell, _arguments: Arguments) -> Reply:
    return paged(shell.device.running.text())


def _cat(shell: Shell, arguments: Arguments) -> Reply:
    device, path = shell.device, arguments.text()
    kept: dict[str, Configuration | None] = {
        "/flash/certified/vcboot.cfg": device.startup,
        "/flash/working/vcboot.cfg": device.working or device.startup,
    }
    found = kept.get(path)
    if found is None:
        return Reply(f"cat: can't open '{path}': No such file or directory", result="rejected")
    rule = "!" + "=" * 40 + "!"
    return paged(f"{rule}\n! File: {path:<33}!\n{rule}\n{found.text()}")


def _violations(_shell: Shell, _arguments: Arguments) -> Reply:
    """Nothing here causes any."""
    return paged(
        [
            " Port   Source     Action              Reason           Timer",
            "------+----------+-------------------+----------------+--------",
            "",
        ]
    )


def _system(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    return paged(
        [
            "System:",
            f"  Description:  Alcatel-Lucent Enterprise {device.model} 8.9.CORDON-SIMULATED GA, simulated.,",
            "  Object ID:    1.3.6.1.4.1.6486.801.1.1.2.1.17.1.1,",
            "  Up Time:      0 days 1 hours 5 minutes and 2 seconds,",
            "  Contact:      none,",
            f"  Name:         {device.hostname},",
            "  Location:     none,",
            "  Services:     78,",
            "  Date & Time:  FRI NOV 20 2026 03:12:40 (CET)",
            "",
        ]
    )


# --- all of them -----------------------------------------------------------------------------------------


def add_displays(grammar: Grammar[Handler]) -> None:
    shown: dict[str, Shown] = {
        "show interfaces alias": _all_aliases,
        "show interfaces <port> alias": _alias,
        "show interfaces port <port> alias": _alias,
        "show vlan members port <port>": _members,
        "show vlan members linkagg <number:0-127>": _members,
        "show linkagg": _aggregates,
        "show linkagg agg <number:0-127>": _aggregate,
        "show mac-learning": _learned,
        "show arp": _arp,
        "show system": _system,
        "show violation": _violations,
        "show configuration snapshot": _snapshot,
        "cat <word>": _cat,
    }
    for words, handler in shown.items():
        grammar.add(words, handler)
    for word in ("chassis", "ip", "lldp", "qos", "running-directory", "spantree", "unp", "user"):
        grammar.add(f"show {word}", None)
