"""Where the command line writes: sentences for people, or exactly one JSON object.

A reader that goes away (a closed terminal, ``| head``) must never end a cut: once a stream is broken,
everything written to it is dropped in silence.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from threading import RLock
from typing import Any, TextIO

_KEPT = frozenset("\n\t\N{NO-BREAK SPACE}")


class Output:
    """``say`` goes to standard output, with ``as_json`` to standard error; ``warn`` always to the latter."""

    def __init__(self, *, as_json: bool = False, stdout: TextIO | None = None, stderr: TextIO | None = None):
        self.as_json = as_json
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr
        self._lock = RLock()
        self._broken: set[int] = set()
        for stream in (self.stdout, self.stderr):
            # A terminal that knows no ■ shows a question mark; it does not stop a cut.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")

    @property
    def people(self) -> TextIO:
        """The stream people read."""
        return self.stderr if self.as_json else self.stdout

    @property
    def live(self) -> bool:
        """Whether a display may be redrawn: a terminal that neither refuses colour nor calls itself dumb."""
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
        return not plain and self.people.isatty() and id(self.people) not in self._broken

    def say(self, *lines: str) -> None:
        self._write(self.people, lines)

    def warn(self, *lines: str) -> None:
        self._write(self.stderr, lines)

    def object(self, value: Mapping[str, Any]) -> None:
        """Writes the one object of ``--json``."""
        text = json.dumps(value, ensure_ascii=False, indent=2)
        self._write(self.stdout, (text,))

    def ask(self, question: str) -> str | None:
        """A line typed by a person, stripped; None where nobody can be asked or the input ended."""
        stream = next((each for each in (self.people, self.stderr) if each.isatty()), None)
        if stream is None or not sys.stdin.isatty():
            return None
        with self._lock:
            stream.write(printable(question) + " ")
            stream.flush()
            answer = sys.stdin.readline()
        return answer.strip() if answer else None

    def _write(self, stream: TextIO, lines: tuple[str, ...]) -> None:
        with self._lock:
            if id(stream) in self._broken:
                return
            try:
                stream.writelines(printable(line) + "\n" for line in lines)
                stream.flush()
            except (OSError, ValueError):  # EPIPE, EIO of a hung-up terminal, a closed file
                self.give_up(stream)

    def give_up(self, stream: TextIO) -> None:
        """Nobody reads the stream any more: what is still buffered goes nowhere, also at exit."""
        self._broken.add(id(stream))
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        except (OSError, ValueError):
            return


def printable(text: str) -> str:
    """``text`` without control characters: what a device or a person wrote must not drive the terminal."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character in _KEPT else "?" for character in text)
