"""``cordon rehearse`` and ``cordon profiles``: what is asked, said and returned."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.cli.main import main
from tests.unit.cli.office import scripted
from tests.unit.cli.test_commands import Bench


@pytest.fixture
def cordon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bench:
    return Bench(scripted(tmp_path / "calls"), capsys)


def test_it_says_what_it_will_touch_and_what_passed_on_which_software(cordon: Bench) -> None:
    said = cordon("rehearse", "--device", "acc-1", "--yes", "--reason", "monthly")
    assert said.code == 0
    assert "about to cut and bring back 1 canary port, once a method" in said.out
    assert "  acc-1 Gi1/0/2: shutdown" in said.out
    assert "1 of 1 rehearsals passed" in said.out
    assert "cisco_ios C9300 17.9.4, interface shutdown: 1 of 1 passed" in said.out
    assert cordon.calls[0] == ["rehearse", "acc-1", "monthly"]


def test_what_failed_and_what_is_left_cut_end_6(cordon: Bench) -> None:
    cordon.office.script = "failed"
    said = cordon("rehearse", "--yes")
    assert said.code == 6
    assert "0 of 1 rehearsals passed" in said.out
    assert "    acc-1: the device refused the command" in said.out
    assert "1 canary port is still cut: acc-1 Gi1/0/2." in said.out


def test_a_device_that_could_not_be_tried_ends_6_and_is_named(cordon: Bench) -> None:
    cordon.office.script = "skipped"
    said = cordon("rehearse", "--yes")
    assert said.code == 6
    assert "fw-1: not rehearsed" in said.out


def test_nothing_is_touched_by_a_dry_run_without_a_yes_or_against_a_refusal(cordon: Bench) -> None:
    assert cordon("rehearse", "--dry-run").code == 0
    assert cordon("rehearse").code == 2
    assert cordon("rehearse", "--device", "acc-2", "--yes").code == 2
    cordon.office.script = "refused"
    said = cordon("rehearse", "--yes")
    assert said.code == 3
    assert "own" in said.err
    assert cordon("rehearse", "--dry-run").code == 3
    assert "rehearse" not in cordon.acted


def test_one_object_tells_it_all(cordon: Bench) -> None:
    cordon.office.script = "failed"
    found = cordon("rehearse", "--yes", "--json").object
    assert found["exit"] == 6
    assert found["rehearsed"] == [
        {
            "device": "acc-1",
            "platform": "cisco_ios",
            "model": "C9300",
            "version": "17.9.4",
            "kind": "interface",
            "method": "shutdown",
            "passed": False,
            "cause": "device-refused",
            "text": "the device refused the command",
            "runs": ["20260301-030000-beef", "20260301-030000-beef"],
        }
    ]
    assert found["left"] == [{"device": "acc-1", "object": "Gi1/0/2"}]
    shown = cordon("rehearse", "--dry-run", "--json").object
    assert (shown["dry_run"], len(shown["plans"]), shown["exit"]) == (True, 1, 0)


INVENTORY = """format: 1
site: small
credentials: {net: {username: cordon, password: {env: NOT_SET}}}
devices:
  sw-1: {platform: cisco_ios, role: access, paths: [{ssh: 192.0.2.1}], credentials: net}
segments:
  one: {title: One, priority: 1, ipv6: none, points: [{device: sw-1, interface: Gi1/0/1}]}
"""


def test_profiles_tells_driver_and_how_far_each_method_was_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(INVENTORY)
    arguments = ["profiles", "--inventory", str(inventory), "--home", str(tmp_path / "home"), "--lang", "en"]
    assert main(arguments) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == ("cisco_ios (1 device) — driver netmiko cisco_ios; tried on a simulated device only")
    assert "    shutdown: not rehearsed here" in said
