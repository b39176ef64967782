"""Checkpoints of NX-OS: written and removed by who confirms it, gone back to as a whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from controller.simulator.process import Simulation, simulate
from controller.simulator.spec import Account, DeviceSpec
from tests.unit.simulator.console import PASSWORD, PROMPT, USER, Console

KEPT = "bootflash:kept"


@pytest.fixture(scope="module")
def running() -> Iterator[Simulation]:
    with simulate([DeviceSpec("n", platform="cisco_nxos", users={USER: Account(PASSWORD)})]) as made:
        yield made


@pytest.fixture
def console(running: Simulation) -> Iterator[Console]:
    running.reset()
    with Console(running["n"], enabled=False) as opened:
        opened.until(_PROMPT)
        _ask(opened, "terminal length 0")
        yield opened


_PROMPT = re.compile(PROMPT.pattern.removesuffix("$") + " $")


def _ask(console: Console, line: str) -> str:
    console.type(line)
    return console.until(_PROMPT)


def test_it_is_gone_back_to_and_nothing_else_is(running: Simulation, console: Console) -> None:
    before = running.running("n")
    assert "Done" in _ask(console, f"checkpoint file {KEPT}")
    assert "Rollback Patch is Empty" in _ask(console, f"rollback running-config file {KEPT}")
    running.configure("n", "interface Ethernet1/1", "shutdown")
    running.fault("n", "rollback_fails")
    assert "Rollback failed." in _ask(console, f"rollback running-config file {KEPT}")
    assert running.interface("n", "Ethernet1/1")["admin"] == "down"
    running.clear("n")
    assert "Rollback completed successfully." in _ask(console, f"rollback running-config file {KEPT}")
    assert running.running("n") == before
    assert "No such file or directory" in _ask(console, "rollback running-config file other")


def test_what_is_there_is_replaced_or_removed_by_who_says_so(running: Simulation, console: Console) -> None:
    _ask(console, f"checkpoint file {KEPT}")
    console.type(f"checkpoint file {KEPT}")
    console.until("Do you want to overwrite? (y/n) [n] ")
    _ask(console, "n")
    console.type(f"delete {KEPT}")
    console.until('Do you want to delete "/kept" ? (yes/no/abort)   [y] ')
    _ask(console, "no")
    assert running.state("n")["files"] == ["kept"]
    _ask(console, "terminal dont-ask")
    assert "Done" in _ask(console, f"checkpoint file {KEPT}")
    _ask(console, f"delete {KEPT}")
    assert "No such file or directory" in _ask(console, f"dir {KEPT}")


def test_the_caret_of_what_is_left_out_stands_behind_the_line(console: Console) -> None:
    line = "checkpoint file"
    caret = " " * len(f"n# {line}") + "^"
    assert _ask(console, line) == f"{line}\n{caret}\n% Incomplete command at '^' marker.\nn# "
