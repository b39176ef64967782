"""Bytes of a terminal made into lines, as a screen would show them."""

from __future__ import annotations

import codecs
import re

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()*+][0-9A-Za-z]|[=>78A-Z])")
_ENDING = 64
"""Of a tail, what may hide its last character: erasing to the end of the line, colours as they were."""

_IGNORED = str.maketrans("", "", "\x00\x07")


def _as_latin1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("cordon-latin1", _as_latin1)


def decoder() -> codecs.IncrementalDecoder:
    """UTF-8; bytes that are none are taken as Latin-1, so that an old device's accents lose nothing."""
    return codecs.getincrementaldecoder("utf-8")("cordon-latin1")


def plain(line: str) -> str:
    """Without escape sequences, bells and padding."""
    if "\x1b" in line:
        line = _ANSI.sub("", line)
    return line.translate(_IGNORED) if "\x00" in line or "\x07" in line else line


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
        return [plain(line) for line in ended]

    @property
    def tail(self) -> str:
        return plain(self._tail)

    @property
    def length(self) -> int:
        """Of the tail, as it came: cheap enough to ask at every byte of a line that never ends."""
        return len(self._tail)

    @property
    def last(self) -> str:
        """The last visible character of the tail; as cheap. Some end a prompt with an escape sequence."""
        end = self._tail[-_ENDING:].rstrip()
        return (plain(end).rstrip() if "\x1b" in end else end)[-1:]

    def drop_tail(self) -> None:
        self._tail = ""
