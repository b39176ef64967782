"""The sessions held open, for programs."""

from __future__ import annotations

from controller.engine.people.roles import Role
from tests.unit.api.house import House

BOTH = ("box-4g", "modem")


def test_it_says_of_each_device_why_it_is_not_armed(at: House) -> None:
    found = at.as_role(Role.VIEWER).get("/armed").json()
    assert (found["held"], found["armed"], found["wanted"]) == (True, 0, 0)
    assert [(each["device"], each["state"], each["why"]) for each in found["devices"]] == [
        (name, "off", "manual") for name in BOTH
    ]


def test_what_cannot_be_armed_is_refused_and_stays_as_it_is(at: House) -> None:
    engineer = at.as_role(Role.ENGINEER)
    asked = {"devices": ["modem"], "armed": True}
    refused = engineer.post("/armed", json=asked, headers={"Idempotency-Key": "arm-a-modem"})
    assert refused.json()["code"] == "not-armable-manual"
    assert "modem" in refused.json()["detail"]
    assert {each["by"] for each in engineer.get("/armed").json()["devices"]} == {""}


def test_a_monitor_sees_how_many(at: House) -> None:
    said = at.as_role(Role.VIEWER).get("https://testserver/metrics").text
    assert "cordon_sessions_armed 0" in said
    assert "cordon_sessions_wanted 0" in said
