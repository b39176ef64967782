"""The command line of PAN-OS: operational and configuration mode, and its words for what it does not take.

PAN-OS CLI Quick Start, "Navigate the CLI" (``user@host>``, ``user@host#`` below the level it stands at,
``[edit]``), "Use the CLI" (``run`` before an operational command in configuration mode, names with blanks in
quotation marks, lists in brackets, ``set cli pager off``, ``set cli scripting-mode on``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from controller.simulator.grammar import Arguments, CommandError, Grammar, Matcher, Word
from controller.simulator.modal import ModalShell
from controller.simulator.paloalto_panos.device import PanFirewall
from controller.simulator.shell import Reply

Handler = Callable[["Shell", Arguments], "Reply | str | None"]

OPERATIONAL = "operational"
CONFIGURE = "configure"

_VERBS = frozenset({"diff", "find", "grep", "less", "ls", "ping", "tail"})
"""What a firewall takes in operational mode beside what is simulated (ansible-pan, "safe op commands")."""

_NAME = re.compile(r'"([^"]*)"|([^\s"\[\]]+)')


def _name(line: str, tokens: Sequence[Word], index: int) -> tuple[object, int] | None:
    """One name, in quotation marks where it has blanks."""
    found = _NAME.match(line, tokens[index].start)
    if found is None:
        return None
    return found[1] if found[1] is not None else found[2], _words_until(tokens, index, found.end())


def _names(line: str, tokens: Sequence[Word], index: int) -> tuple[object, int] | None:
    """One name, or several in brackets."""
    start = tokens[index].start
    if line[start] != "[":
        one = _name(line, tokens, index)
        return ((one[0],), one[1]) if one else None
    end = line.find("]", start)
    if end < 0:
        return None
    inside = tuple(quoted or plain for quoted, plain in _NAME.findall(line[start + 1 : end]))
    return (inside, _words_until(tokens, index, end + 1)) if inside else None


def _words_until(tokens: Sequence[Word], index: int, end: int) -> int:
    return sum(1 for each in tokens[index:] if each.start < end)


PARAMETERS: Mapping[str, Matcher] = {"name": _name, "names": _names}


class Shell(ModalShell[PanFirewall]):
    comment = "\0"
    configuration = CONFIGURE
    executive = (OPERATIONAL,)
    also = ()
    prefix = "run"
    filters = ("except", "match")
    more = "--more--"

    def __init__(
        self, device: PanFirewall, grammars: Mapping[str, Grammar[Handler]], user: str = "", line: int = 0
    ) -> None:
        super().__init__(device, grammars, OPERATIONAL, user, line)

    @property
    def configures(self) -> bool:
        return self.mode == CONFIGURE

    @property
    def prompt(self) -> str:
        who = f"{self.user}@{self.device.hostname}"
        return f"[edit]\n{who}# " if self.configures else f"{who}> "

    def explained(self, error: CommandError) -> str:
        if error.kind == "rejected":
            return error.text
        first = self.history[-1].split()[0]
        known = self.mode == OPERATIONAL and first in _VERBS
        if error.kind == "invalid" and (error.column or 0) < len(first) and not known:
            return f"Unknown command: {first}"
        return "Invalid syntax."
