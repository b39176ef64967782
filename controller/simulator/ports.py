"""Commands of interface configuration as most switches have them, applied to each selected interface.

A *change* makes one interface out of another; what is configured on an aggregate applies to its members too,
as all vendors' guides to link aggregation have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from controller.simulator.grammar import Arguments, invalid
from controller.simulator.modal import ModalShell
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface, Switch
from controller.simulator.vlans import ALL_VLANS

Change = Callable[[Interface, Arguments], Interface]
PortShell = ModalShell[Switch[Any]]
PortHandler = Callable[[Any, Arguments], "Reply | str | None"]


def each(change: Change, *, layer2: bool = False, to_members: bool = False) -> PortHandler:
    """``layer2``: refused on an SVI or a tunnel; ``to_members``: on an aggregate, its members follow."""

    def handler(shell: PortShell, arguments: Arguments) -> None:
        interfaces = shell.device.running.interfaces
        for name in shell.selected:
            interface = interfaces[name]
            if layer2 and (interface.is_svi or interface.is_tunnel):
                raise invalid(arguments.tokens[0].start)
            interfaces[name] = change(interface, arguments)
            if to_members and interface.is_aggregate:
                for member in shell.device.members(interface.number):
                    interfaces[member.name] = change(member, arguments)

    return handler


def value(**values: object) -> Change:
    return lambda interface, _arguments: replace(interface, **values)  # type: ignore[arg-type]  # callers name its fields


def description(interface: Interface, arguments: Arguments) -> Interface:
    return replace(interface, description=arguments.text())


def allowed(operation: str) -> Change:
    """``set``, ``add``, ``remove``, ``except``, ``all`` or ``none`` of a trunk's VLANs."""

    def change(interface: Interface, arguments: Arguments) -> Interface:
        if operation in ("all", "none"):
            return replace(interface, allowed=ALL_VLANS if operation == "all" else frozenset())
        named = arguments.vlans()
        vlans = {
            "set": named,
            "add": interface.allowed | named,
            "remove": interface.allowed - named,
            "except": ALL_VLANS - named,
        }[operation]
        return replace(interface, allowed=vlans)

    return change


SWITCHPORT: Mapping[str, Change] = {
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
}
"""The words of a switched port that EOS and NX-OS took over from IOS alike."""


def address6(interface: Interface, arguments: Arguments) -> Interface:
    """One more."""
    return replace(interface, addresses6=tuple(sorted({*interface.addresses6, arguments.text().lower()})))


def bundle(shell: ModalShell[Any], aggregate: Interface, mode: str) -> None:
    """The selected ports join the aggregate; where there is none yet, it is switched as the first of them."""
    interfaces = shell.device.running.interfaces
    first = interfaces[shell.selected[0]]
    switched = replace(aggregate, mode=first.mode, access_vlan=first.access_vlan, allowed=first.allowed)
    interfaces.setdefault(aggregate.name, switched)
    for name in shell.selected:
        member = replace(interfaces[name], channel_group=aggregate.number, channel_mode=mode)
        interfaces[name] = member


def bound(which: str, *, remove: bool) -> Change:
    """Binds a list to the interface (``ip in``…), or unbinds it where it is the one bound."""

    def change(interface: Interface, arguments: Arguments) -> Interface:
        if remove and interface.group(which) != arguments.text():
            return interface
        return interface.with_group(which, "" if remove else arguments.text())

    return change
