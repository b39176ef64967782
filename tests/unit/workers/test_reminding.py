"""A rhythm agreed for the logbook: when an entry is due, who hears of it, and what ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from controller.domain.facts import SYSTEM, Fact, Noted
from controller.domain.logbook import DUE, LOGBOOK, RHYTHM, Rhythm, rhythm_of
from controller.domain.tags import Tag
from controller.workers.reminding import remind
from tests.fakes.journal import MemoryJournal

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


class Night:
    """A journal and its clock; the wall clock alone is looked at."""

    def __init__(self) -> None:
        self.at = AT
        self.journal = MemoryJournal(self.now)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        raise AssertionError

    def pause(self, seconds: float) -> None:
        raise AssertionError

    def write(self, tag: Tag, fact: Fact) -> None:
        self.journal.commit(tag, [fact], SYSTEM)

    def rhythm(self) -> Rhythm | None:
        return rhythm_of(
            (commit.at, fact)
            for commit in self.journal.commits
            for fact in commit.facts
            if isinstance(fact, Noted) and fact.subject in (LOGBOOK, RHYTHM, DUE)
        )

    def after(self, minutes: int) -> bool:
        """Whether somebody looking then is the first to remind."""
        self.at += timedelta(minutes=minutes)
        return remind(self.rhythm(), self.journal, self)


def agreed(minutes: int) -> Noted:
    return Noted(RHYTHM, (("minutes", str(minutes)),))


def test_each_interval_of_silence_is_told_once_until_somebody_writes() -> None:
    night = Night()
    assert not night.after(600)
    night.write(Tag.LOG_RHYTHM_SET, agreed(30))
    assert not night.after(29)
    assert night.after(1)
    assert not night.after(29)
    assert night.after(1)
    told = [commit for commit in night.journal.commits if commit.tag is Tag.LOG_DUE]
    since = ("since", "2026-03-01T13:00:00+00:00")
    assert [commit.facts for commit in told] == [(Noted(DUE, (("minutes", "30"), since)),)] * 2
    night.write(Tag.LOG_WRITTEN, Noted(LOGBOOK, (("nothing", "yes"),)))
    found = night.rhythm()
    assert found is not None
    assert (found.last, found.reminded) == (night.at, None)
    assert not night.after(29)
    assert night.after(1)


def test_what_is_due_is_due_until_somebody_writes_whatever_was_told() -> None:
    night = Night()
    night.write(Tag.LOG_RHYTHM_SET, agreed(30))
    assert night.after(45)
    found = night.rhythm()
    assert found is not None
    assert found.is_due(night.at)
    assert found.due == AT + timedelta(minutes=30)


def test_a_rhythm_that_was_given_up_reminds_nobody() -> None:
    night = Night()
    night.write(Tag.LOG_RHYTHM_SET, agreed(30))
    night.write(Tag.LOG_RHYTHM_SET, agreed(0))
    assert not night.after(120)
    assert night.rhythm() is None
