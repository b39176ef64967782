"""What a device says in many small packets is taken in few pieces, and checked as well."""

from __future__ import annotations

import hmac
import socket
import time

import paramiko
import pytest

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


def test_a_packet_whose_checksum_differs_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    assert paramiko.packet.util.constant_time_bytes_eq is hmac.compare_digest
    checked: list[bool] = []
    forged = False

    def compared(one: bytes, other: bytes) -> bool:
        checked.append(hmac.compare_digest(one, b"\0" * len(other) if forged else other))
        return checked[-1]

    monkeypatch.setattr(paramiko.util, "constant_time_bytes_eq", compared)
    block = Block((Command("show interface p1", Purpose.READ),))
    with SshDevice(Switch.with_ports("acc-1", ["p1"])) as device:
        session = NetmikoDriver().open(
            device.device(), profile(), [Login(USER, PASSWORD)], time.monotonic() + ssh.NEVER
        )
        assert session.write(block) is Outcome.SENT
        assert session.collect(time.monotonic() + 20)[0].complete
        assert checked
        assert all(checked)
        forged = True
        session.write(block)
        assert not session.collect(time.monotonic() + 20)[0].complete
        assert not session.is_open
        session.close()
