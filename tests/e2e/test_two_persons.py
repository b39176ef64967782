"""What two persons decide at the console of the machine, and one alone with the envelope; devices done by
hand."""

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
  names: {title: DNS, role: core, priority: 3, ipv6: none, prefixes: [10.7.0.0/24],
          points: [{device: box-4g, interface: lan2}]}
  office: {title: Office, priority: 1, ipv6: none, prefixes: [10.9.0.0/24],
           points: [{device: modem, interface: lan}]}
  samu: {title: SAMU, priority: 1, keep_alive: true, ipv6: none, prefixes: [10.8.0.0/24],
         points: [{device: box-4g, interface: lan}]}
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
def cordon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cordon:
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

    return call


@pytest.fixture
def led(cordon: Cordon, tmp_path: Path) -> Iterator[None]:
    """Somebody leads the home meanwhile, as a service does: the console hands everything over."""
    files = {"inventory": tmp_path / "inventory.yaml", "playbooks": (tmp_path / "playbooks",)}
    with AnyLeader(Composition(home=tmp_path / "home", **files), lambda _: None).lead():
        yield


class Person:
    """Comes in by password and a printed code each time: the app's would be the same for half a minute."""

    def __init__(self, cordon: Cordon, name: str, role: str) -> None:
        _, made = cordon("user", "add", name, "--role", role, typed=(PASSWORD,))
        self.codes = iter(made["codes"])

    def types(self) -> tuple[str, ...]:
        return PASSWORD, next(self.codes)


def codes(said: Any) -> list[str]:
    return sorted(hazard["code"] for hazard in said["hazards"])


def test_alone_what_is_kept_alive_is_cut_by_the_envelope_only_and_everybody_sees_it(cordon: Cordon) -> None:
    cut = ("isolate", "--segment", "samu", "--override", "samu", "--reason", "fire")
    assert [each["code"] for each in cordon("check")[1]["hazards"]] == ["glass-unsealed"]
    assert cordon(*cut)[1]["error"] == "override-unsealed"
    _, sealed = cordon("user", "break-glass", "--print")
    assert cordon("check")[1]["hazards"] == []
    assert cordon(*cut)[1]["error"] == "override-alone"
    assert cordon(*cut, "--break-glass", typed=("WRONG",))[1]["error"] == "break-glass-wrong"
    assert [each["held"] for each in cordon("status")[1]["subjects"]] == [0, 0, 0]

    code, done = cordon(*cut, "--break-glass", typed=(sealed["code"],))
    assert (code, done["proofs"]["unknown"]) == (6, 1)  # on the walk-list: the device is done by hand
    _, status = cordon("status")
    assert (status["break_glass"]["sealed"], status["break_glass"]["number"]) == (False, 1)
    assert cordon(*cut, "--break-glass", typed=(sealed["code"],))[1]["error"] == "break-glass-wrong"

    _, said = cordon("audit", "show", "--tag", "glass")
    assert [entry["tag"] for entry in said["entries"]] == [
        "glass:code:sealed",
        "glass:code:refused",
        "glass:code:broken",
        "glass:code:refused",
    ]
    assert said["entries"][2]["data"]["for"] == done["run"]
    cordon("user", "break-glass", "--print")
    assert cordon("status")[1]["break_glass"]["sealed"]


def test_a_segment_returns_once_named_persons_said_all_its_gate_asks_for(
    cordon: Cordon, led: None, tmp_path: Path
) -> None:
    """And the cut one of them made alone is countersigned."""
    rita, anna = Person(cordon, "Rita", "restorer"), Person(cordon, "Anna", "approver")
    code, cut = cordon("isolate", "--segment", "office", "--segment", "names")
    assert code == 6
    assert [each["run"] for each in cordon("status")[1]["to_countersign"]] == [cut["run"]]
    waves = {each["name"]: each["wave"] for each in cordon("status")[1]["subjects"] if each["held"]}
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

    back = ("restore", "--next")
    assert cordon(*back)[1]["error"] == "account-needed"
    assert cordon(*back, "--as", "Anna", typed=anna.types())[1]["error"] == "not-permitted"
    assert cordon(*back, "--as", "Rita", typed=("wrong password", "123456"))[1]["error"] == "sign-in-failed"
    code, waiting = cordon(*back, "--as", "Rita", typed=rita.types())
    assert (code, waiting["error"]) == (4, "awaiting-approval")
    request = waiting["data"]["request"]
    assert cordon("gates", "office")[1]["gates"][0]["request"] == request
    [shown] = cordon("approvals")[1]["requests"]
    assert (shown["id"], shown["requester"]["name"], shown["ready"]) == (request, "Rita", False)

    assert cordon("approve", request, "--as", "Rita", typed=rita.types())[1]["error"] == "own-request"
    assert cordon("approve", request, "--as", "Anna", typed=anna.types())[1]["request"]["ready"]
    cordon("attest", "office", "--no-go", "--as", "Anna", "--reason", "smoke", typed=anna.types())
    refused = cordon(*back, "--as", "Rita", typed=rita.types())[1]
    assert codes(refused) == ["gate-approvals-to-ask", "gate-no-go"]
    cordon("attest", "office", "--go", "--as", "Anna", typed=anna.types())
    assert cordon("status")[1]["gates"][0]["open"]
    code, done = cordon(*back, "--as", "Rita", typed=rita.types())
    assert (code, done["state"]) == (0, "finished")
    _, status = cordon("status")
    assert (status["gates"], [each["held"] for each in status["subjects"]]) == ([], [0, 0, 0])
    assert cordon("approvals", request)[1]["requests"][0]["run"] == done["run"]
    assert cordon("countersign", cut["run"], "--as", "Anna", typed=anna.types())[0] == 0
    assert cordon("status")[1]["to_countersign"] == []

    _, log = cordon("audit", "show")
    told = [(entry["tag"], entry["actor"]) for entry in log["entries"]]
    assert {("approval:request:approved", "Anna"), ("approval:request:used", "Rita")} <= set(told)
    assert [actor for tag, actor in told if tag == "person:attestation:given"] == ["Rita", "Rita"]
    gates = [entry["data"]["gate"] for entry in log["entries"] if entry["tag"] == "engine:gate:checked"]
    assert gates[-1] == "open"
    assert cordon("audit", "verify")[1]["whole"]
