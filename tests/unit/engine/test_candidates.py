"""Lines that are a candidate until they are committed: which of them go out, and what became of them."""

from __future__ import annotations

import re

import pytest

from controller.domain.inventory import Method
from controller.domain.plan import Operation, Rendering
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import CommitSpec, SessionSpec
from controller.domain.proof import Outcome
from controller.engine.points.blocks import LOCKED, Course, abandoned_block, change_block, outcome_of
from controller.engine.ports import Answer, Command, Purpose

COMMIT = CommitSpec(
    send=("commit",),
    discard=("rollback",),
    errors=(re.compile("failed"),),
    done=re.compile("complete"),
    abandoned=("configure", "rollback", "exit"),
)
SESSION = SessionSpec(
    "some",
    enter=("configure",),
    leave=("exit",),
    errors=(re.compile("^error"),),
    locked=(re.compile("locked"),),
    commit=COMMIT,
)
PROFILE = DeviceProfile("some", SESSION, {})
BLOCK = change_block(
    Operation("a", "some", ("show",), SESSION.enter, SESSION.closing, ()),
    [Rendering(Method.SHUTDOWN, ("one", "two"), {}), Rendering(Method.SHUTDOWN, ("three",), {})],
    session=SESSION,
)


def told(**said: str) -> tuple[list[str], tuple[Answer, ...]]:
    """The lines a session sends where the device answers what ``said`` has, "complete" to a commit and
    nothing else; and the answers. A line whose answer is "…" is the last: the session breaks there."""
    course, answers, broken = Course(PROFILE), [], False
    for command in BLOCK.commands:
        text = said.get(command.text, "complete" if command.text == "commit" else "")
        if broken or not course.sends(command):
            answers.append(Answer(command, "", complete=False, sent=False))
            continue
        broken = text == "…"
        answers.append(Answer(command, text, complete=not broken))
        if not broken:
            course.told(command, text)
    return [each.command.text for each in answers if each.sent], tuple(answers)


def outcomes(answers: tuple[Answer, ...]) -> list[tuple[Outcome, str]]:
    return [outcome_of(answers, group, PROFILE) for group in (1, 2)]


def test_what_goes_well_is_committed_and_nothing_is_discarded() -> None:
    sent, answers = told()
    assert sent == ["show", "configure", "one", "two", "three", "commit", "exit", "show"]
    assert outcomes(answers) == [(Outcome.ACCEPTED, "")] * 2


def test_a_refused_line_takes_its_own_step_along_and_no_other() -> None:
    sent, answers = told(one="error: no such thing")
    assert sent == ["show", "configure", "one", "three", "commit", "exit", "show"]
    assert outcomes(answers) == [(Outcome.REJECTED, "device-refused"), (Outcome.ACCEPTED, "")]


def test_where_nothing_was_taken_nothing_is_committed() -> None:
    sent, _ = told(one="error", three="error")
    assert sent == ["show", "configure", "one", "three", "rollback", "exit", "show"]


def test_half_a_step_is_not_committed_by_itself() -> None:
    sent, answers = told(two="error", three="error")
    assert sent == ["show", "configure", "one", "two", "three", "rollback", "exit", "show"]
    assert outcomes(answers) == [(Outcome.REJECTED, "device-refused")] * 2


def test_what_went_out_before_the_steps_is_no_step() -> None:
    course = Course(PROFILE)
    course.told(Command("take the timer away", Purpose.CHANGE), "")
    course.told(Command("configure", Purpose.MODE), "")
    course.told(Command("one", Purpose.CHANGE, 1), "error")
    assert not course.sends(Command("commit", Purpose.COMMIT))
    assert course.sends(Command("rollback", Purpose.DISCARD))


@pytest.mark.parametrize("said", ["error: no", "commit failed", "something else"])
def test_a_commit_that_fails_is_discarded_and_refuses_all_of_it(said: str) -> None:
    sent, answers = told(commit=said)
    assert sent[-4:] == ["commit", "rollback", "exit", "show"]
    assert outcomes(answers) == [(Outcome.REJECTED, "commit-failed")] * 2


def test_a_commit_without_an_answer_may_have_been_done() -> None:
    _, answers = told(commit="…")
    assert outcomes(answers) == [(Outcome.SENT, "hung-up")] * 2


@pytest.mark.parametrize(
    ("where", "outcome"), [("configure", Outcome.NOT_SENT), ("commit", Outcome.REJECTED)]
)
def test_a_lock_of_somebody_else_has_a_cause_of_its_own(where: str, outcome: Outcome) -> None:
    _, answers = told(**{where: "error: locked by another"})
    assert outcomes(answers) == [(outcome, LOCKED)] * 2


def test_a_mode_that_was_never_entered_is_not_left() -> None:
    sent, _ = told(configure="error: locked")
    assert sent == ["show", "configure", "show"]


def test_what_a_broken_session_left_is_thrown_away_line_by_line() -> None:
    left = SessionSpec(netmiko="generic", abandoned=COMMIT.abandoned)
    for session in (SessionSpec(netmiko="generic", commit=COMMIT), left):
        block = abandoned_block(session)
        assert [each.text for each in block.commands] == ["configure", "rollback", "exit"]
        assert {each.purpose for each in block.commands} == {Purpose.MODE}
