"""The wall clock of the machine is set: the log tells, by the monotonic clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.cli.main import main
from controller.domain.errors import JournalUnavailable
from controller.domain.facts import SYSTEM, Noted
from controller.domain.tags import Tag
from controller.workers.timekeeper import Look, Timekeeper
from tests.fakes.homes import new_home
from tests.fakes.journal import MemoryJournal

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


class Clocks:
    """Two clocks, wound by hand."""

    def __init__(self) -> None:
        self.wall, self.seconds = AT, 100.0
        self.held = 0.0

    def now(self) -> datetime:
        self.seconds += self.held  # the process was stopped in between
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.go(seconds)

    def go(self, seconds: float, wall: float | None = None) -> None:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds if wall is None else wall)


def steps(journal: MemoryJournal) -> list[dict[str, str]]:
    assert {commit.tag for commit in journal.commits} <= {Tag.CLOCK_STEPPED}
    return [dict(fact.data) for commit in journal.commits for fact in commit.facts if isinstance(fact, Noted)]


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


def keeper(journal: MemoryJournal, clocks: Clocks, before: Look | None = None) -> Timekeeper:
    return Timekeeper(journal, clocks, lambda: before)


def test_a_clock_that_is_set_is_told_once_with_both_clocks(clocks: Clocks, journal: MemoryJournal) -> None:
    found = keeper(journal, clocks)
    for wall in (1, 3601, 1, -7200, 1):
        found.look()
        clocks.go(1, wall)
    found.look()
    assert [each["step"] for each in steps(journal)] == ["+3600.0", "-7201.0"]
    first = steps(journal)[0]
    assert (first["monotonic"], first["should"]) == ("102.000", "2026-03-01T03:00:02.000+00:00")
    assert first["says"] == "2026-03-01T04:00:02.000+00:00"


def test_a_clock_drawn_near_and_a_process_that_was_stopped_are_no_steps(
    clocks: Clocks, journal: MemoryJournal
) -> None:
    found = keeper(journal, clocks)
    found.look()
    for _ in range(20):  # NTP slews for an hour at a time while nobody looks
        clocks.go(3600, 3600 * 1.0005)
        found.look()
    clocks.held = 5.0
    found.look()
    clocks.held = 0.0
    clocks.wall += timedelta(seconds=5)
    found.look()
    assert steps(journal) == []


def test_a_step_between_two_leaders_is_found_at_the_beginning(clocks: Clocks, journal: MemoryJournal) -> None:
    keeper(journal, clocks, Look(AT - timedelta(hours=2), 40.0)).look()
    assert [each["step"] for each in steps(journal)] == ["+7140.0"]


def test_what_could_not_be_recorded_is_found_again(clocks: Clocks, journal: MemoryJournal) -> None:
    found = keeper(journal, clocks)
    found.look()
    clocks.go(1, 100)
    journal.failing = JournalUnavailable(home="h")
    with pytest.raises(JournalUnavailable):
        found.look()
    journal.failing = None
    clocks.go(1)
    found.look()
    found.look()
    assert [each["step"] for each in steps(journal)] == ["+99.0"]


def test_a_command_tells_that_the_clock_was_set_since_the_last_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = new_home(tmp_path / "home")
    with home.lead(clock=lambda: datetime.now(UTC) - timedelta(days=1)) as lead:
        lead.journal.commit(Tag.LOG_WRITTEN, [Noted("log")], SYSTEM)
    for _ in range(2):
        assert main(["--home", str(home.path), "log", "the clock is right again", "--lang", "en"]) == 0
    capsys.readouterr()
    assert main(["--home", str(home.path), "audit", "show", "--tag", Tag.CLOCK_STEPPED, "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)["entries"]
    assert 86_390 < float(told["data"]["step"]) < 86_410
