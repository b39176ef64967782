"""A whole block as one line of a POSIX shell, and the answers told apart again. Pure.

A program may take what was typed ahead of it, as ``sudo`` does with a terminal of its own: so all of it is
one line, which the shell has whole before it begins. Behind each command it prints a mark with that command's
exit status; a command that fails keeps back the rest of its group and nothing else. The line is a subshell:
what it defines is gone with it, and one that did not come whole is no command at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from controller.engine.ports import Answer, Block, Command, Purpose

TOKEN = 8
"""Characters of the word that marks begin with."""

_TOLD = '(t(){{ s=$?;echo "{token} $1 $s";return $s;}};t 0;'
_END = "t {number})"


class ShellLine:
    """``token``: a word that nothing on the device prints."""

    def __init__(self, block: Block, token: str) -> None:
        self._commands = block.commands
        self._end = len(block.commands) + 1
        self._mark = re.compile(rf"{re.escape(token)} (\d+) (\d+)\Z")
        self.text = _text(block.commands, token)
        self._said: list[str] = []
        self._answers: dict[int, str] = {}
        self._begun = 0
        self.tidy = True

    @property
    def begun(self) -> bool:
        """Whether the shell has begun with it."""
        return self._begun > 0

    @property
    def ended(self) -> bool:
        """Whether the shell is through with all of it."""
        return self._begun > self._end

    def take(self, line: str) -> None:
        """A line the device printed, as a screen shows it. What stands before the first mark is the echo."""
        found = self._mark.search(line)
        if found is None:
            self._said.append(line)
            return
        number = int(found[1])
        self.tidy = self.tidy and self._begun <= number <= self._end and (self.begun or number == 0)
        if 0 < number < self._end:
            before = line[: found.start()]
            said = [*self._said, before] if before else self._said
            self._answers[number] = "\n".join(each.rstrip() for each in said).strip("\n")
        self._said = []
        self._begun = number + 1

    def answers(self) -> tuple[Answer, ...]:
        """Of every command; those that a refused one kept back were not sent."""
        return tuple(
            Answer(command, self._answers[at], complete=True)
            if at in self._answers
            else Answer(command, "", complete=False, sent=False)
            for at, command in enumerate(self._commands, start=1)
        )


def length(block: Block) -> int:
    """In bytes, as the line is typed."""
    return len(_text(block.commands, "x" * TOKEN).encode()) + 1


def _text(commands: Sequence[Command], token: str) -> str:
    said: list[str] = []
    group = 0
    for number, command in enumerate(commands, start=1):
        inside = command.purpose is Purpose.CHANGE and command.group and command.group == group
        group = command.group if command.purpose is Purpose.CHANGE else 0
        said.append(f"{'&&' if inside else ';' if said else ''}{{ {command.text};t {number};}}")
    return (
        _TOLD.format(token=token) + "".join(said) + ";" * bool(said) + _END.format(number=len(commands) + 1)
    )
