"""The line discipline of a session: echo, editing keys, paging.

Much alike on all platforms: Ctrl-C abandons the line, Ctrl-U and Ctrl-W erase; at the end of a screen the
space bar shows the next one, Return the next line, any other key ends the output. Characters that arrive
while a command runs are echoed when they are read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum


class Ended(StrEnum):
    """How a line was ended."""

    RETURN = "return"
    END = "ctrl-z"
    ABANDONED = "ctrl-c"


class HungUp(Exception):
    """The peer closed the session."""


class IdleTooLong(Exception):
    """The line's exec-timeout passed without a key."""


class Terminal:
    """Reads what ``feed`` was given; writes through ``send``, with line feeds as the terminal wants them.
    ``more`` stands at the end of a screen."""

    def __init__(self, send: Callable[[str], None], more: str) -> None:
        self._send, self._more = send, more
        width = len(more.rstrip("\n")) - 1
        self._wipe = "\b" * width + " " * (width - 1) + "\b" * width
        self._pending = ""
        self._arrived = asyncio.Event()
        self._closed = False
        self.keeps: Callable[[], int | None] = lambda: None
        """How many bytes that nobody has read are kept; None: all."""
        self.broken = False
        self._after_return = False
        self.noise: Callable[[], str] | None = None
        """In the middle of an echo, what the device's log has to say."""

    def feed(self, data: str) -> None:
        if not self.broken:
            self._pending = (self._pending + data)[: self.keeps()]
            self._arrived.set()

    def hang_up(self) -> None:
        self._closed = True
        self._arrived.set()

    def break_off(self) -> None:
        """The device is gone, or whoever typed: what came and was not read yet is lost."""
        self.broken, self._pending = True, ""
        self.hang_up()

    def write(self, text: str) -> None:
        self._send(text.replace("\n", "\r\n"))

    async def _fill(self, idle: float | None) -> None:
        while not self._pending:
            if self._closed:
                raise HungUp
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), idle)
            except TimeoutError:
                raise IdleTooLong from None

    async def key(self, idle: float | None = None) -> str:
        """One key; a return may have come as CR, LF or both."""
        while True:
            await self._fill(idle)
            key, self._pending = self._pending[0], self._pending[1:]
            skip, self._after_return = self._after_return and key == "\n", key == "\r"
            if not skip:
                return key

    async def line(self, echo: bool = True, idle: float | None = None) -> tuple[str, Ended]:
        """One line as edited, with how it ended; the return is echoed, whatever ``echo`` says."""
        line = ""

        def erase(count: int) -> None:
            nonlocal line
            if count and echo:
                self.write("\b \b" * count)
            line = line[: len(line) - count]

        while True:
            key = await self.key(idle)
            if key in "\r\n":
                self.write("\n")
                return line, Ended.RETURN
            if key == "\x1a":
                self.write("^Z\n")
                return line, Ended.END
            if key == "\x03":
                self.write("^C\n")
                return line, Ended.ABANDONED
            if key in "\b\x7f":
                erase(min(1, len(line)))
            elif key in "\x15\x18":
                erase(len(line))
            elif key == "\x17":
                erase(len(line) - len(line.rstrip().rpartition(" ")[0]))
            elif key.isprintable():
                taken = key + self._printable()
                line += taken
                if echo:
                    self._echo(taken)

    def _printable(self) -> str:
        """What follows and is printable too, so that a pasted line is echoed at once."""
        count = 0
        while count < len(self._pending) and self._pending[count].isprintable():
            count += 1
        taken, self._pending = self._pending[:count], self._pending[count:]
        return taken

    def _echo(self, text: str) -> None:
        noise = self.noise() if self.noise and len(text) > 3 else ""
        if noise:
            half = len(text) // 2
            self.write(f"{text[:half]}\n{noise}\n{text[half:]}")
        else:
            self.write(text)

    async def page(self, text: str, length: int, idle: float | None = None) -> None:
        """Text that ends in a line feed, a screen at a time; ``length`` 0 never stops."""
        lines = text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")
        if length == 0 or len(lines) < length:
            self.write("\n".join(lines) + "\n")
            return
        shown = length - 1
        self.write("\n".join(lines[:shown]) + "\n")
        while shown < len(lines):
            self.write(self._more)
            key = await self.key(idle)
            self.write(self._wipe)
            if key not in " \r\n":
                return
            step = length - 1 if key == " " else 1
            self.write("\n".join(lines[shown : shown + step]) + "\n")
            shown += step
