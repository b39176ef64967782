"""Configuration commands of NX-OS.

Cisco Nexus 9000 Series NX-OS Interfaces Configuration Guide: "interface", "shutdown", "channel-group",
"feature interface-vlan"; Layer 2 Switching Configuration Guide: "vlan", "switchport access vlan",
"switchport trunk allowed vlan"; Security Configuration Guide: "ip access-list", "ipv6 access-list", "ip port
access-group", "ip access-group", "ipv6 port traffic-filter", "ipv6 traffic-filter" (in only on switched
ports).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import replace

from controller.simulator.cisco_nxos.configuration import User, hashed
from controller.simulator.cisco_nxos.names import interface_range, made
from controller.simulator.cisco_nxos.shell import Handler, Shell
from controller.simulator.filters import AccessList, BadEntry, parse_entry
from controller.simulator.grammar import Arguments, Grammar, Rejected, incomplete, invalid
from controller.simulator.ports import Change, allowed, bound, description, each, value
from controller.simulator.switching import Interface

FEATURES = ("bgp", "interface-vlan", "lacp", "lldp", "vpc", "hsrp", "udld")


def _set(shell: Shell, **values: object) -> None:
    running = shell.device.running
    running.settings = replace(running.settings, **values)  # type: ignore[arg-type]  # callers name its fields


def _hostname(shell: Shell, arguments: Arguments) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", arguments.text()):
        raise invalid(arguments.starts[0])
    _set(shell, hostname=arguments.text())


def _username(shell: Shell, arguments: Arguments) -> None:
    shell.device.running.users[arguments.text(0)] = User(arguments.text(2), hashed(arguments.text(1)))


def _feature(name: str, *, on: bool) -> Handler:
    def handler(shell: Shell, _arguments: Arguments) -> None:
        features = shell.device.running.settings.features
        _set(shell, features=features | {name} if on else features - {name})

    return handler


def _vlan(shell: Shell, arguments: Arguments) -> None:
    for vlan in arguments.vlans():
        shell.device.running.vlans.setdefault(vlan, f"VLAN{vlan:04}")
    shell.enter("config-vlan", *(str(vlan) for vlan in sorted(arguments.vlans())))


def _no_vlan(shell: Shell, arguments: Arguments) -> None:
    for vlan in arguments.vlans() - {1}:
        shell.device.running.vlans.pop(vlan, None)


def _vlan_name(shell: Shell, arguments: Arguments) -> None:
    if len(shell.selected) > 1:
        raise invalid(0)
    shell.device.running.vlans[int(shell.selected[0])] = arguments.text()


def _interface(shell: Shell, arguments: Arguments) -> None:
    name = arguments.text()
    if name.startswith("Vlan") and "interface-vlan" not in shell.device.running.settings.features:
        raise invalid(arguments.starts[0])
    _select(shell, [name], arguments)


def _interfaces(shell: Shell, arguments: Arguments) -> None:
    names = interface_range(arguments.text())
    if names is None:
        raise invalid(arguments.starts[0])
    _select(shell, names, arguments)


def _select(shell: Shell, names: list[str], arguments: Arguments) -> None:
    interfaces = shell.device.running.interfaces
    if any(name not in interfaces and name.startswith(("Ethernet", "mgmt")) for name in names):
        raise Rejected(
            " " * (len(shell.prompt) + arguments.starts[0]) + "^\nInvalid interface format at '^' marker."
        )
    for name in names:
        interfaces.setdefault(name, made(name))
    shell.enter("config-if", *names)


def _no_interface(shell: Shell, arguments: Arguments) -> None:
    if shell.interface(arguments).is_physical:
        raise invalid(arguments.starts[0])
    del shell.device.running.interfaces[arguments.text()]


def leave(shell: Shell, _arguments: Arguments) -> None:
    shell.enter("exec" if shell.mode == "config" else "config")


def _end(shell: Shell, _arguments: Arguments) -> None:
    shell.enter("exec")


# --- access lists ------------------------------------------------------------------------------------


def _list(family: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        name = arguments.text()
        shell.device.running.lists.setdefault((family, name), AccessList(family, name))
        shell.enter("config-acl", family, name)

    return handler


def _no_list(family: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        shell.device.running.lists.pop((family, arguments.text()), None)

    return handler


def _entry(*, remove: bool, numbered: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        family, name = shell.selected
        lists = shell.device.running.lists
        current = lists.get((family, name)) or AccessList(family, name)
        tokens = arguments.tokens[remove + numbered :]
        sequence = arguments.number() if numbered else None
        if remove and numbered:
            lists[family, name] = current.without(sequence)
            return
        try:
            action, what = parse_entry(family, [token.text for token in tokens])
        except BadEntry as bad:
            raise invalid(tokens[bad.index].start) if bad.index < len(tokens) else incomplete() from None
        changed = (
            current.without(None, action, what) if remove else current.with_entry(sequence, action, what)
        )
        lists[family, name] = changed

    return handler


# --- interfaces --------------------------------------------------------------------------------------


def _channel_group(mode: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        if mode != "on" and "lacp" not in shell.device.running.settings.features:
            raise invalid(arguments.tokens[-1].start)
        name = f"port-channel{arguments.number()}"
        interfaces = shell.device.running.interfaces
        first = interfaces[shell.selected[0]]
        switched = replace(made(name), mode=first.mode, access_vlan=first.access_vlan, allowed=first.allowed)
        interfaces.setdefault(name, switched)
        for selected in shell.selected:
            group = replace(interfaces[selected], channel_group=arguments.number(), channel_mode=mode)
            interfaces[selected] = group

    return handler


def _on(kind: str, change: Change) -> Handler:
    """``kind``: ``port`` where the words are those of a switched port, ``svi`` of an SVI."""

    def handler(shell: Shell, arguments: Arguments) -> None:
        interfaces = shell.device.running.interfaces
        for name in shell.selected:
            if interfaces[name].is_svi is not (kind == "svi"):
                raise invalid(arguments.tokens[0].start)
            interfaces[name] = change(interfaces[name], arguments)

    return handler


def _address(interface: Interface, arguments: Arguments) -> Interface:
    try:
        network = ipaddress.IPv4Interface(arguments.text())
    except ValueError:
        raise invalid(arguments.starts[0]) from None
    return replace(interface, address=(str(network.ip), str(network.network.prefixlen)))


def _address6(interface: Interface, arguments: Arguments) -> Interface:
    return replace(interface, addresses6=tuple(sorted({*interface.addresses6, arguments.text().lower()})))


_SWITCHPORT: Mapping[str, Change] = {
    "switchport": lambda each, _given: each,
    "switchport mode access": value(mode="access"),
    "switchport mode trunk": value(mode="trunk"),
    "no switchport mode": value(mode="access"),
    "switchport access vlan <number:1-4094>": lambda each, given: replace(each, access_vlan=given.number()),
    "no switchport access vlan": value(access_vlan=1),
    "switchport trunk native vlan <number:1-4094>": lambda each, given: replace(
        each, native_vlan=given.number()
    ),
    "switchport trunk allowed vlan <vlans>": allowed("set"),
    "switchport trunk allowed vlan add <vlans>": allowed("add"),
    "switchport trunk allowed vlan remove <vlans>": allowed("remove"),
    "switchport trunk allowed vlan except <vlans>": allowed("except"),
    "switchport trunk allowed vlan all": allowed("all"),
    "switchport trunk allowed vlan none": allowed("none"),
    "no switchport trunk allowed vlan": allowed("all"),
    "spanning-tree port type edge": value(portfast=True),
    "no spanning-tree port type": value(portfast=False),
    "no channel-group": value(channel_group=None, channel_mode=""),
}


def add_configuring(grammars: Mapping[str, Grammar[Handler]]) -> None:
    """Fills ``config``, ``config-if``, ``config-vlan`` and ``config-acl``."""
    config, interface, acl = grammars["config"], grammars["config-if"], grammars["config-acl"]
    for pattern, handler in {
        "hostname <word>": _hostname,
        "username <word> password <word> role <word>": _username,
        "vlan <vlans>": _vlan,
        "no vlan <vlans>": _no_vlan,
        "interface <interface>": _interface,
        "interface <line>": _interfaces,
        "no interface <interface>": _no_interface,
        "exit": leave,
        "end": _end,
    }.items():
        config.add(pattern, handler)
    for feature in FEATURES:
        config.add(f"feature {feature}", _feature(feature, on=True))
        config.add(f"no feature {feature}", _feature(feature, on=False))
    for family, port, svi in (
        ("ip", "ip port access-group", "ip access-group"),
        ("ipv6", "ipv6 port traffic-filter", "ipv6 traffic-filter"),
    ):
        config.add(f"{family} access-list <word>", _list(family))
        config.add(f"no {family} access-list <word>", _no_list(family))
        for kind, words, ways in (("port", port, ("in",)), ("svi", svi, ("in", "out"))):
            for way in ways:
                which = f"{family} {way}"
                interface.add(f"{words} <word> {way}", _on(kind, bound(which, remove=False)))
                interface.add(f"no {words} <word> {way}", _on(kind, bound(which, remove=True)))
    interface.add("shutdown", each(value(shutdown=True)))
    interface.add("no shutdown", each(value(shutdown=False)))
    interface.add("description <line>", each(description))
    interface.add("no description", each(value(description="")))
    interface.add("ip address <word>", _on("svi", _address))
    interface.add("ipv6 address <ipv6>", _on("svi", _address6))
    for pattern, change in _SWITCHPORT.items():
        interface.add(pattern, each(change, layer2=True, to_members=True))
    interface.add("channel-group <number:1-4096>", _channel_group("on"))
    for mode in ("on", "active", "passive"):
        interface.add(f"channel-group <number:1-4096> mode {mode}", _channel_group(mode))
    for name in ("config-if", "config-vlan", "config-acl"):
        grammars[name].add("exit", leave)
    grammars["config-vlan"].add("name <word>", _vlan_name)
    acl.add("no <number:1-4294967295>", _entry(remove=True, numbered=True))
    for action in ("permit", "deny", "remark"):
        acl.add(f"{action} <line>", _entry(remove=False, numbered=False))
        acl.add(f"no {action} <line>", _entry(remove=True, numbered=False))
        acl.add(f"<number:1-4294967295> {action} <line>", _entry(remove=False, numbered=True))
