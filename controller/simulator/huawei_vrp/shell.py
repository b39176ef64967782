"""The command line of VRP: the prompts of its views, its words for what it does not understand.

S2720, S5700, and S6700 V200R019C10 Configuration Guide - Basic Configuration, "CLI Overview", "Error Messages
of the Command Line": a caret below the place, then ``Error: Unrecognized command found at '^' position.``,
``Error:Incomplete command found at '^' position.``, ``Error:Ambiguous command found at '^' position.``,
``Error: Wrong parameter found at '^' position.``
"""

from __future__ import annotations

from collections.abc import Callable

from controller.simulator.grammar import Arguments, CommandError, words
from controller.simulator.huawei_vrp.device import VrpSwitch
from controller.simulator.shell import Reply
from controller.simulator.views import ViewShell

Handler = Callable[["Shell", Arguments], "Reply | str | None"]

_WORDS = {"incomplete": "Error:Incomplete command", "ambiguous": "Error:Ambiguous command"}
_ACL_VIEWS = {"basic": "basic", "advance": "adv", "link": "L2"}


class Shell(ViewShell[VrpSwitch]):
    more = "  ---- More ----"

    @property
    def prompt(self) -> str:
        if self.device.two_stage and self.mode != "user":
            return f"[~{self.device.hostname}{self.below}]"
        return super().prompt

    @property
    def below(self) -> str:
        match self.mode:
            case "system":
                return ""
            case "bgp":
                return "-bgp"
            case "vlan":
                return f"-vlan{self.selected[0]}"
            case "acl":
                family, name = self.selected
                found = self.device.running.lists[family, name]
                return f"-{'acl6' if family == 'acl ipv6' else 'acl'}-{_ACL_VIEWS[found.kind]}-{name}"
            case _:
                return f"-{self.selected[0]}"

    def explained(self, error: CommandError) -> str:
        if error.kind == "rejected":
            return error.text
        fallback = "Error: Unrecognized command"
        if error.kind == "invalid" and error.column and len(words(self.history[-1])) > 1:
            fallback = "Error: Wrong parameter"
        return f"{self.caret(self._marked(error))}\n{_WORDS.get(error.kind, fallback)} found at '^' position."

    def _marked(self, error: CommandError) -> int | None:
        """The word that was not understood, and behind the line where another word is missing."""
        line = self.history[-1]
        if error.kind == "incomplete":
            return len(line) + 1
        if error.column is None:
            return None
        return max(word.start for word in words(line) if word.start <= error.column)
