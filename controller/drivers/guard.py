"""A TCP connection that cannot outlive its deadline.

Closing a Paramiko transport does not wake whoever reads from it, and the time-outs of Netmiko and Paramiko
are on the wall clock. So the deadline sits below both, in the socket: Paramiko's reader thread asks it for
data ten times a second, and past the deadline gets the end of the stream. The transport then ends by
itself and wakes every waiter, in whichever phase it was.

While a session rests its reader dozes: nothing is due, and ten looks a second of a thousand sessions would
take a third of a processor. It is not woken for a deadline either, or a thousand would be at once where as
many blocks are written: one thread for all of them ends what is late.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import math
import select
import socket
import time
import weakref
from threading import Condition, Thread
from typing import Any, Protocol

from controller.domain.path import Path
from controller.drivers.gate import Gate

DOZES = 10.0
"""Seconds the reader of a session that rests may go without a look."""

_SILENT, _ASKS, _TIMES = 15, 5, 3
"""Seconds of silence after which the other side's system is asked for a sign of life, seconds between two
such questions, and how many may go unanswered. No session and no terminal notices them."""

_AT_ONCE = 32768
"""Bytes that are taken from the connection at once, where so many have come."""

_TAKEN_WITHIN = 4.0
"""Seconds in which what is sent on a connection that had dozed has to be acknowledged: it may have ended
without a word, and who writes has little time."""


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

    ``timed_out`` tells, afterwards, that it was the deadline that ended the connection. ``gate``: what comes
    waits behind it.
    """

    def __init__(self, raw: Stream, deadline: float) -> None:
        self._raw = raw
        self._ahead, self._taken = b"", 0
        self._deadline = deadline
        self._dozing = False
        self._doubted = False
        self.ended = False
        self.timed_out = False
        self.gate: Gate | None = None

    @property
    def deadline(self) -> float:
        return self._deadline

    @deadline.setter
    def deadline(self, deadline: float) -> None:
        # Set first, then asked: the reader does it the other way round, so that one of the two sees it.
        self._deadline = deadline
        if self._dozing and deadline < math.inf:
            self._doubt(_TAKEN_WITHIN)
            _alarm.at(deadline, self)

    def end(self) -> None:
        """Ends the connection at once, from any thread. Never blocks, never raises."""
        self.ended = True
        with contextlib.suppress(OSError):
            self._raw.shutdown(socket.SHUT_RDWR)

    def rest(self) -> None:
        """No deadline: the session is idle."""
        self.deadline = math.inf

    def _expired(self) -> bool:
        if not self.ended and time.monotonic() >= self._deadline:
            self.timed_out = True
            self.end()
        return self.ended

    # What Paramiko calls. Its reader thread comes back at least every 0.1 s, by its own socket time-out,
    # unless the session rests.

    def recv(self, size: int) -> bytes:
        """Paramiko asks for each packet in two small pieces: what else has come is kept for the next ones,
        since every wait for the connection is one for the interpreter as well."""
        if self._expired():
            return b""
        if self._taken >= len(self._ahead):
            self._doze()
            self._pass_gate()
            self._ahead, self._taken = self._raw.recv(max(size, _AT_ONCE)), 0
            if self._doubted:
                self._doubt(0)
        self._pass_gate()  # it may have been shut while this one waited
        data = self._ahead[self._taken : self._taken + size]
        self._taken += size
        return data

    def _pass_gate(self) -> None:
        gate = self.gate
        if gate is not None:
            gate.wait()

    def _doze(self) -> None:
        """Until something comes, the connection ends or it is time for a look. Raises TimeoutError then."""
        if self._deadline < math.inf or not isinstance(self._raw, socket.socket):
            return
        self._dozing = True
        try:
            if self._deadline < math.inf:
                return
            wanted = select.poll()
            wanted.register(self._raw, select.POLLIN)
            if not wanted.poll(DOZES * 1000):
                raise TimeoutError
        except ValueError:
            raise OSError("closed") from None
        finally:
            self._dozing = False

    def late(self) -> float | None:
        """Ends the connection where its deadline has passed. Else what the deadline is now, where the reader
        will not look by itself."""
        return None if self._expired() or not self._dozing or self._deadline == math.inf else self._deadline

    def _doubt(self, seconds: float) -> None:
        self._doubted = bool(seconds)
        option = getattr(socket, "TCP_USER_TIMEOUT", None)
        if option is not None and isinstance(self._raw, socket.socket):
            with contextlib.suppress(OSError):
                self._raw.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))

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


class _Alarm:
    """Ends connections whose reader dozes, at their deadline. One thread, once there is any."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._due: list[tuple[float, int, weakref.ref[GuardedSocket]]] = []
        self._count = itertools.count()
        self._thread: Thread | None = None

    def at(self, deadline: float, sock: GuardedSocket) -> None:
        with self._changed:
            entry = (deadline, next(self._count), weakref.ref(sock))
            heapq.heappush(self._due, entry)
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()
            elif self._due[0] is entry:
                self._changed.notify()

    def _watch(self) -> None:
        while True:
            with self._changed:
                left = self._due[0][0] - time.monotonic() if self._due else None
                if left is None or left > 0:
                    self._changed.wait(left)
                    continue
                sock = heapq.heappop(self._due)[2]()
            moved = sock.late() if sock is not None else None
            if sock is not None and moved is not None:
                self.at(moved, sock)
            del sock


_alarm = _Alarm()


def _watched_for_life(raw: socket.socket) -> None:
    """Its end is noticed while nobody asks anything, wherever the system can do that."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", _SILENT), ("TCP_KEEPINTVL", _ASKS), ("TCP_KEEPCNT", _TIMES)):
        option = getattr(socket, name, None)
        if option is not None:
            raw.setsockopt(socket.IPPROTO_TCP, option, value)


def connect(path: Path, deadline: float) -> GuardedSocket:
    """A TCP connection to a literal address; a name is refused, never looked up.

    Raises TimeoutError at the deadline, and OSError when refused, unreachable or not an address."""
    return GuardedSocket(connected(path, deadline), deadline)


def connected(path: Path, deadline: float) -> socket.socket:
    """As :func:`connect`, for who guards it himself."""
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
        _watched_for_life(raw)
    except BaseException:
        raw.close()
        raise
    return raw
