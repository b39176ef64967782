"""Asks, from the controller itself, whether something still answers."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import math
import os
import select
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Sequence
from enum import Enum, auto

from controller.domain.probe import Probe, ProbeKind, ProbeTarget
from controller.engine.ports import ProbeResult

_REPEAT_AFTER = 0.5
"""Seconds until an unanswered echo is sent again: one lost packet must not pass for a cut."""

_TOKEN = 16

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Echo(Enum):
    """Ways to send an ICMP echo, as the system permits."""

    DATAGRAM = auto()
    RAW = auto()
    PING = auto()


class CannotSend(Exception):
    """The question could not be put; nothing follows about the answer."""


class ControllerProber:
    """Implements the Prober port. ``echo`` are the ways tried in order for ICMP."""

    def __init__(self, echo: Sequence[Echo] = (Echo.DATAGRAM, Echo.RAW, Echo.PING)) -> None:
        self._echo = tuple(echo)

    def ask(self, probe: Probe, deadline: float) -> ProbeResult:
        """Target and control at the same time, so that a silent one leaves the other its time."""
        answers: dict[ProbeTarget, bool | None] = {}

        def ask(target: ProbeTarget) -> None:
            answers[target] = self._answered(target, deadline)

        beside = threading.Thread(target=ask, args=(probe.control,), daemon=True, name="probe-control")
        beside.start()
        ask(probe.target)
        beside.join()
        return ProbeResult(probe, answers[probe.target], answers[probe.control], time.monotonic())

    def _answered(self, target: ProbeTarget, deadline: float) -> bool | None:
        try:
            address = ipaddress.ip_address(target.address)
            if time.monotonic() >= deadline:
                return None
            if target.kind is ProbeKind.TCP:
                return _tcp(address, target.port, deadline)
            return self._icmp(address, deadline)
        except (CannotSend, OSError, ValueError):
            return None

    def _icmp(self, address: Address, deadline: float) -> bool:
        for way in self._echo:
            try:
                if way is Echo.PING:
                    return _ping(address, deadline)
                return _echo(address, raw=way is Echo.RAW, deadline=deadline)
            except PermissionError:
                continue
        raise CannotSend


def _sockaddr(address: Address, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    """With the scope of a link-local address resolved; never a name."""
    family, _, _, _, sockaddr = socket.getaddrinfo(
        str(address), port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    )[0]
    return family, sockaddr


def _tcp(address: Address, port: int | None, deadline: float) -> bool:
    """A refused connection is an answer: the reset came from there."""
    if port is None:
        raise CannotSend
    family, sockaddr = _sockaddr(address, port)
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        begun = sock.connect_ex(sockaddr)
        if begun in (0, errno.ECONNREFUSED):
            return True
        if begun != errno.EINPROGRESS:
            # No route, forbidden here: it never left this machine.
            raise CannotSend
        _, writable, _ = select.select([], [sock], [], max(0.0, deadline - time.monotonic()))
        if not writable:
            return False
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in {0, errno.ECONNREFUSED}


def _echo(address: Address, *, raw: bool, deadline: float) -> bool:
    """Answers are known by a random token in what they send back, whatever else arrives."""
    family, sockaddr = _sockaddr(address, 0)
    six = address.version == 6
    protocol = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
    token = os.urandom(_TOKEN)
    with socket.socket(family, socket.SOCK_RAW if raw else socket.SOCK_DGRAM, protocol) as sock:
        sock.setblocking(False)
        sequence = 0
        while (now := time.monotonic()) < deadline:
            try:
                sock.sendto(_request(six, sequence, token), sockaddr)
            except OSError as error:
                if sequence == 0:
                    raise CannotSend from error
                # An unreachable reported for the one before.
                return False
            sequence += 1
            if _replied(sock, six, token, min(deadline, now + _REPEAT_AFTER)):
                return True
    return False


def _request(six: bool, sequence: int, token: bytes) -> bytes:
    kind = 128 if six else 8
    body = struct.pack("!BBHHH", kind, 0, 0, os.getpid() & 0xFFFF, sequence) + token
    if six:
        return body  # the kernel computes the checksum, which covers the addresses
    return body[:2] + struct.pack("!H", _checksum(body)) + body[4:]


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def _replied(sock: socket.socket, six: bool, token: bytes, until: float) -> bool:
    reply = 129 if six else 0
    while (remaining := until - time.monotonic()) > 0:
        if not select.select([sock], [], [], remaining)[0]:
            return False
        with contextlib.suppress(OSError):
            data = sock.recv(2048)
            if not six and sock.type == socket.SOCK_RAW:
                data = data[(data[0] & 0x0F) * 4 :]
            # On the loopback a raw socket also hears the request.
            if data[:1] == bytes([reply]) and data.endswith(token):
                return True
    return False


def _ping(address: Address, deadline: float) -> bool:
    ping = shutil.which("ping")
    if ping is None:
        raise CannotSend
    remaining = deadline - time.monotonic()
    # With -w, -c counts replies: it sends each half second until one comes or the time is over.
    command = [ping, f"-{address.version}", "-nqc1", "-i0.5", f"-w{max(1, math.ceil(remaining))}"]
    try:
        done = subprocess.run(
            [*command, str(address)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=max(0.01, remaining),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode > 1:
        raise CannotSend
    return done.returncode == 0
