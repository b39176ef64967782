"""Configuration commands of AOS-S.

ArubaOS-Switch 16.10 guides. Basic Operation: "hostname", "password". Management and Configuration:
"interface", "disable", "enable", "name"; "trunk" (the ports leave their VLANs and are one port, ``Operation
is not allowed for a trunked port.``). Advanced Traffic Management: "vlan", "tagged", "untagged" (takes a
port out of the VLAN it was untagged in; a port of no VLAN comes back into the default one). Multicast and
Routing: "disable layer3". Access Security: "ip access-list extended", "ipv6 access-list", "ip access-group",
"ipv6 access-group" (a list that is not there may be assigned).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from controller.simulator.grammar import Arguments, Grammar, Rejected, invalid
from controller.simulator.hp_procurve.configuration import User, hashed
from controller.simulator.hp_procurve.lists import AccessList, parsed
from controller.simulator.hp_procurve.names import NOBODY, made, port_list
from controller.simulator.hp_procurve.shell import Handler, Shell
from controller.simulator.ports import Change, each, value
from controller.simulator.switching import Interface


def _unquoted(text: str) -> str:
    return text.strip('"')


def _hostname(shell: Shell, arguments: Arguments) -> None:
    shell.device.running.hostname = _unquoted(arguments.text())


def _password(level: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        shell.device.running.users[arguments.text()] = User(level, hashed(arguments.text(1)))

    return handler


def _ports(shell: Shell, arguments: Arguments, index: int = 0) -> list[str]:
    """The ports a list names; the device's error for one it has not or that is in a trunk group."""
    names = port_list(arguments.text(index)) or []
    for name in names or [""]:
        interface = shell.interface(name, arguments.starts[index])
        if interface.channel_group is not None:
            raise Rejected("Operation is not allowed for a trunked port.")
    return names


# --- ports -------------------------------------------------------------------------------------------


def _interface(shell: Shell, arguments: Arguments) -> None:
    names = port_list(arguments.text())
    if not names:
        raise invalid(arguments.starts[0])
    for name in names:
        shell.interface(name, arguments.starts[0])
    shell.enter("eth", *names)


def _trunk(mode: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        trunk = f"Trk{arguments.number(1)}"
        interfaces = shell.device.running.interfaces
        names = _ports(shell, arguments)
        interfaces.setdefault(trunk, replace(made(trunk), channel_mode=mode))
        for name in names:
            interfaces[name] = replace(
                interfaces[name], channel_group=arguments.number(1), access_vlan=0, allowed=NOBODY
            )

    return handler


def _name(interface: Interface, arguments: Arguments) -> Interface:
    return replace(interface, description=_unquoted(arguments.text()))


def _untagged(interface: Interface, vlan: int) -> Interface:
    return replace(interface, access_vlan=vlan, allowed=interface.allowed - {vlan})


def _not_untagged(interface: Interface, vlan: int) -> Interface:
    left = 0 if interface.access_vlan == vlan else interface.access_vlan
    return replace(interface, access_vlan=left or (0 if interface.allowed else 1))


def _tagged(interface: Interface, vlan: int) -> Interface:
    left = 0 if interface.access_vlan == vlan else interface.access_vlan
    return replace(interface, access_vlan=left, allowed=interface.allowed | {vlan})


def _not_tagged(interface: Interface, vlan: int) -> Interface:
    allowed = interface.allowed - {vlan}
    return replace(interface, allowed=allowed, access_vlan=interface.access_vlan or (0 if allowed else 1))


_MEMBERSHIP: Mapping[str, Callable[[Interface, int], Interface]] = {
    "untagged": _untagged,
    "no untagged": _not_untagged,
    "tagged": _tagged,
    "no tagged": _not_tagged,
}


def _of_port(change: Callable[[Interface, int], Interface]) -> Handler:
    """``untagged vlan 110`` in the context of ports."""

    def handler(shell: Shell, arguments: Arguments) -> None:
        interfaces = shell.device.running.interfaces
        for vlan in sorted(arguments.vlans()):
            if vlan not in shell.device.running.vlans:
                raise invalid(arguments.starts[0])
            for name in shell.selected:
                if interfaces[name].channel_group is not None:
                    raise Rejected("Operation is not allowed for a trunked port.")
                interfaces[name] = change(interfaces[name], vlan)

    return handler


def _of_vlan(change: Callable[[Interface, int], Interface]) -> Handler:
    """``untagged 1-5`` in the context of a VLAN."""

    def handler(shell: Shell, arguments: Arguments) -> None:
        interfaces = shell.device.running.interfaces
        for name in _ports(shell, arguments):
            interfaces[name] = change(interfaces[name], int(shell.selected[0].split()[1]))

    return handler


# --- VLANs -------------------------------------------------------------------------------------------


def _vlan(shell: Shell, arguments: Arguments) -> None:
    vlan = arguments.number()
    shell.device.running.vlans.setdefault(vlan, f"VLAN{vlan}")
    shell.device.running.interfaces.setdefault(f"vlan {vlan}", made(f"vlan {vlan}"))
    shell.enter("vlan", f"vlan {vlan}")


def _no_vlan(shell: Shell, arguments: Arguments) -> None:
    vlan = arguments.number()
    if vlan == 1:
        raise Rejected("The default VLAN cannot be deleted.")
    running = shell.device.running
    running.vlans.pop(vlan, None)
    running.interfaces.pop(f"vlan {vlan}", None)
    for name, interface in running.interfaces.items():
        if not interface.is_svi:
            running.interfaces[name] = _not_tagged(_not_untagged(interface, vlan), vlan)


def _vlan_name(shell: Shell, arguments: Arguments) -> None:
    shell.device.running.vlans[int(shell.selected[0].split()[1])] = _unquoted(arguments.text())


def _address(interface: Interface, arguments: Arguments) -> Interface:
    try:
        network = ipaddress.IPv4Interface("/".join(arguments.text().split()))
    except ValueError:
        raise invalid(arguments.starts[0]) from None
    return replace(interface, address=(str(network.ip), str(network.netmask)))


def _address6(interface: Interface, arguments: Arguments) -> Interface:
    return replace(interface, addresses6=tuple(sorted({*interface.addresses6, arguments.text().lower()})))


_ROUTED: Mapping[str, Change] = {
    "ip address <line>": _address,
    "no ip address": value(address=None),
    "ipv6 address <ipv6>": _address6,
    "disable layer3": value(shutdown=True),
    "no disable layer3": value(shutdown=False),
}


# --- access lists ------------------------------------------------------------------------------------


def _list(family: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        name = _unquoted(arguments.text())
        if not re.fullmatch(r"[!-~]{1,64}", name):
            raise invalid(arguments.starts[0])
        shell.device.running.lists.setdefault((family, name), AccessList(family, name))
        shell.enter("acl", family, name)

    return handler


def _no_list(family: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        if shell.device.running.lists.pop((family, _unquoted(arguments.text())), None) is None:
            raise invalid(arguments.starts[0])

    return handler


def _entry(*, numbered: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        key = (shell.selected[0], shell.selected[1])
        entry = parsed(key[0], arguments.number() if numbered else 0, arguments.tokens[numbered:])
        shell.device.running.lists[key] = shell.device.running.lists[key].with_entry(entry)

    return handler


def _no_entry(shell: Shell, arguments: Arguments) -> None:
    key = (shell.selected[0], shell.selected[1])
    shell.device.running.lists[key] = shell.device.running.lists[key].without(arguments.number())


def _assigned(which: str) -> Change:
    return lambda interface, arguments: interface.with_group(which, _unquoted(arguments.text()))


def _unassigned(which: str) -> Change:
    def change(interface: Interface, arguments: Arguments) -> Interface:
        if interface.group(which) != _unquoted(arguments.text()):
            raise invalid(arguments.starts[0])
        return interface.with_group(which, "")

    return change


# --- grammars ----------------------------------------------------------------------------------------


def _leave(shell: Shell, _arguments: Arguments) -> None:
    shell.enter("manager" if shell.mode == "config" else "config")


def _end(shell: Shell, _arguments: Arguments) -> None:
    shell.enter("manager")


def add_configuring(grammars: Mapping[str, Grammar[Handler]]) -> None:
    """Fills the configuration contexts."""
    config, port, vlan, acl = (grammars[name] for name in ("config", "eth", "vlan", "acl"))
    for pattern, handler in {
        "hostname <word>": _hostname,
        "interface <word>": _interface,
        "vlan <number:1-4094>": _vlan,
        "no vlan <number:1-4094>": _no_vlan,
        "ip routing": lambda _shell, _given: None,
        "ip access-list extended <word>": _list("ip"),
        "no ip access-list extended <word>": _no_list("ip"),
        "ipv6 access-list <word>": _list("ipv6"),
        "no ipv6 access-list <word>": _no_list("ipv6"),
        "exit": _leave,
        "end": _end,
    }.items():
        config.add(pattern, handler)
    for mode in ("lacp", "trunk"):
        config.add(f"trunk <word> <trunk> {mode}", _trunk(mode))
    for level in ("manager", "operator"):
        config.add(f"password {level} user-name <word> plaintext <word>", _password(level))
    for pattern, change in {
        "disable": value(shutdown=True),
        "enable": value(shutdown=False),
        "name <line>": _name,
        "no name": value(description=""),
    }.items():
        port.add(pattern, each(change))
    for pattern, membership in _MEMBERSHIP.items():
        port.add(f"{pattern} vlan <vlans>", _of_port(membership))
        vlan.add(f"{pattern} <word>", _of_vlan(membership))
    vlan.add("name <word>", _vlan_name)
    for pattern, change in _ROUTED.items():
        vlan.add(pattern, each(change))
    _add_lists(port, vlan, acl)
    for grammar in (port, vlan, acl):
        grammar.add("exit", _leave)


def _add_lists(port: Grammar[Handler], vlan: Grammar[Handler], acl: Grammar[Handler]) -> None:
    for family in ("ip", "ipv6"):
        for grammar, ways in ((port, ("in",)), (vlan, ("in", "out"))):
            for way in ways:
                which = f"{family} {way}"
                grammar.add(f"{family} access-group <word> {way}", each(_assigned(which)))
                grammar.add(f"no {family} access-group <word> {way}", each(_unassigned(which)))
    acl.add("no <number:1-2147483647>", _no_entry)
    for action in ("permit", "deny"):
        acl.add(f"{action} <line>", _entry(numbered=False))
        acl.add(f"<number:1-2147483647> {action} <line>", _entry(numbered=True))
