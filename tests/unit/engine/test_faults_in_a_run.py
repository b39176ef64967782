"""What devices and the journal do wrong in the middle of a run, and what is claimed afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controller.domain.errors import JournalUnavailable, OpenCause, StaleEpoch
from controller.domain.facts import HoldEnded, HoldOpened, OutcomeRecorded
from controller.domain.hold import Attribution
from controller.domain.inventory import Method
from controller.domain.lifecycle import RunState
from controller.domain.proof import Outcome, Proof
from controller.engine.events import Event, StepsSettled
from controller.engine.planning.plans import Return
from tests.fakes.board import Board, Fault, Port, Strike
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
    stage,
)

EVERYTHING = Return(everything=True)


def one_port(*strikes: Strike, settle: int = 0) -> Site:
    known = inventory([device("a")], [segment("one", [port("a", "p1")])])
    return Site(
        documents(known, [playbook("level-1", stage("one"), level=1)], settle),
        [Board("a", {"p1": Port()}, strikes=list(strikes))],
    )


def two_ports(*strikes: Strike) -> Site:
    known = inventory(
        [device("a"), device("b")],
        [segment("one", [port("a", "p1")], 1), segment("two", [port("b", "p1")], 2)],
    )
    boards = [Board("a", {"p1": Port()}, strikes=list(strikes)), Board("b", {"p1": Port()})]
    return Site(documents(known), boards)


# --- isolations: fallbacks and lost sessions ----------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.IGNORE])
def test_what_the_first_method_does_not_do_the_next_does(fault: Fault) -> None:
    site = one_port(Strike(fault, "p1 down"))
    before = site.configuration()
    [result] = site.cut("one").results
    assert (result.proof, result.method, result.outcome) == (
        Proof.CONFIRMED,
        Method.VLAN,
        Outcome.ACCEPTED,
    )
    assert site.board("a").ports["p1"] == Port(pvid="999")
    site.board("a").strikes.clear()
    site.bring_back(everything=True)
    assert site.configuration() == before


def test_a_read_names_the_method_that_was_sent_last_not_the_one_to_come() -> None:
    site = one_port(Strike(Fault.REFUSE, "p1 down"))
    site.cut("one")
    tried = [(read.method, read.outcome) for read in site.reads()]
    assert tried == [(Method.SHUTDOWN, Outcome.REJECTED), (Method.VLAN, Outcome.ACCEPTED)]


def test_a_cut_that_cannot_be_read_back_is_accepted_and_no_other_method_is_piled_on() -> None:
    site = one_port(Strike(Fault.GARBLE, "show"))
    [result] = site.cut("one").results
    assert (result.proof, result.state) == (Proof.ACCEPTED, None)
    assert site.board("a").changes == ["port p1 down"]


def test_every_method_refused_is_rejected_and_contradicted() -> None:
    site = one_port(Strike(Fault.REFUSE, "^port"))
    [result] = site.cut("one").results
    assert (result.proof, result.outcome, result.cause) == (
        Proof.CONTRADICTED,
        Outcome.REJECTED,
        "device-refused",
    )


def test_a_session_lost_before_the_line_took_effect_is_read_back_and_sent_again_once() -> None:
    site = one_port(Strike(Fault.LOSE, "p1 down", times=1))
    [result] = site.cut("one").results
    assert result.proof is Proof.CONFIRMED
    lines = site.board("a").received
    first, second = [at for at, line in enumerate(lines) if line == "port p1 down"]
    assert "show port p1" in lines[first:second]
    assert [intent.attempt for intent in site.intents()] == [1, 2]


def test_a_session_lost_after_the_line_took_effect_is_read_back_and_nothing_is_sent_again() -> None:
    site = one_port(Strike(Fault.DROP, "p1 down", times=1))
    [result] = site.cut("one").results
    assert (result.proof, result.outcome) == (Proof.CONFIRMED, Outcome.SENT)
    assert site.board("a").changes == ["port p1 down"]


def test_a_session_lost_for_good_leaves_the_state_unknown_not_that_of_before() -> None:
    site = one_port(Strike(Fault.DROP, "p1 down"))
    site.driver.at_open = lambda _name: _close(site) if site.board("a").changes else None
    [result] = site.cut("one").results
    assert (result.proof, result.outcome, result.state, result.read_at) == (
        Proof.UNKNOWN,
        Outcome.SENT,
        None,
        None,
    )
    assert result.cause == "open.unreachable"


def _close(site: Site) -> None:
    site.board("a").closed = OpenCause.UNREACHABLE


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.STALL])
@pytest.mark.parametrize("line", ["show", "configure", "p1 down", "end"])
def test_a_hanging_device_ends_at_the_deadline_and_claims_only_what_is_so(fault: Fault, line: str) -> None:
    site = two_ports(Strike(fault, line))
    results = by_point(site.cut("one", "two"))
    assert results["b p1"].proof is Proof.CONFIRMED
    assert results["a p1"].proof is Proof.UNKNOWN
    sent = bool(site.board("a").changes)
    assert (results["a p1"].outcome in (Outcome.SENT, Outcome.ACCEPTED)) is sent
    assert (results["a p1"].outcome in (Outcome.NOT_ATTEMPTED, Outcome.NOT_SENT)) is not sent
    assert not site.driver.still_open


def test_a_device_that_cannot_be_reached_is_held_named_and_let_go_without_a_line() -> None:
    site = two_ports()
    site.board("a").closed = OpenCause.HOST_KEY_CHANGED
    results = by_point(site.cut("one", "two"))
    assert (results["a p1"].outcome, results["a p1"].cause) == (
        Outcome.NOT_SENT,
        "open.host-key-changed",
    )
    assert {hold.key.point.device for hold in site.history.open_holds()} == {"a", "b"}
    assert site.bring_back(everything=True).state is RunState.FINISHED
    assert site.history.open_holds() == ()
    assert site.board("a").received == []


def test_a_defect_while_reading_the_answer_never_turns_what_was_sent_into_not_attempted() -> None:
    site = two_ports()

    def fail(event: object, *_: object) -> None:
        if site.board("a").changes:
            raise RuntimeError("a defect in a driver")

    site.driver.at_line = lambda board, line: fail(line) if board.name == "a" else None
    results = by_point(site.cut("one", "two"))
    assert results["b p1"].proof is Proof.CONFIRMED
    assert (results["a p1"].outcome, results["a p1"].proof) == (Outcome.SENT, Proof.UNKNOWN)
    assert results["a p1"].cause == "internal"
    assert [read.outcome for read in site.reads() if read.point.device == "a"] == [Outcome.SENT]


def test_link_state_may_follow_by_a_moment_and_is_read_again_until_it_settles() -> None:
    site = one_port(settle=500)
    site.board("a").strikes.append(Strike(Fault.IGNORE, "p1 down", times=1))
    seen = []

    def later(board: Board, line: str) -> None:
        seen.append(line)
        if seen.count("show port p1") == 4:
            board.ports["p1"].admin = "down"

    site.driver.at_line = later
    [result] = site.cut("one").results
    assert (result.proof, result.method) == (Proof.CONFIRMED, Method.SHUTDOWN)
    assert site.clock.monotonic() < 0.5


# --- attribution ----------------------------------------------------------------------------------------


def test_a_point_found_cut_at_its_first_hold_is_foreign_and_stays_as_it_was() -> None:
    site = one_port()
    site.board("a").ports["p1"].admin = "down"
    site.cut("one")
    [hold] = site.history.open_holds()
    assert hold.attribution is Attribution.FOREIGN
    site.bring_back("one")
    assert site.board("a").ports["p1"].admin == "down"
    assert site.board("a").changes == []


def test_somebody_changing_the_port_between_both_readings_makes_the_cut_assumed() -> None:
    site = one_port()

    def meddle(board: Board, line: str) -> None:
        if line == "show port p1" and board.received.count(line) == 1:
            board.ports["p1"].pvid = "77"

    site.driver.at_line = meddle
    site.cut("one")
    [hold] = site.history.open_holds()
    assert hold.attribution is Attribution.ASSUMED
    plan = site.controller.plan_return(EVERYTHING)
    assert [hazard.code for hazard in plan.refusals] == ["attribution-assumed"]
    site.board("a").ports["p1"].pvid = "10"
    site.bring_back(everything=True, accept_drift=["a"])
    assert site.history.open_holds() == ()


# --- drift ----------------------------------------------------------------------------------------------


def test_drift_needs_a_decision_however_often_it_is_tried() -> None:
    site = one_port()
    site.cut("one")
    site.board("a").ports["p1"].pvid = "77"
    for _ in range(2):
        [result] = site.bring_back("one").results
        assert (result.proof, result.cause) == (Proof.CONTRADICTED, "drift")
    site.restart()
    [result] = site.bring_back("one").results
    assert result.cause == "drift"
    assert len(site.history.open_holds()) == 1
    assert site.board("a").changes == ["port p1 down"]
    site.board("a").ports["p1"].pvid = "10"
    assert site.bring_back("one").state is RunState.FINISHED
    assert site.board("a").ports["p1"] == Port()


def test_accepted_drift_brings_back_what_the_method_changed_and_says_what_differs() -> None:
    site = one_port()
    site.cut("one")
    site.board("a").ports["p1"].pvid = "77"
    [result] = site.bring_back("one", accept_drift=["a"]).results
    assert site.board("a").ports["p1"] == Port(pvid="77")
    assert result.proof is Proof.CONTRADICTED
    assert len(site.history.open_holds()) == 1


def test_a_point_a_person_already_brought_back_is_drift_too() -> None:
    site = one_port()
    site.cut("one")
    site.board("a").ports["p1"].admin = "up"
    [result] = site.bring_back("one").results
    assert result.cause == "drift"
    [result] = site.bring_back("one", accept_drift=["a"]).results
    assert result.proof is Proof.CONFIRMED
    assert site.history.open_holds() == ()


# --- restores -------------------------------------------------------------------------------------------


def test_a_restore_stops_at_the_first_failure_and_sends_nothing_to_the_next_wave() -> None:
    site = two_ports()
    site.cut("one", "two")
    site.board("a").strikes.append(Strike(Fault.REFUSE, "p1 up"))
    ended = site.bring_back(everything=True)
    assert (ended.state, ended.cause) == (RunState.STOPPED, "stopped-at-failure")
    assert by_point(ended)["b p1"].outcome is Outcome.NOT_ATTEMPTED
    assert site.board("b").changes == ["port p1 down"]
    assert len(site.history.open_holds()) == 2
    site.board("a").strikes.clear()
    assert site.resume(ended.run).state is RunState.FINISHED
    assert site.history.open_holds() == ()


def test_a_restore_sends_once_and_leaves_the_rest_to_a_person() -> None:
    site = one_port()
    site.cut("one")
    site.board("a").strikes.append(Strike(Fault.LOSE, "p1 up", times=1))
    ended = site.bring_back("one")
    assert ended.state is RunState.STOPPED
    assert site.board("a").changes == ["port p1 down", "port p1 up"]
    assert len(site.history.open_holds()) == 1
    assert site.resume(ended.run).state is RunState.FINISHED


def test_a_restore_whose_session_ended_after_the_line_reads_back_and_is_done() -> None:
    site = one_port()
    site.cut("one")
    site.board("a").strikes.append(Strike(Fault.DROP, "p1 up", times=1))
    assert site.bring_back("one").state is RunState.FINISHED
    assert site.history.open_holds() == ()


def test_a_restore_never_takes_another_method() -> None:
    site = one_port(Strike(Fault.REFUSE, "p1 down"))
    site.cut("one")
    site.board("a").strikes[:] = [Strike(Fault.REFUSE, "pvid 10")]
    ended = site.bring_back("one")
    assert ended.state is RunState.STOPPED
    assert site.board("a").ports["p1"].pvid == "999"
    site.board("a").strikes.clear()
    assert site.resume(ended.run).state is RunState.FINISHED
    assert site.board("a").ports["p1"] == Port()


# --- the journal ----------------------------------------------------------------------------------------


def test_a_degraded_journal_stops_a_restore_before_anything_is_sent_or_let_go() -> None:
    site = two_ports()
    site.cut("one", "two")
    site.journal.degraded = True
    ended = site.bring_back(everything=True)
    assert (ended.state, ended.cause) == (RunState.STOPPED, "journal-degraded")
    assert len(site.controller.plan_return(EVERYTHING).ends) == 2
    assert not any(isinstance(fact, HoldEnded) for fact in site.facts())
    assert [board.changes for board in (site.board("a"), site.board("b"))] == [["port p1 down"]] * 2


def test_a_degraded_journal_does_not_stop_a_cut() -> None:
    site = two_ports()
    site.journal.degraded = True
    ended = site.cut("one", "two")
    assert {result.proof for result in ended.results} == {Proof.CONFIRMED}
    assert [type(event).__name__ for event in site.events].count("JournalDegraded") == 1


@pytest.mark.parametrize("error", [JournalUnavailable(home="h", cause="c"), StaleEpoch(epoch=1, current=2)])
@pytest.mark.parametrize("commit", range(5))
def test_without_a_journal_nothing_further_is_sent(error: Exception, commit: int) -> None:
    """Whichever commit fails first, no change reaches a device without its intent on record."""
    site = two_ports()
    count = 0

    def fail(*_: object) -> None:
        nonlocal count
        count += 1
        if count > commit:
            raise error

    site.journal.before = fail
    with pytest.raises(type(error)):
        site.cut("one", "two")
    intended = {intent.device for intent in site.intents()}
    changed = {board.name for board in site.driver.boards.values() if board.changes}
    assert changed <= intended
    assert not site.driver.still_open
    site.journal.before = lambda *_: None
    site.restart()
    [run] = [record.run for record in site.history.runs()] or [""]
    if run:
        site.resume(run)
        assert all(board.ports["p1"].admin == "down" for board in site.driver.boards.values())


def test_the_intent_and_the_baseline_are_on_record_before_the_first_changing_line() -> None:
    site = two_ports()
    seen: list[str] = []

    def check(board: Board, line: str) -> None:
        if line.startswith("port"):
            held = {fact.point.id.device for fact in site.facts() if isinstance(fact, HoldOpened)}
            assert board.name in {intent.device for intent in site.intents()}
            assert board.name in held
            seen.append(board.name)

    site.driver.at_line = check
    site.cut("one", "two")
    assert sorted(seen) == ["a", "b"]


def test_every_intent_gets_its_outcome() -> None:
    site = one_port(Strike(Fault.LOSE, "p1 down", times=1))
    site.cut("one")
    outcomes = [fact.attempt for fact in site.facts() if isinstance(fact, OutcomeRecorded)]
    assert outcomes == [intent.attempt for intent in site.intents()]


# --- watchers and aborts --------------------------------------------------------------------------------


def test_a_watcher_that_raises_harms_nobody() -> None:
    site = two_ports()

    def angry(_event: Event) -> None:
        raise RuntimeError("terminal gone")

    plan = site.controller.plan_subjects(["one", "two"])
    ended = site.controller.isolate(plan, "", ACTOR, angry)
    assert {result.proof for result in ended.results} == {Proof.CONFIRMED}


def test_an_aborted_cut_ends_the_block_under_way_and_begins_no_other() -> None:
    site = one_port(Strike(Fault.REFUSE, "p1 down"))
    site.driver.at_line = _aborting(site, "port p1 down", lambda: _run(site))
    ended = site.cut("one")
    assert ended.state is RunState.ABORTED
    assert site.board("a").changes == ["port p1 down"]
    [result] = ended.results
    assert (result.outcome, result.proof) == (Outcome.REJECTED, Proof.CONTRADICTED)


def test_a_point_not_yet_touched_when_the_cut_is_aborted_is_not_held() -> None:
    site = one_port()
    site.driver.at_line = _aborting(site, "show port p1", lambda: _run(site))
    ended = site.cut("one")
    assert ended.state is RunState.ABORTED
    assert site.board("a").changes == []
    assert site.history.open_holds() == ()


def test_the_name_of_a_run_to_abort_is_never_a_guess() -> None:
    site = one_port()
    site.driver.at_line = _aborting(site, "configure", lambda: "")
    assert site.cut("one").state is not RunState.ABORTED


def _aborting(site: Site, at: str, run: Callable[[], str]) -> Callable[[Board, str], None]:
    def at_line(_board: Board, line: str) -> None:
        if line == at:
            site.controller.abort(run(), ACTOR, "enough")

    return at_line


def _run(site: Site) -> str:
    return site.history.runs()[-1].run


def test_the_last_told_of_a_point_is_its_result() -> None:
    site = one_port(Strike(Fault.REFUSE, "p1 down"))
    ended = site.cut("one")
    told = [event for event in site.events if isinstance(event, StepsSettled)]
    assert told[-1].results == ended.results
