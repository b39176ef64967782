"""Worker processes that are killed, hang or lose their leader in the middle of a cut, over real SSH. What
counts is what the switches heard, by their own log."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.peers.contenders import CORDON, cordon_environ
from bench.peers.site import ENABLE, PASSWORD, PORTS, BenchSite, bench_site
from controller.domain.path import Credential, PathKind, SecretRef, SecretSource
from controller.domain.path import Path as DevicePath
from controller.domain.proof import Outcome
from controller.engine.ports import Block, Command, Login, Purpose
from controller.store import locks
from controller.vault.secrets import SecretResolver
from tests.fakes import ssh_device
from tests.fakes.line import ConsoleServer, Terminal
from tests.fakes.ssh_device import USER, SshDevice
from tests.fakes.switch import Switch, profile
from tests.fakes.workers import worker_processes

PATIENCE = 30.0

PASSWORDS = ("of-last-year", "of-yesterday", ssh_device.PASSWORD)
"""Of the same account, the last one right."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BenchSite]:
    with bench_site(tmp_path_factory.mktemp("site"), 4, 0.0) as made:
        yield made


@dataclass
class Cut:
    """``cordon isolate`` under way: every switch has taken its first ``shutdown`` and does not answer it."""

    leader: subprocess.Popen[str]
    workers: list[int]
    lock: Path


@contextmanager
def amid(site: BenchSite, home: Path) -> Iterator[Cut]:
    site.simulation.reset()
    since = len(site.simulation.log())
    for name in site.simulation.devices:
        site.simulation.fault(name, "hang", on="^shutdown$", applied=True, times=1)
    environ = {**cordon_environ(site, home), "CORDON_WORKERS": "2", "CORDON_SPOOL_AFTER_MS": "10000"}
    command = [*CORDON, "isolate", "--level", "5", "--yes", "--reason", "test", "--json"]
    workers: list[int] = []
    with subprocess.Popen(
        command, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as leader:
        try:
            for name in site.simulation.devices:
                site.simulation.wait(
                    device=name, event="line", line="shutdown", since=since, timeout=PATIENCE
                )
            (nursery,) = children(leader.pid)
            workers = children(nursery)
            yield Cut(leader, workers, home / "acting.lock")
        finally:
            leader.kill()
            for worker in workers:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """Of all its threads."""
    told = (each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/children"))
    return sorted(int(each) for text in told for each in text.split())


def until(done: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < give_up, what
        time.sleep(0.01)


def test_what_a_killed_and_a_hung_worker_had_is_read_back_and_nothing_is_sent_twice(
    site: BenchSite, tmp_path: Path
) -> None:
    with amid(site, tmp_path / "home") as cut:
        assert set(locks.holders(cut.lock)) == {cut.leader.pid, *cut.workers}
        for pid in (*cut.workers, *children(cut.leader.pid)):
            told = (Path(f"/proc/{pid}/{each}").read_bytes().decode() for each in ("environ", "cmdline"))
            assert not {secret for text in told for secret in (PASSWORD, ENABLE) if secret in text}
        killed, hung = cut.workers
        os.kill(hung, signal.SIGSTOP)
        os.kill(killed, signal.SIGKILL)
        out, err = cut.leader.communicate(timeout=PATIENCE)
        assert cut.leader.returncode == 0, err
        assert not locks.holders(cut.lock)
    assert not json.loads(out)["unproven"]
    assert not site.open_ports()
    for name in site.simulation.devices:
        lines = site.simulation.lines(name)
        assert [line for line in lines if line == "shutdown"] == ["shutdown"] * len(PORTS), name


def test_workers_end_with_their_leader_and_until_then_nobody_else_acts(
    site: BenchSite, tmp_path: Path
) -> None:
    with amid(site, tmp_path / "home") as cut:
        stopped, other = cut.workers
        os.kill(stopped, signal.SIGSTOP)
        cut.leader.kill()
        cut.leader.communicate()
        until(lambda: locks.holders(cut.lock) == [stopped], f"{other} goes on without its leader")
        descriptor = locks.open_lock(cut.lock)
        try:
            assert not locks.lock(descriptor, fcntl.LOCK_EX)
            os.kill(stopped, signal.SIGCONT)
            assert locks.lock(descriptor, fcntl.LOCK_EX, seconds=PATIENCE)
        finally:
            os.close(descriptor)


@dataclass
class Verdicts:
    """Implements Trial; ``dropped``: other devices rejected the login meanwhile."""

    dropped: bool = False
    heard: list[bool] = field(default_factory=list)

    def may_begin(self) -> bool:
        return not self.dropped

    def ended(self, *, accepted: bool) -> None:
        self.heard.append(accepted)


def test_secrets_on_the_way_and_the_verdict_on_each_login_are_the_leaders() -> None:
    switch = Switch.with_ports("acc-1", ["p1"])
    trials = [Verdicts(dropped=True), Verdicts(), Verdicts()]
    given = [Login(USER, PASSWORDS[index], trial=trial) for index, trial in enumerate(trials)]
    asked = Credential("console", USER, password=SecretRef(SecretSource.ENV, "CONSOLE"))
    secrets = SecretResolver({"CONSOLE": ConsoleServer.password})
    with (
        ConsoleServer(ports={"port05": Terminal(switch, console=True)}) as server,
        SshDevice(switch) as ssh,
        worker_processes(1, secrets=secrets) as driver,
    ):
        way = server.waypoint(credentials=(asked,))
        serial = DevicePath(way.address, way.port, PathKind.CONSOLE, console=way, line="port05")
        straight = driver.open(ssh.device(), profile(), given, time.monotonic() + PATIENCE)
        straight.close()
        by_line = driver.open(ssh.device(paths=(serial,)), profile(), given[2:], time.monotonic() + PATIENCE)
        assert by_line.write(Block((Command("show interface p1", Purpose.READ),))) is Outcome.SENT
        assert by_line.collect(time.monotonic() + PATIENCE)[0].text.startswith("p1 is up")
        by_line.close()
    assert [trial.heard for trial in trials] == [[], [False], [True, True]]
