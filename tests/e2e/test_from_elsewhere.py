"""A return worked on from another machine: seen, stated, consented to, carried out and cut again by wave."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.service import Served, first_administrator, hired, served, token_of

INVENTORY = """
format: 1
site: ch-exemple
devices:
  modem: {platform: manual, role: wan, location: {building: B, rack: R5}}
segments:
  office: {title: Office, priority: 1, ipv6: none, prefixes: [10.9.0.0/24],
           points: [{device: modem, interface: lan}]}
"""

BACK = """
format: 1
title: {fr: Retour, en: Back}
stages:
  - name: clinic
    action: restore
    select: {segments: office}
    gate: {approvals: 1, attest: [edr-clean]}
"""

pytestmark = pytest.mark.e2e


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "restore-by-priority.yaml").write_text(BACK)
    settings = {"CORDON_PLAYBOOKS": str(tmp_path / "playbooks")}
    with served(tmp_path, tmp_path / "inventory.yaml", settings) as running:
        yield running


def test_a_gated_return_from_another_machine(service: Served, tmp_path: Path) -> None:
    boss = first_administrator(service)
    rita = hired(service, boss, "Rita", ["restorer"], by_recovery=True)
    anna = hired(service, boss, "Anna", ["approver"], by_recovery=True)
    away = {"CORDON_HOME": str(tmp_path / "none"), "CORDON_INVENTORY": str(tmp_path / "none.yaml")}
    away["CORDON_TOKEN"] = token_of(service, boss, ["view", "plan", "isolate"])
    there = ("--server", service.url, "--pin", service.said["fingerprint"], "--yes", "--reason", "test")

    def cordon(*said: str, typed: str = "") -> tuple[int, dict[str, Any]]:
        return service.cordon(*there, *said, typed=typed, **away)

    assert cordon("arm")[1]["devices"][0]["why"] == "manual"
    assert cordon("isolate", "--segment", "office")[0] == 6
    [gate] = cordon("gates", "office")[1]["gates"]
    assert {each["code"] for each in gate["wants"]} == {"gate-attest", "gate-approvals-to-ask"}
    scan = tmp_path / "scan.txt"
    stated = ("attest", "office", "edr-clean", "--attach", str(scan), "--as", "Anna")
    assert cordon(*stated)[1]["error"] == "attachment-no-file"
    scan.write_bytes(b"nothing found\n\xff")
    code, said = cordon(*stated, typed=anna.typed())
    assert (code, said["recorded"]) == (0, True), said
    [fact] = said["gates"][0]["attested"]
    assert fact["attachment"] == hashlib.sha256(scan.read_bytes()).hexdigest()
    back = ("restore", "--segment", "office", "--as", "Rita")
    code, waiting = cordon(*back, typed=rita.typed())
    assert (code, waiting["code"]) == (4, "awaiting-approval"), waiting
    [request] = cordon("approvals")[1]["requests"]
    assert (request["requester_name"], request["ready"]) == ("Rita", False)
    shown = "\n".join(service.says(*there, "approvals", request["id"], **away))
    assert request["plan"] in shown
    code, said = cordon("approve", request["id"], "--as", "Anna", typed=anna.typed())
    assert (code, said["request"]["ready"]) == (0, True), said
    code, done = cordon(*back, typed=rita.typed())
    assert (code, done["state"]) == (0, "finished"), done
    assert cordon("probation", "show")[1]["probations"] == []
    code, again = cordon("isolate", "--of", done["run"])
    assert (code, again["action"]) == (6, "isolate"), again
    assert cordon("isolate", "--wave", "7")[1]["code"] == "no-such-wave"
