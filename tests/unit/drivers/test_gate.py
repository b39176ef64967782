"""The receive gate on a socket: what comes waits behind it, and never for longer than it may."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from queue import Empty, Queue
from threading import Thread

import pytest

from controller.drivers.gate import Gate
from controller.drivers.guard import GuardedSocket

FAR = 60.0


@pytest.fixture
def ends() -> Iterator[tuple[GuardedSocket, socket.socket]]:
    near, far = socket.socketpair()
    near.settimeout(FAR)
    yield GuardedSocket(near, time.monotonic() + FAR), far
    near.close()
    far.close()


@pytest.mark.parametrize("waited", [False, True], ids=["who comes later", "who waits already"])
def test_what_comes_waits_until_the_gate_is_opened(
    ends: tuple[GuardedSocket, socket.socket], waited: bool
) -> None:
    guarded, far = ends
    gate, heard = Gate(time.monotonic() + FAR), Queue[bytes]()

    def listen() -> None:
        for _ in range(2):
            heard.put(guarded.recv(10))

    if not waited:
        guarded.gate = gate
    reader = Thread(target=listen)
    reader.start()
    if waited:
        far.send(b"before")
        assert heard.get(timeout=FAR) == b"before"  # it waits for more now
        guarded.gate = gate
    far.send(b"behind")
    with pytest.raises(Empty):
        heard.get(timeout=0.05)
    guarded.gate = None
    gate.open()
    assert heard.get(timeout=FAR) == b"behind"
    if not waited:
        far.send(b"last")
        assert heard.get(timeout=FAR) == b"last"
    reader.join(FAR)
    assert not reader.is_alive()


def test_a_gate_whose_time_is_over_is_open(ends: tuple[GuardedSocket, socket.socket]) -> None:
    guarded, far = ends
    guarded.gate = Gate(time.monotonic() - 1)
    far.send(b"at once")
    begun = time.monotonic()
    assert guarded.recv(10) == b"at once"
    assert time.monotonic() - begun < FAR / 2
