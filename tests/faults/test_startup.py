"""Startup configurations and evidence, by the command line, and what the devices hold after a reload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.faults.crash import Case, Ground
from tests.faults.site import DEVICES, HEALTHY, SICK, WANTED

pytestmark = pytest.mark.faults

LIMIT = 4.0
"""Seconds a device has to save."""

SICK_PORTS = tuple(port for port in WANTED if port[0] == SICK)


class Night:
    """The site, a home, and playbooks that differ in what they save and keep."""

    def __init__(self, ground: Ground) -> None:
        self.case: Case = ground.case("isolate")
        self.simulation = ground.site.simulation
        self.before = {name: self.simulation.startup(name) for name in DEVICES}
        folder = self.case.folder / "playbooks"
        folder.mkdir()
        for save in ("never", "if-equal", "always"):
            self._write(folder, f"cut-{save}", save=save)
        self._write(folder, "cut-kept", evidence={"tables": ["mac", "arp"], "devices": SICK, "within": "2s"})

    def _write(self, folder: Path, name: str, **more: object) -> None:
        stage = {
            "name": "all",
            "action": "isolate",
            "select": {"segments": {"keep_alive": "false"}, "conduits": "all"},
            "method": ["shutdown"],
        }
        content = {"format": 1, "title": name, **more, "stages": [stage]}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content), "utf-8")

    def cordon(self, *argv: str) -> tuple[int, dict[str, Any]]:
        environ = {
            **self.case.environ,
            "CORDON_PLAYBOOKS": str(self.case.folder / "playbooks"),
            "CORDON_SAVE_TIMEOUT": str(LIMIT),
        }
        process = self.case.controllers.start(self.case.folder, "cli", environ, argv=[*argv, "--json"])
        exit_code = process.wait(90)
        out = process.out.read_text()
        assert out, process.err.read_text()
        return exit_code, json.loads(out)

    def run(self, *argv: str) -> tuple[int, dict[str, Any]]:
        """A run by ``argv``: its exit code, and all that ``show`` tells of it."""
        exit_code, told = self.cordon(*argv, "--yes", "--reason", "test")
        _, shown = self.cordon("show", told["run"])
        return exit_code, shown

    def cut(self, save: str) -> tuple[int, dict[str, Any]]:
        return self.run("run", f"cut-{save}")

    def restore(self) -> tuple[int, dict[str, Any]]:
        return self.run("restore", "--all")

    def is_cut_after_reload(self, device: str) -> bool:
        self.simulation.reload(device)
        self.simulation.wait(device=device, event="reload", timeout=10)
        self.simulation.wait(device=device, event="booted", timeout=10)
        return all(self.case.site.is_cut(port) for port in WANTED if port[0] == device)

    def startups(self) -> dict[str, str | None]:
        return {name: self.simulation.startup(name) for name in DEVICES}

    def saves(self, device: str) -> int:
        return self.simulation.lines(device).count("write memory")


def causes(told: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {each["device"]: (each["state"], each["cause"]) for each in told["startup"]}


@pytest.fixture
def night(ground: Ground) -> Night:
    return Night(ground)


def test_what_was_saved_survives_a_reload_and_comes_back_as_it_was(night: Night) -> None:
    exit_code, told = night.cut("if-equal")
    assert exit_code == 0
    assert causes(told) == dict.fromkeys(DEVICES, ("saved", ""))
    assert told["reboots"] == []
    assert night.is_cut_after_reload(SICK)
    moves = night.cordon("audit", "show", "--tag", "engine:startup")[1]["entries"]
    of_sick = [(each["data"]["startup"], each["text"]) for each in moves if each["data"]["device"] == SICK]
    assert of_sick == [("intended", ""), ("saved", "> write memory\nBuilding configuration...\n[OK]")]
    exit_code, told = night.restore()
    assert exit_code == 0
    assert causes(told) == dict.fromkeys(DEVICES, ("saved", ""))
    assert night.startups() == night.before
    assert night.cordon("status")[1]["reboots"] == []


def test_a_cut_that_saves_nothing_goes_with_a_reload_and_its_restore_saves_nothing(night: Night) -> None:
    _, told = night.cut("never")
    assert told["startup"] == []
    (hazard,) = told["reboots"]
    assert (hazard["code"], hazard["culprit"], hazard["data"]["unsaved"]) == (
        "reboot-opens",
        ", ".join(sorted(DEVICES)),
        "save-never",
    )
    assert night.restore()[0] == 0
    assert [night.saves(name) for name in DEVICES] == [0] * len(DEVICES)
    assert night.startups() == night.before
    night.cut("never")
    assert not night.is_cut_after_reload(SICK)


def test_work_somebody_did_not_save_is_not_saved_for_them(night: Night) -> None:
    night.simulation.configure(SICK, "interface GigabitEthernet1/0/5", "description half done")
    exit_code, told = night.cut("if-equal")
    assert exit_code == 0
    assert causes(told)[SICK] == ("not-saved", "startup-differed")
    assert causes(told)[HEALTHY] == ("saved", "")
    assert night.simulation.startup(SICK) == night.before[SICK]
    (hazard,) = night.cordon("status")[1]["reboots"]
    assert (hazard["code"], hazard["culprit"]) == ("reboot-opens", SICK)
    _, told = night.restore()
    assert SICK not in causes(told)
    assert night.startups() == night.before
    _, told = night.cut("always")
    assert causes(told)[SICK] == ("saved", "")
    assert "half done" in (night.simulation.startup(SICK) or "")


@pytest.mark.parametrize(
    ("fault", "params", "cause"),
    [
        ("nvram_full", {}, "device-refused"),
        ("reject", {"on": "^write"}, "device-refused"),
        ("ignore", {"on": "^write"}, "startup-differs"),
        ("hang", {"on": "^write"}, "startup-differs"),
        ("drop_mid_command", {"on": "^write"}, "startup-differs"),
    ],
)
def test_a_save_that_fails_is_told_and_makes_no_proof_worse(
    night: Night, fault: str, params: dict[str, Any], cause: str
) -> None:
    night.simulation.fault(SICK, fault, **params)
    exit_code, told = night.cut("always")
    assert exit_code == 0
    assert told["proofs"]["confirmed"] == len(WANTED)
    assert causes(told)[SICK] == ("not-saved", cause)
    assert night.simulation.startup(SICK) == night.before[SICK]
    (hazard,) = told["reboots"]
    assert (hazard["code"], hazard["culprit"], hazard["data"]["unsaved"]) == ("reboot-opens", SICK, cause)
    night.simulation.clear(SICK)
    _, told = night.restore()
    assert SICK not in causes(told)
    assert night.startups() == night.before


@pytest.mark.parametrize("fault", ["hang", "drop_after_change"])
def test_a_save_that_took_effect_unanswered_is_read_back(night: Night, fault: str) -> None:
    night.simulation.fault(SICK, fault, on="^write", **({"applied": True} if fault == "hang" else {}))
    _, told = night.cut("always")
    assert causes(told)[SICK] == ("saved", "")
    assert night.saves(SICK) == 1
    assert night.is_cut_after_reload(SICK)


def test_a_restore_that_cannot_save_says_that_a_reload_cuts_again(night: Night) -> None:
    night.cut("always")
    night.simulation.fault(SICK, "nvram_full")
    exit_code, told = night.restore()
    assert exit_code == 0
    assert causes(told)[SICK] == ("not-saved", "device-refused")
    (hazard,) = night.cordon("status")[1]["reboots"]
    assert (hazard["code"], hazard["culprit"]) == ("reboot-cuts", SICK)
    assert night.is_cut_after_reload(SICK)


def test_comparing_that_hangs_delays_the_cut_by_its_time_box_alone(night: Night) -> None:
    night.simulation.fault(SICK, "hang", on="^show startup-config")
    exit_code, told = night.cut("if-equal")
    assert exit_code == 0
    assert told["proofs"]["confirmed"] == len(WANTED)
    assert causes(told)[SICK] == ("not-saved", "startup-unread")
    assert night.saves(SICK) == 0
    assert night.simulation.startup(SICK) == night.before[SICK]


def test_a_point_without_its_proof_keeps_its_device_from_being_saved(night: Night) -> None:
    night.simulation.fault(SICK, "ignore", on="^shutdown", times=1)
    exit_code, told = night.cut("always")
    assert exit_code == 6
    assert causes(told)[SICK] == ("not-saved", "save-unconfirmed")
    assert causes(told)[HEALTHY] == ("saved", "")
    assert night.saves(SICK) == 0


def test_evidence_that_does_not_come_delays_the_cut_by_its_time_box_alone(night: Night) -> None:
    night.simulation.fault(SICK, "hang", on="^show (mac|ip arp|ipv6 neighbors)")
    exit_code, told = night.run("run", "cut-kept")
    assert exit_code == 0
    assert told["proofs"]["confirmed"] == len(WANTED)
    kept = {(each["device"], each["table"]): (each["cause"], each["file"]) for each in told["evidence"]}
    assert kept == {(SICK, "mac"): ("time-box", None), (SICK, "arp"): ("time-box", None)}
    asked, cut = (
        next(n for n, line in enumerate(night.simulation.lines(SICK)) if line.startswith(beginning))
        for beginning in ("show mac", "shutdown")
    )
    assert asked < cut
    assert night.cordon("audit", "verify")[1]["whole"]


def test_a_device_with_one_line_left_is_cut_by_it_and_gives_no_evidence(night: Night) -> None:
    night.simulation.fault(SICK, "one_line_left", free=1)
    exit_code, told = night.run("run", "cut-kept")
    assert exit_code == 0
    assert {each["cause"] for each in told["evidence"]} == {"open.no-line"}
    assert all(night.case.site.is_cut(port) for port in SICK_PORTS)
