"""What a device prints, cut into lines, and the one question asked of it: has it answered?

A command is answered when, after its echo, a line stands that is nothing but the prompt. Silence never
counts. What comes between (system messages, a page break, a changed mode) is tolerated or answered.
"""

from __future__ import annotations

import codecs
import re
from enum import Enum, auto

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()*+][0-9A-Za-z]|[=>78A-Z])")
_IGNORED = str.maketrans("", "", "\x00\x07")
_WRAPPED = re.compile(r"(.)\r(?=\1)")
"""At the edge of the screen readline prints the next line's first character, returns, and prints it again."""

_INVISIBLE = re.compile(r"[\s\x08]+")
_PAGE = re.compile(
    r"\s*(?:<?\s*-{2,}\s*\(?\s*more\b[\s\d%]*\)?\s*-{2,}.{0,80}|press any key to continue.{0,60})\s*",
    re.IGNORECASE,
)
_TERMINATORS = frozenset("#>$%]")
_LONGEST_PROMPT = 200
_BASE = 16
"""IOS shows no more of its host name than this in a configuration mode's prompt."""


def _as_latin1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("cordon-latin1", _as_latin1)


def decoder() -> codecs.IncrementalDecoder:
    """UTF-8; bytes that are none are taken as Latin-1, so that an old device's accents lose nothing."""
    return codecs.getincrementaldecoder("utf-8")("cordon-latin1")


def visible(line: str) -> str:
    """The line as a screen would show it: backspaces and carriage returns move, what follows overwrites."""
    line = line.rstrip("\r")
    if "\r" not in line and "\b" not in line:
        return line
    shown: list[str] = []
    column = 0
    for character in line:
        if character == "\r":
            column = 0
        elif character == "\b":
            column = max(0, column - 1)
        else:
            shown[column : column + 1] = character
            column += 1
    return "".join(shown)


class Terminal:
    """Bytes in, lines out. ``tail`` is the line not yet ended, where a prompt stands."""

    def __init__(self) -> None:
        self._decoder = decoder()
        self._tail = ""

    def feed(self, data: bytes) -> list[str]:
        """The lines that ended in ``data``, without line end, escape sequences removed."""
        *ended, self._tail = (self._tail + self._decoder.decode(data)).split("\n")
        return [_plain(line) for line in ended]

    @property
    def tail(self) -> str:
        return _plain(self._tail)

    @property
    def may_end_in_prompt(self) -> bool:
        """Cheap enough to ask at every byte of a line that never ends."""
        return self._tail.rstrip()[-1:] in _TERMINATORS

    @property
    def tail_is_short(self) -> bool:
        return len(self._tail) <= _LONGEST_PROMPT

    def drop_tail(self) -> None:
        self._tail = ""


def _plain(line: str) -> str:
    if "\x1b" in line:
        line = _ANSI.sub("", line)
    return line.translate(_IGNORED)


def squeezed(text: str) -> str:
    """Without anything invisible: an echo compares equal however the device wrapped it."""
    return _INVISIBLE.sub("", _WRAPPED.sub("", text))


class Prompt:
    """How a device's prompt looks in any of its modes, learnt from one that was shown."""

    def __init__(self, shown: str) -> None:
        self.shown = shown.strip()
        head = self.shown[:-1].strip().lstrip("<[")
        self.base = head[:_BASE]
        if self.base:
            self._pattern = re.compile(
                rf"[<\[]?{re.escape(self.base)}[^\s()<>#\[\]]{{0,64}}(?: ?\([^()\s]{{1,64}}\))? ?[#>$%\]]"
            )
        else:
            self._pattern = re.compile(re.escape(self.shown))

    @staticmethod
    def possible(tail: str) -> bool:
        shown = tail.strip()
        return 0 < len(shown) <= _LONGEST_PROMPT and shown[-1] in _TERMINATORS

    def matches(self, line: str) -> bool:
        """The line is a prompt and nothing else."""
        return len(line) <= _LONGEST_PROMPT and self._pattern.fullmatch(visible(line).strip()) is not None

    def ends(self, tail: str) -> str | None:
        """What stands before the prompt in a tail that ends with it, or None: output that did not end its
        own last line runs into the prompt."""
        if self.matches(tail):
            return ""
        tail = tail.rstrip()
        if len(self.base) > 2 and tail.endswith(self.shown):
            return visible(tail[: -len(self.shown)])
        return None


def page_break(tail: str) -> bool:
    """The device waits for a key before it prints more."""
    return len(tail) <= _LONGEST_PROMPT and _PAGE.fullmatch(visible(tail)) is not None


class Progress(Enum):
    WAITING = auto()
    PAGE = auto()
    DONE = auto()


class Reply:
    """The answer to one command as it arrives."""

    def __init__(self, command: str, prompt: Prompt) -> None:
        self._prompt = prompt
        self._echo = squeezed(command)
        self._echoed = not self._echo
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join(self._lines).strip("\n")

    def take(self, terminal: Terminal, data: bytes) -> Progress:
        """``data`` is what has come since; of a page break the caller answers it, after this returns PAGE."""
        for line in terminal.feed(data):
            if not self._echoed:
                self._look_for_echo(line)
            elif self._prompt.matches(line):
                # Something was printed after the prompt; it belongs to nobody.
                return Progress.DONE
            else:
                self._lines.append(visible(line).rstrip())
        if terminal.tail_is_short and page_break(terminal.tail):
            terminal.drop_tail()
            return Progress.PAGE
        if self._echoed and terminal.may_end_in_prompt:
            before = self._prompt.ends(terminal.tail)
            if before is not None:
                if before:
                    self._lines.append(before)
                return Progress.DONE
        return Progress.WAITING

    def _look_for_echo(self, line: str) -> None:
        """Everything before the echo is left over from earlier. A system message may split the echo over
        two lines: the first part then stands alone behind the prompt."""
        seen = squeezed(line)
        if seen.endswith(self._echo):
            self._echoed = True
            return
        prompt = squeezed(self._prompt.shown)
        part = seen.removeprefix(prompt)
        if part and self._echo.startswith(part):
            self._echo = self._echo[len(part) :]
