"""A file sent by secure copy: the remote side of OpenSSH's ``scp -t`` as it was before SFTP took its place.

OpenSSH, "scp.c" (the protocol is nowhere else written down): ``C0644 <bytes> <name>`` and a line end, then
the bytes and a zero; each is answered by a zero, or by a one and a line that says why not.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable

GOOD, BAD = "\0", "\1"


class Sink:
    """One transfer. ``receive`` is told path and content, and gives what it refuses with or ""."""

    def __init__(self, send: Callable[[str], None], command: str, receive: Callable[[str, str], str]) -> None:
        self._send, self._receive = send, receive
        self._path = next((word for word in shlex.split(command)[1:] if not word.startswith("-")), "")
        self._received = ""
        self._size: int | None = None
        self._over = asyncio.Event()

    @staticmethod
    def wanted(command: str | None) -> bool:
        words = (command or "").split()
        return words[:1] == ["scp"] and "-t" in words

    def feed(self, data: str) -> None:
        self._received += data
        while self._step():
            pass

    def hang_up(self) -> None:
        self._over.set()

    async def serve(self) -> None:
        """Until the sender goes."""
        self._send(GOOD)
        await self._over.wait()

    def _step(self) -> bool:
        """Whether something whole was there."""
        if self._size is None:
            line, end, rest = self._received.partition("\n")
            if not end:
                return False
            self._received = rest
            words = line.split()
            if len(words) < 3 or not line.startswith("C") or not words[1].isdigit():
                self._send(f"{BAD}scp: protocol error\n")
                return True
            self._size = int(words[1])
            self._send(GOOD)
            return True
        if len(self._received) <= self._size:
            return False
        content, self._received = self._received[: self._size], self._received[self._size + 1 :]
        self._size = None
        refused = self._receive(self._path, content)
        self._send(f"{BAD}{refused}\n" if refused else GOOD)
        return True
