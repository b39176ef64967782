"""The return behind gates: at each wave exactly what they let through is alive, whoever is killed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.lab.cordon import Cordon
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.traffic import Kind, routes

pytestmark = pytest.mark.lab

PROBED = [Kind.NEW, Kind.PING]
SERVERS = routes(("samu", "servers"))
CARE = routes(("emergency1", "servers"), ("maternity", "servers"))
REST = routes(("imaging", "servers"), ("laboratory", "servers"), ("printers", "servers"))
PASSWORD = "correct horse battery"

STANDING = {
    "format": 1,
    "title": {"fr": "Retour", "en": "Return"},
    "stages": [
        {
            "name": "clinical",
            "action": "restore",
            "select": {"segments": {"role": "clinical", "keep_alive": "false"}},
            "gate": {"attest": ["clean"]},
            "wave_size": "8",
        }
    ],
}


@pytest.fixture
def cordon(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cordon:
    monkeypatch.setenv("CORDON_ARGON2_MEMORY_KIB", "8")
    made = Cordon(lab, tmp_path)
    (made.playbooks / "restore-by-priority.yaml").write_text(yaml.safe_dump(STANDING))
    return made


def test_at_each_wave_exactly_what_its_gates_let_through_is_alive(lab: Lab, cordon: Cordon) -> None:
    before = lab.configuration()
    every = [*SERVERS, *CARE, *REST]
    lab.traffic.live(every, PROBED)
    codes: Iterator[str] = iter(
        cordon("user", "add", "Rita", "--role", "restorer", typed=f"{PASSWORD}\n").data["codes"]
    )

    def attest(segment: str) -> None:
        cordon("attest", segment, "clean", "--as", "Rita", typed=f"{PASSWORD}\n{next(codes)}\n")

    cordon.act("isolate", "--level", "5")
    stopped = cordon.act("restore", "--all", code=4).data
    assert stopped["state"] == "stopped"
    lab.traffic.live(SERVERS, PROBED)
    lab.traffic.verdict(SERVERS, [*CARE, *REST], PROBED)
    attest("emergency")
    cordon.act("resume", stopped["run"], code=4)
    lab.traffic.verdict(SERVERS, [*CARE, *REST], PROBED)

    attest("maternity")
    _killed_in_its_wave(lab, cordon, stopped["run"], "emergency, maternity")
    cordon.act("resume", stopped["run"], code=4)
    lab.traffic.live(CARE, PROBED)
    lab.traffic.verdict([*SERVERS, *CARE], REST, PROBED)

    cordon.act("isolate", "--segment", "emergency")
    lab.traffic.verdict([*SERVERS, *CARE[2:]], [*CARE[:2], *REST], PROBED)
    refused = cordon.act("restore", "--segment", "emergency", code=3).data
    assert [hazard["code"] for hazard in refused["hazards"]] == ["gate-attest"]

    for segment in ("emergency", "imaging", "laboratory"):
        attest(segment)
    cordon.act("restore", "--all")
    lab.traffic.live(every, PROBED)
    assert not difference(before, lab.configuration())


def _killed_in_its_wave(lab: Lab, cordon: Cordon, run: str, wave: str) -> None:
    command = [sys.executable, "-m", "controller.cli.main", "resume", run, "--yes"]
    process = lab.start_controller(command, cordon.environment)
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            if "Wave" in line and wave in line:
                process.kill()
                return
    raise AssertionError(f"no wave of {wave}")
