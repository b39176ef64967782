"""A timer that begins with a commit: the lines of a return are a candidate of their own, named by the
operation, which outlives its session."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from typing import Any

import pytest

from controller.domain.errors import OpenCause
from controller.domain.facts import Noted
from controller.domain.lifecycle import RunState
from controller.domain.profile.returns import TimerSpec
from controller.domain.profile.session import CommitSpec
from controller.domain.proof import Proof
from controller.domain.template import Template
from controller.domain.timer import TIMER, Holder, Timer, TimerState, timer_of
from controller.engine.planning.plans import Return
from tests.fakes.board import PLATFORM, Board, BoardSession, Fault, Port, Strike
from tests.fakes.site import ACTOR, Site, device, documents, inventory, playbook, port, segment, stage


def templates(*lines: str) -> tuple[Template, ...]:
    return tuple(map(Template.parse, lines))


SPEC = TimerSpec(
    after=120,
    send=Template.parse("show timer"),
    pending=re.compile(r"^timer runs$"),
    none=re.compile(r"^no timer$"),
    confirm=templates("draft ${operation} commit"),
    cancel=templates("draft ${operation} abort"),
    enter=templates("draft ${operation}"),
    leave=(),
    commit=CommitSpec(
        ("commit timer ${time}",),
        ("abort",),
        done=re.compile("^done"),
        abandoned=("draft ${operation} abort",),
    ),
)


class DraftSession(BoardSession):
    """A draft is everybody's, by its name; a board keeps at most one timer."""

    name = ""

    @property
    def drafts(self) -> dict[str, Any]:
        found: dict[str, Any] = self.board.__dict__.setdefault("drafts", {})
        return found

    def _execute(self, line: str) -> str:
        board = self.board
        match line.split():
            case ["draft", name]:
                self.drafts.setdefault(name, copy.deepcopy(board.ports))
                self.name, self._configuring = name, True
                return ""
            case ["draft", name, "commit"]:
                if name in self.drafts:  # it never was: it is now
                    board.ports = self.drafts.pop(name)
                board.kept = None
                return ""
            case ["draft", name, "abort"]:
                if self.drafts.pop(name, None) is None and board.kept is not None:
                    board.strike()
                return ""
            case ["commit", "timer", "00:02:00"] if self.name:
                board.keep()
                board.ports = self.drafts.pop(self.name)
                self.name, self._configuring = "", False
                return "done"
            case ["abort"] if self.name:
                del self.drafts[self.name]
                self.name, self._configuring = "", False
                return ""
            case ["port", *_] if self.name:
                running, board.ports = board.ports, self.drafts[self.name]
                try:
                    return super()._execute(line)
                finally:
                    board.ports = running
        return super()._execute(line)


class Ward(Site):
    """Two segments of one board, both cut."""

    def __init__(self) -> None:
        known = inventory(
            [device("a")], [segment("one", [port("a", "p1")], 1), segment("other", [port("a", "p2")], 2)]
        )
        written = documents(known, [playbook("level-1", stage("one", "other"), level=1)])
        profile = replace(written.profiles[PLATFORM], timer=SPEC)
        super().__init__(
            replace(written, profiles={PLATFORM: profile}), [Board("a", {"p1": Port(), "p2": Port()})]
        )
        self.driver.session = DraftSession
        self.cut("one", "other")
        self.before = len(self.a.received)

    @property
    def a(self) -> Board:
        return self.board("a")

    @property
    def sent(self) -> list[str]:
        """Since both were cut."""
        return self.a.received[self.before :]

    @property
    def down(self) -> set[str]:
        return {name for name, each in self.a.ports.items() if each.admin == "down"}

    @property
    def drafts(self) -> dict[str, Any]:
        found: dict[str, Any] = self.a.__dict__.get("drafts", {})
        return found

    def timers(self) -> list[Timer]:
        notes = [fact for fact in self.journal.facts if isinstance(fact, Noted) and fact.subject == TIMER]
        return [timer_of(note) for note in notes]

    def lose_at(self, line: str) -> None:
        """The way to the device is cut before this line has gone."""

        def at_line(board: Board, said: str) -> None:
            if said.startswith(line):
                board.closed = OpenCause.UNREACHABLE
                for session in self.driver.still_open:
                    session.close()

        self.driver.at_line = at_line

    def lose_behind(self, line: str) -> None:
        """The session ends once this line has done its work."""

        def at_line(board: Board, said: str) -> None:
            if said.startswith(line):
                board.closed = OpenCause.UNREACHABLE

        self.driver.at_line = at_line

    def find_again(self) -> None:
        self.driver.at_line = lambda _board, _line: None
        self.a.closed = None


@pytest.fixture
def ward() -> Ward:
    return Ward()


def test_it_is_begun_by_its_commit_and_confirmed_under_the_same_name(ward: Ward) -> None:
    ended = ward.bring_back("one")
    name = ward.timers()[0].name
    assert re.fullmatch(r"cordon-[0-9a-f]{8}", name)
    wanted = [f"draft {name}", "port p1 up", "commit timer 00:02:00", f"draft {name} commit"]
    assert [line for line in ward.sent if not line.startswith("show")] == wanted
    assert (ended.state, ward.down, ward.a.kept) == (RunState.FINISHED, {"p2"}, None)
    assert [each.state for each in ward.timers()] == [TimerState.RUNNING, TimerState.CONFIRMED]


def test_no_two_operations_have_the_same_name(ward: Ward) -> None:
    ward.bring_back("one")
    ward.cut("one")
    ward.bring_back("one")
    assert len({each.name for each in ward.timers()}) == 2


def test_the_plan_has_the_placeholder_and_so_has_its_hash(ward: Ward) -> None:
    plans = [ward.controller.plan_return(Return(subjects=("one",))) for _ in range(2)]
    (operation,) = plans[0].waves[0].operations
    assert operation.timer is not None
    assert operation.timer.enter == ("draft ${operation}",)
    assert operation.timer.leave == ("commit timer 00:02:00",)
    assert plans[0].hash == plans[1].hash


def test_with_the_way_lost_behind_the_commit_the_device_goes_back_by_itself(ward: Ward) -> None:
    ward.lose_behind("commit timer")
    ended = ward.bring_back("one")
    assert (ended.state, ward.down) == (RunState.STOPPED, {"p2"})
    ward.a.strike()
    ward.find_again()
    ward.controller.watch(lambda: ward.documents.inventory).look("a")
    assert ward.down == {"p1", "p2"}
    assert ward.timers()[-1].state is TimerState.OVER


def test_a_commit_that_fails_leaves_no_candidate(ward: Ward) -> None:
    ward.a.strikes.append(Strike(Fault.REFUSE, "commit timer", times=1))
    ended = ward.bring_back("one")
    (result,) = ended.results
    assert (result.proof, result.cause) == (Proof.CONTRADICTED, "commit-failed")
    assert "abort" in ward.sent
    assert (ward.drafts, ward.down) == ({}, {"p1", "p2"})


def test_what_a_session_left_that_broke_before_its_commit_is_thrown_away(ward: Ward) -> None:
    ward.a.strikes.append(Strike(Fault.LOSE, "commit timer", times=1))
    ward.bring_back("one")
    assert (ward.drafts, ward.down) == ({}, {"p1", "p2"})
    assert ward.timers()[-1].state is TimerState.OVER


def test_what_a_session_may_not_throw_away_goes_before_a_run_that_stops_is_over(ward: Ward) -> None:
    ward.a.strikes += [Strike(Fault.REFUSE, "commit timer", times=1), Strike(Fault.REFUSE, "^abort", times=1)]

    def stop(_: Board, line: str) -> None:
        if line == "abort":
            (run,) = ward.controller.under_way()
            ward.controller.abort(run, ACTOR, "something failed elsewhere")

    ward.driver.at_line = stop
    ended = ward.bring_back("one")
    assert ended.state is RunState.ABORTED
    assert (ward.drafts, ward.down) == ({}, {"p1", "p2"})


def test_a_cut_never_puts_in_force_what_a_broken_session_left(ward: Ward) -> None:
    """It takes the timer away by what throws the candidate away, and not by what confirms it."""
    ward.bring_back("other")
    ward.lose_at("commit timer")
    ward.bring_back("one")
    ward.find_again()
    (name,) = ward.drafts
    ward.cut("other")
    assert f"draft {name} abort" in ward.sent
    assert f"draft {name} commit" not in ward.sent
    assert (ward.drafts, ward.down) == ({}, {"p1", "p2"})
    assert ward.timers()[-1].state is TimerState.TAKEN_AWAY


def test_a_cut_takes_a_timer_away_that_runs(ward: Ward) -> None:
    ward.bring_back("other")
    ward.lose_behind("commit timer")
    ward.bring_back("one")
    assert ward.down == set()
    ward.find_again()
    ward.cut("other")
    assert ward.a.kept is None
    assert ward.down == {"p1", "p2"}


def test_a_watch_throws_away_what_nobody_came_back_for(ward: Ward) -> None:
    ward.lose_at("commit timer")
    ward.bring_back("one")
    assert len(ward.drafts) == 1
    ward.find_again()
    ward.controller.watch(lambda: ward.documents.inventory).look("a")
    assert ward.drafts == {}
    assert (ward.timers()[-1].holder, ward.timers()[-1].state) == (Holder.DEVICE, TimerState.OVER)
