"""What shipped profiles make of a device's answers about what would undo a cut."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from controller.catalog.profiles import load_profiles
from controller.catalog.shipped import shipped_profiles
from controller.domain.inventory import Device, DeviceRole, Link, LinkKind, Port
from controller.domain.plan import Hazard
from controller.engine.points.reverts import find_reverts
from controller.text import Catalogue
from controller.text.sentences import hazard_text
from tests.fakes.site import inventory

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
PROFILES = load_profiles([shipped_profiles()])
LINKS = (
    Link((Port("acc-1", "Gi1/0/24"), Port("core-1", "Gi1/0/1"))),
    Link((Port("core-2", "Gi1/0/1"), Port("acc-1", "Gi1/0/23"))),
    Link((Port("acc-1", "Te1/1/1"), Port("acc-2", "Te1/1/1")), LinkKind.STACK),
    Link((Port("acc-2", "Gi1/0/24"), Port("core-1", "Gi1/0/2"))),
)
RELOAD, TIMER = "show reload", "show archive config rollback timer"
SCHEDULED = "cat /run/systemd/shutdown/scheduled 2>/dev/null || echo none"
QUIET = {RELOAD: "No reload is scheduled.", TIMER: "%No Rollback Confirmed Change pending"}


def found(platform: str, answers: dict[str, str], links: tuple[Link, ...] = LINKS) -> dict[str, Hazard]:
    names = ("acc-1", "acc-2", "core-1", "core-2")
    devices = [Device(name, platform, DeviceRole.ACCESS) for name in names]
    site = inventory(devices, [], links)
    reverts = find_reverts(devices[0], PROFILES[platform], site, answers, NOW)
    return {each.code: each for each in reverts}


def test_nothing_pending_is_no_hazard() -> None:
    assert found("cisco_ios", QUIET) == {}
    assert found("linux", {SCHEDULED: "none"}) == {}


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ("Reload scheduled for 11:33:53 EST Sat Feb 1 2003 (in 20 minutes)", "1200"),
        ("Reload scheduled for 14:00:00 EST Sun Feb 2 2003 (in 26 hours and 44 minutes) by cordon", "96240"),
        ("Reload scheduled for 14:00:00 UTC Sun Feb 2 2003 (in 1 hour and 1 minute)", "3660"),
        ("Reload scheduled in 9 minutes by console\nReload reason: an arrow in the knee", "540"),
        ("Reload scheduled for 14:00:00 UTC Sun Feb 2 2003 by console", ""),
    ],
)
def test_a_scheduled_reload_tells_how_long_it_leaves(answer: str, seconds: str) -> None:
    hazard = found("cisco_ios", {**QUIET, RELOAD: answer})["revert-reload"]
    assert dict(hazard.data)["seconds"] == seconds
    assert dict(hazard.data)["undo"] == "reload cancel"


def test_a_rollback_timer_and_a_reload_are_two() -> None:
    pending = "Time configured(or reconfigured): 22:50:48 UTC Thu Feb 21 2013\nTimer type: absolute timer\n"
    answers = {RELOAD: "Reload scheduled in 5 minutes by console", TIMER: pending + "Timer value: 10 min\n"}
    hazards = found("cisco_ios", answers)
    assert {code: dict(each.data)["seconds"] for code, each in hazards.items()} == {
        "revert-reload": "300",
        "revert-timer": "600",
    }


@pytest.mark.parametrize("platform", ["linux", "linux_nftables", "ovs_linux"])
def test_a_shutdown_that_systemd_was_told_of_is_found(platform: str) -> None:
    usec = int(NOW.timestamp() + 900) * 1_000_000
    answer = f"USEC={usec}\r\nWARN_WALL=1\r\nMODE=reboot\r\n"
    assert dict(found(platform, {SCHEDULED: answer})["revert-reload"].data)["seconds"] == "900"


@pytest.mark.parametrize("answer", ["", "% Invalid input detected at '^' marker.", "Reload sched"])
def test_an_answer_that_says_neither_is_not_taken_for_no(answer: str) -> None:
    assert found("cisco_ios", {**QUIET, RELOAD: answer}).keys() == {"revert-unknown"}
    missing = {command: each for command, each in QUIET.items() if command != RELOAD}
    assert found("cisco_ios", missing).keys() == {"revert-unknown"}


def test_the_way_round_is_every_neighbours_port_but_no_link_that_is_never_cut() -> None:
    answers = {**QUIET, RELOAD: "Reload scheduled in 5 minutes by console"}
    hazard = found("cisco_ios", answers)["revert-reload"]
    assert dict(hazard.data)["ports"] == "core-1 Gi1/0/1, core-2 Gi1/0/1"
    english, french = (hazard_text(hazard, Catalogue(lang)) for lang in ("en", "fr"))
    assert "within 5 min" in english
    assert "at its neighbours (core-1 Gi1/0/1, core-2 Gi1/0/1): cordon isolate … --at-neighbour" in english
    assert "d’ici 5 min" in french
    alone = hazard_text(found("cisco_ios", answers, ())["revert-reload"], Catalogue("en"))
    assert "names no neighbour's port" in alone
