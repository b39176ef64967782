"""Work by hand from end to end: cut, walk, confirm, restore; a real home, devices nobody can reach."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.cli.main import main
from tests.unit.paper.pages import lines, text

INVENTORY = """
format: 1
site: ch-exemple
contacts:
  - {role: {fr: Cellule de crise, en: Crisis cell}, phone: "+33 3 20 00 00 00"}
devices:
  box-4g: {platform: manual, role: wan, location: {building: D, rack: R1}}
  modem: {platform: manual, role: wan, location: {building: B, rack: R5}}
segments:
  office:
    title: Office
    priority: 3
    ipv6: none
    prefixes: [10.9.0.0/24]
    points: [{device: modem, interface: lan}]
conduits:
  internet: {kind: internet, points: [{device: box-4g, interface: wan}, {device: modem, interface: wan}]}
"""

Cordon = Callable[..., tuple[int, Any]]

pytestmark = pytest.mark.e2e


@pytest.fixture
def cordon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cordon:
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    fixed = ["--lang", "en", "--json", "--home", str(tmp_path / "home")]
    fixed += ["--inventory", str(tmp_path / "inventory.yaml")]

    def call(*arguments: str) -> tuple[int, Any]:
        code = main([*fixed, *arguments])
        return code, json.loads(capsys.readouterr().out)

    return call


def test_a_cut_made_by_hand_is_walked_confirmed_and_let_go(cordon: Cordon, tmp_path: Path) -> None:
    code, cut = cordon("isolate", "--conduit", "internet", "--segment", "office", "--yes")
    assert (code, cut["proofs"]["unknown"]) == (6, 3)
    run, codes = cut["run"], [errand["code"] for errand in cut["unproven"]]

    assert cordon("confirm", "QQQQQQ")[0] == 2
    code, said = cordon("confirm", codes[0].lower(), "--by", "Zoé", "--reason", "unplugged")
    assert (code, said["left"]) == (0, 2)
    code, again = cordon("confirm", codes[0])
    assert (code, again["error"]) == (2, "code-claimed")

    _, status = cordon("status")
    assert (status["proofs"]["claimed"], status["proofs"]["unknown"]) == (1, 2)
    assert {each["state"] for each in status["subjects"]} == {"unknown"}
    _, shown = cordon("show", run, "--pdf", str(tmp_path / "walk.pdf"))
    assert shown["proofs"]["claimed"] == 1
    found = lines((tmp_path / "walk.pdf").read_bytes())
    assert [line for line in found if line in codes] == codes[1:]

    _, second = cordon("isolate", "--conduit", "internet", "--segment", "office", "--yes")
    assert (second["proofs"]["claimed"], second["proofs"]["unknown"], second["exit"]) == (1, 2, 6)

    cordon("confirm", codes[1])
    assert cordon("confirm", codes[1], "--withdraw")[1]["left"] == 2
    assert cordon("status")[1]["proofs"]["claimed"] == 1

    code, back = cordon("restore", "--all", "--yes", "--dry-run")
    assert sorted(hazard["code"] for hazard in back["hazards"]) == [
        "cut-by-hand",
        "never-touched",
        "never-touched",
    ]
    assert cordon("restore", "--all", "--yes")[0] == 0
    assert {each["state"] for each in cordon("status")[1]["subjects"]} == {"connected"}
    assert cordon("confirm", codes[1])[1]["error"] == "code-released"
    assert cordon("audit", "verify")[1]["whole"]


def test_paper_is_printed_without_a_home_and_with_one_carries_the_head_of_its_log(
    cordon: Cordon, tmp_path: Path
) -> None:
    _, printed = cordon("paper", "--out", str(tmp_path / "sheets"))
    assert not (tmp_path / "home").exists()
    assert [Path(file).name for file in printed["files"]] == [f"level-{level}.pdf" for level in range(1, 6)]
    first = text(Path(printed["files"][0]).read_bytes())
    assert "Crisis cell: +33 3 20 00 00 00" in first
    assert "box-4g" in first
    higher = text(Path(printed["files"][4]).read_bytes())
    assert "box-4g" not in higher.split("in this order")[-1]
    cordon("isolate", "--conduit", "internet", "--yes")
    _, printed = cordon("paper", "--out", str(tmp_path / "sheets"))
    code, checkpoint = cordon("audit", "checkpoint")
    assert code == 0
    assert checkpoint["spoken"] in text(Path(printed["files"][0]).read_bytes())
