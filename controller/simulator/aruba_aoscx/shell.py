"""The command line of AOS-CX: its contexts, its prompts, its words for what it does not understand.

AOS-CX 10.06 Command-Line Interface Guide, "Command contexts", "Switch prompt examples": operator ``>``,
manager ``#``, ``(config)#`` and the contexts below it, of which most do not say what they are about
(``(config-if)#``, ``(config-lag-if)#``, ``(config-if-vlan)#``, ``(config-vlan-20)#``, ``(config-acl-ip)#``,
``(config-bgp)#``). Commands of the manager context work in all of them, with ``do`` or without; keywords may
be abbreviated while unique.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.simulator.aruba_aoscx.device import CxSwitch
from controller.simulator.grammar import Arguments, CommandError, Grammar, invalid, words
from controller.simulator.modal import ModalShell
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface

Handler = Callable[["Shell", Arguments], "Reply | str | None"]


class Shell(ModalShell[CxSwitch]):
    """``mode`` is ``operator``, ``manager``, ``config``, ``config-if``, ``config-lag-if``,
    ``config-if-vlan``, ``config-vlan``, ``config-acl`` or ``config-bgp``."""

    executive = ("manager",)
    also = ("config", "manager")
    filters = ("begin", "count", "exclude", "include")
    more = "-- MORE --, next page: Space, next line: Enter, quit: q"

    def __init__(
        self, device: CxSwitch, grammars: Mapping[str, Grammar[Handler]], user: str = "", line: int = 0
    ) -> None:
        account = device.running.users.get(user)
        operator = account is not None and account.group == "operators"
        super().__init__(device, grammars, "operator" if operator else "manager", user, line)

    @property
    def configures(self) -> bool:
        return self.mode.startswith("config")

    @property
    def prompt(self) -> str:
        hostname = self.device.hostname
        if not self.configures:
            return f"{hostname}> " if self.mode == "operator" else f"{hostname}# "
        about = {
            "config-vlan": f"config-vlan-{','.join(self.selected)}",
            "config-acl": f"config-acl-{self.selected[0]}" if self.selected else "",
        }
        return f"{hostname}({about.get(self.mode, self.mode)})# "

    def explained(self, error: CommandError) -> str:
        match error.kind:
            case "invalid":
                return f"Invalid input: {self._from(error.column or 0)}"
            case "incomplete":
                return "% Command incomplete."
            case "ambiguous":
                return "% Ambiguous command."
            case _:
                return error.text

    def _from(self, column: int) -> str:
        """The word that stands at the column."""
        given = words(self.history[-1])
        found = [word for word in given if word.start <= column]
        return (found or given)[-1].text

    def interrupted(self) -> None:
        if self.configures:
            self.enter("manager")

    def interface(self, arguments: Arguments, index: int = 0) -> Interface:
        """The interface a parameter names; the device's error where it has no such interface."""
        found = self.device.running.interfaces.get(arguments.text(index))
        if found is None:
            raise invalid(arguments.starts[index])
        return found
