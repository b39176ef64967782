"""Configuration sessions of EOS and their commit timer, as a person at the terminal meets them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controller.simulator.process import Simulation, simulate
from controller.simulator.spec import Account, DeviceSpec
from tests.unit.simulator.console import ENABLE, PASSWORD, USER, Console

SHOW = "show configuration sessions detail"
PORT = "Ethernet1"


@pytest.fixture(scope="module")
def _running() -> Iterator[Simulation]:
    users = {USER: Account(PASSWORD)}
    with simulate(
        [DeviceSpec("eos", platform="arista_eos", users=users, enable=ENABLE, minute_seconds=0.3)]
    ) as running:
        yield running


@pytest.fixture
def site(_running: Simulation) -> Simulation:
    _running.reset()
    return _running


@pytest.fixture
def console(site: Simulation) -> Iterator[Console]:
    with Console(site["eos"]) as opened:
        yield opened


def shut(console: Console, name: str) -> None:
    for line in (f"configure session {name}", f"interface {PORT}", "shutdown"):
        assert "%" not in console.ask(line)


def admin(site: Simulation) -> str:
    return str(site.interface("eos", PORT)["admin"])


def row(console: Console, name: str) -> list[str]:
    return next(line.split() for line in console.ask(SHOW).splitlines() if line.strip().startswith(name))


def test_a_session_changes_nothing_until_it_is_committed(site: Simulation, console: Console) -> None:
    shut(console, "change-7")
    console.type("show privilege")
    console.until("(config-s-change-if-Et1)#")
    assert admin(site) == "up"
    assert "shutdown" not in console.ask("show running-config interfaces Ethernet1")
    console.ask("end")
    assert site.state("eos")["pending"] == ["change-7"]
    assert row(console, "change-7") == ["change-7", "pending"]
    console.ask("configure session change-7")
    console.ask("commit")
    assert admin(site) == "down"
    assert row(console, "change-7") == ["change-7", "completed"]
    assert "already completed" in console.ask("configure session change-7")


def test_it_replaces_whatever_else_was_changed_meanwhile(site: Simulation, console: Console) -> None:
    shut(console, "one")
    site.configure("eos", "vlan 77")
    console.ask("commit")
    assert "vlan 77" not in site.running("eos")


def test_aborted_nothing_is_left(site: Simulation, console: Console) -> None:
    shut(console, "one")
    console.ask("abort")
    assert (admin(site), site.state("eos")["pending"]) == ("up", [])
    assert "does not exist" in console.ask("configure session one commit")


def test_what_is_not_confirmed_goes_back(site: Simulation, console: Console) -> None:
    shut(console, "one")
    console.ask("commit timer 00:02:00")
    assert admin(site) == "down"
    assert row(console, "one")[1] == "pendingCommitTimer"
    site.wait(device="eos", event="revert", timeout=5)
    assert admin(site) == "up"
    assert "pendingCommitTimer" not in console.ask(SHOW)


def test_confirmed_from_another_log_in_it_stays(site: Simulation, console: Console) -> None:
    shut(console, "one")
    console.ask("commit timer 10:00:00")
    with Console(site["eos"]) as other:
        assert "pendingCommitTimer" in other.ask("configure session one")
        shut(other, "two")
        assert "one is pending commit timer" in other.ask("commit")
        other.ask("abort")
        assert "%" not in other.ask("configure session one commit")
        assert "pendingCommitTimer" not in other.ask(SHOW)
    assert admin(site) == "down"


def test_aborted_under_its_timer_it_goes_back_at_once(site: Simulation, console: Console) -> None:
    shut(console, "one")
    console.ask("commit timer 10:00:00")
    console.ask("configure session one abort")
    assert admin(site) == "up"


@pytest.mark.parametrize("line", ["commit timer 2", "commit timer 00:00:00", "commit timer", "commit"])
def test_no_session_no_time_no_commit(console: Console, line: str) -> None:
    if line != "commit":
        shut(console, "one")
    else:
        console.ask("configure terminal")
    assert "% In" in console.ask(line)


def test_no_more_than_five_wait(console: Console) -> None:
    for number in range(5):
        assert "%" not in console.ask(f"configure session s{number}")
    assert "Maximum number of pending sessions" in console.ask("configure session s5")
