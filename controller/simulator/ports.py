"""Commands of interface configuration as most switches have them, applied to each selected interface.

A *change* makes one interface out of another; what is configured on an aggregate applies to its members too,
as all vendors' guides to link aggregation have it.
"""

from __future__ import annotations

from collections.abc import Callable
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
    """``layer2``: refused on an SVI; ``to_members``: on an aggregate, its members follow."""

    def handler(shell: PortShell, arguments: Arguments) -> None:
        interfaces = shell.device.running.interfaces
        for name in shell.selected:
            interface = interfaces[name]
            if layer2 and interface.is_svi:
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


def bound(which: str, *, remove: bool) -> Change:
    """Binds a list to the interface (``ip in``…), or unbinds it where it is the one bound."""

    def change(interface: Interface, arguments: Arguments) -> Interface:
        if remove and interface.group(which) != arguments.text():
            return interface
        return interface.with_group(which, "" if remove else arguments.text())

    return change
