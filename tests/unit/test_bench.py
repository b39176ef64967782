"""The comparison with other tools: that it measures what it says. No speeds."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench import sick
from bench.peers import report
from bench.peers.contenders import CONTENDERS
from bench.peers.measuring import Measured
from bench.speed import main


def test_a_comparison_runs_each_contender_and_keeps_every_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "environments" / "netmiko" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    own.chmod(0o755)
    raw = tmp_path / "raw.jsonl"
    given = ["--devices", "2", "--latency", "1", "--rounds", "1", "--only", "cordon,netmiko,asyncssh"]
    assert main([*given, "--environments", str(tmp_path / "environments"), "--raw", str(raw)]) == 0
    assert "asyncssh: no environment" in capsys.readouterr().out
    runs = {run["contender"]: run for run in map(json.loads, raw.read_text().splitlines())}
    assert runs.keys() == {"cordon", "netmiko"}
    for run in runs.values():
        assert run["failed"] == []
        assert 0 < run["half_cut"] <= run["last_cut"] < run["last_verified"] < run["ended"]
        assert run["last_cut"] < run["from_start"] < run["ended"]
        assert run["cpu"] > 0


def _run(contender: str, cut: float | None, *failed: str) -> Measured:
    return Measured(contender, 2, 5, "ed25519", 1, 0.0, cut, cut, cut, cut, 9.0, 2.0, 1.0, 3.0, failed)


def test_a_failed_run_is_counted_and_the_medians_are_of_those_that_came_so_far() -> None:
    runs = [_run("cordon", 50), _run("cordon", None, "sw-0001"), _run("cordon", 150), _run("nornir", 400)]
    head, _, cordon, nornir = report.table(runs).splitlines()
    assert [cell.strip() for cell in cordon.split("|")[3:-1]] == [
        "100",
        "0.25",
        "100",
        "0.25",
        "100",
        "1 000",
        "3",
        "3, 1",
    ]
    assert nornir.endswith("| 1.00 | 400 | 1 000 | 3 | 1, 0 |")
    assert head.count("|") == cordon.count("|")
    bars = re.findall(r'width="([\d.]+)" height="15" class="(read|cut)"', report.plot(runs))
    assert bars == [("107.5", "read"), ("107.5", "cut"), ("430.0", "read"), ("430.0", "cut")]


def test_every_peer_has_its_client() -> None:
    clients = Path(report.__file__).parent / "clients"
    assert {each.client for each in CONTENDERS if each.requirements} == {
        path.name for path in clients.glob("*.py") if path.name != "__init__.py"
    }


def test_a_tenth_hang_in_every_way_and_a_tenth_are_down() -> None:
    names = [f"sw-{number:04}" for number in range(100)]
    faults = sick.faults_of(names)
    assert Counter(fault for fault, _ in faults.values()) == {"hang": 10, "refuse": 10}
    assert {str(params) for fault, params in faults.values() if fault == "hang"} == {
        "{'at': 'tcp'}",
        "{'at': 'auth'}",
        "{'at': 'shell'}",
        "{'nth': 1}",
    }


@pytest.mark.parametrize(
    ("with_faults", "code"),
    [
        ([_run("cordon", 118), _run("cordon", 119), _run("cordon", 400)], 0),
        ([_run("cordon", 118), _run("cordon", 121), _run("cordon", 122)], 1),
        ([_run("cordon", 100), _run("cordon", 100), _run("cordon", None, "sw-0001")], 1),
        ([_run("cordon", None, "sw-0001")], 1),
    ],
    ids=["within", "later", "one-left-uncut", "none-whole"],
)
def test_healthy_switches_may_wait_a_fifth_longer(with_faults: list[Measured], code: int) -> None:
    assert sick.told([_run("cordon", 100)] * 3, with_faults) == code
