"""What a return waits for, at the console of the machine: seen, stated, consented to, and carried out."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.bootstrap import Composition
from controller.cli.main import main
from controller.workers.leading import AnyLeader

INVENTORY = """
format: 1
site: ch-exemple
devices:
  box-4g: {platform: manual, role: wan, location: {building: D, rack: R1}}
  modem: {platform: manual, role: wan, location: {building: B, rack: R5}}
segments:
  names: {title: DNS, role: core, priority: 3, ipv6: none, prefixes: [10.8.0.0/24],
          points: [{device: box-4g, interface: lan}]}
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
    gate: {approvals: 1, attest: [edr-clean, backup-verified]}
"""

PASSWORD = "correct horse battery"

Cordon = Callable[..., tuple[int, Any]]

pytestmark = pytest.mark.e2e


@pytest.fixture
def cordon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Cordon]:
    monkeypatch.setenv("CORDON_ARGON2_MEMORY_KIB", "8")
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "restore-by-priority.yaml").write_text(BACK)
    fixed = ["--lang", "en", "--json", "--yes", "--home", str(tmp_path / "home")]
    fixed += ["--inventory", str(tmp_path / "inventory.yaml"), "--playbooks", str(tmp_path / "playbooks")]

    def call(*arguments: str, typed: tuple[str, ...] = ()) -> tuple[int, Any]:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        code = main([*fixed, *arguments])
        return code, json.loads(capsys.readouterr().out)

    files = {"inventory": tmp_path / "inventory.yaml", "playbooks": (tmp_path / "playbooks",)}
    with AnyLeader(Composition(home=tmp_path / "home", **files), lambda _: None).lead():
        yield call


class Person:
    """Comes in by password and a printed code each time: the app's would be the same for half a minute."""

    def __init__(self, cordon: Cordon, name: str, role: str) -> None:
        _, made = cordon("user", "add", name, "--role", role, typed=(PASSWORD,))
        self.codes = iter(made["codes"])

    def types(self) -> tuple[str, ...]:
        return PASSWORD, next(self.codes)


def codes(said: Any) -> list[str]:
    return sorted(hazard["code"] for hazard in said["hazards"])


def test_a_segment_returns_once_named_persons_said_all_its_gate_asks_for(
    cordon: Cordon, tmp_path: Path
) -> None:
    rita, anna = Person(cordon, "Rita", "restorer"), Person(cordon, "Anna", "approver")
    cordon("isolate", "--segment", "office", "--segment", "names")
    waves = {each["name"]: each["wave"] for each in cordon("status")[1]["subjects"]}
    assert waves == {"names": 1, "office": 2}  # what serves everybody first, whatever its priority
    for way in (("--segment", "office"), ("--all",), ("--playbook", "restore-by-priority")):
        code, refused = cordon("restore", *way)
        assert (code, codes(refused)) == (3, ["gate-approvals-to-ask", "gate-attest"])
    assert cordon("restore", "--next")[0] == 0

    assert cordon("attest", "office", "edr-clean")[1]["error"] == "who-consents"
    assert cordon("attest", "ofice", "edr-clean", "--as", "Rita")[1]["error"] == "not-found"
    cordon("attest", "office", "edr-clean", "--as", "Rita", "--reason", "scan", typed=rita.types())
    (tmp_path / "restore.log").write_text("all files read back")
    proof = ("--dated", "2026-11-20", "--attach", str(tmp_path / "restore.log"))
    _, said = cordon("attest", "office", "backup-verified", *proof, "--as", "Rita", typed=rita.types())
    [shown] = said["gates"]
    assert [each["by"]["name"] for each in shown["attested"]] == ["Rita", "Rita"]
    assert [want["code"] for want in shown["wants"]] == ["gate-approvals-to-ask"]

    back = ("restore", "--next", "--as", "Rita")
    code, waiting = cordon(*back, typed=rita.types())
    assert (code, waiting["error"]) == (4, "awaiting-approval")
    request = waiting["data"]["request"]
    assert cordon("gates", "office")[1]["gates"][0]["request"] == request
    cordon("approve", request, "--as", "Anna", typed=anna.types())
    cordon("attest", "office", "--no-go", "--as", "Anna", "--reason", "smoke", typed=anna.types())
    assert codes(cordon(*back, typed=rita.types())[1]) == ["gate-approvals-to-ask", "gate-no-go"]
    cordon("attest", "office", "--go", "--as", "Anna", typed=anna.types())
    assert cordon("status")[1]["gates"][0]["open"]
    code, done = cordon(*back, typed=rita.types())
    assert (code, done["state"]) == (0, "finished")
    assert cordon("status")[1]["gates"] == []

    _, log = cordon("audit", "show", "--tag", "engine:gate")
    assert log["entries"][-1]["data"]["gate"] == "open"
    _, log = cordon("audit", "show", "--tag", "person:attestation")
    assert [entry["actor"] for entry in log["entries"]] == ["Rita", "Rita"]
    assert cordon("audit", "verify")[1]["whole"]
