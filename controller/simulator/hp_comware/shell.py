"""The command line of Comware: the prompts of its views, its words for what it does not understand.

Comware 7 Fundamentals Configuration Guide, "Using the CLI". "Understanding command-line error messages": a
caret below the place, then ``% Unrecognized command found at '^' position.``, ``% Incomplete command found at
'^' position.``, ``% Ambiguous command found at '^' position.``
"""

from __future__ import annotations

from collections.abc import Callable

from controller.simulator.grammar import Arguments, CommandError
from controller.simulator.hp_comware.device import ComwareSwitch
from controller.simulator.shell import Reply
from controller.simulator.views import ViewShell

Handler = Callable[["Shell", Arguments], "Reply | str | None"]

_ACL_VIEWS = {"ip": "acl-ipv4-adv", "ipv6": "acl-ipv6-adv", "mac": "acl-mac"}


class Shell(ViewShell[ComwareSwitch]):
    filters = ("begin", "by-linenum", "count", "exclude", "include")

    @property
    def below(self) -> str:
        match self.mode:
            case "system":
                return ""
            case "bgp":
                return "-bgp-default"
            case "vlan":
                return f"-vlan{self.selected[0]}"
            case "acl":
                family, listed = self.selected
                return f"-{_ACL_VIEWS[family]}-{listed}"
            case _:
                return f"-{self.selected[0]}"

    def explained(self, error: CommandError) -> str:
        word = {"invalid": "Unrecognized", "incomplete": "Incomplete", "ambiguous": "Ambiguous"}.get(
            error.kind
        )
        if word is None:
            return error.text
        return f"{self.caret(error.column)}\n % {word} command found at '^' position."
