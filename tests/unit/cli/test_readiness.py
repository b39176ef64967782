"""A live check told to people: every finding in both languages, nothing left unfilled or hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.cli.main import main
from controller.cli.readiness import last_lines, readiness_lines
from controller.domain.inventory import PointId
from controller.domain.plan import Hazard, Severity
from controller.domain.readiness import DeviceReadiness, LevelReadiness, Obstacle, Readiness
from controller.text import LANGUAGES, Catalogue
from controller.text.sentences import hazard_text
from tests.unit.cli.office import ScriptedOffice, scripted

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
POINTS = (PointId("acc-1", "Gi1/0/1"), PointId("acc-1", "Gi1/0/2"))
FAILED = {"cause": "login-rejected", "detail": "10.0.0.1:22 cordon"}
PENDING = {"seconds": "5400", "undo": "reload cancel", "ports": "core-1 Gi1/0/1"}

HAZARDS: dict[str, dict[str, str]] = {
    "revert-reload": PENDING,
    "revert-timer": {**PENDING, "undo": "configure confirm"},
    "revert-connection": {"seconds": "", "undo": "", "ports": ""},
    "revert-unknown": {"command": "show reload"},
    "login-by-fallback": {**FAILED, "credential": "net", "used": "local"},
    "fallback-missing": {},
    "fallback-fails": {**FAILED, "credential": "local"},
    "path-dead": {**FAILED, "path": "10.0.0.1:22"},
    "aaa-no-local": {"found": "aaa authentication login default group T"},
    "acts-by-itself": {"found": "kron occurrence nightly"},
    "pushed-back": {"manager": "dna-center"},
    "paged": {},
    "not-seen": {"command": "show privilege"},
    "startup-differs": {},
}
OBSTACLES: dict[str, dict[str, str]] = {
    "no-session": FAILED,
    "no-privilege": {"command": "show privilege", "said": "Current privilege level is 1"},
    "not-allowed": {"command": "sudo -n -l nft add"},
    "unreadable": {"command": "show interfaces"},
    "refused": {"command": "show interfaces"},
    "no-answer": {"command": "show interfaces"},
    "internal": {"detail": "KeyError: x"},
}


def readiness(*devices: DeviceReadiness) -> Readiness:
    blocked = tuple(point for device in devices for point in device.blocked)
    level = LevelReadiness(5, "level-5", 2 * len(devices), blocked, 3, 4200)
    return Readiness("ch-essai", NOW, 12_000, "i", "p", True, devices, (level,))


def device(name: str = "acc-1", **given: object) -> DeviceReadiness:
    made = DeviceReadiness(name, "10.0.0.1:22", "net", 300, 200, 10, POINTS)
    return replace(made, **given)  # type: ignore[arg-type]  # a test's own values


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", [*HAZARDS, *OBSTACLES])
def test_every_finding_is_a_sentence_in_each_language(code: str, lang: str) -> None:
    words = Catalogue(lang)
    if code in HAZARDS:
        data = HAZARDS[code]
        found = device(hazards=(Hazard(code, Severity.WARN, "acc-1", tuple(sorted(data.items()))),))
    else:
        data = OBSTACLES[code]
        found = device(obstacles=(Obstacle(code, tuple(sorted(data.items()))),))
    lines = list(readiness_lines(readiness(found), words))
    told = "\n".join(lines)
    assert "{" not in told
    assert f"{code} " not in told, "the code itself stands where there is no text"
    for name, value in data.items():
        if value and name not in ("cause", "seconds"):
            assert value in told
    if code.startswith("revert-") and "undo" in data:
        hours = "1 h 30 min" in told
        assert hours is bool(data["seconds"])


def test_every_text_of_an_obstacle_is_shown_here() -> None:
    assert {
        code.removeprefix("obstacle.") for code in Catalogue("en") if code.startswith("obstacle.")
    } == set(OBSTACLES)


def test_what_is_the_same_at_many_devices_is_told_once_with_their_names() -> None:
    one, two, three = (
        device(name, hazards=(Hazard("fallback-missing", Severity.WARN, name), *more))
        for name, more in (
            ("acc-1", ()),
            ("acc-2", ()),
            ("acc-3", (Hazard("pushed-back", Severity.WARN, "acc-3", (("manager", "dna"),)),)),
        )
    )
    lines = list(readiness_lines(readiness(one, two, three), Catalogue("en")))
    assert [line for line in lines if "no second, local log-in" in line] == [
        "Beware: " + Catalogue("en").text("hazard.fallback-missing", culprit="acc-1, acc-2, acc-3")
    ]
    assert lines[0].startswith("acc-3:")
    alone = list(readiness_lines(readiness(one), Catalogue("en")))
    assert alone[1].startswith("    Beware: acc-1: no second, local log-in")


def test_quiet_devices_are_counted_and_the_others_named() -> None:
    dead = device("acc-2", obstacles=(Obstacle("no-session", tuple(sorted(FAILED.items()))),))
    half = device("acc-3", obstacles=(Obstacle("unreadable", (("command", "show x"),), POINTS[:1]),))
    lines = list(readiness_lines(readiness(device(), dead, half), Catalogue("en")))
    assert lines[0] == "acc-2: could not be cut (2 points)"
    assert "acc-3: 1 of 2 points could not be cut" in lines
    assert "1 other device could be cut and gives nothing to say." in lines
    assert "  level 5: 3 of 6 points could be cut, in about 4.2 s; 3 points by hand" in lines
    assert lines[-1] == "Not ready: acc-2, acc-3. Looked at 3 devices in 12 s; nothing was changed."


def test_what_is_on_record_is_told_with_its_age() -> None:
    hazard = Hazard("revert-reload", Severity.WARN, "acc-1", tuple(sorted(PENDING.items())))
    found = readiness(device(hazards=(hazard,)), device("acc-2", obstacles=(Obstacle("internal"),)))
    lines = list(last_lines(found, NOW + timedelta(hours=5), Catalogue("en")))
    assert lines[0] == "Last checked live 5 h ago: 1 of 2 devices ready."
    assert lines[1] == "  Not ready then: acc-2."
    assert "a reload is scheduled" in lines[2]
    (never,) = last_lines(None, NOW, Catalogue("fr"))
    assert never.startswith("Jamais vérifié en direct")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_version_that_nobody_asked_is_said_in_words(lang: str) -> None:
    words = Catalogue(lang)

    def said(version: str) -> str:
        data = {"count": "2", "days": "90", "devices": "1", "version": version}
        return hazard_text(Hazard("untested", Severity.WARN, "ios", tuple(sorted(data.items()))), words)

    assert said("") != said("15.2")
    assert words.text("hazards.unasked") in said("")
    assert "?" not in said("")


@pytest.fixture
def office(tmp_path: Path) -> ScriptedOffice:

    return scripted(tmp_path / "calls")


def test_a_check_that_is_not_on_record_says_so_and_keeps_its_code(
    office: ScriptedOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    office.readiness, office.unrecorded = readiness(device()), "leader-elsewhere"
    assert main(["--lang", "en", "check", "--live"], lambda **_: office) == 0
    assert "(leader-elsewhere)" in capsys.readouterr().err
    office.readiness = readiness(device(obstacles=(Obstacle("internal", (("detail", "x"),)),)))
    assert main(["--lang", "en", "check", "--live"], lambda **_: office) == 6
