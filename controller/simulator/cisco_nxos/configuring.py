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
from controller.simulator.filters import AccessList, edited
from controller.simulator.grammar import Arguments, Grammar, invalid
from controller.simulator.ports import SWITCHPORT, Change, address6, bound, bundle, description, each, value
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
        raise shell.refused("interface format", arguments.starts[0])
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
        lists[family, name] = edited(current, arguments, remove=remove, numbered=numbered)

    return handler


# --- interfaces --------------------------------------------------------------------------------------


def _channel_group(mode: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        if mode != "on" and "lacp" not in shell.device.running.settings.features:
            raise invalid(arguments.tokens[-1].start)
        bundle(shell, made(f"port-channel{arguments.number()}"), mode)

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


_SWITCHPORT: Mapping[str, Change] = {
    "switchport": lambda each, _given: each,
    **SWITCHPORT,
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
    interface.add("ipv6 address <ipv6>", _on("svi", address6))
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
