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
        self._behind = _behind(block.commands)
        self._mark = re.compile(rf"{re.escape(token)} (\d+) (\d+)\Z")
        self.text = _text(block.commands, token)
        self._said: list[str] = []
        self._answers: dict[int, str] = {}
        self._begun = 0
        self._failed = False
        self.tidy = True

    @property
    def begun(self) -> bool:
        """Whether the shell has begun with it."""
        return self._begun > 0

    @property
    def ended(self) -> bool:
        """Whether the shell is through with all of it."""
        return self._begun > self._end

    @property
    def _next(self) -> int:
        """The mark that comes next."""
        return self._behind[self._begun] if self._failed else self._begun

    def take(self, line: str) -> None:
        """A line the device printed, as a screen shows it. What stands before the first mark is the echo."""
        found = self._mark.search(line)
        if found is None:
            self._said.append(line)
            return
        number = int(found[1])
        # A mark that is missing says nothing of its command: only one that failed keeps others back.
        self.tidy = self.tidy and not self.ended and number == self._next
        if 0 < number < self._end:
            before = line[: found.start()]
            said = [*self._said, before] if before else self._said
            self._answers[number] = "\n".join(each.rstrip() for each in said).strip("\n")
        self._said = []
        self._begun = number + 1
        self._failed = 0 < number < self._end and int(found[2]) > 0

    def answers(self) -> tuple[Answer, ...]:
        """Of every command; those that a refused one kept back were not sent."""
        return tuple(
            Answer(command, self._answers[at], complete=True)
            if at in self._answers
            else Answer(command, "", complete=False, sent=False)
            for at, command in enumerate(self._commands, start=1)
        )


def _behind(commands: Sequence[Command]) -> tuple[int, ...]:
    """By number, which command comes next where the one before it failed."""
    following = list(range(len(commands) + 2))
    for number in range(len(commands), 0, -1):
        if _continues(commands, number):
            following[number] = following[number + 1]
    return tuple(following)


def _continues(commands: Sequence[Command], number: int) -> bool:
    """Whether it is of the same group as the one before it."""
    command, before = commands[number - 1], commands[number - 2] if number > 1 else None
    changes = before is not None and command.purpose is before.purpose is Purpose.CHANGE
    return changes and before is not None and command.group > 0 and command.group == before.group


def length(block: Block) -> int:
    """In bytes, as the line is typed."""
    return len(_text(block.commands, "x" * TOKEN).encode()) + 1


def _text(commands: Sequence[Command], token: str) -> str:
    said: list[str] = []
    for number, command in enumerate(commands, start=1):
        joint = "&&" if _continues(commands, number) else ";" if said else ""
        said.append(f"{joint}{{ {command.text};t {number};}}")
    return (
        _TOLD.format(token=token) + "".join(said) + ";" * bool(said) + _END.format(number=len(commands) + 1)
    )
