"""Who looks at the situation again and again sees each time what who looks for the first time would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from controller.domain.facts import BaselineTaken, HoldEnded, HoldOpened, IntentRecorded, PointRead, RunMoved
from controller.domain.hold import Attribution, Ending, Hold
from controller.domain.inventory import Method, PointId
from controller.domain.lifecycle import RunState
from controller.domain.playbook import Action
from controller.domain.proof import PROOF_EXPIRES_AFTER, Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.holding.remembered import Remembered
from controller.engine.holding.situation import Situation, SubjectState, situation
from tests.fakes.journal import MemoryHistory
from tests.fakes.site import ACTOR, Site, port
from tests.unit.engine.test_escalation import tree


class Steady(MemoryHistory):
    """Tells the same object of the holds as long as they are the same, as a home does."""

    _known: tuple[Hold, ...] = ()

    def open_holds(self) -> tuple[Hold, ...]:
        found = super().open_holds()
        if found != self._known:
            self._known = found
        return self._known


class Looks:
    """Looks at a site again and again."""

    def __init__(self) -> None:
        self.site = tree()
        self.site.cut(level=5)
        self.history = Steady(self.site.journal)
        self.remembered = Remembered()
        self.inventory = self.site.documents.inventory
        self.run = self.history.runs()[0].run

    def look(self, now: datetime | None = None) -> Situation:
        now = now or self.now
        profiles = self.site.documents.profiles
        found = situation(self.inventory, self.history, now, profiles, self.remembered)
        assert found == situation(self.inventory, MemoryHistory(self.site.journal), now, profiles)
        return found

    def state(self, now: datetime) -> SubjectState:
        """Of the office."""
        return next(each.state for each in self.look(now).subjects if each.subject.name == "office")

    def read(self, point: PointId, proof: Proof, at: datetime | None = None) -> None:
        read = PointRead(
            "watch", point, Action.ISOLATE, Method.SHUTDOWN, Outcome.NOT_ATTEMPTED, proof, {}, at or self.now
        )
        self.site.journal.commit(Tag.POINT_WATCHED, [read], ACTOR)

    @property
    def now(self) -> datetime:
        return self.site.clock.now()


OFFICE = port("a", "p3")
WARD = port("a", "p1")


def _read_open(at: Looks) -> None:
    at.read(OFFICE.id, Proof.CONTRADICTED)


def _read_again(at: Looks) -> None:
    at.site.clock.pause(60)
    at.read(OFFICE.id, Proof.CONFIRMED)


def _let_go(at: Looks) -> None:
    ended = HoldEnded(at.run, "office", OFFICE.id, Ending.RESTORE, at.run)
    at.site.journal.commit(Tag.HOLD_ENDED, [ended], ACTOR)


def _held_for_another(at: Looks) -> None:
    opened = HoldOpened(at.run, "office", WARD, Method.SHUTDOWN, Attribution.OURS)
    taken = BaselineTaken(at.run, WARD, {}, at.now)
    at.site.journal.commit(Tag.HOLD_ENDED, [taken, opened], ACTOR)


def _held_for_another_alone(at: Looks) -> None:
    _held_for_another(at)
    at.look()
    ended = HoldEnded(at.run, "ward", WARD.id, Ending.RESTORE, at.run)
    at.site.journal.commit(Tag.HOLD_ENDED, [ended], ACTOR)


def _about_to_be_changed(at: Looks) -> None:
    moved = RunMoved(at.run, RunState.RUNNING, "")
    intent = IntentRecorded(at.run, 1, "a", 7, Action.ISOLATE, ((OFFICE.id, Method.VLAN),))
    at.site.journal.commit(Tag.RUN_MOVED, [moved, intent], ACTOR)


def _others_are_planned(at: Looks) -> None:
    segments = dict(at.inventory.segments)
    segments["ward"] = replace(segments["ward"], priority=9, depends_on=("office",))
    at.inventory = replace(at.inventory, segments=segments)


def _cut_again(at: Looks) -> None:
    at.site.cut("office")


@pytest.mark.parametrize(
    "happens",
    [
        _read_open,
        _read_again,
        _let_go,
        _held_for_another,
        _held_for_another_alone,
        _about_to_be_changed,
        _others_are_planned,
        _cut_again,
    ],
)
def test_what_happened_shows_at_the_next_look(happens: Callable[[Looks], None]) -> None:
    at = Looks()
    before = at.look()
    happens(at)
    assert replace(at.look(), at=before.at) != before
    at.look()


JUST = timedelta(microseconds=1)
ISOLATED, UNKNOWN = SubjectState.ISOLATED, SubjectState.UNKNOWN


def test_a_proof_is_as_old_as_it_is_at_each_look() -> None:
    at = Looks()
    at.read(OFFICE.id, Proof.CONFIRMED, read := at.now)
    ends = read + PROOF_EXPIRES_AFTER
    looks = [read, ends - JUST, ends, ends + JUST, ends, read, read - JUST, read, ends + JUST]
    assert [at.state(each) for each in looks] == [
        ISOLATED,
        ISOLATED,
        ISOLATED,
        UNKNOWN,
        ISOLATED,
        ISOLATED,
        UNKNOWN,
        ISOLATED,
        UNKNOWN,
    ]


def test_another_site_is_looked_at_anew() -> None:
    at, other = Looks(), Site(tree().documents, ())
    assert at.look().proofs
    found = situation(other.documents.inventory, other.history, other.clock.now(), remembered=at.remembered)
    assert not found.proofs
    assert found.subjects == situation(other.documents.inventory, other.history, other.clock.now()).subjects
