"""What came back is watched: a tripwire has it cut again, stops the waves behind it; nothing else does."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import Phase, given, settings

from controller.domain.errors import InvalidRequest, OpenCause, Refused
from controller.domain.facts import Actor, IntentRecorded, Noted
from controller.domain.lifecycle import RunState
from controller.domain.playbook import Action, CounterLimit, Gate, OnFailure, Playbook, Scope, Selector, Stage
from controller.domain.probation import PROBATION, Probation, ProbationState, probations
from controller.domain.probe import Probe, ProbeKind, ProbeTarget
from controller.domain.tags import Tag
from controller.engine.controller import Controller
from controller.engine.events import ProbationMoved, RunEnded, WaveStarted
from controller.engine.holding.situation import situation
from controller.engine.planning.plans import Return
from tests.fakes.board import Board, Fault, Port, Strike
from tests.fakes.site import ACTOR, FEW, Site, device, documents, inventory, playbook, port, segment, stage

WATCH = 30


def probe(address: str) -> Probe:
    target, control = ProbeTarget(ProbeKind.TCP, address, 443), ProbeTarget(ProbeKind.ICMP, "192.0.2.99")
    return Probe(target, "controller", control)


WELL, OUTSIDE = "192.0.2.10", "192.0.2.66"


def back(*names: str, watch: int = WATCH) -> Playbook:
    stages = [
        Stage(
            name,
            Action.RESTORE,
            (Selector(Scope.SEGMENTS, (name,)),),
            on_failure=OnFailure.STOP,
            gate=Gate(watch=watch),
        )
        for name in names
    ]
    return replace(playbook("back"), stages=tuple(stages))


class Guarded(Site):
    """Two segments, cut; ``answering`` are the addresses that answer."""

    def __init__(self) -> None:
        one = segment("one", [port("a", "p1")], 1, probes=(probe(WELL),), forbidden=(probe(OUTSIDE),))
        other = segment("other", [port("b", "p1")], 2)
        known = inventory([device("a"), device("b")], [one, other])
        boards = [Board("a", {"p1": Port()}), Board("b", {"p1": Port()})]
        book = playbook("level-1", stage("one", "other"), level=1)
        super().__init__(documents(known, [book, back("one", "other")]), boards, replace(FEW, look=0))
        self.answering = {WELL, "192.0.2.99"}
        self.prober.alive = self.answers
        self.before = self.configuration()
        self.cut("one", "other")

    def answers(self, target: str) -> bool:
        """Who is in the segment answers through its port alone."""
        reached = WELL not in target or not self.is_cut("a")
        return reached and any(each in target for each in self.answering)

    def is_cut(self, name: str) -> bool:
        return self.board(name).ports["p1"].admin == "down"

    def looks(self, seconds: int) -> None:
        """A look every two seconds."""
        for _ in range(seconds // 2):
            self.clock.pause(2)
            self.controller.probations.look()

    def waiting(self) -> bool:
        """Whether everything that is watched has come back entirely."""
        kept = self.controller.probations._kept.values()  # noqa: SLF001 - no event tells the end of a wave
        return all(each.whole for each in kept if each.under_way)

    def standing(self) -> dict[str, Probation]:
        notes = [each for each in self.journal.facts if isinstance(each, Noted) and each.subject == PROBATION]
        return {each.subject: each for each in probations(notes)}

    def returning(self, act: Callable[[], RunEnded] | None = None) -> Future[RunEnded]:
        """The return in a thread of its own, once its first wave is being watched."""
        ended: Future[RunEnded] = Future()

        def work() -> None:
            try:
                ended.set_result(act() if act else self.bring_back(playbook="back"))
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                ended.set_exception(error)

        threading.Thread(target=work, daemon=True).start()
        return ended


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def waves(at: Site) -> list[int]:
    return [event.wave for event in at.events if isinstance(event, WaveStarted)]


@pytest.fixture
def at() -> Iterator[Guarded]:
    made = Guarded()
    yield made
    made.controller.stand_down()


def watched(at: Guarded, name: str = "one") -> None:
    until(lambda: name in at.standing() and not at.is_cut("a" if name == "one" else "b"))
    until(lambda: at.controller.probations._kept[name].whole)  # noqa: SLF001 - no event tells the end of a wave


def tripped(ended: Future[RunEnded]) -> RunEnded:
    found = ended.result(20)
    assert (found.state, found.cause) == (RunState.ABORTED, "tripwire")
    return found


def test_the_next_wave_waits_until_the_one_before_was_observed_long_enough(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    at.looks(WATCH)  # the first look only begins to count
    assert at.standing()["one"].state is ProbationState.UNDER_WAY
    assert at.is_cut("b")
    at.looks(2)
    watched(at, "other")
    at.looks(WATCH + 2)
    assert ended.result(20).state is RunState.FINISHED
    assert at.configuration() == at.before
    assert {each.state for each in at.standing().values()} == {ProbationState.PASSED}
    told = [event.probation.state for event in at.events if isinstance(event, ProbationMoved)]
    assert told == [ProbationState.UNDER_WAY, ProbationState.PASSED] * 2


def test_time_that_nobody_looked_does_not_count(at: Guarded) -> None:
    at.returning()
    watched(at)
    at.looks(4)
    at.clock.pause(3600)
    at.looks(4)
    assert at.standing()["one"].state is ProbationState.UNDER_WAY
    assert at.is_cut("b")


def test_it_is_on_record_before_the_first_byte(at: Guarded) -> None:
    at.returning()
    watched(at)
    facts = at.journal.facts
    begun = next(n for n, each in enumerate(facts) if isinstance(each, Noted) and each.subject == PROBATION)
    opened = next(
        n
        for n, each in enumerate(facts)
        if isinstance(each, IntentRecorded) and each.action is Action.RESTORE
    )
    assert begun < opened


def test_a_lost_probe_has_it_cut_again_and_stops_what_is_behind(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    at.looks(4)
    at.answering.discard(WELL)
    at.looks(2)
    assert not at.is_cut("a"), "one lost packet is no alarm"
    at.looks(2)
    tripped(ended)
    assert at.is_cut("a")
    assert at.is_cut("b")
    assert waves(at) == [0, 0], "of the cut, of the return; the second wave never began"
    found = at.standing()["one"]
    assert (found.state, found.cause) == (ProbationState.CUT_AGAIN, "probe-lost")
    assert at.history.run(found.by).action is Action.ISOLATE
    assert Tag.PROBATION_TRIPPED in [commit.tag for commit in at.journal.commits]


def test_a_probe_whose_control_is_silent_says_nothing(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    at.looks(4)
    at.answering.clear()
    at.looks(3600)
    assert not at.is_cut("a")
    assert at.standing()["one"].state is ProbationState.UNDER_WAY
    at.answering = {WELL, "192.0.2.99"}
    at.looks(WATCH)
    watched(at, "other")
    at.looks(WATCH + 2)
    assert ended.result(20).state is RunState.FINISHED


def test_a_forbidden_probe_that_answers_has_it_cut_again(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    at.answering.add(OUTSIDE)
    at.looks(2)
    tripped(ended)
    assert at.is_cut("a")
    assert at.standing()["one"].cause == "forbidden-answers"


# --- what devices count ------------------------------------------------------------------------------


COUNTED = CounterLimit("packets", over=100, within=10)


def counting(limit: CounterLimit = COUNTED) -> Guarded:
    """The same, with what comes in at the ports counted meanwhile."""
    made = Guarded()
    written = made.documents
    gates = [replace(each, gate=replace(each.gate, counters=(limit,))) for each in written.stages["back"]]
    made.restart(replace(written, stages={**written.stages, "back": tuple(gates)}))
    return made


def comes_in(at: Guarded, packets: int) -> None:
    at.board("a").counts["p1"] = at.board("a").counts.get("p1", 0) + packets


def test_a_counter_that_grows_too_fast_has_it_cut_again() -> None:
    at = counting()
    comes_in(at, 5000)  # before: says nothing
    ended = at.returning()
    watched(at)
    at.looks(4)
    comes_in(at, 60)
    at.looks(2)
    assert not at.is_cut("a")
    comes_in(at, 60)
    at.looks(2)
    tripped(ended)
    assert at.is_cut("a")
    assert at.standing()["one"].cause == "counter"
    at.controller.stand_down()


def test_what_comes_in_as_it_opens_counts_before_anybody_looked() -> None:
    at = counting()
    comes_in(at, 5000)  # before: says nothing

    def at_line(board: Board, line: str) -> None:
        if board.name == "a" and line == "port p1 up":
            comes_in(at, 101)

    at.driver.at_line = at_line
    ended = at.returning()
    watched(at)
    received = at.board("a").received
    opened = received.index("port p1 up")
    assert "show count p1" in received[:opened]
    assert "show count p1" not in received[opened:]
    at.looks(2)
    tripped(ended)
    assert at.standing()["one"].cause == "counter"
    at.controller.stand_down()


def test_a_counter_that_grows_slowly_or_is_set_back_does_not() -> None:
    at = counting()
    ended = at.returning()
    watched(at)
    for _ in range(8):
        comes_in(at, 90)
        at.looks(12)
    at.board("a").counts["p1"] = 3
    at.looks(2)
    comes_in(at, 90)
    at.looks(2)
    watched(at, "other")
    at.looks(WATCH + 2)
    assert ended.result(20).state is RunState.FINISHED
    at.controller.stand_down()


def test_a_counter_that_cannot_be_read_adds_no_time() -> None:
    at = counting()
    ended = at.returning()
    watched(at)
    at.board("a").strikes.append(Strike(Fault.GARBLE, "show count"))
    at.looks(3600)
    assert at.standing()["one"].state is ProbationState.UNDER_WAY
    at.board("a").strikes.clear()
    at.looks(WATCH + 2)
    watched(at, "other")
    at.looks(WATCH + 2)
    assert ended.result(20).state is RunState.FINISHED
    at.controller.stand_down()


def test_a_gate_that_counts_what_no_platform_counts_is_refused() -> None:
    at = counting(CounterLimit("sneezes", 1, 1))
    refusals = at.controller.plan_return(Return(playbook="back")).refusals
    assert {(each.code, each.culprit) for each in refusals} == {
        ("counter-unknown", "one"),
        ("counter-unknown", "other"),
    }


def test_a_signal_does(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    assert not at.controller.probations.trip("other", "signal"), "it has not come back"
    assert at.controller.probations.trip("one", "signal", Actor("signal:edr"), "beaconing")
    tripped(ended)
    assert at.is_cut("a")
    assert not at.controller.probations.trip("one", "signal"), "it is cut already"


def test_the_second_wave_is_cut_again_and_the_first_stays(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    at.looks(WATCH + 2)
    watched(at, "other")
    assert at.controller.probations.trip("other", "signal")
    tripped(ended)
    assert (at.is_cut("a"), at.is_cut("b")) == (False, True)


def test_a_cut_by_somebody_ends_it(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    at.cut("one")
    assert ended.result(20).state is RunState.STOPPED
    at.looks(2)
    assert at.standing()["one"].state is ProbationState.LEFT
    assert at.is_cut("a")


def test_what_was_tripped_is_not_resumed_but_planned_anew(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    at.controller.probations.trip("one", "signal")
    run = tripped(ended).run
    with pytest.raises(InvalidRequest) as caught:
        at.resume(run)
    assert caught.value.reason == "run-not-resumable"
    again = at.returning()
    watched(at)
    at.looks(WATCH + 2)
    watched(at, "other")
    at.looks(WATCH + 2)
    assert again.result(20).state is RunState.FINISHED
    assert at.configuration() == at.before


# --- processes that die -----------------------------------------------------------------------------


def die(at: Guarded, ended: Future[RunEnded]) -> str:
    """The process is gone: what its threads still do is stopped before the next is made."""
    (run,) = at.controller.under_way()
    at.controller.stand_down()
    ended.result(20)
    at.restart()
    return run


def test_it_survives_its_process_and_unobserved_time_does_not_count(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    at.looks(20)
    run = die(at, ended)
    at.clock.pause(24 * 3600)
    at.controller.probations.take_up()
    assert at.standing()["one"].state is ProbationState.UNDER_WAY
    at.looks(WATCH)
    assert at.standing()["one"].state is ProbationState.UNDER_WAY
    at.looks(2)
    assert at.standing()["one"].state is ProbationState.PASSED
    assert at.is_cut("b"), "what follows waits for a person"
    resumed = at.returning(lambda: at.resume(run))
    watched(at, "other")
    at.looks(WATCH + 2)
    assert resumed.result(20).state is RunState.FINISHED
    assert at.configuration() == at.before


def test_a_resumed_return_waits_for_the_watch_it_left(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    run = die(at, ended)
    resumed = at.returning(lambda: at.resume(run))
    until(lambda: "one" in at.controller.probations._kept)  # noqa: SLF001 - nothing tells that it was taken up
    at.looks(10)
    assert at.is_cut("b")
    at.controller.probations.trip("one", "signal")
    tripped(resumed)
    assert at.is_cut("a")
    assert at.is_cut("b")


def test_a_tripwire_of_a_watch_taken_up_has_it_cut_again(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    die(at, ended)
    at.controller.probations.take_up()
    at.answering.add(OUTSIDE)
    at.looks(2)
    until(lambda: at.standing()["one"].state is ProbationState.CUT_AGAIN)
    assert at.is_cut("a")


def test_a_cut_its_process_died_before_goes_out_when_it_is_taken_up(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    die(at, ended)
    found = replace(at.standing()["one"], state=ProbationState.TRIPPED, cause="signal")
    at.journal.commit(Tag.PROBATION_TRIPPED, [found.fact()], ACTOR)
    at.restart()
    at.controller.probations.take_up()
    until(lambda: at.standing()["one"].state is ProbationState.CUT_AGAIN)
    assert at.is_cut("a")


# --- a person's word --------------------------------------------------------------------------------


def test_nobody_shortens_a_watch_that_goes_on(at: Guarded) -> None:
    at.returning()
    watched(at)
    at.looks(4)
    with pytest.raises(InvalidRequest) as caught:
        at.controller.probations.let_pass("one", ACTOR, "in a hurry")
    assert caught.value.reason == "probation-goes-on"


def test_where_nobody_can_tell_a_person_says_go(at: Guarded) -> None:
    at.answering.discard(WELL)  # it never comes up
    ended = at.returning()
    watched(at)
    at.looks(3600)
    assert at.standing()["one"].state is ProbationState.UNDER_WAY
    assert not at.is_cut("a"), "what never answered is not lost"
    at.controller.probations.let_pass("one", ACTOR, "its server returns tomorrow")
    watched(at, "other")
    at.looks(WATCH + 2)
    assert ended.result(20).state is RunState.FINISHED
    assert at.standing()["one"].cause == "person"


def test_nothing_is_let_pass_that_is_not_watched(at: Guarded) -> None:
    with pytest.raises(InvalidRequest) as caught:
        at.controller.probations.let_pass("one", ACTOR, "")
    assert caught.value.reason == "not-on-probation"


# --- planning ---------------------------------------------------------------------------------------


def refusals(at: Guarded, wanted: Return) -> list[tuple[str, str]]:
    return [(each.code, each.culprit) for each in at.controller.plan_return(wanted).refusals]


def test_nothing_else_returns_while_something_is_watched(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    die(at, ended)
    assert refusals(at, Return(subjects=("other",))) == [("on-probation", "one")]
    at.controller.probations.take_up()
    at.looks(WATCH + 2)
    assert refusals(at, Return(subjects=("other",))) == []


def test_what_could_not_be_cut_again_is_not_brought_back_under_a_watch() -> None:
    at = Guarded()
    kept = segment("kept", [port("a", "p1", 7, tagged=True)], 1, keep_alive=True)
    known = inventory(at.documents.inventory.devices.values(), [*at.documents.inventory.subjects(), kept])
    at.restart(documents(known, [back("one", "other")]))
    codes = {code for code, _ in refusals(at, Return(playbook="back"))}
    assert codes == {"no-cutting-again"}
    with pytest.raises(Refused):
        at.bring_back(playbook="back")


def test_the_situation_tells_what_is_watched(at: Guarded) -> None:
    ended = at.returning()
    watched(at)
    found = situation(at.documents.inventory, at.history, at.clock.now() + timedelta(seconds=1))
    assert [(each.subject, each.left) for each in found.probations] == [("one", WATCH)]
    at.controller.probations.trip("one", "signal")
    tripped(ended)
    found = situation(at.documents.inventory, at.history, at.clock.now())
    assert found.probations == ()


def test_a_controller_without_anything_watched_starts_no_thread() -> None:
    at = Guarded()
    at.controller.probations.take_up()
    at.bring_back("one", "other")
    assert not any(each.name == "probation" for each in threading.enumerate())
    assert isinstance(at.controller, Controller)


# --- a device that is lost right after it was opened ---------------------------------------------------


def test_what_nobody_could_read_after_it_was_opened_goes_back_to_isolation(at: Guarded) -> None:
    board = at.board("a")
    board.strikes.append(Strike(Fault.DROP, r"^port p1 (admin )?up", times=1))

    def lost(where: Board, line: str) -> None:
        if where is board and line.endswith("up"):
            board.closed = OpenCause.TIMEOUT

    at.driver.at_line = lost
    ended = at.returning().result(20)
    assert ended.state is RunState.STOPPED
    assert not at.is_cut("a"), "it is open, and out of reach"
    found = at.standing()["one"]
    assert (found.state, found.cause) == (ProbationState.TRIPPED, "unconfirmed")
    at.looks(20)
    assert at.standing()["one"].state is ProbationState.TRIPPED
    board.closed = None
    at.looks(60)
    until(lambda: at.standing()["one"].state is ProbationState.CUT_AGAIN)
    assert at.is_cut("a")
    assert at.is_cut("b")


def test_what_is_asked_for_as_the_process_ends_opens_nothing(at: Guarded) -> None:
    at.controller.stand_down()
    assert at.returning().result(20).state is RunState.STOPPED
    assert at.is_cut("a")
    assert at.is_cut("b")


# --- any order of events -------------------------------------------------------------------------------

EVENTS = ("look", "long", "lose", "well", "outside", "signal", "cut", "die", "resume", "pass")


@settings(
    max_examples=int(os.environ.get("CORDON_EXAMPLES", "12")),
    deadline=None,
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
@given(st.lists(st.sampled_from(EVENTS), max_size=8))
def test_whatever_happens_nothing_returns_behind_what_has_not_passed(events: list[str]) -> None:
    """What was tripped or cut ends cut; the second wave is open only once the first has passed; what is
    brought back in the end is as it was."""
    at = Guarded()
    running = [at.returning()]
    until(lambda: running[0].done() or "one" in at.standing())
    for event in events:
        _happens(at, event, running)
        _settled(at, running)
        found = at.standing()
        if not at.is_cut("b"):
            assert found["one"].state is ProbationState.PASSED, events
        for name, board in (("one", "a"), ("other", "b")):
            ended = name in found and found[name].state in (ProbationState.CUT_AGAIN, ProbationState.LEFT)
            assert not ended or at.is_cut(board), events
    at.controller.stand_down()
    until(lambda: all(each.done() for each in running))
    at.restart()
    at.cut("one", "other")
    assert at.is_cut("a")
    assert at.is_cut("b")
    at.bring_back(everything=True)
    assert at.configuration() == at.before


def _happens(at: Guarded, event: str, running: list[Future[RunEnded]]) -> None:
    match event:
        case "look":
            at.looks(4)
        case "long":
            at.looks(WATCH + 4)
        case "lose":
            at.answering.discard(WELL)
            at.looks(4)
        case "well":
            at.answering |= {WELL, "192.0.2.99"}
        case "outside":
            at.answering.add(OUTSIDE)
            at.looks(2)
            at.answering.discard(OUTSIDE)
        case "signal":
            at.controller.probations.trip("one", "signal")
        case "cut":
            at.cut("one")
        case "die" if at.controller.under_way():
            die(at, running[-1])
            at.controller.probations.take_up()
        case "resume":
            resting = [each for each in at.history.runs() if each.state is RunState.STOPPED]
            if resting and not at.controller.under_way():
                running.append(at.returning(lambda: at.resume(resting[-1].run)))
        case "pass":
            with suppress(InvalidRequest):
                at.controller.probations.let_pass("one", ACTOR, "test")


def _settled(at: Guarded, running: list[Future[RunEnded]]) -> None:
    """Until nothing moves by itself any more: each run is over, or waits for what it is watching."""

    def quiet() -> bool:
        states = [each.state for each in at.standing().values()]
        waits = ProbationState.UNDER_WAY in states and at.waiting()
        return ProbationState.TRIPPED not in states and (waits or all(each.done() for each in running))

    until(quiet)
