"""Proof has an order, ages, and a segment is as isolated as its worst point; states move by one table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from controller.domain.lifecycle import LEGAL, OVER, RunState, StepState, WaveState, may_move
from controller.domain.proof import PROOF_EXPIRES_AFTER, Proof, aged, worst

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


def test_the_order_of_proof() -> None:
    order = ["contradicted", "unknown", "claimed", "accepted", "confirmed", "proven"]
    assert [proof.value for proof in sorted(Proof, key=lambda proof: proof.rank)] == order
    assert Proof.PROVEN.satisfies(Proof.CONFIRMED)
    assert Proof.CONFIRMED.satisfies(Proof.CONFIRMED)
    assert not Proof.ACCEPTED.satisfies(Proof.CONFIRMED)


def test_the_worst_point_counts_and_none_is_no_good_news() -> None:
    assert worst([Proof.PROVEN, Proof.CLAIMED, Proof.CONFIRMED]) is Proof.CLAIMED
    assert worst([Proof.CONTRADICTED, Proof.UNKNOWN]) is Proof.CONTRADICTED
    assert worst([]) is Proof.UNKNOWN


@pytest.mark.parametrize("proof", [Proof.ACCEPTED, Proof.CONFIRMED, Proof.PROVEN])
def test_what_rests_on_a_reading_expires(proof: Proof) -> None:
    assert aged(proof, NOW - PROOF_EXPIRES_AFTER, NOW) is proof
    assert aged(proof, NOW - PROOF_EXPIRES_AFTER - timedelta(seconds=1), NOW) is Proof.UNKNOWN
    assert aged(proof, None, NOW) is Proof.UNKNOWN
    assert aged(proof, NOW + timedelta(seconds=1), NOW) is Proof.UNKNOWN


@pytest.mark.parametrize("proof", [Proof.CONTRADICTED, Proof.UNKNOWN, Proof.CLAIMED])
def test_what_does_not_rest_on_a_reading_stays(proof: Proof) -> None:
    assert aged(proof, NOW - timedelta(days=9), NOW) is proof
    assert aged(proof, None, NOW) is proof


@pytest.mark.parametrize(
    ("states", "first"),
    [(RunState, RunState.RUNNING), (WaveState, WaveState.PENDING), (StepState, StepState.PENDING)],
)
def test_every_state_can_be_reached(states: type[RunState], first: RunState) -> None:
    found, left = {first}, [first]
    while left:
        for state in LEGAL[states][left.pop()]:
            if state not in found:
                found.add(state)  # type: ignore[arg-type]  # any state of any table
                left.append(state)  # type: ignore[arg-type]  # any state of any table
    assert found == set(states)


def test_what_is_over_never_acts_again_and_nothing_else_is_a_dead_end() -> None:
    assert {state for state in RunState if not LEGAL[RunState][state]} == OVER
    assert all(not may_move(state, other) for state in OVER for other in RunState)
    for states, moves in LEGAL.items():
        assert set(moves) == set(states)


def test_states_of_two_kinds_that_are_spelled_alike_are_not_mixed_up() -> None:
    assert may_move(RunState.RUNNING, RunState.FINISHED)
    assert may_move(WaveState.RUNNING, WaveState.DONE)
    assert not may_move(WaveState.PENDING, RunState.RUNNING)
    assert not may_move(StepState.PENDING, WaveState.RUNNING)


def test_an_interrupted_run_goes_on_only_by_running_again() -> None:
    assert may_move(RunState.INTERRUPTED, RunState.RUNNING)
    assert not may_move(RunState.INTERRUPTED, RunState.FINISHED)
    assert not may_move(RunState.FINISHED, RunState.RUNNING)
