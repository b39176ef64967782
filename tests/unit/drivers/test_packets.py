"""What a device says in many small packets is taken in few pieces, and checked as well."""

from __future__ import annotations

import hmac
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

import paramiko
import pytest

from controller.domain.path import Path
from controller.domain.proof import Outcome
from controller.drivers import ssh
from controller.drivers.guard import GuardedSocket
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.engine.ports import Block, Command, Login, Purpose
from tests.fakes.ssh_device import PASSWORD, USER, SshDevice
from tests.fakes.switch import Switch, profile


class Counted(socket.socket):
    """``asked``: how often somebody wanted to read from it."""

    def __init__(self, given: socket.socket) -> None:
        super().__init__(given.family, given.type, given.proto, given.detach())
        self.asked = 0

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        self.asked += 1
        return super().recv(size, flags)


def test_what_came_at_once_is_taken_at_once_and_handed_out_in_the_pieces_asked_for() -> None:
    one, other = socket.socketpair()
    with Counted(one) as near, other as far:
        far.sendall(b"0123456789" * 10)
        sock = GuardedSocket(near, time.monotonic() + 20)
        assert [sock.recv(16) for _ in range(7)] == [
            (b"0123456789" * 10)[at : at + 16] for at in range(0, 100, 16)
        ]
        assert near.asked == 1
        far.sendall(b"more")
        assert sock.recv(16) == b"more"
        far.shutdown(socket.SHUT_WR)
        assert sock.recv(16) == b""


def test_nothing_that_came_is_handed_out_past_the_deadline() -> None:
    one, other = socket.socketpair()
    with one as near, other as far:
        far.sendall(b"0123456789")
        sock = GuardedSocket(near, time.monotonic() + 20)
        assert sock.recv(4) == b"0123"
        sock.deadline = time.monotonic()
        assert sock.recv(4) == b""
        assert sock.timed_out


@contextmanager
def forging(port: int, forged: threading.Event) -> Iterator[Path]:
    """What comes from ``port``, with one bit of each piece turned once ``forged`` is set."""

    def carry(source: socket.socket, target: socket.socket, *, turns: bool) -> None:
        with suppress(OSError):
            while piece := bytearray(source.recv(65536)):
                piece[-1] ^= turns and forged.is_set()
                target.sendall(piece)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as kept, ThreadPoolExecutor(3) as pool:

        def serve() -> None:
            near = kept.enter_context(server.accept()[0])
            far = kept.enter_context(socket.create_connection(("127.0.0.1", port)))
            ended.extend((near, far))
            pool.submit(carry, near, far, turns=False)
            pool.submit(carry, far, near, turns=True)

        ended: list[socket.socket] = []
        pool.submit(serve)
        yield Path("127.0.0.1", server.getsockname()[1])
        for each in ended:  # who waits for more would wait for ever
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("cipher", ["aes128-ctr", "aes128-gcm@openssh.com"])
def test_a_packet_that_was_altered_on_its_way_ends_the_session(cipher: str) -> None:
    assert paramiko.packet.util.constant_time_bytes_eq is hmac.compare_digest
    forged = threading.Event()
    block = Block((Command("show interface p1", Purpose.READ),))
    with (
        SshDevice(Switch.with_ports("acc-1", ["p1"]), ciphers=(cipher,)) as device,
        forging(device.port, forged) as path,
    ):
        session = NetmikoDriver().open(
            device.device(paths=(path,)), profile(), [Login(USER, PASSWORD)], time.monotonic() + 20
        )
        assert session.write(block) is Outcome.SENT
        assert session.collect(time.monotonic() + 20)[0].complete
        forged.set()
        session.write(block)
        assert not session.collect(time.monotonic() + 20)[0].complete
        assert not session.is_open
        session.close()


def test_what_checks_as_it_deciphers_is_asked_for_first() -> None:
    one, other = socket.socketpair()
    with one as near, other:
        made = ssh.transport(GuardedSocket(near, time.monotonic() + 20))
        first, *others = made.get_security_options().ciphers
        assert "gcm" in first
        assert "aes128-ctr" in others
