"""``cordon rehearse`` and ``cordon profiles``: what is asked, said and returned."""

from __future__ import annotations

import json
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
    assert said[0] == (
        "cisco_ios (1 device) — driver netmiko cisco_ios, returns also by NAPALM ios; "
        "tried on a simulated device only"
    )
    assert "    shutdown: not rehearsed here" in said


PORTS = {
    "arista_eos": "Ethernet1",
    "juniper_junos": "ge-0/0/1",
    "cisco_ios": "Gi1/0/1",
    "cisco_nxos": "Ethernet1/1",
    "aruba_aoscx": "1/1/1",
}


@pytest.mark.parametrize(
    ("platform", "by"),
    [
        ("arista_eos", "eos"),
        ("juniper_junos", "junos"),
        ("cisco_ios", "ios"),
        ("cisco_nxos", "nxos_ssh"),
        ("aruba_aoscx", None),
    ],
)
def test_profiles_tells_what_returns_may_go_through(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], platform: str, by: str | None
) -> None:
    inventory = tmp_path / "inventory.yaml"
    text = INVENTORY.replace("cisco_ios", platform)
    inventory.write_text(text.replace("Gi1/0/1", PORTS[platform]))
    asked = ["profiles", "--inventory", str(inventory), "--home", str(tmp_path / "home"), "--lang", "en"]
    assert main(asked) == 0
    also = f", returns also by NAPALM {by}" if by else ""
    assert f"driver netmiko {platform}{also}; tried" in capsys.readouterr().out
    assert main([*asked, "--json"]) == 0
    found = {each["platform"]: each for each in json.loads(capsys.readouterr().out)["profiles"]}
    assert found[platform]["returns_by"] == (f"napalm {by}" if by else None)


# --- discover ----------------------------------------------------------------------------------------


def test_a_discovery_lists_what_differs_prints_the_proposal_and_ends_6(cordon: Bench) -> None:
    said = cordon("discover")
    assert said.code == 6
    for line in (
        "link not in the inventory: acc-1 Gi1/0/49 — acc-2 Gi1/0/49",
        "not in the inventory, seen at acc-1 Gi1/0/7: sw-new, from its port Gi1/0/1 (10.0.0.9, cisco C9200L)",
        "acc-1 Gi1/0/8 is in no segment, and 2 addresses were learned there; VLAN 110; perhaps emergency",
        "acc-2 told nothing — it answers on none of its addresses",
        "+++ b/inventory.yaml",
        "The inventory was not changed.",
    ):
        assert line in said.out
    found = cordon("discover", "--json").object
    assert found["links"] == [[["acc-1", "Gi1/0/49"], ["acc-2", "Gi1/0/49"]]]
    assert found["unreached"][0]["cause"] == "open.unreachable"


def test_where_nothing_differs_it_ends_0(cordon: Bench) -> None:
    cordon.office.script = "same"
    said = cordon("discover", "--device", "acc-1")
    assert said.code == 0
    assert "nothing differs from the inventory" in said.out
    assert "proves nothing" in said.out


def test_the_proposal_is_written_to_a_new_file_only(cordon: Bench, tmp_path: Path) -> None:
    wanted = tmp_path / "proposal.diff"
    said = cordon("discover", "--write", str(wanted))
    assert said.code == 6
    assert wanted.read_text().startswith("--- a/inventory.yaml")
    assert f"“patch inventory.yaml {wanted}” applies it" in said.out
    assert cordon("discover", "--write", str(wanted)).code == 2
    assert cordon("discover", "--write", str(tmp_path / "nowhere" / "p")).code == 2
    assert cordon("discover", "--dry-run").code == 2
