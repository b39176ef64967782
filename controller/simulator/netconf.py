"""NETCONF as a subsystem of a device's SSH server: greetings, messages and their ends.

RFC 6241 §8.1 (capabilities), §4.1 to §4.4 (``rpc``, ``rpc-reply``, ``rpc-error``, ``ok``), §7.9
(``close-session``); RFC 4742 (base 1.0: each message ends with ``]]>]]>``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
END = "]]>]]>"


class RpcError(Exception):
    """What an ``rpc-error`` says; ``inside``: the element of the reply that holds it."""

    def __init__(self, message: str, tag: str = "operation-failed", severity: str = "error") -> None:
        super().__init__(message)
        self.tag, self.severity = tag, severity

    def written(self) -> str:
        return (
            f"<rpc-error><error-type>application</error-type><error-tag>{self.tag}</error-tag>"
            f"<error-severity>{self.severity}</error-severity>"
            f"<error-message>{escape(str(self))}</error-message></rpc-error>"
        )


Answer = Callable[[ET.Element], Awaitable[str]]
"""What is inside the reply to an operation, its names without namespaces. Raises RpcError, and whatever
breaks the session."""


class Messages:
    """One session: what was received, cut into messages. ``number`` is its own."""

    def __init__(self, send: Callable[[str], None], number: int, capabilities: tuple[str, ...]) -> None:
        self._send = send
        self._number, self._capabilities = number, capabilities
        self._received = ""
        self._whole: asyncio.Queue[str | None] = asyncio.Queue()

    def feed(self, data: str) -> None:
        self._received += data
        while END in self._received:
            message, self._received = self._received.split(END, 1)
            self._whole.put_nowait(message)

    def hang_up(self) -> None:
        self._whole.put_nowait(None)

    async def serve(self, answer: Answer) -> None:
        """Until the client closes the session, or sends what is no message."""
        said = "".join(f"<capability>{each}</capability>" for each in (BASE, *self._capabilities))
        self._write(
            f'<hello xmlns="{BASE}"><capabilities>{said}</capabilities>'
            f"<session-id>{self._number}</session-id></hello>"
        )
        while (message := await self._whole.get()) is not None:
            try:
                asked = ET.fromstring(message.strip())  # noqa: S314 - from our own tests' client
            except ET.ParseError:
                return
            for each in asked.iter():
                each.tag = each.tag.rpartition("}")[2]
            if asked.tag == "rpc" and not await self._replied(asked, answer):
                return

    async def _replied(self, asked: ET.Element, answer: Answer) -> bool:
        """Whether the session goes on."""
        head = f'<rpc-reply xmlns="{BASE}" message-id="{escape(asked.get("message-id", ""))}">'
        if len(asked) != 1:
            self._write(
                f"{head}{RpcError('one operation wanted', 'malformed-message').written()}</rpc-reply>"
            )
            return True
        if asked[0].tag == "close-session":
            self._write(f"{head}<ok/></rpc-reply>")
            return False
        try:
            said = await answer(asked[0])
        except RpcError as error:
            said = error.written()
        self._write(f"{head}{said}</rpc-reply>")
        return True

    def _write(self, message: str) -> None:
        self._send(f"{message}\n{END}\n")
