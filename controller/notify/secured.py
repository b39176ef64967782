"""TLS over a connected socket, ended so that it is known whether the other side took all of it.

The standard library's own TLS socket says goodbye and listens for the answer in one step, and takes any alert
for that answer: a receiver that turns the sender away after the handshake, as TLS 1.3 has it for a missing
certificate, would look as if it had read everything (OpenSSL, ``SSL_shutdown``). Here what comes in is read
apart.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

_TOGETHER = 65_536
"""Octets fetched, and sealed, at a time."""


class Secured:
    """Every step raises OSError as sockets do: ssl.SSLError among them, TimeoutError by the socket's time."""

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, name: str) -> None:
        self._plain = plain
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)

    def shake_hands(self) -> None:
        self._step(self._tls.do_handshake)

    def certificate(self) -> bytes:
        """The receiver's, DER."""
        return self._tls.getpeercert(binary_form=True) or b""

    def send(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            part = left[:_TOGETHER]
            left = left[self._step(lambda part=part: self._tls.write(part)) :]  # type: ignore[misc]  # bound here

    def end(self) -> None:
        """Says that this was all, and waits until the other side ends in turn: by TLS, as it should, or by
        closing in order, which no system does for a program that left something unread."""
        with suppress(ssl.SSLWantReadError):
            while self._tls.read(_TOGETHER):  # what came already: a refusal is raised here, not below
                pass
            raise ConnectionAbortedError(errno.ECONNABORTED, os.strerror(errno.ECONNABORTED))
        with suppress(ssl.SSLWantReadError):
            self._tls.unwrap()  # nothing is left that it could take for the answer
        self._flush()
        with suppress(ssl.SSLEOFError, ssl.SSLZeroReturnError):
            while self._step(lambda: self._tls.read(_TOGETHER)):
                pass

    def _step(self, act: Callable[[], T]) -> T:
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                self._flush()
                self._fetch()
            except ssl.SSLError:
                with suppress(OSError):
                    self._flush()  # the alert that says why
                raise
            else:
                self._flush()
                return done

    def _fetch(self) -> None:
        found = self._plain.recv(_TOGETHER)
        if found:
            self._incoming.write(found)
        else:
            self._incoming.write_eof()

    def _flush(self) -> None:
        while waiting := self._outgoing.read():
            self._plain.sendall(waiting)
