"""Configuration commands of EOS.

Arista EOS User Manual: "interface ethernet", "shutdown (Interfaces)", "switchport access vlan", "switchport
trunk allowed vlan", "channel-group", "vlan", "ip access-list", "ipv6 access-list", "ip access-group" (ports,
port-channels and SVIs alike), "hostname", "username", "banner". "Port Channels and LACP": shutting a port
channel leaves its members' own configuration alone.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import replace

from controller.simulator.arista_eos.configuration import User, hashed
from controller.simulator.arista_eos.names import interface_range, made
from controller.simulator.arista_eos.shell import Handler, Shell
from controller.simulator.arista_eos.showing import list_shown
from controller.simulator.filters import AccessList, edited
from controller.simulator.grammar import Arguments, Grammar, Rejected, invalid
from controller.simulator.modal import paged
from controller.simulator.ports import SWITCHPORT, Change, address6, bound, bundle, description, each, value
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface


def _set(shell: Shell, **values: object) -> None:
    running = shell.device.running
    running.settings = replace(running.settings, **values)  # type: ignore[arg-type]  # callers name its fields


def _hostname(shell: Shell, arguments: Arguments) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}", arguments.text()):
        raise invalid(arguments.starts[0])
    _set(shell, hostname=arguments.text())


def _username(shell: Shell, arguments: Arguments) -> None:
    user = User(arguments.number(1), hashed(arguments.text(2)))
    shell.device.running.users[arguments.text(0)] = user


def _vlan(shell: Shell, arguments: Arguments) -> None:
    for vlan in arguments.vlans():
        shell.device.running.vlans.setdefault(vlan, f"VLAN{vlan:04}")
    shell.enter("config-vlan", *(str(vlan) for vlan in sorted(arguments.vlans())))


def _no_vlan(shell: Shell, arguments: Arguments) -> None:
    for vlan in arguments.vlans() - {1}:
        shell.device.running.vlans.pop(vlan, None)


def _vlan_name(shell: Shell, arguments: Arguments) -> None:
    for vlan in shell.selected:
        shell.device.running.vlans[int(vlan)] = arguments.text()


def _interface(shell: Shell, arguments: Arguments) -> None:
    _select(shell, [arguments.text()], arguments)


def _interfaces(shell: Shell, arguments: Arguments) -> None:
    names = interface_range(arguments.text())
    if names is None:
        raise invalid(arguments.starts[0])
    _select(shell, names, arguments)


def _select(shell: Shell, names: list[str], arguments: Arguments) -> None:
    interfaces = shell.device.running.interfaces
    if any(name not in interfaces and name.startswith(("Ethernet", "Management")) for name in names):
        raise invalid(arguments.starts[0])
    for name in names:
        interfaces.setdefault(name, made(name))
    shell.enter("config-if", *names)


def _no_interface(shell: Shell, arguments: Arguments) -> None:
    if shell.interface(arguments).is_physical:
        raise invalid(arguments.starts[0])
    del shell.device.running.interfaces[arguments.text()]


def leave(shell: Shell, _arguments: Arguments) -> None:
    shell.leave("exec" if shell.mode == "config" else "config")


def _end(shell: Shell, _arguments: Arguments) -> None:
    shell.leave("exec")


# --- access lists ------------------------------------------------------------------------------------


def _list(family: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        name = arguments.text()
        shell.enter("config-acl", family, name)
        shell.edited = shell.device.running.lists.get((family, name)) or AccessList(family, name)

    return handler


def _no_list(family: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        shell.device.running.lists.pop((family, arguments.text()), None)

    return handler


def _entry(*, remove: bool, numbered: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        if shell.edited is None:
            raise invalid(0)
        shell.edited = edited(shell.edited, arguments, remove=remove, numbered=numbered)

    return handler


def _abort(shell: Shell, _arguments: Arguments) -> None:
    shell.enter("config")


def _pending(shell: Shell, _arguments: Arguments) -> Reply:
    """The list as it will be once the mode is left."""
    if shell.edited is None:
        raise invalid(0)
    return paged(list_shown(shell.edited))


# --- interfaces --------------------------------------------------------------------------------------


def _channel_group(mode: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        bundle(shell, made(f"Port-Channel{arguments.number()}"), mode)

    return handler


def _address(interface: Interface, arguments: Arguments) -> Interface:
    try:
        network = ipaddress.IPv4Interface(arguments.text())
    except ValueError:
        raise invalid(arguments.starts[0]) from None
    if not interface.is_svi:
        raise Rejected("% Invalid input (IP addresses may not be configured on switchports)")
    return replace(interface, address=(str(network.ip), str(network.network.prefixlen)))


_INTERFACE: Mapping[str, Change] = {
    "shutdown": value(shutdown=True),
    "no shutdown": value(shutdown=False),
    "description <line>": description,
    "no description": value(description=""),
    "ip address <word>": _address,
    "no ip address": value(address=None),
    "ipv6 address <ipv6>": address6,
}
_SWITCHPORT: Mapping[str, Change] = {
    **SWITCHPORT,
    "spanning-tree portfast": value(portfast=True),
    "no spanning-tree portfast": value(portfast=False),
    "no channel-group": value(channel_group=None, channel_mode=""),
}


def add_configuring(grammars: Mapping[str, Grammar[Handler]]) -> None:
    """Fills ``config``, ``config-if``, ``config-vlan`` and ``config-acl``."""
    config, interface, acl = grammars["config"], grammars["config-if"], grammars["config-acl"]
    for pattern, handler in {
        "hostname <word>": _hostname,
        "username <word> privilege <number:0-15> secret <word>": _username,
        "vlan <vlans>": _vlan,
        "no vlan <vlans>": _no_vlan,
        "interface <interface>": _interface,
        "interface <line>": _interfaces,
        "no interface <interface>": _no_interface,
        "lldp run": lambda shell, _given: _set(shell, lldp=True),
        "no lldp run": lambda shell, _given: _set(shell, lldp=False),
        "ip routing": lambda _shell, _given: None,
        "exit": leave,
        "end": _end,
    }.items():
        config.add(pattern, handler)
    for family in ("ip", "ipv6"):
        config.add(f"{family} access-list <word>", _list(family))
        config.add(f"no {family} access-list <word>", _no_list(family))
        for way in ("in", "out"):
            which = f"{family} {way}"
            interface.add(f"{family} access-group <word> {way}", each(bound(which, remove=False)))
            interface.add(f"no {family} access-group <word> {way}", each(bound(which, remove=True)))
    for pattern, change in _INTERFACE.items():
        interface.add(pattern, each(change))
    for pattern, change in _SWITCHPORT.items():
        interface.add(pattern, each(change, layer2=True, to_members=True))
    for mode in ("on", "active", "passive"):
        interface.add(f"channel-group <number:1-2000> mode {mode}", _channel_group(mode))
    for name in ("config-if", "config-vlan", "config-acl"):
        grammars[name].add("exit", leave)
    grammars["config-vlan"].add("name <word>", _vlan_name)
    acl.add("abort", _abort)
    acl.add("show", _pending)
    acl.add("no <number:1-4294967295>", _entry(remove=True, numbered=True))
    for action in ("permit", "deny", "remark"):
        acl.add(f"{action} <line>", _entry(remove=False, numbered=False))
        acl.add(f"no {action} <line>", _entry(remove=True, numbered=False))
        acl.add(f"<number:1-4294967295> {action} <line>", _entry(remove=False, numbered=True))
