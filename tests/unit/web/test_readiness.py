"""Readiness and the wall, as pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from controller.domain.armed import ArmedDevice, Standing, Why
from controller.domain.inventory import Method, PointId, PointKind
from controller.domain.plan import Hazard, Severity
from controller.domain.readiness import DeviceReadiness, LevelReadiness, Obstacle, Readiness
from controller.domain.rehearsal import Rehearsals, Rehearsed, Software
from controller.engine.people.roles import Role
from controller.text import Catalogue
from tests.unit.api.house import House
from tests.unit.web.console import Visitor, words_on

EN = Catalogue("en")


def test_nobody_looked_yet(at: House) -> None:
    assert "Nobody has looked" in words_on(Visitor(at, Role.VIEWER).open("/readiness"))


def test_what_stands_in_the_way_comes_first(at: House, monkeypatch: pytest.MonkeyPatch) -> None:
    point = PointId("modem", "lan")
    found = Readiness(
        site="ch-exemple",
        at=datetime.now(UTC) - timedelta(hours=2),
        milliseconds=4200,
        inventory="0" * 64,
        profiles="1" * 64,
        whole=False,
        devices=(
            DeviceReadiness(device="box-4g", points=(PointId("box-4g", "wan"),)),
            DeviceReadiness(
                device="modem",
                points=(point,),
                obstacles=(Obstacle("unreachable"),),
                hazards=(Hazard("revert-reload", Severity.WARN, "modem", (("undo", "reload cancel"),)),),
            ),
        ),
        levels=(LevelReadiness(5, "level-5", 2, (point,), 1, 3000),),
    )
    monkeypatch.setattr(at.office, "last_readiness", lambda: found)
    said = words_on(Visitor(at, Role.VIEWER).open("/readiness"))
    assert "1 of 2 devices are ready" in said
    assert "Not every device was looked at." in said
    assert "The inventory has changed since." in said
    assert "1 of 2 points" in said
    assert said.index("modem") < said.index("box-4g")
    assert "modem · modem" in said.partition(EN.text("readiness.undoing"))[2].partition("</section>")[0]
    assert EN.text("readiness.nothing-undoes") not in said
    assert EN.text("readiness.not-rehearsed") in said


def test_what_was_rehearsed_is_told_by_software_and_what_failed_first(
    at: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tried(device: str, method: Method, *, passed: bool) -> Rehearsed:
        software = Software("cisco_ios", "C9300", "17.9")
        return Rehearsed(device, software, PointKind.INTERFACE, method, passed, "" if passed else "drift")

    now = datetime.now(UTC)
    trials = [
        (now - timedelta(days=3), tried("acc-1", Method.SHUTDOWN, passed=False)),
        (now - timedelta(days=2), tried("acc-1", Method.SHUTDOWN, passed=True)),
        (now - timedelta(days=1), tried("acc-2", Method.SHUTDOWN, passed=True)),
        (now, tried("acc-1", Method.VLAN, passed=True)),
        (now, tried("acc-2", Method.VLAN, passed=False)),
    ]
    monkeypatch.setattr(at.office, "rehearsals", lambda: Rehearsals(trials))
    said = words_on(Visitor(at, Role.VIEWER).open("/readiness"))
    assert EN.text("readiness.passed", count=2, total=2) in said
    assert EN.text("readiness.failed-at", devices="acc-2") in said
    assert said.index("interface vlan") < said.index("interface shutdown")
    assert "cisco_ios C9300 17.9" in said


def test_the_wall_shows_segments_and_nobodys_name(at: House) -> None:
    visitor = Visitor(at, Role.VIEWER)
    page = visitor.open("/projector")
    inside = page.text.partition("<main")[2].partition("</main>")[0]
    assert "Offices" in inside
    assert "Emergency calls" in inside
    assert "<form" not in inside
    assert Role.VIEWER.value in visitor.open("/situation").text  # as the account is called
    assert Role.VIEWER.value not in page.text


def test_sessions_held_open_are_told_with_what_failed(at: House, monkeypatch: pytest.MonkeyPatch) -> None:
    since = datetime.now(UTC) - timedelta(minutes=2)
    found = (
        ArmedDevice("box-4g", Standing.ARMED, Why.ROLE, since, read_at=since),
        ArmedDevice("modem", Standing.STOPPED, Why.PERSON, since, failure="login-rejected", by="os:0"),
        ArmedDevice("other", Standing.OFF, Why.NO_CHOKE_POINT, since),
    )
    monkeypatch.setattr(at.office, "armed", lambda: found)
    page = words_on(Visitor(at, Role.VIEWER).open("/readiness"))
    said = page.partition(EN.text("armed.title"))[2].partition("</section>")[0]
    assert EN.text("armed.count", armed=1, wanted=2) in said
    assert EN.text("armed.standing.stopped") in said
    assert EN.text("open.login-rejected").partition(";")[0] in said
    assert "other" not in said
    monkeypatch.setattr(at.office, "armed", lambda: None)
    assert EN.text("armed.title") not in words_on(Visitor(at, Role.VIEWER).open("/readiness"))
