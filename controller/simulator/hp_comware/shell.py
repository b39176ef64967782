"""The command line of Comware: its views, its prompts, its words for what it does not understand.

Comware 7 Fundamentals Configuration Guide, "Using the CLI": user view ``<sysname>``, system view
``[sysname]``, and views below it whose prompts name them; ``quit`` goes one view up, ``return`` and Ctrl+Z to
user view; the views below take the commands of system view, as the text of a configuration needs it;
``display`` works in every view; keywords may be abbreviated while unique. "Understanding
command-line error messages": a caret below the place, then ``% Unrecognized command found at '^' position.``,
``% Incomplete command found at '^' position.``, ``% Ambiguous command found at '^' position.``
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.simulator.grammar import Arguments, CommandError, Grammar, invalid, words
from controller.simulator.hp_comware.device import ComwareSwitch
from controller.simulator.modal import ModalShell
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface

Handler = Callable[["Shell", Arguments], "Reply | str | None"]

_ACL_VIEWS = {"ip": "acl-ipv4-adv", "ipv6": "acl-ipv6-adv", "mac": "acl-mac"}


class Shell(ModalShell[ComwareSwitch]):
    """``mode`` is the view: ``user``, ``system``, ``interface``, ``vlan`` or ``acl``."""

    comment = "#"
    configuration = "system"
    executive = ("display",)
    also = ("system", "display")
    prefix = ""
    filters = ("begin", "by-linenum", "count", "exclude", "include")
    more = "---- More ----"

    def __init__(
        self, device: ComwareSwitch, grammars: Mapping[str, Grammar[Handler]], user: str = "", line: int = 0
    ) -> None:
        super().__init__(device, grammars, "user", user, line)

    @property
    def configures(self) -> bool:
        return self.mode != "user"

    @property
    def prompt(self) -> str:
        name = self.device.hostname
        match self.mode:
            case "user":
                return f"<{name}>"
            case "system":
                return f"[{name}]"
            case "vlan":
                return f"[{name}-vlan{self.selected[0]}]"
            case "acl":
                family, listed = self.selected
                return f"[{name}-{_ACL_VIEWS[family]}-{listed}]"
            case _:
                return f"[{name}-{self.selected[0]}]"

    def explained(self, error: CommandError) -> str:
        word = {"invalid": "Unrecognized", "incomplete": "Incomplete", "ambiguous": "Ambiguous"}.get(
            error.kind
        )
        if word is None:
            return error.text
        column = len(self.prompt) + (error.column if error.column is not None else self._end())
        return f"{' ' * column}^\n % {word} command found at '^' position."

    def _end(self) -> int:
        """Where the caret stands when no single word is at fault."""
        return words(self.history[-1])[-1].start if self.history else 0

    def interrupted(self) -> None:
        if self.mode != "user":
            self.enter("user")

    def interface(self, arguments: Arguments, index: int = 0) -> Interface:
        """The interface a parameter names; the device's error where it has no such interface."""
        found = self.device.running.interfaces.get(arguments.text(index))
        if found is None:
            raise invalid(arguments.starts[index])
        return found
