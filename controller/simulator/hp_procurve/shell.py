"""The command line of AOS-S: its levels, its prompts, its words for what it does not understand.

ArubaOS-Switch 16.10 Basic Operation Guide, "Using the Command Line Interface": operator ``>``, manager ``#``,
global configuration ``(config)#`` and the contexts below it (``(eth-1)#``, ``(vlan-110)#``,
``(config-ext-nacl)#``); commands of the manager level work in all of them, those of global configuration in
the contexts of ports and VLANs; keywords may be abbreviated while unique. After the log-in stands who made
the switch, and ``Press any key to continue``. "Leaving the CLI": ``Do you want to log out (y/n)?``, and where
something is not saved ``Do you want to save current configuration (y/n/^C)?``
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.simulator.grammar import Arguments, CommandError, Grammar, invalid, words
from controller.simulator.hp_procurve.device import AosSwitch
from controller.simulator.hp_procurve.names import listed
from controller.simulator.modal import ModalShell
from controller.simulator.shell import Ask, Reply
from controller.simulator.switching import Interface

Handler = Callable[["Shell", Arguments], "Reply | str | None"]

_WORDS = {"invalid": "Invalid", "incomplete": "Incomplete", "ambiguous": "Ambiguous"}
_ACL_CONTEXTS = {"ip": "config-ext-nacl", "ipv6": "config-ipv6-acl"}


class Shell(ModalShell[AosSwitch]):
    """``mode`` is ``operator``, ``manager``, ``config``, ``eth``, ``vlan`` or ``acl``; ``greeted``: the key
    was pressed."""

    comment = ";"
    executive = ("manager",)
    also: tuple[str, ...] = ("config", "manager")
    prefix = ""
    filters = ("begin", "exclude", "include")
    more = "-- MORE --, next page: Space, next line: Enter, quit: Control-C"

    def __init__(
        self,
        device: AosSwitch,
        grammars: Mapping[str, Grammar[Handler]],
        user: str = "",
        line: int = 0,
        *,
        greeted: bool = False,
    ) -> None:
        account = device.running.users.get(user)
        super().__init__(device, grammars, account.level if account else "manager", user, line)
        self.greeted = greeted

    @property
    def configures(self) -> bool:
        return self.mode not in ("operator", "manager")

    @property
    def prompt(self) -> str:
        if not self.greeted:
            return "Press any key to continue"
        name = self.device.hostname
        match self.mode:
            case "operator":
                return f"{name}> "
            case "manager":
                return f"{name}# "
            case "eth":
                return f"{name}(eth-{listed(self.selected)})# "
            case "vlan":
                return f"{name}({self.selected[0].replace(' ', '-')})# "
            case "acl":
                return f"{name}({_ACL_CONTEXTS[self.selected[0]]})# "
            case _:
                return f"{name}({self.mode})# "

    def enter(self, mode: str, *selected: str) -> None:
        self.also = ("manager",) if mode == "acl" else ("config", "manager")
        super().enter(mode, *selected)

    def execute(self, line: str) -> Reply:
        if not self.greeted:
            self.greeted = True
            return Reply()
        return super().execute(line)

    def explained(self, error: CommandError) -> str:
        if error.kind not in _WORDS:
            return error.text
        given = words(self.history[-1])
        at = error.column if error.column is not None else given[-1].start
        found = [word for word in given if word.start <= at]
        return f"{_WORDS[error.kind]} input: {(found or given)[-1].text}"

    def interrupted(self) -> None:
        if self.configures:
            self.enter("manager")

    def log_out(self) -> Reply:
        def answered(given: str) -> Reply:
            if given.strip().lower() != "y":
                return Reply()
            if self.device.startup == self.device.running:
                return Reply(close=True)
            question = "Do you want to save current configuration (y/n/^C)? "
            return Reply(ask=Ask(question, saved))

        def saved(given: str) -> Reply:
            if given.strip().lower() == "y":
                self.device.save()
            return Reply(close=True)

        return Reply(ask=Ask("Do you want to log out (y/n)? ", answered))

    def interface(self, name: str, column: int) -> Interface:
        """The device's error where it has no such port."""
        found = self.device.running.interfaces.get(name)
        if found is None:
            raise invalid(column)
        return found
