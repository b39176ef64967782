"""What real devices knew of those connected to them, kept before the cut; what a reboot would undo."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml

from tests.lab.cordon import Cordon
from tests.lab.network import Lab
from tests.lab.traffic import Kind, routes

pytestmark = pytest.mark.lab


def test_the_tables_of_chosen_devices_are_kept_before_the_cut_and_checked(lab: Lab, tmp_path: Path) -> None:
    lab.traffic.live(routes(("maternity", "servers"), ("maternity", "internet")), [Kind.NEW, Kind.PING])
    cordon = Cordon(lab, tmp_path)
    content = {
        "format": 1,
        "title": "kept",
        "evidence": {"tables": ["mac", "arp", "sessions"], "devices": {"name": ["fw", "core", "acc1"]}},
        "stages": [
            {
                "name": "ports",
                "action": "isolate",
                "select": {"segments": "maternity"},
                "method": ["vlan"],
            },
            {"name": "out", "action": "isolate", "select": {"segments": "imaging"}, "method": ["policy"]},
        ],
    }
    (cordon.playbooks / "kept.yaml").write_text(yaml.safe_dump(content), "utf-8")
    cut = cordon.act("run", "kept")

    shown = cordon("show", cut.data["run"]).data
    kept = {(each["device"], each["table"]): each for each in shown["evidence"]}
    assert {name: each["cause"] for name, each in kept.items()} == dict.fromkeys(
        [
            ("acc1", "arp"),
            ("acc1", "mac"),
            ("core", "arp"),
            ("core", "mac"),
            ("fw", "arp"),
            ("fw", "sessions"),
        ],
        "",
    )
    for each in kept.values():
        data = (cordon.home / "evidence" / each["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == each["sha256"]
    sessions = (cordon.home / "evidence" / kept["fw", "sessions"]["file"]).read_text()
    assert "src=10.10.20." in sessions
    assert "lladdr" in (cordon.home / "evidence" / kept["core", "arp"]["file"]).read_text()
    assert len((cordon.home / "evidence" / kept["acc1", "mac"]["file"]).read_text().splitlines()) > 2

    assert cordon("audit", "verify").data["whole"]
    file = cordon.home / "evidence" / kept["fw", "sessions"]["file"]
    file.write_text(sessions.replace("src=10.10.20.", "src=10.10.21."))
    broken = cordon("audit", "verify", code=6).data
    assert (broken["problem"], broken["detail"]) == ("evidence-altered", kept["fw", "sessions"]["file"])


def test_what_the_switch_keeps_by_itself_is_not_called_undone_by_a_reboot(lab: Lab, tmp_path: Path) -> None:
    cordon = Cordon(lab, tmp_path)
    cordon.playbook(
        "two",
        {"select": {"segments": "printers"}, "method": ["vlan"]},
        {"select": {"segments": "laboratory"}, "method": ["drop_flow"]},
    )
    cordon.act("run", "two")
    status = cordon("status").data
    devices = {each["culprit"] for each in status["reboots"]}
    assert {each["code"] for each in status["reboots"]} == {"reboot-opens"}
    assert len(devices) == 1
    cordon.act("restore", "--all")
    assert cordon("status").data["reboots"] == []
