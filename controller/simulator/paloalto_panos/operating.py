"""Operational mode.

PAN-OS CLI Quick Start, "CLI Cheat Sheet: Device Management", "… Networking", "… Security Policies"; Palo Alto
Networks knowledge base, "How to Check for Logical Errors on an Interface" (``show interface``), "How to View
and Clear Sessions" (``show session all filter``, ``clear session all filter``), "High Availability" (``show
high-availability state``), "How to use xpath with show config running"; PAN-OS Administrator's Guide, "Manage
Locks" (``request config-lock``).
"""

from __future__ import annotations

import hashlib
import ipaddress

from controller.simulator.device import Host
from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.modal import paged
from controller.simulator.paloalto_panos.configuration import Entry
from controller.simulator.paloalto_panos.shell import CONFIGURE, Handler, Shell
from controller.simulator.paloalto_panos.tree import nested, part, tree
from controller.simulator.shell import Reply

_RULE = "-" * 80


# --- show ------------------------------------------------------------------------------------------------


def _system(shell: Shell, _arguments: Arguments) -> Reply:
    device = shell.device
    return paged(
        [
            f"hostname: {device.hostname}",
            "ip-address: 192.0.2.10",
            "netmask: 255.255.255.0",
            "family: 400",
            f"model: {device.model}",
            f"serial: {device.serial}",
            "sw-version: 11.1.4-CORDON-SIMULATED",
            f"multi-vsys: {'on' if device.several else 'off'}",
            "operational-mode: normal",
            "",
        ]
    )


def _interface(shell: Shell, arguments: Arguments) -> Reply:
    device, name = shell.device, arguments.text()
    if name not in device.running.ports:
        raise Rejected(f"Server error : interface '{name}' not found")
    port, up = device.running.ports[name], device.up(name)
    runtime = "1000/full/up" if up else "unknown/unknown/down"
    zones = [key.rpartition("\t") for key, members in device.running.zones.items() if name in members]
    system, _, zone = zones[0] if zones else ("", "", "N/A")
    lines = [
        _RULE,
        f"Name: {name}, ID: {15 + int(name.rpartition('/')[2])}",
        "Link status:",
        f"  Runtime link speed/duplex/state: {runtime}",
        f"  Configured link speed/duplex/state: auto/auto/{port.link_state or 'auto'}",
        "MAC address:",
        f"  Port MAC address {_mac(device.name + name)}",
        "Operation mode: layer3",
        "Untagged sub-interface support: no",
        _RULE,
        f"Name: {name}, ID: {15 + int(name.rpartition('/')[2])}",
        "Operation mode: layer3",
        "Virtual router default",
        "Interface MTU 1500",
        *(f"Interface IP address: {each}" for each in port.addresses),
        f"Zone: {zone}, virtual system: {system or 'vsys1'}",
        "Adjust TCP MSS: no",
        _RULE,
    ]
    return paged(lines)


def _policy(shell: Shell, _arguments: Arguments) -> Reply:
    running = shell.device.running
    lines: list[str] = []
    alive = {name: rule for name, rule in running.rules.items() if not rule.disabled}
    for index, (name, rule) in enumerate(alive.items(), start=1):
        lines += [f'"{name}; index: {index}" {{', *_compiled(rule), "        terminal yes;", "}", ""]
    for name, kind, action in (("intrazone", "intrazone", "allow"), ("interzone", "interzone", "deny")):
        index = len(alive) + 1 + (name == "interzone")
        lines += [f'"{name}-default; index: {index}" {{', "        from any;", "        source any;"]
        lines += ["        to any;", "        destination any;", f"        action {action};"]
        lines += ["        terminal yes;", f"        type {kind};", "}", ""]
    return paged([*lines, "dynamic url: no"])


def _compiled(rule: Entry) -> list[str]:
    def shown(key: str) -> str:
        values = rule.get(key) or ("any",)
        return values[0] if len(values) == 1 else f"[ {' '.join(values)} ]"

    return [
        f"        from {shown('from')};",
        f"        source {shown('source')};",
        "        source-region none;",
        f"        to {shown('to')};",
        f"        destination {shown('destination')};",
        "        destination-region none;",
        "        category any;",
        f"        application/service  {shown('application')}/any/any/any;",
        f"        action {shown('action')};",
        "        icmp-unreachable: no",
    ]


def _availability(_shell: Shell, _arguments: Arguments) -> Reply:
    return paged(["HA not enabled", ""])


def _running(shell: Shell, arguments: Arguments) -> Reply:
    found = part(tree(shell.device.running), arguments.text())
    if found is None:
        raise Rejected("Server error : No such node")
    return paged([*nested(*found), ""])


def _mac(name: str) -> str:
    digits = "001b17" + hashlib.sha256(name.encode()).hexdigest()[:6]
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def _reached(shell: Shell, family: int) -> list[Host]:
    """Machines with an address of the family, at ports that are up."""
    return [
        host
        for host in shell.device.hosts
        if host.address
        and ipaddress.ip_address(host.address).version == family
        and shell.device.up(host.port)
    ]


def _arp(shell: Shell, _arguments: Arguments) -> Reply:
    found = _reached(shell, 4)
    return paged(
        [
            "",
            "maximum of entries supported :      3000",
            "default timeout:                    1800 seconds",
            f"total ARP entries in table :        {len(found)}",
            f"total ARP entries shown :           {len(found)}",
            "status: s - static, c - complete, e - expiring, i - incomplete",
            "",
            "interface         ip address      hw address        port              status   ttl",
            _RULE,
            *(
                f"{host.port:<17} {host.address:<15} {_mac(host.name)} {host.port:<19} c      627"
                for host in found
            ),
        ]
    )


# --- sessions --------------------------------------------------------------------------------------------


def _is(key: str, arguments: Arguments) -> bool:
    """Of that name, in whichever virtual system."""
    return key.rpartition("\t")[2] == arguments.text()


def _count(shell: Shell, arguments: Arguments) -> str:
    shell.device.talk()
    found = [each for each in shell.device.sessions if _is(each[0], arguments)]
    return f"\nNumber of sessions that match filter: {len(found)}\n"


def _clear(shell: Shell, arguments: Arguments) -> str:
    device = shell.device
    device.talk()
    if arguments.values:
        device.sessions = {each for each in device.sessions if not _is(each[0], arguments)}
    else:
        device.sessions, device.others = set(), 0
    return "\nsessions cleared\n"


# --- locks -----------------------------------------------------------------------------------------------


def _lock(kind: str) -> Handler:
    def answer(shell: Shell, _arguments: Arguments) -> str:
        holder = shell.device.locks.setdefault(kind, shell.user)
        if holder != shell.user:
            raise Rejected(f"Server error : {kind.title()} for scope shared is currently locked by {holder}")
        return (
            "Successfully acquired lock. Other administrators will not be able to modify configuration for "
            "scope shared until lock is released"
        )

    return answer


def _unlock(kind: str) -> Handler:
    def answer(shell: Shell, _arguments: Arguments) -> str:
        if shell.device.locks.get(kind) != shell.user:
            raise Rejected(f"Server error : {kind.title()} is not currently locked for scope shared")
        del shell.device.locks[kind]
        return "Config lock released for scope shared" if kind == "config" else "Commit lock released"

    return answer


# --- the session -----------------------------------------------------------------------------------------


def _configure(shell: Shell, _arguments: Arguments) -> str:
    if shell.mode == CONFIGURE:
        raise Rejected("Invalid syntax.")
    shell.enter(CONFIGURE)
    return "Entering configuration mode"


def _unpaged(shell: Shell, _arguments: Arguments) -> None:
    shell.screen.length = 0


def _nothing(_shell: Shell, _arguments: Arguments) -> None:
    """It concerns the terminal alone."""


def _exit(_shell: Shell, _arguments: Arguments) -> Reply:
    return Reply(close=True)


def add_operating(grammar: Grammar[Handler]) -> None:
    grammar.add("configure", _configure)
    grammar.add("show system info", _system)
    grammar.add("show interface <name>", _interface)
    grammar.add("show running security-policy", _policy)
    grammar.add("show high-availability state", _availability)
    grammar.add("show config running xpath <word>", _running)
    grammar.add("show arp all", _arp)
    grammar.add("show session all filter rule <name> count yes", _count)
    grammar.add("clear session all", _clear)
    grammar.add("clear session all filter rule <name>", _clear)
    for kind in ("config", "commit"):
        grammar.add(f"request {kind}-lock add", _lock(kind))
        grammar.add(f"request {kind}-lock remove", _unlock(kind))
    grammar.add("set cli pager off", _unpaged)
    grammar.add("set cli scripting-mode on", _nothing)
    grammar.add("set cli terminal width <number:1-500>", _nothing)
    grammar.add("exit", _exit)
