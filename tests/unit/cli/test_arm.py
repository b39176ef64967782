"""``cordon arm`` beside a service: what it shows, what it asks for, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.domain.armed import LOST, ArmedDevice, Standing, Why
from tests.unit.cli.office import scripted
from tests.unit.cli.test_commands import Bench

SINCE = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DEVICES = (
    ArmedDevice("core-1", Standing.ARMED, Why.ROLE, SINCE, read_at=SINCE),
    ArmedDevice("fw-1", Standing.WAITING, Why.INVENTORY, SINCE, until=SINCE, failure="no-line"),
    ArmedDevice("fw-2", Standing.OPENING, Why.PERSON, SINCE, failure=LOST, by="os:1"),
    ArmedDevice("acc-1", Standing.OFF, Why.NO_CHOKE_POINT, SINCE),
)


@pytest.fixture
def cordon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bench:
    bench = Bench(scripted(tmp_path / "calls"), capsys)
    bench.office.held_open = DEVICES
    return bench


def test_it_shows_what_is_to_be_armed_and_why_something_is_not(cordon: Bench) -> None:
    said = cordon("arm")
    assert said.code == 0
    head, core, waiting, lost = said.out.splitlines()
    assert "1 of 3" in head
    assert core.startswith("core-1: armed since")
    assert "no management line is free" in waiting
    assert "the session ended" in lost
    assert "os:1" in lost
    assert "acc-1" not in said.out


def test_a_program_is_told_of_every_device(cordon: Bench) -> None:
    found = cordon("--json", "arm").object
    assert (found["armed"], found["wanted"]) == (1, 3)
    assert [each["state"] for each in found["devices"]] == ["armed", "waiting", "opening", "off"]
    assert found["devices"][1]["failure"] == "no-line"


def test_it_switches_devices_and_says_how_to_make_it_last(cordon: Bench) -> None:
    said = cordon("arm", "acc-1", "fw-1", "--off")
    assert cordon.calls == [["arm", "('acc-1', 'fw-1')", "False"]]
    assert "armed: false" in said.out
    assert "acc-1: not armed" in said.out
    cordon("arm", "acc-1")
    assert cordon.calls[-1] == ["arm", "('acc-1',)", "True"]


@pytest.mark.parametrize("arguments", [["arm", "--off"], ["arm", "--dry-run"]])
def test_it_changes_nothing_where_it_is_not_told_what(cordon: Bench, arguments: list[str]) -> None:
    assert cordon(*arguments).code == 2
    assert cordon.calls == []
