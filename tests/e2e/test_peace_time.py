"""What an engineer does in peace time, from the command line to simulated switches: rehearse, discover."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.cli.main import main
from controller.simulator.device import Host
from controller.simulator.process import Simulation, simulate
from controller.simulator.site import Account, DeviceSpec

pytestmark = pytest.mark.e2e

PASSWORD, ENABLE = "let-me-in", "more-please"
CONFIG = (
    *("vlan 110", "vlan 120", "vlan 999"),
    *("interface Gi1/0/1", "switchport mode access", "switchport access vlan 110"),
    *("interface Gi1/0/7", "switchport mode access", "switchport access vlan 120"),
    *("interface Gi1/0/20", "switchport mode access", "switchport access vlan 110"),
    *("interface range Gi1/0/22 - 24", "switchport mode trunk"),
    *("interface Vlan120", "ip address 10.20.0.1 255.255.255.0"),
    *("interface Vlan999",),
)
INVENTORY = """format: 1
site: small
credentials:
  net: {{username: cordon, password: {{env: PEACE_PASSWORD}}, enable: {{env: PEACE_ENABLE}}}}
devices:
  acc-1:
    platform: cisco_ios
    role: access
    paths: [{{ssh: {one.address}, port: {one.port}}}]
    credentials: net
    host_key: {one.host_key}
    canary: {{interface: Gi1/0/20, svi: Vlan999}}
  acc-2:
    platform: cisco_ios
    role: access
    paths: [{{ssh: {two.address}, port: {two.port}}}]
    credentials: net
    host_key: {two.host_key}
links:   # as they were cabled once
  - {{ends: [[acc-1, Gi1/0/24], [acc-2, Gi1/0/22]]}}   # no longer so
segments:
  emergency:
    title: Emergency room
    priority: 1
    ipv6: none
    vlans: [110]
    points:
      - {{device: acc-1, interface: Gi1/0/1, vlan: 110}}
      - {{device: acc-2, interface: Gi1/0/1, vlan: 110}}
  wards:
    title: Wards
    priority: 2
    ipv6: none
    prefixes: [10.20.0.0/24]
    points: [{{device: acc-2, interface: Gi1/0/2}}]
"""
Cordon = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def _running() -> Iterator[Simulation]:
    """Three switches in a ring, of which the inventory knows two; two machines at ports it does not know."""
    users = {"cordon": Account(PASSWORD)}
    machines = (
        Host("monitor", "Gi1/0/1"),
        Host("cart-1", "Gi1/0/7", 120, "10.20.0.31"),
        Host("cart-2", "Gi1/0/7", 120, "10.20.0.32"),
    )
    specs = [
        DeviceSpec("acc-1", users=users, enable=ENABLE, config=CONFIG, hosts=machines),
        DeviceSpec("acc-2", users=users, enable=ENABLE, config=CONFIG),
        DeviceSpec("new", hostname="sw-new", users=users, enable=ENABLE, config=CONFIG),
    ]
    cables = [
        (("acc-1", "Gi1/0/24"), ("acc-2", "Gi1/0/24")),
        (("acc-1", "Gi1/0/23"), ("acc-2", "Gi1/0/23")),
        (("acc-1", "Gi1/0/22"), ("new", "Gi1/0/24")),
    ]
    with simulate(specs, cables) as running:
        yield running


@pytest.fixture
def site(_running: Simulation) -> Simulation:
    _running.reset()
    return _running


@pytest.fixture
def cordon(
    site: Simulation, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Cordon:
    monkeypatch.setenv("PEACE_PASSWORD", PASSWORD)
    monkeypatch.setenv("PEACE_ENABLE", ENABLE)
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(INVENTORY.format(one=site["acc-1"], two=site["acc-2"]))
    fixed = ["--lang", "en", "--json", "--home", str(tmp_path / "home"), "--inventory", str(inventory)]

    def call(*arguments: str) -> tuple[int, Any]:
        code = main([*fixed, *arguments])
        return code, json.loads(capsys.readouterr().out)

    return call


def configured(site: Simulation, device: str) -> list[str]:
    """Without the access lists, which stay as they do after every cut."""
    lines = site.running(device).splitlines()
    return [line for line in lines if not re.search(r"access-list|^ .*deny |^!", line)]


def test_every_method_is_rehearsed_and_plans_no_longer_warn_of_it(cordon: Cordon, site: Simulation) -> None:
    before = configured(site, "acc-1")

    def untested() -> dict[str, str]:
        found = cordon("plan", "level-5")[1]["hazards"]
        return {each["culprit"]: each["data"]["count"] for each in found if each["code"] == "untested"}

    assert untested() == {"cisco_ios, interface shutdown": "3"}
    code, said = cordon("rehearse", "--yes", "--reason", "monthly")
    assert {(each["kind"], each["method"]): each["cause"] for each in said["rehearsed"]} == {
        ("interface", "shutdown"): "",
        ("interface", "vlan"): "",
        ("interface", "acl"): "",
        ("svi", "svi"): "",
        ("svi", "acl"): "",
    }
    assert {(each["model"], each["version"]) for each in said["rehearsed"]} == {("C9300-24P", "17.9.4")}
    assert (code, said["left"], said["skipped"]) == (0, [], [])
    assert untested() == {}  # acc-2 was asked, and runs the same
    assert configured(site, "acc-1") == before

    profiles = cordon("profiles")[1]["profiles"]
    [interface] = [
        each for each in profiles[0]["points"] if (each["kind"], each["tagged"]) == ("interface", False)
    ]
    assert {name: each["devices"] for name, each in interface["rehearsed"].items()} == {
        "shutdown": 2,
        "acl": 2,
        "vlan": 2,
    }
    assert cordon("audit", "verify")[1]["whole"]


def test_a_switch_that_says_yes_and_does_nothing_passes_no_rehearsal(
    cordon: Cordon, site: Simulation
) -> None:
    site.fault("acc-1", "ignore")
    code, said = cordon("rehearse", "--yes", "--device", "acc-1")
    assert code == 6
    assert {each["passed"] for each in said["rehearsed"]} == {False}
    assert said["left"] == []


def test_what_differs_from_the_inventory_is_proposed_and_nothing_is_changed(
    cordon: Cordon, site: Simulation, tmp_path: Path
) -> None:
    inventory = tmp_path / "inventory.yaml"
    before, heard = inventory.read_bytes(), len(site.log_file.read_text().splitlines())
    code, found = cordon("discover", "--write", str(tmp_path / "proposal.diff"))
    assert code == 6
    gigabit = "GigabitEthernet1/0/"
    assert found["links"] == [[["acc-1", gigabit + "23"], ["acc-2", gigabit + "23"]]]
    [wrong] = found["wrong_links"]
    assert (wrong["at"], wrong["seen"]) == (["acc-1", gigabit + "24"], ["acc-2", gigabit + "24"])
    [stranger] = found["strangers"]
    assert (stranger["at"], stranger["name"]) == (["acc-1", gigabit + "22"], "sw-new")
    assert found["ports_of_no_segment"] == [
        {"port": ["acc-1", gigabit + "7"], "addresses": 2, "vlans": [120], "likely": ["wards"]}
    ]
    assert {each["port"][0] for each in found["silent_points"]} == {"acc-2"}
    assert inventory.read_bytes() == before
    typed = [json.loads(line) for line in site.log_file.read_text().splitlines()[heard:]]
    assert {line["line"].split()[0] for line in typed if line.get("line")} <= {
        "show",
        "enable",
        "terminal",
        "(secret)",
    }

    mended = tmp_path / "mended.yaml"
    mended.write_bytes(before)
    patch = shutil.which("patch")
    assert patch
    subprocess.run([patch, str(mended), str(tmp_path / "proposal.diff")], check=True, capture_output=True)
    text = mended.read_text()
    assert f"[acc-1, {gigabit}23], [acc-2, {gigabit}23]" in text
    assert "# sw-new: {platform: …" in text
    assert "interface: GigabitEthernet1/0/7, vlan: 120}   # addresses: 2; perhaps wards" in text
    inventory.write_text(text)
    again = cordon("discover")[1]
    assert (again["links"], again["wrong_links"]) == ([], [])

    code, refused = cordon("discover", "--write", str(inventory))
    assert (code, refused["error"]) == (2, "discover-file-exists")
    assert inventory.read_text() == text


def test_a_device_that_does_not_answer_is_listed(cordon: Cordon, site: Simulation) -> None:
    site.fault("acc-2", "refuse")
    code, found = cordon("discover", "--device", "acc-2")
    assert code == 6
    assert [each["device"] for each in found["unreached"]] == ["acc-2"]
    assert cordon("discover", "--device", "acc-9")[0] == 2
