"""The timer behind a return: what nobody could confirm through another log-in is cut again, by the device or
by the controller; a timer that would reconnect is taken away, or nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from controller.domain.codec import to_plain
from controller.domain.errors import OpenCause, Refused
from controller.domain.facts import Fact, IntentRecorded, Noted, RevisionStored
from controller.domain.lifecycle import RunState
from controller.domain.plan import Hazard, Severity
from controller.domain.proof import Proof
from controller.domain.readiness import READINESS, DeviceReadiness, Readiness
from controller.domain.tags import Tag
from controller.domain.timer import HELD_FOR, TIMER, Holder, TimerState, arms_timer, timer_of
from controller.engine.events import RunEnded
from controller.engine.holding.situation import Situation, situation
from controller.engine.planning.plans import Return
from tests.fakes.board import PLATFORM, Board, Fault, Port, Strike
from tests.fakes.board import TIMER as BY_DEVICE
from tests.fakes.site import (
    ACTOR,
    Site,
    by_point,
    device,
    documents,
    inventory,
    playbook,
    port,
    segment,
    sha,
    stage,
)


class Died(BaseException):
    """The process was killed here."""


class Ward(Site):
    """Two segments of one board, the first of two ports, both cut."""

    def __init__(self, *, timer: bool, settings: Mapping[str, str] | None = None) -> None:
        known = inventory(
            [device("a", settings=settings or {})],
            [segment("one", [port("a", "p1"), port("a", "p2")], 1), segment("other", [port("a", "p3")], 2)],
        )
        written = documents(known, [playbook("level-1", stage("one", "other"), level=1)])
        profile = replace(written.profiles[PLATFORM], timer=BY_DEVICE if timer else None)
        super().__init__(replace(written, profiles={PLATFORM: profile}), [self.made()])

    @staticmethod
    def made() -> Board:
        return Board("a", {name: Port() for name in ("p1", "p2", "p3")})

    @property
    def a(self) -> Board:
        return self.board("a")

    @property
    def down(self) -> set[str]:
        return {name for name, each in self.a.ports.items() if each.admin == "down"}

    def timers(self) -> list[tuple[Holder, TimerState]]:
        notes = [fact for fact in self.journal.facts if isinstance(fact, Noted) and fact.subject == TIMER]
        return [(timer.holder, timer.state) for timer in map(timer_of, notes)]

    def lose_after(self, line: str) -> None:
        """The way to the device is cut right behind a line of the return; the session hangs."""

        def at_line(board: Board, said: str) -> None:
            if said == line and board.closed is None:
                board.closed = OpenCause.UNREACHABLE

        self.driver.at_line = at_line

    def find_again(self) -> None:
        self.driver.at_line = lambda _board, _line: None
        self.a.closed = None

    def lost(self, *subjects: str) -> RunEnded:
        """A return of ``subjects`` (``one``) that nobody can read any more."""
        self.cut("one", "other")
        self.lose_after("end")
        return self.bring_back(*subjects or ("one",))

    def situation(self) -> Situation:
        return situation(self.documents.inventory, self.history, self.clock.now())

    def watched(self) -> list[str]:
        """What one look of the watch sent."""
        watch = self.controller.watch(lambda: self.documents.inventory)
        assert watch.due() == ("a",)
        before = len(self.a.received)
        watch.look("a")
        return self.a.received[before:]


@pytest.fixture
def by_device() -> Ward:
    return Ward(timer=True)


@pytest.fixture
def by_controller() -> Ward:
    return Ward(timer=False)


DEVICE, CONTROLLER = Holder.DEVICE, Holder.CONTROLLER
RUNNING, CONFIRMED, OVER = TimerState.RUNNING, TimerState.CONFIRMED, TimerState.OVER


def test_a_return_is_confirmed_by_another_log_in(by_device: Ward) -> None:
    by_device.cut("one")
    opened, sent = len(by_device.driver.opened), len(by_device.a.received)
    assert by_device.bring_back("one").state is RunState.FINISHED
    lines = by_device.a.received[sent:]
    assert lines.index("configure revert 2") < lines.index("port p1 up") < lines.index("confirm")
    assert "configure" not in lines
    assert len(by_device.driver.opened) == opened + 2
    assert by_device.a.kept is None
    assert by_device.down == set()
    assert by_device.timers() == [(DEVICE, RUNNING), (DEVICE, CONFIRMED)]
    assert not by_device.history.open_holds()


def test_it_is_on_record_before_the_first_byte_and_confirmed_with_what_was_read(by_device: Ward) -> None:
    by_device.cut("one")
    by_device.bring_back("one")
    commits = [commit for commit in by_device.journal.commits if _timer_in(commit.facts)]
    assert any(isinstance(fact, IntentRecorded) for fact in commits[0].facts)
    assert commits[-1].tag is Tag.OPERATION_SETTLED


def _timer_in(facts: object) -> bool:
    return any(isinstance(fact, Noted) and fact.subject == TIMER for fact in facts)  # type: ignore[attr-defined]  # a tuple of facts


def test_with_the_way_lost_the_device_goes_back_by_itself(by_device: Ward) -> None:
    ended = by_device.lost()
    assert (ended.state, by_device.a.kept is None) == (RunState.STOPPED, False)
    assert {each.proof for each in ended.results} == {Proof.UNKNOWN}
    assert by_device.down == {"p3"}, "open, until its time has come"
    assert {hold.key.subject for hold in by_device.history.open_holds()} == {"one", "other"}
    (timer,) = by_device.situation().timers
    assert (timer.device, timer.holder, timer.run) == ("a", DEVICE, ended.run)

    by_device.a.strike()
    by_device.find_again()
    lines = by_device.watched()
    assert not [line for line in lines if line.startswith("port")]
    assert by_device.down == {"p1", "p2", "p3"}
    assert by_device.timers()[-1] == (DEVICE, OVER)
    assert by_device.situation().proofs == {Proof.CONFIRMED: 3}


def test_what_the_device_took_back_comes_back_with_the_run_that_goes_on(by_device: Ward) -> None:
    run = by_device.lost().run
    by_device.a.strike()
    by_device.find_again()
    assert by_device.resume(run).state is RunState.FINISHED
    assert by_device.down == {"p3"}
    assert by_device.timers()[-3:] == [(DEVICE, OVER), (DEVICE, RUNNING), (DEVICE, CONFIRMED)]


def test_a_run_that_goes_on_in_time_confirms_what_it_reads(by_device: Ward) -> None:
    run = by_device.lost().run
    by_device.find_again()
    assert by_device.resume(run).state is RunState.FINISHED
    assert by_device.a.received.count("port p1 up") == 1
    assert by_device.a.kept is None
    assert by_device.timers()[-1] == (DEVICE, CONFIRMED)


def test_a_process_that_died_before_it_confirmed_goes_on_likewise(by_device: Ward) -> None:
    by_device.cut("one", "other")
    times = len(by_device.driver.opened)
    dead = []

    def at_open(_name: str) -> None:
        if len(by_device.driver.opened) > times:
            dead.append(True)
            raise Died

    def before(_tag: Tag, _facts: Sequence[Fact]) -> None:
        if dead:
            raise Died

    by_device.driver.at_open, by_device.journal.before = at_open, before
    with pytest.raises(Died):
        by_device.bring_back("one")
    by_device.driver.at_open = lambda _name: None
    by_device.journal.before = lambda _tag, _facts: None
    assert by_device.down == {"p3"}
    (run,) = by_device.restart()
    assert by_device.resume(run).state is RunState.FINISHED
    assert by_device.a.kept is None
    assert by_device.down == {"p3"}


def test_where_the_device_cannot_the_controller_cuts_again_once_the_way_is_back(by_controller: Ward) -> None:
    by_controller.lost()
    assert by_controller.down == {"p3"}
    assert by_controller.timers() == [(CONTROLLER, RUNNING)]
    assert by_controller.watched() == [], "nobody answers"
    assert len(by_controller.situation().timers) == 1

    by_controller.find_again()
    by_controller.clock.pause(5)
    by_controller.watched()
    assert by_controller.down == {"p1", "p2", "p3"}
    assert by_controller.timers()[1:] == [(CONTROLLER, TimerState.STRUCK), (CONTROLLER, OVER)]
    assert by_controller.situation().proofs == {Proof.CONFIRMED: 3}
    assert by_controller.situation().timers == ()


def test_a_device_just_looked_at_is_due_at_once(by_controller: Ward) -> None:
    watch = by_controller.controller.watch(lambda: by_controller.documents.inventory)
    by_controller.cut("one", "other")
    watch.look("a")
    assert watch.due() == ()
    by_controller.lose_after("end")
    by_controller.bring_back("one")
    assert watch.due() == ("a",)


def test_a_device_without_an_archive_leaves_it_to_the_controller(by_device: Ward) -> None:
    by_device.cut("one")
    by_device.a.archive = False
    by_device.bring_back("one")
    assert "configure revert 2" not in by_device.a.received
    assert by_device.timers() == [(CONTROLLER, RUNNING), (CONTROLLER, CONFIRMED)]


def test_what_an_earlier_process_left_may_be_resumed_first(by_controller: Ward) -> None:
    run = by_controller.lost().run
    by_controller.find_again()
    by_controller.restart()
    watch = by_controller.controller.watch(lambda: by_controller.documents.inventory)
    watch.look("a")
    assert by_controller.down == {"p3"}
    assert by_controller.history.run(run).state is RunState.STOPPED
    by_controller.clock.pause(HELD_FOR)
    watch.look("a")
    assert by_controller.down == {"p1", "p2", "p3"}


def test_a_way_that_is_back_soon_enough_is_a_confirmation(by_controller: Ward) -> None:
    by_controller.cut("one")
    by_controller.lose_after("end")
    tries = len(by_controller.driver.opened)

    def at_open(_name: str) -> None:
        if by_controller.clock.monotonic() > tries + 5:
            by_controller.find_again()

    by_controller.driver.at_open = at_open
    assert by_controller.bring_back("one").state is RunState.FINISHED
    assert by_controller.down == set()


def test_unless_every_point_reads_as_wanted_all_of_them_go_back(by_device: Ward) -> None:
    by_device.cut("one")
    by_device.a.strikes.append(Strike(Fault.REFUSE, "port p2 up"))
    ended = by_device.bring_back("one")
    causes = {point: result.cause for point, result in by_point(ended).items()}
    assert causes == {"a p1": "timer-runs", "a p2": "device-refused"}
    assert {hold.key.point.object for hold in by_device.history.open_holds()} == {"p1", "p2"}
    by_device.a.strike()
    by_device.watched()
    assert by_device.down == {"p1", "p2"}
    assert by_device.timers()[-1] == (DEVICE, OVER)


def test_what_a_device_takes_and_does_not_do_is_said_to_differ(by_controller: Ward) -> None:
    by_controller.cut("one")
    by_controller.a.strikes.append(Strike(Fault.IGNORE, "port p1 up"))
    found = by_point(by_controller.bring_back("one"))
    assert (found["a p1"].proof, found["a p1"].cause) == (Proof.CONTRADICTED, "read-back-differs")
    assert found["a p2"].proof is Proof.CONFIRMED, "the controller holds each point by itself"


def test_a_cut_takes_the_timer_away_first(by_device: Ward) -> None:
    """It would bring the device back to how it was before: without this cut."""
    by_device.cut("one")
    by_device.lose_after("end")
    by_device.bring_back("one")
    by_device.find_again()
    by_device.cut("other")
    lines = by_device.a.received
    assert lines.index("confirm") < lines.index("port p3 down")
    assert by_device.a.kept is None
    assert by_device.timers()[-1] == (DEVICE, TimerState.TAKEN_AWAY)
    assert by_device.down == {"p3"}
    by_device.watched()
    assert by_device.timers()[-1] == (DEVICE, TimerState.TAKEN_AWAY)


def test_nothing_is_sent_where_somebody_elses_timer_runs(by_device: Ward) -> None:
    by_device.cut("one")
    by_device.a.keep()
    sent = len(by_device.a.changes)
    ended = by_device.bring_back("one")
    assert {each.cause for each in ended.results} == {"timer-foreign"}
    assert len(by_device.a.changes) == sent


def test_another_return_waits_for_a_timer_that_runs(by_device: Ward) -> None:
    by_device.lost()
    by_device.find_again()
    ended = by_device.bring_back("other")
    assert {each.cause for each in ended.results} == {"timer-runs"}
    assert by_device.down == {"p3"}


# --- timers that would reconnect ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "configure terminal revert timer 10",
        "conf t revert timer idle 5",
        "reload in 20",
        "commit confirmed 10",
        "commit and-quit confirmed",
        "commit timer 00:05:00",
        "checkpoint auto 10",
        "execute cfg-save revert",
        "configure replace flash:before time 60",
        "sudo -n shutdown -r +10",
        "schedule reboot delay 10",
    ],
)
def test_a_line_that_begins_a_timer_is_known(line: str) -> None:
    assert arms_timer(line)


@pytest.mark.parametrize(
    "line",
    [
        "shutdown",
        "no shutdown",
        "commit",
        "configure terminal",
        "reload cancel",
        "router bgp 65000",
        "timers bgp 10 30",
    ],
)
def test_other_lines_are_not(line: str) -> None:
    assert not arms_timer(line)


def test_a_devices_settings_cannot_smuggle_one_into_a_cut() -> None:
    at = Ward(timer=True, settings={"quarantine_vlan": "999 ; reload in 5 ; commit confirmed 5"})
    (refusal,) = at.controller.plan_subjects(["one"]).refusals
    assert (refusal.code, refusal.culprit) == ("timer-on-cut", "a")
    assert "commit confirmed 5" in dict(refusal.data)["line"]


def test_a_return_is_refused_where_the_last_live_check_saw_a_timer(by_device: Ward) -> None:
    by_device.cut("one")
    found = Hazard("revert-timer", Severity.WARN, "a", (("seconds", "600"), ("undo", "confirm")))
    seen = DeviceReadiness("a", hazards=(found,))
    check = Readiness("test", by_device.clock.now(), 1, "", "", whole=True, devices=(seen,), levels=())
    content = json.dumps(to_plain(check), separators=(",", ":"))
    note = Noted(READINESS, (("whole", "yes"), ("digest", sha(content))))
    revision = RevisionStored(READINESS, sha(content), content)
    by_device.journal.commit(Tag.READINESS_CHECKED, [revision, note], ACTOR)

    (refusal,) = by_device.controller.plan_return(Return(subjects=("one",))).refusals
    assert (refusal.code, refusal.culprit) == ("timer-pending", "a")
    with pytest.raises(Refused):
        by_device.bring_back("one")
    by_device.clock.pause(timedelta(minutes=11).total_seconds())
    assert by_device.bring_back("one").state is RunState.FINISHED
