"""A TCP connection that cannot outlive its deadline.

Closing a Paramiko transport does not wake whoever reads from it, and the time-outs of Netmiko and Paramiko
are on the wall clock. So the deadline sits below both, in the socket: Paramiko's reader thread asks it for
data ten times a second, and past the deadline gets the end of the stream. The transport then ends by
itself and wakes every waiter, in whichever phase it was.
"""

from __future__ import annotations

import contextlib
import math
import socket
import time
from typing import Any, Protocol

from controller.domain.inventory import Path


class SessionEnded(Exception):
    """The session is over: nothing more can be sent or read."""


class DeadlinePassed(SessionEnded):
    """Because its time ran out."""


class HungUp(SessionEnded):
    """Because the device, or the network between, closed it."""


class Stream(Protocol):
    """What a guarded socket sits on: a socket, or a connection by a jump host."""

    def recv(self, size: int, /) -> bytes: ...
    def send(self, data: bytes, /) -> int: ...
    def settimeout(self, seconds: float | None, /) -> None: ...
    def getpeername(self) -> Any: ...
    def shutdown(self, how: int, /) -> None: ...
    def close(self) -> None: ...
    def fileno(self) -> int: ...


class GuardedSocket:
    """What Paramiko takes for a socket. ``deadline`` is monotonic and may be moved while others wait.

    ``timed_out`` tells, afterwards, that it was the deadline that ended the connection.
    """

    def __init__(self, raw: Stream, deadline: float) -> None:
        self._raw = raw
        self.deadline = deadline
        self.ended = False
        self.timed_out = False

    def end(self) -> None:
        """Ends the connection at once, from any thread. Never blocks, never raises."""
        self.ended = True
        with contextlib.suppress(OSError):
            self._raw.shutdown(socket.SHUT_RDWR)

    def rest(self) -> None:
        """No deadline: the session is idle."""
        self.deadline = math.inf

    def _expired(self) -> bool:
        if not self.ended and time.monotonic() >= self.deadline:
            self.timed_out = True
            self.end()
        return self.ended

    # What Paramiko calls. Its reader thread comes back at least every 0.1 s, by its own socket time-out.

    def recv(self, size: int) -> bytes:
        return b"" if self._expired() else self._raw.recv(size)

    def send(self, data: bytes) -> int:
        if self._expired():
            raise EOFError
        return self._raw.send(data)

    def settimeout(self, seconds: float | None) -> None:
        self._raw.settimeout(seconds)

    def getpeername(self) -> object:
        return self._raw.getpeername()

    def close(self) -> None:
        self.end()
        self._raw.close()

    def fileno(self) -> int:
        return self._raw.fileno()

    @property
    def _closed(self) -> bool:
        return self._raw.fileno() < 0


def connect(path: Path, deadline: float) -> GuardedSocket:
    """A TCP connection to a literal address; a name is refused, never looked up.

    Raises TimeoutError at the deadline, and OSError when refused, unreachable or not an address."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        path.address, path.port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    )[0]
    raw = socket.socket(family, kind, protocol)
    try:
        # Zero would mean "do not wait" rather than "too late".
        raw.settimeout(max(0.001, deadline - time.monotonic()))
        raw.connect(address)
        # Paramiko leaves Nagle on: with delayed acknowledgements that costs 40 ms a line.
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        raw.close()
        raise
    return GuardedSocket(raw, deadline)
