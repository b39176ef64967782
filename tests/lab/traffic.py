"""Traffic between the lab's hosts, and verdicts on it.

A *flow* is one TCP connection, opened once and never reopened, that carries a counter every 25 ms and gets
it echoed. It is alive when a counter sent after the question was asked comes back in time, dead when none
does: neither what was in flight before nor what a socket believes counts. A *probe* is a new TCP connection
or an ICMP echo. Everything is IPv4 or IPv6, as asked; times are ``time.monotonic`` seconds.

Sockets are made on a thread moved into the host's namespace and belong to it from then on; one event loop
on one thread of this process serves them all.
"""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import contextlib
import errno
import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from tests.lab.hospital import HOSTS
from tests.lab.namespace import Namespace

ECHO_PORT = 7000
TICK = 0.025
WINDOW = 0.6
"""Seconds without an answer after which traffic counts as dead. A round trip takes a few milliseconds."""
PATIENCE = 8.0
"""Seconds a restored flow may take: TCP's own back-off is 1 s at most in the hosts, spanning tree less."""
_UNANSWERED = 64
_FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
T = TypeVar("T")


class Kind(StrEnum):
    ESTABLISHED = "established TCP"
    NEW = "new TCP"
    PING = "ping"
    DATAGRAM = "one-way datagram"


ALL = (Kind.ESTABLISHED, Kind.NEW, Kind.PING)
"""What is asked unless said otherwise; one-way datagrams have :meth:`Traffic.one_way`."""


@dataclass(frozen=True, slots=True)
class Route:
    """One direction asked about: from a host to a host, in one family of addresses."""

    source: str
    target: str
    family: int

    def __str__(self) -> str:
        return f"{self.source} → {self.target} IPv{self.family}"


def routes(*pairs: tuple[str, str]) -> list[Route]:
    """Each pair of hosts in both families."""
    return [Route(source, target, family) for source, target in pairs for family in (4, 6)]


@dataclass(frozen=True, slots=True)
class Verdict:
    route: Route
    kind: Kind
    alive: bool

    def __str__(self) -> str:
        return f"{self.route} {self.kind}: {'alive' if self.alive else 'dead'}"


class Flow:
    """``last_progress`` is when the latest new counter came back; ``longest_gap`` the longest time between
    two, since :meth:`forget_gaps`."""

    def __init__(self, route: Route, sock: socket.socket) -> None:
        self.route = route
        self.sent = 0
        self.echoed = 0
        self.last_progress = 0.0
        self.longest_gap = 0.0
        self.broken: str | None = None
        self.socket = sock
        self._rest = 0

    def forget_gaps(self) -> None:
        self.longest_gap = 0.0

    def tick(self) -> None:
        if self.broken is None and self.sent - self.echoed < _UNANSWERED:
            try:
                if self.socket.send(struct.pack("!Q", self.sent + 1)) == 8:
                    self.sent += 1
            except BlockingIOError:
                return
            except OSError as error:
                self._fail(error)

    def receive(self) -> None:
        try:
            data = self.socket.recv(4096)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(error)
            return
        if not data:
            self.broken = "closed by the far end"
            return
        now = time.monotonic()
        if self.last_progress:
            self.longest_gap = max(self.longest_gap, now - self.last_progress)
        self.last_progress = now
        self._rest += len(data)
        self.echoed = self._rest // 8

    def _fail(self, error: OSError) -> None:
        # A route or neighbour that is gone for the moment leaves the connection whole.
        if error.errno not in {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}:
            self.broken = str(error)

    def close(self) -> None:
        self.socket.close()


class Traffic:
    """``checks`` counts every verdict given, by kind and outcome."""

    def __init__(self, hosts: Mapping[str, Namespace]) -> None:
        self._hosts = hosts
        self._loop = asyncio.SelectorEventLoop(selectors.EpollSelector())
        self._thread = threading.Thread(target=self._loop.run_forever, name="traffic", daemon=True)
        self._thread.start()
        self._serving: set[str] = set()
        self._flows: dict[Route, Flow] = {}
        self._sockets: set[socket.socket] = set()
        self.checks: collections.Counter[tuple[Kind, bool]] = collections.Counter()
        self._failure: BaseException | None = None
        self._loop.set_exception_handler(self._failed)
        self._loop.call_soon_threadsafe(self._tick)

    # --- flows ----------------------------------------------------------------------------------

    def flow(self, source: str, target: str, family: int = 4) -> Flow:
        """The one flow of this route; opened when first asked for. Raises OSError if it cannot be opened."""
        route = Route(source, target, family)
        if route not in self._flows:
            self._serve(target)
            sock = self._hosts[source].do(lambda: socket.socket(_FAMILY[family], socket.SOCK_STREAM))
            sock.settimeout(PATIENCE)
            try:
                sock.connect((HOSTS[target].address(family), ECHO_PORT))
            except OSError as error:
                sock.close()
                raise OSError(f"{route}: {error}") from error
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            flow = Flow(route, sock)

            def begin() -> None:
                self._flows[route] = flow
                self._loop.add_reader(sock, self._received, flow)

            self._call(begin)
        return self._flows[route]

    def open(self, routes: Iterable[Route]) -> list[Flow]:
        """The flows of ``routes``."""
        return [self.flow(route.source, route.target, route.family) for route in routes]

    def hang_up(self) -> None:
        """Ends every flow, so that the next ones asked for are new connections."""

        def end() -> None:
            flows, self._flows = [*self._flows.values()], {}
            for flow in flows:
                self._loop.remove_reader(flow.socket)
                flow.close()

        self._call(end)

    # --- verdicts -------------------------------------------------------------------------------

    def ask(
        self, routes: Sequence[Route], kinds: Sequence[Kind] = ALL, window: float = WINDOW
    ) -> list[Verdict]:
        """Alive or dead, for each route and kind, all at once, within about ``window`` seconds.

        Established flows must have been opened (:meth:`flow`) while the network let them."""
        unopened = [route for route in routes if Kind.ESTABLISHED in kinds and route not in self._flows]
        if unopened:
            raise LookupError(f"no flow was opened for {', '.join(map(str, unopened))}")
        for route in routes:
            self._serve(route.target)
        verdicts = self._wait(self._ask(routes, kinds, window))
        return self._counted(verdicts)

    def live(self, routes: Sequence[Route], kinds: Sequence[Kind] = ALL, patience: float = PATIENCE) -> None:
        """Fails unless everything asked lives; what does not yet is asked again for ``patience`` seconds."""
        for route in routes:
            self._serve(route.target)
        deadline = time.monotonic() + patience
        pending = [(route, kind) for route in routes for kind in kinds]
        while pending:
            verdicts = self._wait(self._ask_each(pending, WINDOW))
            pending = [(verdict.route, verdict.kind) for verdict in verdicts if not verdict.alive]
            over = time.monotonic() > deadline
            self._counted([verdict for verdict in verdicts if verdict.alive or over])
            if pending and over:
                raise AssertionError("should live:\n" + "\n".join(str(v) for v in verdicts if not v.alive))
            time.sleep(TICK)

    def dead(self, routes: Sequence[Route], kinds: Sequence[Kind] = ALL) -> None:
        """Fails if anything asked lives. See something else live meanwhile, or a dead lab would pass."""
        alive = [verdict for verdict in self.ask(routes, kinds) if verdict.alive]
        if alive:
            raise AssertionError("should be dead:\n" + "\n".join(map(str, alive)))

    def verdict(
        self,
        alive: Sequence[Route],
        dead: Sequence[Route],
        kinds: Sequence[Kind] = ALL,
        patience: float = 3.0,
    ) -> None:
        """:meth:`live` and :meth:`dead` at once: what must be dead is judged in the very window in which
        what must live is seen alive. The usual question after a cut.

        Where something that must live does not, all is asked again for ``patience`` seconds: a switch needs a
        moment to learn anew. What must be dead is never given another chance."""
        deadline = time.monotonic() + patience
        while True:
            wrong = unexpected(self.ask([*alive, *dead], kinds), alive, dead)
            if not wrong:
                return
            if any(verdict.alive for verdict in wrong) or time.monotonic() >= deadline:
                raise AssertionError("not as expected:\n" + "\n".join(map(str, wrong)))

    def wait_dead(self, flows: Sequence[Flow], timeout: float = PATIENCE) -> float:
        """Waits until every flow has made no progress for :data:`WINDOW`; returns when the last one made
        any. Fails after ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            last = max(flow.last_progress for flow in flows)
            if time.monotonic() - last > WINDOW:
                return last
            time.sleep(TICK)
        raise AssertionError("still alive: " + ", ".join(str(f.route) for f in flows))

    def one_way(self, source: str, target: str, family: int = 4, window: float = WINDOW) -> bool:
        """Whether a datagram gets from ``source`` to ``target``, with nothing needed in return."""
        arrived = self._datagram(source, target, family, window)
        self.checks[Kind.DATAGRAM, arrived] += 1
        return arrived

    def _datagram(self, source: str, target: str, family: int, window: float) -> bool:
        address = HOSTS[target].address(family)
        ears = self._hosts[target].do(lambda: socket.socket(_FAMILY[family], socket.SOCK_DGRAM))
        mouth = self._hosts[source].do(lambda: socket.socket(_FAMILY[family], socket.SOCK_DGRAM))
        with ears, mouth:
            ears.bind((address, 0))
            ears.settimeout(TICK)
            deadline = time.monotonic() + window
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    mouth.sendto(b"x", (address, ears.getsockname()[1]))
                with contextlib.suppress(TimeoutError):
                    ears.recv(16)
                    return True
            return False

    def close(self) -> None:
        if self._thread.is_alive():
            self.hang_up()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            for sock in self._sockets:
                sock.close()
            self._loop.close()

    def _counted(self, verdicts: list[Verdict]) -> list[Verdict]:
        self.checks.update((verdict.kind, verdict.alive) for verdict in verdicts)
        return verdicts

    # --- on the loop's thread -------------------------------------------------------------------

    def _tick(self) -> None:
        self._loop.call_later(TICK, self._tick)
        for flow in self._flows.values():
            flow.tick()

    def _failed(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._failure = context.get("exception") or RuntimeError(context["message"])

    def _received(self, flow: Flow) -> None:
        flow.receive()
        if flow.broken:
            self._loop.remove_reader(flow.socket)

    async def _ask(self, routes: Sequence[Route], kinds: Sequence[Kind], window: float) -> list[Verdict]:
        return await self._ask_each([(route, kind) for route in routes for kind in kinds], window)

    async def _ask_each(self, asked: Sequence[tuple[Route, Kind]], window: float) -> list[Verdict]:
        ways: dict[Kind, Callable[[Route, float], Coroutine[Any, Any, bool]]] = {
            Kind.ESTABLISHED: self._progress,
            Kind.NEW: self._connect,
            Kind.PING: self._ping,
        }
        answers = await asyncio.gather(*(ways[kind](route, window) for route, kind in asked))
        return [Verdict(route, kind, alive) for (route, kind), alive in zip(asked, answers, strict=True)]

    async def _progress(self, route: Route, window: float) -> bool:
        flow = self._flows[route]
        start = flow.sent
        # With a full window of unanswered counters nothing new can be sent: the oldest one counts then.
        wanted = min(start + 1, flow.echoed + _UNANSWERED)
        deadline = time.monotonic() + window
        while time.monotonic() < deadline:
            if flow.echoed >= wanted:
                return True
            await asyncio.sleep(TICK / 2)
        return flow.echoed >= wanted

    async def _connect(self, route: Route, window: float) -> bool:
        sock = self._make(route, socket.SOCK_STREAM, 0)
        with sock:
            address = (HOSTS[route.target].address(route.family), ECHO_PORT)
            try:
                async with asyncio.timeout(window):
                    await self._loop.sock_connect(sock, address)
                    await self._loop.sock_sendall(sock, b"probe")
                    return await self._loop.sock_recv(sock, 5) == b"probe"
            except OSError:  # TimeoutError is one
                return False

    async def _ping(self, route: Route, window: float) -> bool:
        v6 = route.family == 6
        sock = self._make(route, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
        request = struct.pack("!BBHHH", 128 if v6 else 8, 0, 0, 0, 1) + os.urandom(8)
        with sock:
            try:
                sock.connect((HOSTS[route.target].address(route.family), 0))
                async with asyncio.timeout(window):
                    await self._loop.sock_sendall(sock, request)
                    while True:
                        answer = await self._loop.sock_recv(sock, 64)
                        if answer[0] == (129 if v6 else 0) and answer[8:16] == request[8:]:
                            return True
            except OSError:
                return False

    def _make(self, route: Route, kind: socket.SocketKind, protocol: int) -> socket.socket:
        sock = self._hosts[route.source].do(lambda: socket.socket(_FAMILY[route.family], kind, protocol))
        sock.setblocking(False)
        return sock

    def _serve(self, host: str) -> None:
        if host in self._serving:
            return
        self._serving.add(host)
        for family in (4, 6):
            server = self._hosts[host].do(lambda family=family: _listening(family))  # type: ignore[misc]  # a default argument binds the loop variable
            self._sockets.add(server)
            self._call(lambda server=server: self._loop.add_reader(server, self._accept, server))  # type: ignore[misc]  # a default argument binds the loop variable

    def _accept(self, server: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            peer, _ = server.accept()
            peer.setblocking(False)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.add(peer)
            self._loop.add_reader(peer, self._echo, peer)

    def _echo(self, peer: socket.socket) -> None:
        try:
            data = peer.recv(4096)
            if data:
                # A full buffer never happens: a client has at most 64 counters under way.
                peer.send(data)
                return
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._loop.remove_reader(peer)
        self._sockets.discard(peer)
        peer.close()

    # --- from other threads ---------------------------------------------------------------------

    def _call(self, call: Callable[[], object]) -> None:
        done: concurrent.futures.Future[None] = concurrent.futures.Future()

        def now() -> None:
            try:
                call()
                done.set_result(None)
            except BaseException as error:  # noqa: BLE001 - handed to the caller
                done.set_exception(error)

        self._loop.call_soon_threadsafe(now)
        done.result()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        result = asyncio.run_coroutine_threadsafe(work, self._loop).result()
        if self._failure is not None:
            raise RuntimeError("the traffic engine is broken: no verdict") from self._failure
        return result


def unexpected(
    verdicts: Iterable[Verdict], alive: Collection[Route], dead: Collection[Route]
) -> list[Verdict]:
    """The verdicts on these routes that are not as they should be."""
    expected = dict.fromkeys(alive, True) | dict.fromkeys(dead, False)
    return [each for each in verdicts if each.alive is not expected.get(each.route, each.alive)]


def _listening(family: int) -> socket.socket:
    server = socket.socket(_FAMILY[family], socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == 6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind(("", ECHO_PORT))
    server.listen(128)
    server.setblocking(False)
    return server


def summary(checks: Mapping[tuple[Kind, bool], int]) -> str:
    """``checks`` (as in :attr:`Traffic.checks`) in one line."""
    kinds = [
        f"{kind} {checks.get((kind, True), 0)} alive, {checks.get((kind, False), 0)} dead" for kind in Kind
    ]
    return f"{sum(checks.values())} traffic checks: " + "; ".join(kinds)
