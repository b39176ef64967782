"""A command line of views, as Comware and VRP have it, which were one once.

Both vendors' configuration guides ("Using the CLI", "CLI Overview"): user view ``<name>``, system view
``[name]``, and views below it whose prompts name them; ``quit`` goes one view up, ``return`` and Ctrl+Z to
user view; the views below take the commands of system view; ``display`` works in every view; keywords may be
abbreviated while unique; an interface's name is its type, abbreviated while unique, and its number, with or
without a space between; VLANs are listed ``1 5 to 7``. What a refusal looks like is each platform's own.
"""

from __future__ import annotations

import asyncio
import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from controller.simulator.grammar import Arguments, Grammar, incomplete, invalid, words
from controller.simulator.modal import ModalShell
from controller.simulator.ports import Change, PortHandler, each
from controller.simulator.shell import Ask, Reply
from controller.simulator.switching import Interface, Switch
from controller.simulator.vlans import ALL_VLANS, vlan_spans

W = TypeVar("W", bound=Switch[Any])

_NAME = re.compile(r"([A-Za-z][A-Za-z-]*?)\s*(\d+(?:/\d+){0,2})$")


class ViewShell(ModalShell[W]):
    """``mode`` is the view: ``user``, ``system``, ``interface``, ``vlan``, ``acl``…"""

    comment = "#"
    configuration = "system"
    executive = ("display",)
    also = ("system", "display")
    prefix = ""
    filters: Sequence[str] = ("begin", "exclude", "include")
    more = "---- More ----"

    def __init__(
        self, device: W, grammars: Mapping[str, Grammar[Any]], user: str = "", line: int = 0
    ) -> None:
        super().__init__(device, grammars, "user", user, line)

    @property
    def configures(self) -> bool:
        return self.mode != "user"

    @property
    def prompt(self) -> str:
        name = self.device.hostname
        return f"<{name}>" if self.mode == "user" else f"[{name}{self.below}]"

    @property
    @abstractmethod
    def below(self) -> str:
        """What stands behind the device's name in the prompt of a configuration view."""

    def caret(self, column: int | None) -> str:
        """The line below the one typed; without a column, below its last word."""
        if column is None:
            column = words(self.history[-1])[-1].start if self.history else 0
        return " " * (len(self.prompt) + column) + "^"

    def interrupted(self) -> None:
        if self.mode != "user":
            self.enter("user")

    def interface(self, arguments: Arguments, index: int = 0) -> Interface:
        """The interface a parameter names; the device's error where it has no such interface."""
        found = self.device.running.interfaces.get(arguments.text(index))
        if not isinstance(found, Interface):
            raise invalid(arguments.starts[index])
        return found


def to(view: str) -> PortHandler:
    return lambda shell, _arguments: shell.enter(view)


def add_leaving(views: Mapping[str, Grammar[Any]], *, apart: tuple[str, ...] = ("user", "display")) -> None:
    """``quit`` and ``return`` of every configuration view."""
    for view, grammar in views.items():
        if view not in apart:
            grammar.add("quit", to("user" if view == "system" else "system"))
            grammar.add("return", to("user"))


def unpaged(shell: ViewShell[Any], _arguments: Arguments) -> None:
    shell.screen.length = 0


def reboot(question: str) -> PortHandler:
    """Restarts once the question was answered with y."""

    def handler(shell: ViewShell[Any], _arguments: Arguments) -> Reply:
        def answered(given: str) -> Reply:
            if given.strip().lower() != "y":
                return Reply()

            def now() -> None:
                asyncio.get_running_loop().call_soon(shell.device.reload, "command")

            return Reply(then=now)

        return Reply(ask=Ask(question, answered))

    return handler


# --- interfaces and VLANs --------------------------------------------------------------------------------


def full_name(text: str, types: Mapping[str, str]) -> str | None:
    """``gi1/0/1`` → ``GigabitEthernet1/0/1``, with the short name of each type; None where the type is
    unknown or ambiguous. Ports have three numbers, all else has one."""
    found = _NAME.match(text.strip())
    if not found:
        return None
    given = found[1].lower()
    kinds = [kind for kind, short in types.items() if given == short.lower()]
    kinds = kinds or [kind for kind in types if kind.lower().startswith(given)]
    if len(kinds) != 1 or ("Ethernet" in kinds[0]) != (found[2].count("/") == 2):
        return None
    return kinds[0] + found[2]


def short_name(name: str, types: Mapping[str, str]) -> str:
    """``GigabitEthernet1/0/1`` → ``GE1/0/1``."""
    for kind, short in types.items():
        if name.startswith(kind):
            return short + name[len(kind) :]
    return name


def number(name: str) -> int:
    """The last number of a name: the VLAN of a VLAN interface, the group of an aggregate."""
    return int(re.split(r"\D+", name)[-1])


def spans(vlans: Iterable[int]) -> str:
    """``1 110 200 to 210``."""
    return " ".join(vlan_spans(frozenset(vlans), 2)).replace("-", " to ")


def listed(arguments: Arguments) -> frozenset[int]:
    """The VLANs of ``1 5 to 7``, which the line's last parameter is; the device's error at the word that does
    not fit."""
    first = next(index for index, word in enumerate(arguments.tokens) if word.start == arguments.starts[-1])
    given = arguments.tokens[first:]
    vlans: set[int] = set()
    at = 0
    while at < len(given):
        low = _vlan_number(given[at].text, given[at].start)
        high, took = low, 1
        if at + 1 < len(given) and given[at + 1].text == "to":
            if at + 2 == len(given):
                raise incomplete()
            high, took = _vlan_number(given[at + 2].text, given[at + 2].start), 3
            if high < low:
                raise invalid(given[at + 2].start)
        vlans |= set(range(low, high + 1))
        at += took
    return frozenset(vlans)


def _vlan_number(text: str, column: int) -> int:
    if not (text.isdigit() and int(text) in ALL_VLANS):
        raise invalid(column)
    return int(text)


def of_mode(mode: str, change: Change, *, to_members: bool = False) -> PortHandler:
    """A command that only a port of that link type has; ``to_members``: those of an aggregate, too, have the
    type, and follow."""

    def checked(interface: Interface, arguments: Arguments) -> Interface:
        if interface.mode != mode:
            raise invalid(arguments.tokens[0].start)
        return change(interface, arguments)

    return each(checked, layer2=True, to_members=to_members)


def carried(interface: Interface, arguments: Arguments) -> Interface:
    """The listed VLANs too."""
    return replace(interface, allowed=interface.allowed | listed(arguments))


def not_carried(interface: Interface, arguments: Arguments) -> Interface:
    """The listed VLANs no more."""
    return replace(interface, allowed=interface.allowed - listed(arguments))


def address(interface: Interface, arguments: Arguments) -> Interface:
    """An address and its mask, where an address can be."""
    if not interface.is_svi:
        raise invalid(arguments.tokens[0].start)
    return replace(interface, address=(arguments.text(0), arguments.text(1)))
