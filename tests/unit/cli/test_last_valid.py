"""What a person is told of the plans kept compiled, and where what was valid last stands in for the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli.main import main
from tests.unit.cli.office import INVENTORY, NOW, ScriptedOffice, scripted


@pytest.fixture
def office(tmp_path: Path) -> ScriptedOffice:
    return scripted(tmp_path / "calls")


def _run(office: ScriptedOffice, *arguments: str) -> int:
    return main(["--lang", "en", *arguments], lambda **_given: office)


def test_a_check_says_what_is_kept(office: ScriptedOffice, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(office, "check") == 0
    said = capsys.readouterr().out
    assert "The plans of levels 4, 5 are kept compiled in the home; compiled anew just now: 2." in said
    assert "1 of the files they were kept in was damaged" in said
    assert "level 4 would be refused" in said
    assert _run(office, "check", "--json") == 0
    kept = json.loads(capsys.readouterr().out)["kept"]
    assert [(each["level"], each["refused"]) for each in kept["levels"]] == [(4, True), (5, False)]


def test_a_check_says_why_nothing_is_kept(office: ScriptedOffice, capsys: pytest.CaptureFixture[str]) -> None:
    office.script = "unkept"
    assert _run(office, "check") == 0
    assert "cannot be kept in the home (Read-only file system)" in capsys.readouterr().out


COMMANDS = [("isolate", "--level", "5", "--yes"), ("run", "level-5", "--yes"), ("status",)]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command[0]))
def test_files_with_mistakes_are_told_of_loudly_and_block_nothing(
    office: ScriptedOffice, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    assert _run(office, *command) == 0
    assert "MISTAKE" not in capsys.readouterr().err
    office.script = "lapsed"
    assert _run(office, *command) == 0
    said = capsys.readouterr().err
    places = [line.split(": ")[0] for line in said.splitlines()[:6]]
    assert places == [*(f"inventory.yaml:{line}:3" for line in range(7, 12)), "… and 2 more"]
    assert "THE FILES HOLD 7 MISTAKES" in said
    assert "inventory.yaml, kept on 2026-03-01" in said
    assert _run(office, *command, "--json") == 0
    found = json.loads(capsys.readouterr().out)["last_valid"]
    assert (found["file"], found["kept_at"], found["inventory"]) == (
        "inventory.yaml",
        NOW.isoformat(),
        INVENTORY.digest,
    )
    assert len(found["problems"]) == 7


def test_what_is_refused_anyway_is_told_with_the_mistakes(
    office: ScriptedOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    office.script = "lapsed"
    assert _run(office, "isolate", "--segment", "samu", "--yes") == 3
    assert "THE FILES HOLD 7 MISTAKES" in capsys.readouterr().err


def test_a_return_waits_until_the_files_are_mended(office: ScriptedOffice) -> None:
    assert _run(office, "isolate", "--level", "5", "--yes") == 0
    office.script = "mistakes"
    assert _run(office, "restore", "--all", "--yes") == 2
    assert office.held
