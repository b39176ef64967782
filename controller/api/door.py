"""Where connections come in: at once as a rule; a few a second while a run acts.

What a connection costs before anybody has said who they are, its TLS handshake above all, is worked out by
the processor that a cut needs. So a flood of strangers waits at the door until the cut is over. Every other
one is let in by turns of the places they come from, and between them who comes from where the fewest attempts
to sign in led to nothing: neither stands behind the flood.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress

from controller.engine.people.delays import place_of

PACE = 10.0
"""Connections a second while a run acts."""

HALL = 256
"""Connections of one place that wait; more are turned away."""

ROOM = 1024
"""Connections that wait, whatever their places."""

HANDSHAKE = 15.0
"""Seconds a connection may take until it speaks TLS."""

_AT_A_TIME = 64
_OUT_OF_FILES = 1.0
"""Seconds until the next try when this process may open no more."""


class Door:
    """Belongs to the loop it is opened in. ``acts``: whether a run does; ``behind``: how many attempts to
    sign in from a place led to nothing; ``protocol`` makes what speaks with a connection."""

    def __init__(
        self,
        listener: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None,
        acts: Callable[[], bool],
        behind: Callable[[str], int] = lambda _: 0,
        pace: float = PACE,
    ) -> None:
        self._listener = listener
        self._protocol = protocol
        self._tls = tls
        self._acts = acts
        self._behind = behind
        self._by_turns = False
        self._between = 1 / pace
        self._loop = asyncio.get_running_loop()
        self._waiting: OrderedDict[str, deque[socket.socket]] = OrderedDict()
        self._next_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._coming_in: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._arrivals)

    def close(self) -> None:
        """Nobody comes in any more; who waited is turned away."""
        self._loop.remove_reader(self._listener)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for queue in self._waiting.values():
            for each in queue:
                each.close()
        self._waiting.clear()

    def _arrivals(self) -> None:
        for _ in range(_AT_A_TIME):
            try:
                connection, address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                break
            except OSError:
                self._loop.remove_reader(self._listener)
                self._loop.call_later(_OUT_OF_FILES, self._try_again)
                break
            connection.setblocking(False)
            self._queue(connection, place_of(address[0]))
        self._let_in()

    def _try_again(self) -> None:
        if self._listener.fileno() >= 0:
            self.open()

    def _queue(self, connection: socket.socket, place: str) -> None:
        queue = self._waiting.setdefault(place, deque())
        queue.append(connection)
        if len(queue) > HALL:
            self._turn_away(place)
        elif sum(map(len, self._waiting.values())) > ROOM:
            self._turn_away(max(self._waiting, key=self._presses))

    def _presses(self, place: str) -> tuple[int, int]:
        return self._behind(place), len(self._waiting[place])

    def _turn_away(self, place: str) -> None:
        """Who came last from there."""
        queue = self._waiting[place]
        queue.pop().close()
        if not queue:
            del self._waiting[place]

    def _let_in(self) -> None:
        """As many as may come in now; the next when it is time."""
        while self._waiting:
            now = self._loop.time()
            if self._acts():
                if now < self._next_at:
                    self._wait(self._next_at)
                    return
                self._next_at = now + self._between
            place = self._next_place()
            queue = self._waiting.pop(place)
            self._welcome(queue.popleft())
            if queue:
                self._waiting[place] = queue  # after the other places

    def _next_place(self) -> str:
        self._by_turns = not self._by_turns
        return next(iter(self._waiting)) if self._by_turns else min(self._waiting, key=self._behind)

    def _wait(self, until: float) -> None:
        if self._timer is None:
            self._timer = self._loop.call_at(until, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self._let_in()

    def _welcome(self, connection: socket.socket) -> None:
        task = self._loop.create_task(self._greet(connection))
        self._coming_in.add(task)
        task.add_done_callback(self._coming_in.discard)

    async def _greet(self, connection: socket.socket) -> None:
        # Whoever does not manage TLS, or leaves on the way, is nobody's trouble but theirs.
        with suppress(OSError, TimeoutError):
            await self._loop.connect_accepted_socket(
                self._protocol,
                connection,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE if self._tls else None,
            )
