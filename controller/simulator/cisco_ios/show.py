"""``show`` commands that are not about one interface's state.

Cisco IOS Configuration Fundamentals Command Reference: "show running-config", "show startup-config", "show
version"; LAN Switching Command Reference: "show vlan"; Security Command Reference: "show
access-lists", "show ip access-list"; IPv6 Command Reference: "show ipv6 access-list"; Layer 2 Command
Reference: "show etherchannel"; Terminal Services Command Reference: "show users".
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from controller.simulator.cisco_ios.configuration import Configuration, written
from controller.simulator.cisco_ios.names import short_name
from controller.simulator.cisco_ios.shell import Handler, Shell
from controller.simulator.cisco_ios.vocabulary import SHOW
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.modal import paged
from controller.simulator.shell import Reply

VERSION = "17.9.4"


def _running(shell: Shell, _arguments: Arguments) -> Reply:
    text = shell.device.running.text()
    head = ["Building configuration...", "", f"Current configuration : {len(text)} bytes", "!"]
    changed = shell.device.changed_at
    if changed:
        head += [
            f"! Last configuration change at {changed:%H:%M:%S UTC %a %b %d %Y} by {shell.device.changed_by}",
            "!",
        ]
    return paged([*head, text])


def _running_interface(shell: Shell, arguments: Arguments) -> Reply:
    text = "\n".join([*written(shell.interface(arguments)), "end"])
    return paged(f"Building configuration...\n\nCurrent configuration : {len(text)} bytes\n!\n{text}\n")


def _startup(shell: Shell, _arguments: Arguments) -> Reply | str:
    startup: Configuration | None = shell.device.startup
    if startup is None:
        return "startup-config is not present"
    text = startup.text()
    return paged(f"Using {len(text)} out of 2097152 bytes\n!\n{text}")


def _version(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    ports = sum(each.is_physical for each in device.running.interfaces.values())
    up = int(time.monotonic() - device.started) // 60
    hostname = device.running.settings.hostname
    return paged(
        [
            f"Cisco IOS XE Software, Version {VERSION}",
            f"Cisco IOS Software [Cupertino], Catalyst Software (CORDON-SIMULATED), Version {VERSION}",
            "This is a simulated device. No software of Cisco Systems runs here.",
            "",
            "ROM: IOS-XE ROMMON",
            f"{hostname} uptime is {up // 60} hours, {up % 60} minutes",
            f"Uptime for this control processor is {up // 60} hours, {up % 60} minutes",
            "System returned to ROM by Reload Command",
            'System image file is "flash:cordon-simulated.bin"',
            "Last reload reason: Reload Command",
            "",
            f"cisco {device.model} (SIMULATED) processor with 1331521K/6147K bytes of memory.",
            f"Processor board ID {device.serial}",
            f"{ports} Gigabit Ethernet interfaces",
            "",
            "Configuration register is 0x102",
            "",
        ]
    )


def _vlans(shell: Shell, only: int | None = None) -> list[str]:
    running = shell.device.running
    lines = [
        "",
        "VLAN Name                             Status    Ports",
        "---- -------------------------------- --------- -------------------------------",
    ]
    for vlan, name in sorted(running.vlans.items()):
        if only not in (None, vlan):
            continue
        ports = [
            short_name(each.name)
            for each in running.ordered_interfaces()
            if not each.is_svi
            and each.channel_group is None
            and not shell.device.is_trunk(each)
            and vlan in (each.access_vlan, each.voice_vlan)
        ]
        rows = [", ".join(ports[index : index + 4]) for index in range(0, len(ports), 4)] or [""]
        lines.append(f"{vlan:<4} {name:<32} active    {rows[0]}".rstrip())
        lines += [" " * 48 + row for row in rows[1:]]
    if only is None:
        for vlan, name in (
            (1002, "fddi-default"),
            (1003, "token-ring-default"),
            (1004, "fddinet-default"),
            (1005, "trnet-default"),
        ):
            lines.append(f"{vlan:<4} {name:<32} act/unsup")
    return lines


def _vlan_brief(shell: Shell, _arguments: Arguments) -> Reply:
    return paged(_vlans(shell))


def _vlan_full(shell: Shell, _arguments: Arguments) -> Reply:
    lines = [
        *_vlans(shell),
        "",
        "VLAN Type  SAID       MTU   Parent RingNo BridgeNo Stp  BrdgMode Trans1 Trans2",
        "---- ----- ---------- ----- ------ ------ -------- ---- -------- ------ ------",
    ]
    lines += [
        f"{vlan:<4} enet  {100000 + vlan:<10} 1500  -      -      -        -    -        0      0"
        for vlan in sorted(shell.device.running.vlans)
    ]
    return paged([*lines, ""])


def _vlan_id(shell: Shell, arguments: Arguments) -> Reply | str:
    if arguments.number() not in shell.device.running.vlans:
        return f"VLAN id {arguments.number()} not found in current VLAN database"
    return paged(_vlans(shell, arguments.number()))


def _lists(*families: str, named: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> Reply:
        wanted = arguments.text() if named else None
        lines: list[str] = []
        for (family, name), each in sorted(shell.device.running.lists.items()):
            if family in families and wanted in (None, name):
                lines += each.shown()
        return paged(lines)

    return handler


def _etherchannel(shell: Shell, only: int | None = None) -> list[str]:
    device = shell.device
    groups = [
        each
        for each in device.running.ordered_interfaces()
        if each.is_aggregate and only in (None, each.number)
    ]
    lines = [
        "Flags:  D - down        P - bundled in port-channel",
        "        I - stand-alone s - suspended",
        "        H - Hot-standby (LACP only)",
        "        R - Layer3      S - Layer2",
        "        U - in use      f - failed to allocate aggregator",
        "",
        "        M - not in use, minimum links not met",
        "        u - unsuitable for bundling",
        "        w - waiting to be aggregated",
        "        d - default port",
        "",
        "        A - formed by Auto LAG",
        "",
        "",
        f"Number of channel-groups in use: {len(groups)}",
        f"Number of aggregators:           {len(groups)}",
        "",
        "Group  Port-channel  Protocol    Ports",
        "------+-------------+-----------+-----------------------------------------------",
    ]
    for each in groups:
        members = device.members(each.number)
        modes = {member.channel_mode for member in members}
        protocol = (
            "LACP" if modes & {"active", "passive"} else "PAgP" if modes & {"auto", "desirable"} else " -"
        )
        flag = "SU" if device.status(each).protocol else "SD"
        cells = [f"{short_name(m.name)}({'P' if device.bundled(m) else 'D'})" for m in members]
        rows = [cells[index : index + 2] for index in range(0, len(cells), 2)] or [[]]
        first = "".join(f"{cell:<16}" for cell in rows[0])
        lines.append(f"{each.number:<7}{f'Po{each.number}({flag})':<16}{protocol:<12}{first}".rstrip())
        lines += [" " * 35 + "".join(f"{cell:<16}" for cell in row).rstrip() for row in rows[1:]]
    return [*lines, ""]


def _users(shell: Shell, _arguments: Arguments) -> Reply:
    lines = ["    Line       User       Host(s)              Idle       Location"]
    for number, line in sorted(shell.device.lines.items()):
        mark = "*" if number == shell.line else " "
        lines.append(
            f"{mark} {number + 2:>2} vty {number:<5} {line.user:<10} idle                 00:00:00 127.0.0.1"
        )
    return paged([*lines, "", "  Interface    User               Mode         Idle     Peer Address", ""])


def _clock(_shell: Shell, _arguments: Arguments) -> str:
    now = datetime.now(UTC)
    return f"*{now:%H:%M:%S}.{now.microsecond // 1000:03} UTC {now:%a %b} {now.day} {now:%Y}"


def _logging(shell: Shell, _arguments: Arguments) -> Reply:
    head = "Syslog logging: enabled (0 messages dropped, 0 messages rate-limited, 0 flushes, 0 overruns)"
    return paged([head, "", "Log Buffer (4096 bytes):", "", *shell.device.buffer])


def _history(shell: Shell, _arguments: Arguments) -> Reply:
    return paged([f"  {line}" for line in shell.history[-20:]])


def add_show(user: Grammar[Handler], enabled: Grammar[Handler]) -> None:
    for grammar in (user, enabled):
        for word in SHOW.split():
            if grammar is enabled or word not in ("running-config", "startup-config"):
                grammar.add(f"show {word}", None)
        grammar.add("show ip dhcp", None)
        grammar.add("show version", _version)
        grammar.add("show vlan", _vlan_full)
        grammar.add("show vlan brief", _vlan_brief)
        grammar.add("show vlan id <number:1-4094>", _vlan_id)
        grammar.add("show etherchannel summary", lambda shell, _a: paged(_etherchannel(shell)))
        grammar.add(
            "show etherchannel <number:1-128> summary", lambda s, a: paged(_etherchannel(s, a.number()))
        )
        grammar.add("show users", _users)
        grammar.add("show clock", _clock)
        grammar.add("show history", _history)
        grammar.add(
            "show privilege",
            lambda shell, _a: f"Current privilege level is {15 if shell.mode != 'exec' else 1}",
        )
    enabled.add("show running-config", _running)
    enabled.add("show running-config brief", None)
    enabled.add("show running-config interface <interface>", _running_interface)
    enabled.add("show startup-config", _startup)
    enabled.add("show logging", _logging)
    for pattern, families in {
        "show access-lists": ("ip", "ipv6"),
        "show ip access-lists": ("ip",),
        "show ipv6 access-list": ("ipv6",),
    }.items():
        enabled.add(pattern, _lists(*families, named=False))
        enabled.add(f"{pattern} <word>", _lists(*families, named=True))
