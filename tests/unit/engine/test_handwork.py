"""What people say they did by hand: counted as claimed, kept until something is read, never called proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from controller.domain.errors import InvalidRequest, OpenCause
from controller.domain.facts import Fact, Noted, RunOpened
from controller.domain.inventory import MANUAL, PointId
from controller.domain.lifecycle import RunState
from controller.domain.proof import Proof, worst
from controller.domain.tags import Tag
from controller.engine.events import RunEnded
from controller.engine.execution.handwork import HandWork, locate
from controller.engine.execution.walklist import Errand, results_on_record, step_code, walklist
from controller.engine.holding.situation import SubjectState, situation
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

BOX = PointId("box", "wan")
FAR = PointId("far", "p1")
NEAR = PointId("near", "p1")


def site(*strikes: Strike) -> Site:
    """A box Cordon never speaks to, a switch that may be out of reach, one that may misbehave."""
    known = inventory(
        [device("box", platform=MANUAL), device("far"), device("near")],
        [segment("one", [port("box", "wan"), port("far", "p1"), port("near", "p1")], 1)],
    )
    boards = [Board("far", {"p1": Port()}), Board("near", {"p1": Port()}, strikes=list(strikes))]
    return Site(documents(known, [playbook("level-1", stage("one"), level=1)]), boards)


def confirm(site: Site, run: str, point: PointId, **more: object) -> int | None:
    work = HandWork(step_code(run, point), "Zoé", **more)  # type: ignore[arg-type]  # fields of several types, by name
    return site.controller.confirm(work, ACTOR)


def proofs(site: Site, run: str) -> dict[str, Proof]:
    record = site.history.run(run)
    located = locate(site.history, step_code(run, BOX))
    return {str(each.step.point.id): each.proof for each in results_on_record(record, located.plan)}


def now(site: Site) -> dict[Proof, int]:
    found = situation(site.documents.inventory, site.history, site.clock.now())
    return dict(found.proofs)


def errands(site: Site, run: str) -> tuple[Errand, ...]:
    record, plan = site.history.run(run), locate(site.history, step_code(run, BOX)).plan
    return walklist(run, plan, site.documents.inventory, results_on_record(record, plan))


def cut_with_far_lost() -> tuple[Site, RunEnded]:
    made = site()
    made.board("far").closed = OpenCause.UNREACHABLE
    return made, made.cut("one")


def refused(site: Site, run: str, point: PointId, **more: object) -> str:
    with pytest.raises(InvalidRequest) as caught:
        confirm(site, run, point, **more)
    return caught.value.reason


def test_what_a_person_did_counts_as_claimed_and_not_as_cut() -> None:
    made, ended = cut_with_far_lost()
    assert confirm(made, ended.run, BOX) is not None
    confirm(made, ended.run, FAR)
    assert proofs(made, ended.run) == {
        "box wan": Proof.CLAIMED,
        "far p1": Proof.CLAIMED,
        "near p1": Proof.CONFIRMED,
    }
    assert now(made) == {Proof.CLAIMED: 2, Proof.CONFIRMED: 1}
    [found] = situation(made.documents.inventory, made.history, made.clock.now()).subjects
    assert (found.state, found.proof) == (SubjectState.PARTIAL, Proof.CLAIMED)


def test_who_did_it_when_and_why_is_on_record_where_it_can_be_erased() -> None:
    made, ended = cut_with_far_lost()
    at = made.clock.now() - timedelta(minutes=20)
    confirm(made, ended.run, BOX, at=at, reason="unplugged")
    last = made.journal.commits[-1]
    assert (last.tag, last.actor) == (Tag.POINT_CLAIMED, ACTOR)
    [note] = [fact for fact in last.facts if isinstance(fact, Noted)]
    assert note.text == "Zoé: unplugged"
    assert dict(note.data)["at"] == at.isoformat()
    assert "Zoé" not in repr((note.subject, note.data))


def test_a_claim_does_not_expire_but_a_reading_does() -> None:
    made, ended = cut_with_far_lost()
    confirm(made, ended.run, FAR)
    made.clock.pause(3600)
    assert now(made) == {Proof.CLAIMED: 1, Proof.UNKNOWN: 2}


@pytest.mark.parametrize("restarted", [False, True])
def test_a_claim_outlives_a_later_run_that_learns_nothing(restarted: bool) -> None:
    made, first = cut_with_far_lost()
    confirm(made, first.run, FAR)
    confirm(made, first.run, BOX)
    if restarted:
        made.restart()
    again = made.cut("one")
    assert {name: result.proof for name, result in by_point(again).items()} == {
        "box wan": Proof.CLAIMED,
        "far p1": Proof.CLAIMED,
        "near p1": Proof.CONFIRMED,
    }
    assert not by_point(again)["far p1"].satisfied
    assert now(made)[Proof.CLAIMED] == 2


@pytest.mark.parametrize("restarted", [False, True])
def test_a_reading_that_contradicts_a_claim_replaces_it(restarted: bool) -> None:
    made, first = cut_with_far_lost()
    confirm(made, first.run, FAR)
    if restarted:
        made.restart()
    made.board("far").closed = None
    made.board("far").strikes.append(Strike(Fault.REFUSE, "^port"))
    again = by_point(made.cut("one"))["far p1"]
    assert again.proof is Proof.CONTRADICTED
    assert now(made)[Proof.CONTRADICTED] == 1
    made.board("far").closed = OpenCause.UNREACHABLE
    assert by_point(made.cut("one"))["far p1"].proof is Proof.UNKNOWN


def test_a_claim_is_gone_once_the_point_was_seen_open_whatever_became_of_the_cut() -> None:
    made, first = cut_with_far_lost()
    confirm(made, first.run, FAR)
    made.board("far").closed = None
    made.board("far").strikes.append(Strike(Fault.HANG, "^port"))
    assert by_point(made.cut("one"))["far p1"].proof is Proof.UNKNOWN
    assert now(made)[Proof.UNKNOWN] == 2


def test_a_withdrawn_claim_is_unknown_again() -> None:
    made, ended = cut_with_far_lost()
    confirm(made, ended.run, FAR)
    confirm(made, ended.run, FAR, withdraw=True)
    assert made.journal.commits[-1].tag is Tag.CLAIM_WITHDRAWN
    assert proofs(made, ended.run)["far p1"] is Proof.UNKNOWN
    assert by_point(made.cut("one"))["far p1"].proof is Proof.UNKNOWN
    confirm(made, ended.run, FAR)
    assert proofs(made, ended.run)["far p1"] is Proof.CLAIMED


def test_what_cannot_be_claimed_is_refused_and_leaves_no_trace() -> None:
    made, ended = cut_with_far_lost()
    before = len(made.journal.commits)
    assert refused(made, ended.run, NEAR) == "code-proven"
    assert refused(made, "another", NEAR) == "code-unknown"
    assert refused(made, ended.run, FAR, withdraw=True) == "code-not-claimed"
    assert refused(made, ended.run, FAR, at=made.clock.now() + timedelta(hours=1)) == "time-ahead"
    assert len(made.journal.commits) == before
    confirm(made, ended.run, FAR)
    assert refused(made, ended.run, FAR) == "code-claimed"


def test_what_a_later_run_has_proven_needs_no_claim() -> None:
    made, first = cut_with_far_lost()
    made.board("far").closed = None
    made.cut("one")
    assert refused(made, first.run, FAR) == "code-proven"


def test_a_code_two_runs_share_is_settled_by_naming_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made, first = cut_with_far_lost()
    second = made.cut("one")
    short = {BOX: "BBBBBB", FAR: "FFFFFF", NEAR: "NNNNNN"}
    monkeypatch.setattr("controller.engine.execution.handwork.step_code", lambda _run, point: short[point])
    with pytest.raises(InvalidRequest) as caught:
        locate(made.history, "ffffff")
    assert caught.value.reason == "code-ambiguous"
    assert locate(made.history, "fff-fff", second.run).record.run == second.run
    assert first.run in str(caught.value.data["runs"])


def test_a_step_its_run_never_came_to_is_held_once_somebody_did_it() -> None:
    made = site()

    def stop_at_once(tag: Tag, facts: Sequence[Fact]) -> None:
        if tag is Tag.RUN_OPENED:
            [opened] = [fact for fact in facts if isinstance(fact, RunOpened)]
            made.controller.abort(opened.run, ACTOR, "stop")

    made.journal.before = stop_at_once
    ended = made.cut("one")
    assert made.history.open_holds() == ()
    assert ended.state is RunState.ABORTED
    confirm(made, ended.run, BOX)
    assert [(hold.key.run, hold.key.point) for hold in made.history.open_holds()] == [(ended.run, BOX)]


def test_a_restore_says_what_was_cut_by_hand_and_lets_it_go() -> None:
    made, ended = cut_with_far_lost()
    confirm(made, ended.run, BOX)
    assert {hold.key.point for hold in made.history.open_holds()} == {BOX, FAR, NEAR}
    back = made.bring_back(everything=True)
    plan = next(event.plan for event in reversed(made.events) if hasattr(event, "plan"))
    assert {(hazard.code, hazard.culprit) for hazard in plan.hazards} == {
        ("cut-by-hand", str(BOX)),
        ("never-touched", str(FAR)),
    }
    assert back.state is RunState.FINISHED
    assert made.history.open_holds() == ()
    assert refused(made, ended.run, BOX, withdraw=False) in ("code-claimed", "code-released")
    assert refused(made, ended.run, FAR) == "code-released"


@pytest.mark.parametrize("restarted", [False, True])
def test_what_a_person_brought_back_is_held_until_it_is_read(restarted: bool) -> None:
    made, _ = cut_with_far_lost()
    made.board("near").closed = OpenCause.UNREACHABLE
    back = made.bring_back(everything=True)
    confirm(made, back.run, NEAR)
    assert locate(made.history, step_code(back.run, NEAR)).result.proof is Proof.CLAIMED
    assert [hold.key.point for hold in made.history.open_holds()] == [NEAR]
    assert now(made) == {Proof.UNKNOWN: 1}
    made.board("near").closed = None
    made.board("near").ports["p1"].admin = "up"
    if restarted:
        made.restart()
    assert made.resume(back.run).state is RunState.FINISHED
    assert made.history.open_holds() == ()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["claim", "withdraw", "cut", "lose", "find", "later", "restart"]),
            st.sampled_from([BOX, FAR, NEAR]),
        ),
        max_size=9,
    ),
    st.sampled_from([None, Fault.REFUSE, Fault.IGNORE, Fault.GARBLE]),
)
def test_a_claim_never_makes_proof_and_never_ends_a_walk(
    night: list[tuple[str, PointId]], fault: Fault | None
) -> None:
    made = site(*([Strike(fault, "p1", times=99)] if fault and fault is not Fault.GARBLE else []))
    made.board("far").closed = OpenCause.UNREACHABLE
    run = made.cut("one").run
    runs = [run]
    for what, point in night:
        before = proofs(made, runs[-1])[str(point)]
        if what in ("claim", "withdraw"):
            try:
                confirm(made, runs[-1], point, withdraw=what == "withdraw")
            except InvalidRequest:
                assert proofs(made, runs[-1])[str(point)] is before
                continue
            known = proofs(made, runs[-1])[str(point)]
            assert known is (Proof.CLAIMED if what == "claim" else Proof.UNKNOWN)
            assert not before.satisfies(Proof.CONFIRMED)
        elif what == "cut":
            ended = made.cut("one")
            runs.append(ended.run)
            assert by_point(ended)["box wan"].proof in (Proof.UNKNOWN, Proof.CLAIMED)
        elif what in ("lose", "find") and point is not BOX:
            made.board(point.device).closed = OpenCause.UNREACHABLE if what == "lose" else None
        elif what == "later":
            made.clock.pause(1200)
        else:
            made.restart()
        # The box can never be read: whatever was said of it, it stays on the list and the site is not cut.
        assert BOX in {errand.point for errand in errands(made, runs[-1])}
        assert not worst(found for found, count in now(made).items() if count).satisfies(Proof.CONFIRMED)
