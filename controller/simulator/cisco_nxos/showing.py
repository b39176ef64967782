"""``show`` commands of NX-OS about itself and its configuration, and who is around it.

Cisco Nexus 9000 Series NX-OS command references: "show running-config", "show startup-config", "show
version", "show ip access-lists", "show ipv6 access-lists", "show vlan brief", "show clock", "show lldp
neighbors detail", "show mac address-table", "show ip arp".
"""

from __future__ import annotations

from datetime import UTC, datetime

from controller.simulator.cisco_nxos.configuration import VERSION, written
from controller.simulator.cisco_nxos.names import short_name
from controller.simulator.cisco_nxos.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar
from controller.simulator.modal import paged
from controller.simulator.shell import Reply
from controller.simulator.surroundings import cabled, hardware_address, hosts


def headed(shell: Shell, command: str, text: str) -> Reply:
    now = datetime.now(UTC)
    changed = shell.device.changed_at or now
    return paged(
        [
            "",
            f"!Command: {command}",
            f"!Running configuration last done at: {changed:%a %b %d %H:%M:%S %Y}",
            f"!Time: {now:%a %b %d %H:%M:%S %Y}",
            "",
            text,
            "",
        ]
    )


def _running(shell: Shell, _arguments: Arguments) -> Reply:
    return headed(shell, "show running-config", shell.device.running.text())


def _running_all(shell: Shell, _arguments: Arguments) -> Reply:
    """With what is as it is by default: of that, whether a port is shut."""
    lines: list[str] = []
    for line in shell.device.running.text().splitlines():
        lines.append(line)
        each = shell.device.running.interfaces.get(line.removeprefix("interface "))
        if line.startswith("interface ") and each is not None and each.shutdown == each.is_svi:
            lines.append("  shutdown" if each.shutdown else "  no shutdown")
    return headed(shell, "show running-config all", "\n".join(lines))


def _number_at(arguments: Arguments) -> int:
    """The column of an interface's number, which may be a word by itself."""
    words = [each for each in arguments.tokens if each.start >= arguments.starts[0]]
    return next(each.start + at for each in words for at, sign in enumerate(each.text) if sign.isdigit())


def _running_interface(shell: Shell, arguments: Arguments) -> Reply:
    interface = shell.device.running.interfaces.get(arguments.text())
    if interface is None:
        raise shell.refused("range", _number_at(arguments))
    text = "\n".join([f"version {VERSION} Bios:version 05.45 ", "", *written(interface)])
    return headed(shell, f"show running-config interface {interface.name}", text)


def _startup(shell: Shell, _arguments: Arguments) -> Reply | str:
    if shell.device.startup is None:
        return "No startup configuration"
    return headed(shell, "show startup-config", shell.device.startup.text())


def _clock(_shell: Shell, _arguments: Arguments) -> Reply:
    now = datetime.now(UTC)
    return paged(f"{now:%H:%M:%S}.{now.microsecond // 1000:03} UTC {now:%a %b %d %Y}\nTime source is NTP")


def _version(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    return paged(
        [
            "Cisco Nexus Operating System (NX-OS) Software",
            "This is a simulated device. No software of Cisco Systems runs here.",
            "",
            "Software",
            "  BIOS: version 05.45",
            f"  NXOS: version {VERSION}",
            "  NXOS image file is: bootflash:///CORDON-SIMULATED.bin",
            "",
            "Hardware",
            f"  cisco Nexus9000 {device.model} Chassis ",
            f"  Processor Board ID {device.serial}",
            f"  Device name: {device.hostname}",
            "",
            "Kernel uptime is 0 day(s), 1 hour(s), 5 minute(s), 2 second(s)",
        ]
    )


def _lists(family: str, *, named: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> Reply:
        wanted = arguments.text() if named else None
        title = "IP access list" if family == "ip" else "IPv6 access list"
        lines: list[str] = []
        for (kind, name), each in sorted(shell.device.running.lists.items()):
            if kind == family and wanted in (None, name):
                lines += ["", f"{title} {name}", *(f"        {entry.words} " for entry in each.entries)]
        return paged(lines)

    return handler


def _vlans(shell: Shell, _arguments: Arguments) -> Reply:
    """Access ports whether up or not; what does not fit in 80 columns goes on below."""
    device = shell.device
    lines = ["", "VLAN Name                             Status    Ports"]
    lines.append(f"---- {'-' * 32} --------- {'-' * 31}")
    switched = [each for each in device.ordered() if not each.is_svi and each.channel_group is None]
    for vlan, name in sorted(device.running.vlans.items()):
        rows = [""]
        for each in switched:
            if not (device.carries(each, vlan) if device.is_trunk(each) else each.access_vlan == vlan):
                continue
            port = short_name(each.name)
            if rows[-1] and len(rows[-1]) + len(port) + 2 > 32:
                rows.append("")
            rows[-1] += f", {port}" if rows[-1] else port
        lines.append(f"{vlan:<4} {name:<32} active    {rows[0]}".rstrip())
        lines += [" " * 48 + row for row in rows[1:]]
    return paged(lines)


def _lldp(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    if "lldp" not in device.running.settings.features:
        return Reply("% Invalid command at '^' marker.", result="rejected")
    lines = [
        "Capability codes:",
        "  (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device",
        "  (W) WLAN Access Point, (P) Repeater, (S) Station, (O) Other",
        "Device ID            Local Intf      Hold-time  Capability  Port ID  ",
        "",
    ]
    count = 0
    for each, far, port in cabled(device):
        count += 1
        lines += [
            f"Chassis id: {hardware_address(far.name)}",
            f"Port id: {port}",
            f"Local Port id: {short_name(each.name)}",
            f"Port Description: {port}",
            f"System Name: {far.hostname}",
            f"System Description: Cisco Nexus Operating System (NX-OS) Software {VERSION}",
            "Time remaining: 97 seconds",
            "System Capabilities: B, R",
            "Enabled Capabilities: B, R",
            "Management Address: not advertised",
            "Vlan ID: not advertised",
            "",
            "",
        ]
    return paged([*lines, f"Total entries displayed: {count}"])


def _macs(shell: Shell, _arguments: Arguments) -> Reply:
    lines = [
        "Legend: ",
        "        * - primary entry, G - Gateway MAC, (R) - Routed MAC, O - Overlay MAC",
        "        age - seconds since last seen,+ - primary entry using vPC Peer-Link,",
        "        (T) - True, (F) - False, C - ControlPlane MAC, ~ - vsan,",
        "   VLAN     MAC Address      Type      age     Secure NTFY Ports",
        "---------+-----------------+--------+---------+------+----+------------------",
    ]
    for host, each, vlan in hosts(shell.device):
        mac = hardware_address(host.name)
        lines.append(f"* {vlan:>4}     {mac}   dynamic  0         F      F    {short_name(each.name)}")
    gateway = hardware_address(shell.device.name)
    return paged([*lines, f"G    -     {gateway}   static   -         F      F    sup-eth1(R)"])


def _arp(shell: Shell, _arguments: Arguments) -> Reply:
    rows = [
        f"{host.address:<15} 00:00:57  {hardware_address(host.name)}  Vlan{vlan}"
        for host, _, vlan in hosts(shell.device)
        if host.address and f"Vlan{vlan}" in shell.device.running.interfaces
    ]
    lines = ["", "Flags: * - Adjacencies learnt on non-active FHRP router", ""]
    lines += ["IP ARP Table for context default", f"Total number of entries: {len(rows)}"]
    return paged([*lines, "Address         Age       MAC Address     Interface       Flags", *rows])


def add_showing(enabled: Grammar[Handler]) -> None:
    enabled.add("show running-config", _running)
    enabled.add("show running-config all", _running_all)
    for word in ("exclude", "expand-port-profile"):
        enabled.add(f"show running-config {word}", None)
    enabled.add("show running-config interface <interface>", _running_interface)
    enabled.add("show startup-config", _startup)
    enabled.add("show clock", _clock)
    enabled.add("show version", _version)
    enabled.add("show vlan brief", _vlans)
    enabled.add("show lldp neighbors detail", _lldp)
    enabled.add("show mac address-table", _macs)
    enabled.add("show ip arp", _arp)
    enabled.add("show ipv6 neighbor", lambda _shell, _arguments: "IPv6 Adjacency Table for VRF default")
    for family in ("ip", "ipv6"):
        enabled.add(f"show {family} access-lists", _lists(family, named=False))
        enabled.add(f"show {family} access-lists <word>", _lists(family, named=True))
