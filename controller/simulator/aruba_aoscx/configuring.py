"""Configuration commands of AOS-CX.

AOS-CX 10.06 guides. Command-Line Interface: "hostname", "user", "interface". Layer 2 Bridging: "vlan", "vlan
access" (the VLAN must exist; the port stops being a trunk), "vlan trunk native" (the port becomes a trunk of
all VLANs), "vlan trunk allowed" (adds to a list, takes the place of ``all``, 256 VLANs in a line; when the
last VLAN of a list is removed, all are allowed). Link Aggregation: "interface lag", "lag", "lacp mode",
"shutdown" (a LAG is shut when it is created). ACLs and Classifier Policies: "access-list ip", "access-list
ipv6", "apply access-list" (one of a kind and direction: another takes its place).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import replace

from controller.simulator.aruba_aoscx.configuration import Settings, User, hashed
from controller.simulator.aruba_aoscx.lists import AccessList, parsed
from controller.simulator.aruba_aoscx.names import interface_name, interface_range, made
from controller.simulator.aruba_aoscx.routing import add_routing
from controller.simulator.aruba_aoscx.shell import Handler, Shell
from controller.simulator.grammar import Arguments, Grammar, Rejected, invalid
from controller.simulator.ports import Change, bound, description, each, value
from controller.simulator.switching import Interface
from controller.simulator.vlans import ALL_VLANS

_MOST_VLANS = 256

_CONTEXTS = {"lag": "config-lag-if", "vlan": "config-if-vlan"}


def _hostname(shell: Shell, arguments: Arguments) -> None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,31}", arguments.text()):
        raise invalid(arguments.starts[0])
    running = shell.device.running
    running.settings = replace(running.settings, hostname=arguments.text())


def _no_hostname(shell: Shell, _arguments: Arguments) -> None:
    running = shell.device.running
    running.settings = replace(running.settings, hostname=Settings().hostname)


def _timeout(shell: Shell, arguments: Arguments) -> None:
    running = shell.device.running
    running.settings = replace(running.settings, idle=arguments.number())


def _user(group: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        shell.device.running.users[arguments.text()] = User(group, hashed(arguments.text(1)))

    return handler


# --- VLANs -------------------------------------------------------------------------------------------


def _vlan(shell: Shell, arguments: Arguments) -> None:
    for vlan in arguments.vlans():
        shell.device.running.vlans.setdefault(vlan, f"VLAN{vlan}")
    shell.enter("config-vlan", *(str(vlan) for vlan in sorted(arguments.vlans())))


def _no_vlan(shell: Shell, arguments: Arguments) -> None:
    if 1 in arguments.vlans():
        raise Rejected("VLAN 1 cannot be deleted.")
    for vlan in arguments.vlans():
        shell.device.running.vlans.pop(vlan, None)


def _vlan_name(shell: Shell, arguments: Arguments) -> None:
    for vlan in shell.selected:
        shell.device.running.vlans[int(vlan)] = arguments.text()


# --- access lists ------------------------------------------------------------------------------------


def _list(family: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        shell.device.running.lists.setdefault(
            (family, arguments.text()), AccessList(family, arguments.text())
        )
        shell.enter("config-acl", family, arguments.text())

    return handler


def _no_list(family: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        if shell.device.running.lists.pop((family, arguments.text()), None) is None:
            raise Rejected(f"ACL {arguments.text()} does not exist.")

    return handler


def _edited(shell: Shell) -> AccessList:
    family, name = shell.selected
    return shell.device.running.lists[family, name]


def _entry(*, numbered: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        old = _edited(shell)
        entry = parsed(old.family, arguments.number() if numbered else 0, arguments.tokens[numbered:])
        shell.device.running.lists[old.family, old.name] = old.with_entry(entry)

    return handler


def _no_entry(shell: Shell, arguments: Arguments) -> None:
    old = _edited(shell)
    shell.device.running.lists[old.family, old.name] = old.without(arguments.number())


def _applied(family: str, way: str) -> Handler:
    apply = each(bound(f"{family} {way}", remove=False))

    def handler(shell: Shell, arguments: Arguments) -> None:
        if (family, arguments.text()) not in shell.device.running.lists:
            raise Rejected(f"ACL {arguments.text()} does not exist.")
        apply(shell, arguments)

    return handler


# --- interfaces --------------------------------------------------------------------------------------


def _interface(shell: Shell, arguments: Arguments) -> None:
    """A port, a LAG, a VLAN interface, or a range of ports."""
    names = interface_range(arguments.text()) or [interface_name(arguments.text()) or ""]
    interfaces = shell.device.running.interfaces
    for name in names:
        if name not in interfaces and not name.startswith(("lag ", "vlan ")):
            raise invalid(arguments.starts[0])
        interfaces.setdefault(name, made(name))
    shell.enter(_CONTEXTS.get(names[0].split()[0], "config-if"), *names)


def _no_interface(shell: Shell, arguments: Arguments) -> None:
    interface = shell.interface(arguments)
    if interface.is_physical:
        raise invalid(arguments.starts[0])
    del shell.device.running.interfaces[interface.name]


def _lag(shell: Shell, arguments: Arguments) -> None:
    if shell.device.aggregate(arguments.number()) is None:
        raise Rejected(f"LAG {arguments.number()} does not exist.")
    interfaces = shell.device.running.interfaces
    for name in shell.selected:
        interfaces[name] = replace(interfaces[name], channel_group=arguments.number())


def _access(shell: Shell, arguments: Arguments) -> None:
    if arguments.number() not in shell.device.running.vlans:
        raise Rejected(f"VLAN {arguments.number()} does not exist.")
    interfaces = shell.device.running.interfaces
    for name in shell.selected:
        interfaces[name] = replace(
            interfaces[name],
            mode="access",
            access_vlan=arguments.number(),
            native_vlan=1,
            allowed=ALL_VLANS,
        )


def _native(interface: Interface, arguments: Arguments) -> Interface:
    return replace(interface, mode="trunk", access_vlan=1, native_vlan=arguments.number())


def _allowed(interface: Interface, arguments: Arguments) -> Interface:
    if len(arguments.vlans()) > _MOST_VLANS:
        raise invalid(arguments.starts[0])
    kept = frozenset() if interface.mode != "trunk" or interface.allowed == ALL_VLANS else interface.allowed
    return replace(interface, mode="trunk", access_vlan=1, allowed=kept | arguments.vlans())


def _not_allowed(interface: Interface, arguments: Arguments) -> Interface:
    if interface.mode != "trunk" or interface.allowed == ALL_VLANS:
        raise Rejected(f"VLAN {min(arguments.vlans())} is not in the list of allowed VLANs.")
    return replace(interface, allowed=(interface.allowed - arguments.vlans()) or ALL_VLANS)


def _address(interface: Interface, arguments: Arguments) -> Interface:
    try:
        network = ipaddress.IPv4Interface(arguments.text())
    except ValueError:
        raise invalid(arguments.starts[0]) from None
    return replace(interface, address=(str(network.ip), str(network.network.prefixlen)))


def _address6(interface: Interface, arguments: Arguments) -> Interface:
    return replace(interface, addresses6=tuple(sorted({*interface.addresses6, arguments.text().lower()})))


_COMMON: Mapping[str, Change] = {
    "shutdown": value(shutdown=True),
    "no shutdown": value(shutdown=False),
    "description <line>": description,
    "no description": value(description=""),
}
_SWITCHED: Mapping[str, Change] = {
    "no routing": value(),
    "vlan trunk native <number:1-4094>": _native,
    "vlan trunk allowed <vlans>": _allowed,
    "vlan trunk allowed all": value(mode="trunk", access_vlan=1, allowed=ALL_VLANS),
    "no vlan trunk allowed <vlans>": _not_allowed,
}
_ROUTED: Mapping[str, Change] = {
    "ip address <word>": _address,
    "no ip address": value(address=None),
    "ipv6 address <ipv6>": _address6,
}


# --- grammars ----------------------------------------------------------------------------------------


def _leave(shell: Shell, _arguments: Arguments) -> None:
    shell.enter("manager" if shell.mode == "config" else "config")


def _end(shell: Shell, _arguments: Arguments) -> None:
    shell.enter("manager")


_APPLIED = {
    "config-if": {"in": "in"},
    "config-lag-if": {"in": "in"},
    "config-if-vlan": {"routed-in": "in", "routed-out": "out"},
}
"""By context, the directions a list is applied in, as they are written and as they are kept."""


def add_configuring(grammars: Mapping[str, Grammar[Handler]]) -> None:
    """Fills the configuration contexts."""
    config = grammars["config"]
    for pattern, handler in {
        "hostname <word>": _hostname,
        "no hostname": _no_hostname,
        "session-timeout <number:0-43200>": _timeout,
        "vlan <vlans>": _vlan,
        "no vlan <vlans>": _no_vlan,
        "interface <interface>": _interface,
        "interface <word>": _interface,
        "no interface <interface>": _no_interface,
        "exit": _leave,
        "end": _end,
    }.items():
        config.add(pattern, handler)
    for group in ("administrators", "operators"):
        config.add(f"user <word> group {group} password plaintext <word>", _user(group))
    grammars["config-vlan"].add("name <word>", _vlan_name)
    _add_lists(grammars)
    _add_interfaces(grammars["config-if"], grammars["config-lag-if"], grammars["config-if-vlan"])
    add_routing(config, grammars["config-bgp"])
    for context in grammars:
        if context.startswith("config-"):
            grammars[context].add("exit", _leave)


def _add_lists(grammars: Mapping[str, Grammar[Handler]]) -> None:
    acl = grammars["config-acl"]
    for family in ("ip", "ipv6"):
        grammars["config"].add(f"access-list {family} <word>", _list(family))
        grammars["config"].add(f"no access-list {family} <word>", _no_list(family))
        for context, directions in _APPLIED.items():
            for word, way in directions.items():
                apply = f"apply access-list {family} <word> {word}"
                grammars[context].add(apply, _applied(family, way))
                grammars[context].add(f"no {apply}", each(bound(f"{family} {way}", remove=True)))
    acl.add("no <number:1-4294967295>", _no_entry)
    for action in ("permit", "deny"):
        acl.add(f"{action} <line>", _entry(numbered=False))
        acl.add(f"<number:1-4294967295> {action} <line>", _entry(numbered=True))


def _add_interfaces(port: Grammar[Handler], lag: Grammar[Handler], svi: Grammar[Handler]) -> None:
    for grammar in (port, lag, svi):
        for pattern, change in _COMMON.items():
            grammar.add(pattern, each(change))
    for grammar in (port, lag):
        for pattern, change in _SWITCHED.items():
            grammar.add(pattern, each(change))
        grammar.add("vlan access <number:1-4094>", _access)
        grammar.add("no vlan access", each(value(mode="access", access_vlan=1)))
    port.add("lag <number:1-256>", _lag)
    port.add("no lag", each(value(channel_group=None)))
    for mode in ("active", "passive"):
        lag.add(f"lacp mode {mode}", each(value(channel_mode=mode)))
    for pattern, change in _ROUTED.items():
        svi.add(pattern, each(change))
