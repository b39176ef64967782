"""A connection whose session rests is looked at rarely, and ends in time all the same."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from controller.domain.path import Path
from controller.drivers import guard
from controller.drivers.guard import GuardedSocket, connect

PATIENCE = 20.0


class Near(socket.socket):
    """``asleep``: whoever reads it was about to wait for it, as only a dozing reader does."""

    def __init__(self, given: socket.socket) -> None:
        self.asleep = Event()
        super().__init__(given.family, given.type, given.proto, given.detach())

    def fileno(self) -> int:
        number = super().fileno()
        self.asleep.set()
        return number


@pytest.fixture
def ends() -> Iterator[tuple[Near, socket.socket]]:
    one, other = socket.socketpair()
    with Near(one) as near, other as far:
        near.asleep.clear()
        yield near, far


def test_a_reader_that_dozes_is_ended_at_a_deadline_set_meanwhile(ends: tuple[Near, socket.socket]) -> None:
    near, _ = ends
    sock = GuardedSocket(near, math.inf)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(sock.recv, 10)
        assert near.asleep.wait(PATIENCE)
        began = time.monotonic()
        sock.deadline = began + 0.1
        assert reading.result(guard.DOZES / 2) == b""
    assert sock.timed_out
    assert time.monotonic() - began >= 0.1


def test_what_comes_wakes_a_reader_and_ending_does_too(ends: tuple[Near, socket.socket]) -> None:
    near, far = ends
    sock = GuardedSocket(near, math.inf)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(sock.recv, 10)
        assert near.asleep.wait(PATIENCE)
        far.sendall(b"x")
        assert reading.result(guard.DOZES / 2) == b"x"
        near.asleep.clear()
        reading = pool.submit(sock.recv, 10)
        assert near.asleep.wait(PATIENCE)
        sock.end()
        assert reading.result(guard.DOZES / 2) == b""


def test_a_reader_that_dozes_looks_up_now_and_then(
    ends: tuple[Near, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "DOZES", 0.01)
    with pytest.raises(TimeoutError):
        GuardedSocket(ends[0], math.inf).recv(10)


def test_the_other_side_of_a_connection_is_asked_for_signs_of_life() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        sock = connect(Path("127.0.0.1", server.getsockname()[1]), time.monotonic() + PATIENCE)
        try:
            with socket.socket(fileno=socket.dup(sock.fileno())) as same:
                assert same.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) < 60
        finally:
            sock.close()
