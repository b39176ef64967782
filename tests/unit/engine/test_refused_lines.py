"""What follows a line that was refused: the rest of its step is left out, and the next one begins where it
expects to. A line whose answer must be one thing is refused by any other."""

from __future__ import annotations

import re

import pytest

from controller.domain.inventory import Method
from controller.domain.plan import Operation, Rendering
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import InsistSpec, SessionSpec
from controller.domain.proof import Outcome
from controller.engine.points.blocks import Course, change_block, outcome_of, reads_after, reads_before
from controller.engine.ports import Answer

SESSION = SessionSpec(
    "some",
    errors=(re.compile("^error"),),
    escape=("abort",),
    insist=(InsistSpec(re.compile("^filter"), re.compile(r"^filter (\d+)\nid: \1-\1$")),),
)
PROFILE = DeviceProfile("some", SESSION, {})
RIGHT = "id: 7-7"


def told(**said: str) -> tuple[list[str], list[tuple[Outcome, str]]]:
    """The lines that go out where the device says ``said`` and nothing else; the outcome of both steps."""
    first = Rendering(Method.POLICY, ("edit", "set", "end", "filter 7", "clear"), {})
    block = change_block(
        Operation("a", "some", (), (), (), ()),
        [first, Rendering(Method.SHUTDOWN, ("down",), {})],
        session=SESSION,
    )
    course, answers = Course(PROFILE), []
    for command in block.commands:
        sent = course.sends(command)
        text = said.get(command.text.partition(" ")[0], "") if sent else ""
        answers.append(Answer(command, text, complete=sent, sent=sent))
        if sent:
            course.told(command, text)
    lines = [each.command.text for each in answers if each.sent]
    return lines, [outcome_of(answers, group, PROFILE) for group in (1, 2)]


def test_where_nothing_is_refused_nothing_leads_out() -> None:
    lines, outcomes = told(filter=RIGHT)
    assert lines == ["edit", "set", "end", "filter 7", "clear", "down"]
    assert outcomes == [(Outcome.ACCEPTED, "")] * 2


@pytest.mark.parametrize(("at", "before"), [("edit", []), ("set", ["edit"]), ("end", ["edit", "set"])])
def test_the_next_step_begins_outside_of_what_a_refused_one_left_open(at: str, before: list[str]) -> None:
    lines, outcomes = told(**{at: "error: no"})
    assert lines == [*before, at, "abort", "down"]
    assert outcomes == [(Outcome.REJECTED, "device-refused"), (Outcome.ACCEPTED, "")]


def test_what_leads_out_of_the_second_step_follows_the_second() -> None:
    lines, outcomes = told(filter=RIGHT, down="error: no")
    assert lines[-2:] == ["down", "abort"]
    assert outcomes == [(Outcome.ACCEPTED, ""), (Outcome.REJECTED, "device-refused")]


@pytest.mark.parametrize("said", ["", "id: any", "id: 8-8", "id: 7-7 and more", "error: no"])
def test_nothing_is_cleared_behind_a_filter_that_did_not_read_back(said: str) -> None:
    lines, outcomes = told(filter=said)
    assert "clear" not in lines
    assert outcomes == [(Outcome.REJECTED, "device-refused"), (Outcome.ACCEPTED, "")]


def test_the_device_is_quoted_and_where_it_said_nothing_the_line() -> None:
    assert PROFILE.refusal_of("filter 7", "filter of sessions:\nid: any") == "id: any"
    assert PROFILE.refusal_of("filter 7", "") == "filter 7"
    assert PROFILE.refusal_of("filter 7", RIGHT) is None
    assert PROFILE.refusal_of("clear", "") is None


def test_before_its_lines_a_block_reads_what_is_enough_and_afterwards_everything() -> None:
    reads = ("show port", "show lists", "show vlan")
    steps = [Rendering(Method.SHUTDOWN, ("down",), {})]
    operation = Operation("a", "some", reads, (), (), ())
    for before, first in ((("show lists",), ["show lists"]), ((), [*reads])):
        block = change_block(operation, steps, before=before)
        assert [each.text for each in block.commands] == [*first, "down", *reads]
        answers = [Answer(each, each.text, complete=True) for each in block.commands]
        assert list(reads_before(answers)) == first
        assert list(reads_after(operation, answers)) == [*reads]
        assert not reads_after(operation, answers[: len(first)])
