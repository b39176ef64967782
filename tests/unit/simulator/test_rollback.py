"""Timed rollback, reloads hours away, and AAA method lists, as a person at the console meets them."""

from __future__ import annotations

import pytest

from controller.simulator.process import Simulation
from tests.unit.simulator.console import Console

NONE = "%No Rollback Confirmed Change pending"
TIMER = "show archive config rollback timer"


def begin(site: Simulation, console: Console, minutes: int) -> None:
    site.configure("acc-1", "archive", "path flash:backup")
    console.ask(f"configure terminal revert timer {minutes}")
    console.ask("interface Gi1/0/1")
    console.ask("shutdown")
    console.ask("end")


def test_without_an_archive_no_timer_is_set(console: Console) -> None:
    assert "%Turn config archive on" in console.ask("configure terminal revert timer 5")
    assert "Archive feature not enabled" in console.ask("show archive")
    assert console.ask(TIMER).strip() == NONE


def test_unconfirmed_the_former_configuration_returns(site: Simulation, console: Console) -> None:
    begin(site, console, 2)
    assert "The next archive file will be named flash:backup-1" in console.ask("show archive")
    assert "Timer value: 2 min" in console.ask(TIMER)
    assert site.interface("acc-1", "GigabitEthernet1/0/1")["admin"] == "down"
    site.wait(device="acc-1", event="revert", timeout=5)
    assert site.interface("acc-1", "GigabitEthernet1/0/1")["admin"] == "up"
    assert console.ask(TIMER).strip() == NONE


def test_confirmed_it_stays_and_a_second_confirmation_says_so(site: Simulation, console: Console) -> None:
    begin(site, console, 120)
    console.ask("configure confirm")
    assert console.ask("configure confirm").strip() == NONE
    assert site.interface("acc-1", "GigabitEthernet1/0/1")["admin"] == "down"


def test_reverted_at_once_it_is_as_before(site: Simulation, console: Console) -> None:
    begin(site, console, 120)
    console.ask("configure revert now")
    assert site.interface("acc-1", "GigabitEthernet1/0/1")["admin"] == "up"


def test_a_reset_leaves_no_timer(site: Simulation, console: Console) -> None:
    begin(site, console, 120)
    site.reset()
    with Console(site["acc-1"]) as again:
        assert again.ask(TIMER).strip() == NONE


def test_a_reload_hours_away_is_told_in_hours(console: Console) -> None:
    console.type("reload in 125")
    console.until("(in 2 hours and 5 minutes)")
    console.until("[confirm]")
    console.ask("")
    assert "hours and" in console.ask("show reload")
    assert "SHUTDOWN ABORTED" in console.ask("reload cancel")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("aaa authentication login default group TAC local", ""),
        ("aaa authentication login default group", "% Incomplete command"),
        ("aaa authentication login default everybody", "% Invalid input"),
        ("aaa authorization commands 16 default local", "% Invalid input"),
    ],
)
def test_method_lists_are_taken_as_the_grammar_has_them(
    site: Simulation, console: Console, line: str, answer: str
) -> None:
    (before,) = console.configure(line)
    assert "% Invalid input" in before or "% Incomplete" in before, "not without aaa new-model"
    told = console.configure("aaa new-model", line)[1]
    assert answer in told
    assert bool(told.strip()) is bool(answer)
    assert (line in site.running("acc-1")) is not bool(answer)
    assert ("login local" in site.running("acc-1")) is False


def test_every_character_that_came_in_is_kept_by_session(site: Simulation, console: Console) -> None:
    console.ask("show privilege")
    with Console(site["acc-1"], "boss", enabled=False) as other:
        other.send("  \x03q")
        other.type("")
        site.wait(device="acc-1", event="line", line="^q$")
        first, second = site.heard("acc-1").values()
    assert first.endswith("show privilege\n")
    assert second == "  \x03q\n"
