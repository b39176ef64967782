"""Commands of interface configuration mode, applied to each selected interface.

Cisco IOS LAN Switching Command Reference: "switchport mode", "switchport access vlan" (a missing VLAN is
created), "switchport trunk allowed vlan", "switchport voice vlan"; Interface and Hardware Component Command
Reference: "channel-group", "shutdown"; Security Command Reference: "ip access-group" (a layer-2 port filters
inbound only); IPv6 Command Reference: "ipv6 traffic-filter". Layer 2 Configuration Guide, "EtherChannel":
configuration of a port-channel applies to the physical ports assigned to it, shutdown included.
"""

from __future__ import annotations

import ipaddress
from dataclasses import replace

from controller.simulator.cisco_ios.configmode import leave_submode
from controller.simulator.cisco_ios.shell import Handler, Shell
from controller.simulator.cisco_ios.vocabulary import INTERFACE
from controller.simulator.grammar import Arguments, Grammar, Rejected, invalid
from controller.simulator.ports import Change, allowed, description, each, value
from controller.simulator.switching import Interface, Kind


def _access_vlan(shell: Shell, arguments: Arguments) -> str | None:
    vlan = arguments.number()
    created = vlan not in shell.device.running.vlans
    shell.device.running.vlans.setdefault(vlan, f"VLAN{vlan:04}")
    each(lambda interface, _a: replace(interface, access_vlan=vlan), layer2=True, to_members=True)(
        shell, arguments
    )
    return f"% Access VLAN does not exist. Creating vlan {vlan}" if created else None


def _channel_group(mode: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> str | None:
        group = arguments.number()
        interfaces = shell.device.running.interfaces
        if any(not interfaces[name].is_physical for name in shell.selected):
            raise invalid(arguments.tokens[0].start)
        created = f"Port-channel{group}" not in interfaces
        first = interfaces[shell.selected[0]]
        interfaces.setdefault(
            f"Port-channel{group}",
            replace(
                first,
                name=f"Port-channel{group}",
                kind=Kind.AGGREGATE,
                number=group,
                description="",
                channel_group=None,
                channel_mode="",
                access_groups=(),
                portfast=False,
            ),
        )
        for name in shell.selected:
            interfaces[name] = replace(interfaces[name], channel_group=group, channel_mode=mode)
        return f"Creating a port-channel interface Port-channel {group}\n" if created else None

    return handler


def _filter(family: str, direction: str, remove: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        for name in shell.selected:
            interface = shell.device.running.interfaces[name]
            if direction == "out" and not interface.is_svi:
                raise invalid(arguments.tokens[-1].start)
            if remove and interface.group(f"{family} {direction}") != arguments.text():
                continue
            changed = interface.with_group(f"{family} {direction}", "" if remove else arguments.text())
            shell.device.running.interfaces[name] = changed

    return handler


def _routed(change: Change) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        for name in shell.selected:
            interface = shell.device.running.interfaces[name]
            if not interface.is_svi and not interface.is_tunnel:
                raise Rejected("\n% IP addresses may not be configured on L2 links.\n")
            shell.device.running.interfaces[name] = change(interface, arguments)

    return handler


def _address(interface: Interface, arguments: Arguments) -> Interface:
    try:
        ipaddress.IPv4Network(f"0.0.0.0/{arguments.text(1)}")
    except ValueError:
        raise Rejected(f"Bad mask {arguments.text(1)} for address {arguments.text(0)}") from None
    return replace(interface, address=(arguments.text(0), arguments.text(1)))


def _address6(interface: Interface, arguments: Arguments) -> Interface:
    address = arguments.text().upper()
    if "/" not in arguments.tokens[-1].text:
        raise Rejected("% Incomplete command.\n")
    return replace(interface, addresses6=tuple(sorted({*interface.addresses6, address})))


def _no_address6(interface: Interface, arguments: Arguments) -> Interface:
    gone = arguments.text().upper()
    return replace(interface, addresses6=tuple(each for each in interface.addresses6 if each != gone))


def add_interface(grammar: Grammar[Handler]) -> None:
    for word in INTERFACE.split():
        grammar.add(word, None)
        grammar.add(f"no {word}", None)
    plain: dict[str, tuple[Change, bool]] = {
        "shutdown": (value(shutdown=True), False),
        "no shutdown": (value(shutdown=False), False),
        "switchport mode access": (value(mode="access"), True),
        "switchport mode trunk": (value(mode="trunk"), True),
        "switchport mode dynamic auto": (value(mode="dynamic auto"), True),
        "no switchport mode": (value(mode="dynamic auto"), True),
        "no switchport access vlan": (value(access_vlan=1), True),
        "switchport voice vlan <number:1-4094>": (lambda i, a: replace(i, voice_vlan=a.number()), True),
        "no switchport voice vlan": (value(voice_vlan=None), True),
        "switchport trunk native vlan <number:1-4094>": (
            lambda i, a: replace(i, native_vlan=a.number()),
            True,
        ),
        "no switchport trunk native vlan": (value(native_vlan=1), True),
        "switchport trunk allowed vlan <vlans>": (allowed("set"), True),
        "switchport trunk allowed vlan add <vlans>": (allowed("add"), True),
        "switchport trunk allowed vlan remove <vlans>": (allowed("remove"), True),
        "switchport trunk allowed vlan except <vlans>": (allowed("except"), True),
        "switchport trunk allowed vlan all": (allowed("all"), True),
        "switchport trunk allowed vlan none": (allowed("none"), True),
        "no switchport trunk allowed vlan": (allowed("all"), True),
    }
    for pattern, (change, layer2) in plain.items():
        grammar.add(pattern, each(change, layer2=layer2, to_members=True))
    grammar.add("switchport access vlan <number:1-4094>", _access_vlan)
    grammar.add(
        "no switchport access vlan <number:1-4094>",
        each(value(access_vlan=1), layer2=True, to_members=True),
    )
    grammar.add("switchport nonegotiate", None)
    grammar.add("switchport port-security", None)
    grammar.add("description <line>", each(description))
    grammar.add("no description", each(value(description="")))
    grammar.add("spanning-tree portfast", each(value(portfast=True), layer2=True))
    grammar.add("no spanning-tree portfast", each(value(portfast=False), layer2=True))
    for mode in ("on", "active", "passive", "auto", "desirable"):
        grammar.add(f"channel-group <number:1-128> mode {mode}", _channel_group(mode))
    grammar.add("no channel-group", each(value(channel_group=None, channel_mode="")))
    for family, words in (("ip", "ip access-group"), ("ipv6", "ipv6 traffic-filter")):
        for direction in ("in", "out"):
            grammar.add(f"{words} <word> {direction}", _filter(family, direction, remove=False))
            grammar.add(f"no {words} <word> {direction}", _filter(family, direction, remove=True))
    grammar.add("ip address <ipv4> <ipv4>", _routed(_address))
    grammar.add("no ip address", _routed(value(address=None)))
    grammar.add("ipv6 address <ipv6>", _routed(_address6))
    grammar.add("no ipv6 address <ipv6>", _routed(_no_address6))
    grammar.add("exit", leave_submode)
