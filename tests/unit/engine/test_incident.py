"""An incident told from entries alone: what counts as proof, what is still held, what is gathered, what the
clock did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from controller.domain.codec import to_plain
from controller.domain.facts import (
    SYSTEM,
    Actor,
    Fact,
    GateChecked,
    GateDecided,
    HoldEnded,
    IntentRecorded,
    Noted,
    OutcomeRecorded,
    RevisionStored,
    RunMoved,
    Text,
)
from controller.domain.hold import Attribution, Ending
from controller.domain.inventory import REHEARSAL, Method, PointId
from controller.domain.lifecycle import RunState
from controller.domain.logbook import FactStatus, LogDetails, logbook_facts
from controller.domain.plan import Basis, Plan
from controller.domain.playbook import Action
from controller.domain.probation import Probation, ProbationState
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.incident.incident import incident
from controller.engine.incident.timeline import MOST_LINES
from controller.engine.incident.told import Incident, Kind, Record
from tests.fakes.entries import consent, found_open, hold, opened, read, stated

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
ALICE = Actor("user:3", Text("Alice"))
PORT, OTHER = PointId("acc-1", "Gi1/0/1", 10), PointId("acc-2", "Gi1/0/2", None)
NEW = PointId("acc-9", "Gi1/0/1", 10)
RUN, SECOND, BACK = "r-1", "r-2", "b-1"
SECOND_OF = 1_000_000_000


class Log:
    """Entries a second apart on both clocks, unless told otherwise."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.at, self.monotonic, self.boot = AT, 5 * SECOND_OF, "boot"

    def add(self, tag: str, *facts: Fact, actor: Actor = ALICE, degraded: bool = False) -> int:
        self.at += timedelta(seconds=1)
        self.monotonic += SECOND_OF
        seq = len(self.records) + 1
        self.records.append(Record(seq, self.at, tag, actor, facts, degraded, self.monotonic, self.boot))
        return seq

    def note(self, text: str, details: LogDetails) -> int:
        return self.add(Tag.LOG_WRITTEN, *logbook_facts(text, details))

    def told(self) -> Incident:
        return incident(self.records)


@pytest.mark.parametrize(
    ("readings", "counted", "cause"),
    [
        ([Proof.CONFIRMED, Proof.PROVEN], Proof.PROVEN, ""),
        ([Proof.CONFIRMED, Proof.UNKNOWN], Proof.CONFIRMED, ""),  # it had its proof once
        ([Proof.CLAIMED, Proof.CONFIRMED], Proof.CONFIRMED, ""),
        ([Proof.UNKNOWN, Proof.CLAIMED], Proof.CLAIMED, ""),
        ([Proof.ACCEPTED], None, ""),  # a command taken is no proof
        ([Proof.CONTRADICTED], None, "read-back-differs"),
        ([], None, ""),
    ],
)
def test_a_point_counts_by_the_strongest_proof_it_ever_had(
    readings: Sequence[Proof], counted: Proof | None, cause: str
) -> None:
    log = Log()
    log.add(Tag.RUN_OPENED, opened(RUN))
    log.add(Tag.OPERATION_INTENDED, hold(RUN, "icu", PORT))
    for proof in readings:
        log.add(Tag.OPERATION_SETTLED, read(RUN, PORT, proof, AT, cause=cause))
    [subject] = log.told().subjects
    assert dict(subject.best) == ({counted: 1} if counted else {})
    assert [each.cause for each in subject.unproven] == ([] if counted else [cause])
    assert log.told().points == {counted or Proof.UNKNOWN: 1}
    assert subject.held == 1


def test_a_claim_that_was_withdrawn_counts_no_more() -> None:
    log = Log()
    log.add(Tag.OPERATION_INTENDED, hold(RUN, "icu", PORT))
    log.add(Tag.POINT_CLAIMED, read(RUN, PORT, Proof.CLAIMED, AT))
    log.add(Tag.CLAIM_WITHDRAWN, read(RUN, PORT, Proof.UNKNOWN, AT, cause="claim-withdrawn"))
    [subject] = log.told().subjects
    assert (dict(subject.best), subject.without) == ({}, 1)


def test_a_point_is_let_go_when_its_last_hold_ends() -> None:
    log = Log()
    log.add(Tag.OPERATION_INTENDED, hold(RUN, "icu", PORT), hold(RUN, "wards", PORT))
    log.add(Tag.OPERATION_INTENDED, hold(SECOND, "icu", PORT))
    log.add(Tag.RUN_OPENED, opened(BACK, Action.RESTORE))
    log.add(Tag.OPERATION_SETTLED, HoldEnded(RUN, "icu", PORT, Ending.RESTORE, BACK))
    assert {each.subject: each.held for each in log.told().subjects} == {"icu": 1, "wards": 1}
    log.add(
        Tag.OPERATION_SETTLED,
        read(BACK, PORT, Proof.CONFIRMED, AT, Action.RESTORE),
        HoldEnded(SECOND, "icu", PORT, Ending.RESTORE, BACK),
    )
    found = log.told()
    assert {each.subject: each.held for each in found.subjects} == {"icu": 0, "wards": 1}
    assert sum(found.held.values()) == 1  # the wards still hold it
    assert found.returns[0].let_go == 0
    log.add(Tag.OPERATION_SETTLED, HoldEnded(RUN, "wards", PORT, Ending.RESTORE, BACK))
    found = log.told()
    assert (sum(found.held.values()), found.returns[0].let_go) == (0, 1)
    assert [(each.returned, each.let_go) for each in found.subjects] == [(1, 0), (1, 0)]


def test_what_moved_or_was_retired_is_told_as_that_and_as_no_return() -> None:
    log = Log()
    log.add(Tag.OPERATION_INTENDED, hold(RUN, "icu", PORT), hold(RUN, "wards", OTHER))
    log.add(Tag.RUN_OPENED, opened(SECOND))
    log.add(Tag.OPERATION_INTENDED, hold(SECOND, "icu", NEW))
    log.add(Tag.HOLD_ENDED, HoldEnded(RUN, "icu", PORT, Ending.TRANSFER, SECOND))
    log.add(Tag.RUN_OPENED, opened(BACK, Action.RESTORE))
    log.add(Tag.HOLD_ENDED, HoldEnded(RUN, "wards", OTHER, Ending.RETIREMENT, BACK))
    found = log.told()
    assert [(each.moved, each.retired, each.let_go, each.held) for each in found.subjects] == [
        (1, 0, 0, 1),
        (0, 1, 0, 0),
    ]
    assert [(run.moved, run.let_go) for run in found.cuts] == [(1, 0)]
    assert [(run.retired, run.let_go) for run in found.returns] == [(1, 0)]


def test_what_was_found_open_again_is_told_and_what_was_shut_before_too() -> None:
    log = Log()
    log.add(Tag.OPERATION_INTENDED, hold(RUN, "icu", PORT), hold(RUN, "icu", OTHER, Attribution.FOREIGN))
    log.add(
        Tag.OPERATION_SETTLED, read(RUN, PORT, Proof.CONFIRMED, AT), read(RUN, OTHER, Proof.CONFIRMED, AT)
    )
    alarm = found_open(RUN, PORT, "three-times")
    log.add(
        Tag.POINT_REOPENED,
        read("watch", PORT, Proof.CONTRADICTED, AT, cause="found-open"),
        alarm,
        actor=SYSTEM,
    )
    [subject] = log.told().subjects
    assert (subject.reopened, subject.foreign, subject.best[Proof.CONFIRMED]) == (1, 1, 2)
    assert [each.point for each in subject.lost_proof] == [PORT]


def test_canaries_of_a_rehearsal_are_no_part_of_an_incident() -> None:
    log = Log()
    log.add(Tag.OPERATION_INTENDED, hold(RUN, REHEARSAL, PORT))
    found = log.told()
    assert (found.subjects, found.points, found.held, found.canaries) == ((), {}, {}, (PORT,))


def test_a_run_is_told_as_it_stood_when_it_ended() -> None:
    log = Log()
    log.add(Tag.RUN_OPENED, opened(RUN), RunMoved(RUN, RunState.RUNNING))
    steps = ((PORT, Method.SHUTDOWN),)
    log.add(Tag.OPERATION_INTENDED, IntentRecorded(RUN, 2, "acc-1", 1, Action.ISOLATE, steps))
    outcome = OutcomeRecorded(RUN, "acc-1", 1, Outcome.SENT, "deadline", Text(""))
    settled = log.add(Tag.OPERATION_SETTLED, read(RUN, PORT, Proof.UNKNOWN, AT, cause="deadline"), outcome)
    log.add(Tag.RUN_MOVED, RunMoved(RUN, RunState.FINISHED))
    log.add(Tag.POINT_CLAIMED, read(RUN, PORT, Proof.CLAIMED, AT), Noted(str(PORT), (), Text("Zoé")))
    [run] = log.told().cuts
    assert run.proofs == {Proof.UNKNOWN: 1}
    assert [(each.device, each.cause, each.points) for each in run.lacking] == [("acc-1", "deadline", 1)]
    assert [(wave.index, wave.devices, wave.through) for wave in run.waves] == [(2, {"acc-1"}, settled)]
    assert [act.text for act in run.claimed] == ["Zoé"]


def test_consents_belong_to_the_run_that_used_them() -> None:
    log = Log()
    log.add(Tag.APPROVAL_REQUESTED, consent("a", ALICE.id, ("needed", "2"), text="please"))
    log.add(Tag.APPROVAL_GIVEN, consent("a", ALICE.id), actor=Actor("user:4"))
    log.add(Tag.APPROVAL_REQUESTED, consent("b", ALICE.id))
    log.add(Tag.APPROVAL_USED, consent("a", ALICE.id, ("run", RUN)))
    log.add(Tag.GLASS_BROKEN, Noted("glass:7", (("for", RUN),), Text("alone")))
    log.add(Tag.RUN_OPENED, opened(RUN))
    log.add(Tag.RUN_COUNTERSIGNED, Noted(RUN, (("plan", "p"),)), actor=Actor("user:5"))
    [run] = log.told().cuts
    [used] = run.consents
    assert used.asked is not None
    assert (used.id, used.asked.text, used.needed) == ("a", "please", "2")
    assert [act.actor.id for act in used.given] == ["user:4"]
    assert run.glass is not None
    assert (run.glass.number, run.glass.text) == ("7", "alone")
    assert run.countersigned is not None
    assert run.countersigned.actor.id == "user:5"
    assert [each.id for each in log.told().consents if not each.run] == ["b"]


def test_a_return_is_told_with_what_was_said_of_it_its_gates_and_how_it_fared() -> None:
    log = Log()
    log.add(Tag.ATTESTATION_GIVEN, stated("icu", ALICE.id))
    log.add(Tag.GATE_DECIDED, GateDecided("icu", "user:4", False, Text("wait")), actor=Actor("user:4"))
    log.add(Tag.GATE_DECIDED, GateDecided("wards", "user:4", True, Text("")), actor=Actor("user:4"))
    log.add(Tag.OPERATION_INTENDED, hold(RUN, "icu", PORT))
    log.add(Tag.RUN_OPENED, _plan(), opened(BACK, Action.RESTORE), RunMoved(BACK, RunState.RUNNING))
    closed = log.add(Tag.GATE_CHECKED, GateChecked(BACK, 0, "icu", "p", False, ("gate-no-go",)))
    for request in ("a", "b"):
        log.add(Tag.APPROVAL_USED, consent(request, ALICE.id, ("run", BACK)))
    log.add(Tag.PROBATION_MOVED, Probation(BACK, 0, "icu", 60).fact())
    passed = Probation(BACK, 0, "icu", 60, state=ProbationState.PASSED)
    moved = log.add(Tag.PROBATION_MOVED, passed.fact())
    log.add(Tag.RUN_MOVED, RunMoved(BACK, RunState.FINISHED))
    log.add(Tag.GATE_DECIDED, GateDecided("icu", "user:4", True, Text("too late")))
    [run] = log.told().returns
    assert [(word.statement, word.go, word.act.text) for word in run.words] == [
        ("edr-clean", False, "all scanned"),
        ("", False, "wait"),
    ]
    assert [(gate.passed, gate.wants, gate.seq) for gate in run.checked] == [(False, ("gate-no-go",), closed)]
    assert [each.id for each in run.consents] == ["a", "b"]
    assert [(each.state, each.seq) for each in run.watched.values()] == [("passed", moved)]


def _plan() -> RevisionStored:
    basis = Basis("i" * 64, "q" * 64, "b", "r")
    plan = Plan("next", Action.RESTORE, "ch", None, basis, (), (), ends=((RUN, "icu", PORT),))
    return RevisionStored("plan", "p" * 64, json.dumps(to_plain(plan)))


def test_words_of_people_stand_alone_and_machines_are_gathered_between_them() -> None:
    log = Log()
    for count in range(3):
        log.add(Tag.SIGN_IN_REFUSED, Noted("unknown", (("failed", str(count)),)), actor=SYSTEM)
    first = log.note("a worm", LogDetails(FactStatus.HYPOTHESIS))
    log.add(Tag.SIGN_IN_REFUSED, Noted("unknown"), actor=SYSTEM)
    fix = log.note("no worm", LogDetails(FactStatus.ESTABLISHED, corrects=first))
    open_ = log.note("three stations", LogDetails(FactStatus.UNCONFIRMED, by="Zoé"))
    found = log.told()
    assert [(line.kind, line.seq, line.through, line.count) for line in found.lines] == [
        (Kind.EVENT, 1, 3, 3),
        (Kind.NOTE, first, first, 1),
        (Kind.EVENT, 5, 5, 1),
        (Kind.NOTE, fix, fix, 1),
        (Kind.NOTE, open_, open_, 1),
    ]
    assert [line.corrected for line in found.lines] == [None, fix, None, None, None]
    assert [line.seq for line in found.undecided] == [open_]
    assert sum(each.entries for each in found.tags) == len(log.records)


def test_a_clock_that_was_set_is_seen_a_machine_started_anew_is_no_jump() -> None:
    log = Log()
    log.note("before", LogDetails())
    log.at += timedelta(hours=1)
    forward = log.note("an hour later, says the clock", LogDetails())
    log.at -= timedelta(hours=1)
    back = log.note("and back", LogDetails())
    log.at += timedelta(minutes=5)
    log.monotonic, log.boot = 0, "another"
    started = log.note("the machine was off", LogDetails())
    log.at -= timedelta(minutes=1)
    log.add(Tag.LOG_WRITTEN, *logbook_facts("from the spool", LogDetails()), degraded=True)
    log.at += timedelta(minutes=1)
    log.note("as it should be", LogDetails())
    found = log.told()
    assert [(step.seq, round(step.seconds)) for step in found.steps] == [(forward, 3600), (back, -3600)]
    assert [act.seq for act in found.restarts] == [started]


def test_intervals_without_the_database_are_told_with_how_much_went_another_way() -> None:
    log = Log()
    first = log.add(Tag.JOURNAL_DEGRADED, Noted("journal", (("cause", "timeout"),)), degraded=True)
    log.add(Tag.LOG_WRITTEN, *logbook_facts("on", LogDetails()), degraded=True)
    last = log.add(Tag.JOURNAL_RESTORED, Noted("journal"))
    log.add(Tag.JOURNAL_BYPASSED, Noted("journal", (("missing", "4"),)))
    again = log.add(Tag.JOURNAL_DEGRADED, Noted("journal"), degraded=True)
    found = log.told()
    assert [(each.first, each.last, each.entries) for each in found.degraded] == [
        (first, last, 2),
        (again, None, 1),
    ]
    assert found.unrecorded == 4


def test_a_long_log_keeps_its_beginning_and_its_end_and_says_what_is_left_out() -> None:
    log = Log()
    written = MOST_LINES + 25
    for number in range(written):
        log.note(str(number), LogDetails())
    found = log.told()
    assert (len(found.lines), found.left_out) == (MOST_LINES, 25)
    assert (found.lines[0].seq, found.lines[-1].seq) == (1, written)
