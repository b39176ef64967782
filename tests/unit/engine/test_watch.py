"""The watch over held points: read before their proof expires, cut again where found open, never the other
way."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from controller.domain.errors import OpenCause
from controller.domain.facts import Noted, PointRead
from controller.domain.inventory import MANUAL, PointId
from controller.domain.lifecycle import RunState
from controller.domain.playbook import Action
from controller.domain.proof import Proof
from controller.domain.tags import Tag
from controller.engine.execution.sessions import DeviceSlots
from controller.engine.holding.reassertion import MOST_REASSERTIONS, UNWATCHED
from controller.engine.holding.situation import situation
from controller.engine.holding.watch import Watch
from tests.fakes.board import Board, Fault, Port, Strike
from tests.fakes.site import Site, device, documents, inventory, playbook, port, segment, stage

A, B = PointId("a", "p1"), PointId("b", "p1")


def site(*strikes: Strike) -> Site:
    known = inventory(
        [device("a"), device("b"), device("box", platform=MANUAL)],
        [
            segment("one", [port("a", "p1"), port("b", "p1")], 1),
            segment("other", [port("a", "p2"), port("box", "lan")], 2),
        ],
    )
    boards = [
        Board("a", {"p1": Port(), "p2": Port()}, strikes=list(strikes)),
        Board("b", {"p1": Port()}),
    ]
    books = [playbook("level-1", stage("one"), level=1), playbook("level-2", stage("other"), level=2)]
    return Site(documents(known, books), boards)


def watch(at: Site) -> Watch:
    return at.controller.watch(lambda: at.documents.inventory)


def is_cut(at: Site, name: str, where: str = "p1") -> bool:
    return at.board(name).ports[where].admin == "down"


def opened(at: Site, name: str, where: str = "p1") -> None:
    """By somebody else."""
    at.board(name).ports[where].admin = "up"


def pass_time(at: Site, watching: Watch, wait: timedelta) -> None:
    """Minute by minute, with what is due looked at."""
    for _ in range(int(wait / timedelta(minutes=1))):
        at.clock.pause(60)
        for name in watching.due():
            watching.look(name)


def now(at: Site) -> dict[Proof, int]:
    return dict(situation(at.documents.inventory, at.history, at.clock.now()).proofs)


def tags(at: Site) -> list[Tag]:
    return [commit.tag for commit in at.journal.commits]


def decisions(at: Site) -> list[str]:
    notes = [fact for fact in at.journal.facts if isinstance(fact, Noted) and fact.subject == "found-open"]
    return [dict(note.data)["decision"] for note in notes]


def test_no_proof_expires_while_somebody_watches() -> None:
    at = site()
    at.cut("one")
    watching = watch(at)
    for _ in range(40):
        pass_time(at, watching, timedelta(minutes=1))
        assert now(at) == {Proof.CONFIRMED: 2}
    assert Tag.POINT_REOPENED not in tags(at)


def test_without_a_watch_they_do() -> None:
    at = site()
    at.cut("one")
    at.clock.pause(16 * 60)
    assert now(at) == {Proof.UNKNOWN: 2}


def test_nothing_is_due_that_nobody_holds() -> None:
    at = site()
    at.cut("one")
    at.bring_back(everything=True)
    at.clock.pause(60 * 60)
    assert watch(at).due() == ()


def test_what_is_being_cut_is_not_looked_at_meanwhile() -> None:
    at = site()
    watching = watch(at)
    seen: list[tuple[str, ...]] = []

    def look(_: Board, line: str) -> None:
        if line == "port p1 down":
            assert at.controller.under_way()
            seen.append(watching.due())

    at.driver.at_line = look
    at.cut("one")
    assert seen
    assert set(seen) == {()}


def test_a_point_found_open_is_an_alarm_and_is_cut_again() -> None:
    at = site()
    run = at.cut("one").run
    watching = watch(at)
    opened(at, "a")
    pass_time(at, watching, timedelta(minutes=11))
    assert is_cut(at, "a")
    assert decisions(at) == ["cut-again"]
    alarm, intent = (
        tags(at).index(Tag.POINT_REOPENED),
        len(tags(at)) - tags(at)[::-1].index(Tag.OPERATION_INTENDED) - 1,
    )
    assert alarm < intent, "the alarm is on record before a byte is sent"
    assert now(at) == {Proof.CONFIRMED: 2}
    found = at.history.run(run)
    assert (found.attempts["a"], found.pending) == (2, ())


def test_what_was_cut_again_comes_back_as_it_was_before_the_cut() -> None:
    at = site()
    before = at.configuration()
    at.cut("one")
    opened(at, "a")
    pass_time(at, watch(at), timedelta(minutes=11))
    at.restart()
    at.bring_back(everything=True)
    assert at.configuration() == before


def test_after_three_times_a_person_decides() -> None:
    at = site()
    at.cut("one")
    watching = watch(at)
    for _ in range(MOST_REASSERTIONS):
        opened(at, "a")
        pass_time(at, watching, timedelta(minutes=11))
        assert is_cut(at, "a")
    at.restart()
    watching = watch(at)
    opened(at, "a")
    pass_time(at, watching, timedelta(minutes=20))
    assert not is_cut(at, "a")
    assert decisions(at) == ["cut-again"] * MOST_REASSERTIONS + ["three-times"]
    assert now(at)[Proof.CONTRADICTED] == 1
    at.cut("one")
    opened(at, "a")
    pass_time(at, watching, timedelta(minutes=11))
    assert is_cut(at, "a"), "a new cut is a person's word anew"


def test_what_nobody_watched_for_a_day_is_left_to_a_person() -> None:
    at = site()
    at.cut("one")
    opened(at, "a")
    at.clock.pause(UNWATCHED.total_seconds() + 60)
    pass_time(at, watch(at), timedelta(minutes=2))
    assert not is_cut(at, "a")
    assert decisions(at) == ["unwatched"]


def test_a_return_that_stopped_half_way_and_nobody_confirmed_is_cut_again() -> None:
    at = site(Strike(Fault.DROP, "port p1 up"))
    at.cut("one")
    board = at.board("a")

    def lose(tag: Tag, _facts: object) -> None:
        board.closed = OpenCause.UNREACHABLE if tag is Tag.OPERATION_INTENDED else board.closed

    at.journal.before = lose
    assert at.bring_back(everything=True).state is RunState.STOPPED
    board.closed = None
    assert not is_cut(at, "a")
    pass_time(at, watch(at), timedelta(minutes=1))
    assert is_cut(at, "a")
    assert decisions(at) == [], "nobody opened it by hand"


def test_what_a_return_half_way_left_open_is_a_persons() -> None:
    """Known to be neither as it was nor as it should be: the person at it decides."""
    at = site(Strike(Fault.IGNORE, "port p1 up"))
    at.cut("one")
    assert at.bring_back(everything=True).state is RunState.STOPPED
    opened(at, "a")
    pass_time(at, watch(at), timedelta(minutes=20))
    assert not is_cut(at, "a")
    assert decisions(at) == ["restore-unfinished"]


def test_what_comes_back_while_the_watch_logs_in_stays_back(monkeypatch: pytest.MonkeyPatch) -> None:
    at = site()
    before = at.configuration()
    at.cut("one")
    watching, log_in = watch(at), at.driver.open

    def slowly(*given: Any) -> Any:
        monkeypatch.setattr(at.driver, "open", log_in)
        at.bring_back(everything=True)
        return log_in(*given)

    monkeypatch.setattr(at.driver, "open", slowly)
    watching.look("a")
    assert at.configuration() == before
    assert Tag.POINT_REOPENED not in tags(at)


def test_a_device_back_from_the_dead_is_cut_after_all() -> None:
    at = site()
    at.board("a").closed = OpenCause.UNREACHABLE
    at.cut("one")
    watching = watch(at)
    pass_time(at, watching, timedelta(minutes=3))
    at.board("a").closed = None
    pass_time(at, watching, timedelta(minutes=3))
    assert is_cut(at, "a")
    assert tags(at).count(Tag.WATCH_BLIND) == 1


def test_a_look_waits_for_nobody_and_gives_way_to_everybody() -> None:
    slots = DeviceSlots()
    for action in Action:
        with slots.hold("a", action, lambda: None), slots.visit("a", lambda: None) as visit:
            assert visit is None
    for action in Action:
        looking, told = threading.Event(), threading.Event()

        def look(looking: threading.Event = looking, told: threading.Event = told) -> None:
            with slots.visit("a", told.set) as visit:
                assert visit is not None
                looking.set()
                assert told.wait(10)

        thread = threading.Thread(target=look)
        thread.start()
        assert looking.wait(10)
        with slots.hold("a", action, lambda: None):
            assert told.is_set()
        thread.join(10)


def test_a_look_that_stays_to_cut_is_ended_by_nobody() -> None:
    slots, told = DeviceSlots(), threading.Event()
    acting = threading.Event()

    def act() -> None:
        with slots.hold("a", Action.RESTORE, lambda: None):
            acting.set()

    with slots.visit("a", told.set) as visit:
        assert visit is not None
        assert visit.stay()
        thread = threading.Thread(target=act)
        thread.start()
        assert not acting.wait(0.1)
    assert acting.wait(10)
    assert not told.is_set()
    thread.join(10)


def test_claims_are_read_and_manual_devices_left_alone() -> None:
    at = site()
    at.cut("other")
    pass_time(at, watch(at), timedelta(minutes=30))
    assert not [
        read
        for read in at.journal.facts
        if isinstance(read, PointRead) and read.run == "watch" and read.point.device == "box"
    ]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["open-a", "open-b", "look", "wait", "cut", "cut-other", "restart", "lose-a", "find-a"]
        ),
        max_size=14,
    )
)
def test_it_only_ever_moves_towards_isolation(acts: list[str]) -> None:
    at = site()
    at.cut("one")
    watching = watch(at)
    for act in acts:
        match act:
            case "open-a" | "open-b":
                opened(at, act[-1])
            case "look":
                for name in ("a", "b"):
                    before = {where: each.admin == "down" for where, each in at.board(name).ports.items()}
                    watching.look(name)
                    after = {where: each.admin == "down" for where, each in at.board(name).ports.items()}
                    held = {
                        hold.key.point.object
                        for hold in at.history.open_holds()
                        if hold.key.point.device == name
                    }
                    assert all(after[where] for where in before if before[where])
                    assert all(where in held for where in after if after[where] and not before[where])
            case "wait":
                at.clock.pause(400)
            case "cut":
                at.cut("one")
            case "cut-other":
                at.cut("other")
            case "restart":
                at.restart()
                watching = watch(at)
            case "lose-a":
                at.board("a").closed = OpenCause.UNREACHABLE
            case "find-a":
                at.board("a").closed = None


def test_a_device_something_happened_at_is_read_at_once() -> None:
    at = site()
    at.cut("one")
    watching = watch(at)
    opened(at, "a")
    assert watching.due() == ()
    watching.soon({"a", "nowhere"})
    assert watching.due() == ("a",)
    watching.look("a")
    assert is_cut(at, "a")
    assert watching.due() == ()
