"""The command line of AOS: one mode, keywords abbreviated while unique, nothing said where all is well.

OmniSwitch AOS Release 8 Switch Management Guide, "Using the CLI": ``ERROR: Invalid entry: "shw"``. What it
says to a line that ends too early is not written there: here it is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from controller.simulator.alcatel_aos.device import OmniSwitch
from controller.simulator.grammar import Arguments, CommandError, Grammar, Rejected, Word, words
from controller.simulator.modal import ModalShell
from controller.simulator.shell import Reply
from controller.simulator.switching import Interface

Handler = Callable[["Shell", Arguments], "Reply | str | None"]

_PORTS = re.compile(r"(\d+/\d+/)(\d+)(?:-(\d+))?")


def one_port(_line: str, tokens: Sequence[Word], index: int) -> tuple[object, int] | None:
    text = tokens[index].text
    return (text, 1) if re.fullmatch(r"\d+/\d+/\d+", text) else None


def several_ports(_line: str, tokens: Sequence[Word], index: int) -> tuple[object, int] | None:
    """``1/1/1-4``: the names, with a space between."""
    found = _PORTS.fullmatch(tokens[index].text)
    if not found:
        return None
    numbers = range(int(found[2]), int(found[3] or found[2]) + 1)
    return " ".join(found[1] + str(number) for number in numbers), 1


class Shell(ModalShell[OmniSwitch]):
    filters = ("grep",)

    def __init__(self, device: OmniSwitch, grammar: Grammar[Handler], user: str = "", line: int = 0) -> None:
        super().__init__(device, {"exec": grammar}, "exec", user, line)
        self.screen.length = 0

    @property
    def prompt(self) -> str:
        return f"{self.device.running.settings.prompt} "

    @property
    def configures(self) -> bool:
        return False

    def explained(self, error: CommandError) -> str:
        if error.kind == "rejected":
            return error.text
        typed = words(self.history[-1])
        reached = [word.text for word in typed if error.column is None or word.start <= error.column]
        return f'ERROR: Invalid entry: "{(reached or [""])[-1]}"'

    def interface(self, name: str) -> Interface:
        """The port or aggregate; the device's error where it has none of that name."""
        found = self.device.running.interfaces.get(name)
        if found is None:
            raise Rejected(f"ERROR: {f'Port {name}' if '/' in name else f'Linkagg {name}'} does not exist")
        return found
