"""Probes from the controller itself, to real sockets on the loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from controller.domain.probe import CONTROLLER, Probe, ProbeKind, ProbeTarget
from controller.drivers.clock import SystemClock
from controller.drivers.prober import ControllerProber, Echo


def icmp(address: str) -> ProbeTarget:
    return ProbeTarget(ProbeKind.ICMP, address)


def tcp(address: str, port: int | None) -> ProbeTarget:
    return ProbeTarget(ProbeKind.TCP, address, port)


def ask(
    target: ProbeTarget, control: ProbeTarget | None = None, patience: float = 2.0, *echo: Echo
) -> tuple[bool | None, bool | None]:
    prober = ControllerProber(echo) if echo else ControllerProber()
    probe = Probe(target, CONTROLLER, control or target)
    begun = time.monotonic()
    deadline = begun + patience
    result = prober.ask(probe, deadline)
    assert result.probe is probe
    assert result.finished_at <= time.monotonic()
    assert time.monotonic() < max(deadline, begun) + 0.3
    return result.answered, result.control


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[ProbeTarget]:
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.create_server((request.param, 0), family=family) as server:
        yield tcp(request.param, server.getsockname()[1])


def test_a_listening_port_answers(listener: ProbeTarget) -> None:
    assert ask(listener) == (True, True)


def test_a_refused_connection_is_an_answer(listener: ProbeTarget) -> None:
    assert ask(tcp(listener.address, 9)) == (True, True)


def test_a_full_backlog_answers_nothing_until_the_deadline() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        held = [socket.socket() for _ in range(4)]
        for sock in held:
            sock.setblocking(False)
            sock.connect_ex(address)
        begun = time.monotonic()
        assert ask(tcp("127.0.0.1", address[1]), icmp("127.0.0.1"), 0.5)[0] is False
        assert time.monotonic() - begun >= 0.5
        for sock in held:
            sock.close()


def test_a_silent_target_takes_nothing_from_its_control(listener: ProbeTarget) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        held = [socket.socket() for _ in range(4)]
        for sock in held:
            sock.setblocking(False)
            sock.connect_ex(server.getsockname())
        assert ask(tcp("127.0.0.1", server.getsockname()[1]), listener, 0.5) == (False, True)
        for sock in held:
            sock.close()


LONELY = """
set -e
ip link set lo up
echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range
ip link add here type veth peer name there
ip link set here up
ip link set there up
ip addr add 10.9.9.1/24 dev here
ip addr add fd09::1/64 dev here nodad
"""
"""A namespace with two neighbours that do not exist, 10.9.9.2 and fd09::2, and no other route."""

ASK = """
import sys, time
from controller.domain.probe import Probe, ProbeKind, ProbeTarget
from controller.drivers.prober import ControllerProber, Echo
for echo in Echo:
    for address in sys.argv[1:]:
        target = ProbeTarget(ProbeKind.ICMP, address)
        begun = time.monotonic()
        answered = ControllerProber([echo]).ask(Probe(target, "controller", target), begun + 1).answered
        print(echo.name, address, answered, time.monotonic() - begun < 1.3)
"""


@pytest.mark.lab
def test_every_way_to_send_an_echo_answered_unanswered_and_unsendable() -> None:
    missing = [tool for tool in ("unshare", "ip", "ping") if shutil.which(tool) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"a namespace needs root and {missing or 'its tools'}")
    script = f"{LONELY}exec {sys.executable} -c '{ASK}' 127.0.0.1 ::1 10.9.9.2 fd09::2 198.51.100.1"
    printed = subprocess.run(
        ["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert printed.splitlines() == [
        f"{echo.name} {address} {answered} True"
        for echo in Echo
        for address, answered in (
            ("127.0.0.1", True),
            ("::1", True),
            ("10.9.9.2", False),
            ("fd09::2", False),
            ("198.51.100.1", None),
        )
    ]


def test_without_permission_for_one_way_the_next_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def forbidding(family: int = -1, kind: int = -1, proto: int = -1) -> socket.socket:
        if proto in {socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6}:
            raise PermissionError
        return real(family, kind, proto)

    if shutil.which("ping") is None:
        pytest.skip("needs ping")
    monkeypatch.setattr(socket, "socket", forbidding)
    assert ask(icmp("127.0.0.1")) == (True, True)
    assert ask(icmp("127.0.0.1"), None, 1.0, Echo.DATAGRAM, Echo.RAW) == (None, None)


def test_what_cannot_be_sent_is_not_an_answer() -> None:
    assert ask(tcp("localhost", 22)) == (None, None)
    assert ask(icmp("localhost")) == (None, None)
    assert ask(tcp("127.0.0.1", None)) == (None, None)
    assert ask(tcp("255.255.255.255", 22))[0] is None
    assert ask(icmp("127.0.0.1"), None, -1.0) == (None, None)
    assert (
        ControllerProber(()).ask(Probe(icmp("::1"), CONTROLLER, icmp("::1")), time.monotonic() + 1).answered
        is None
    )


def test_the_clock_is_aware_and_its_monotonic_side_is_the_drivers() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() is not None
    before = time.monotonic()
    assert before <= clock.monotonic() <= time.monotonic()


def test_a_pause_lasts_as_long_as_asked() -> None:
    begun = time.monotonic()
    SystemClock().pause(0.05)
    assert 0.05 <= time.monotonic() - begun < 1
