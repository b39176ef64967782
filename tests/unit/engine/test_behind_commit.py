"""Lines that have an effect only once what was changed is in force, and lines of a session that name what a
device's own settings say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from controller.domain.inventory import Device, DeviceRole, Method, Point, PointId, PointKind
from controller.domain.plan import Rendering, Step
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import CommitSpec, SessionSpec
from controller.domain.proof import Outcome
from controller.engine.execution.walklist import beforehand
from controller.engine.points.blocks import LOCKED, Course, change_block, outcome_of
from controller.engine.points.renderer import operation
from controller.engine.ports import Answer
from tests.unit.cli.office import INVENTORY, make_plan

PROFILE = DeviceProfile(
    "some",
    SessionSpec(
        "some",
        enter=("configure",),
        leave=("exit",),
        errors=(re.compile("^error"),),
        locked=(re.compile("held by"),),
        commit=CommitSpec(
            send=("commit of ${admin}",),
            discard=("revert of ${admin}",),
            done=re.compile("done"),
            abandoned=("configure", "revert of ${admin}", "exit"),
            behind=(re.compile("^clear "),),
            by_hand=("commit",),
        ),
    ),
    {},
    settings={"admin": "cordon"},
)
DEVICE = Device("a", "some", DeviceRole.FIREWALL)


def told(
    said: Mapping[str, str] | None = None, device: Device = DEVICE
) -> tuple[list[str], list[tuple[Outcome, str]]]:
    """The lines that go out where the device says ``said`` by their first words, and "done" to a commit; the
    outcome of both steps."""
    profile, given = PROFILE.settled(device.settings), said or {}
    steps = [Rendering(Method.POLICY, (f"disable {at}", f"clear {at}"), {}) for at in ("one", "two")]
    block = change_block(operation({"some": PROFILE}, device, ()), steps, session=profile.session)
    course, answers, broken = Course(profile), [], False
    for command in block.commands:
        sent = not broken and course.sends(command)
        word = command.text.partition(" ")[0]
        text = given.get(command.text, given.get(word, "done" if word == "commit" else ""))
        broken = broken or (sent and text == "…")
        answers.append(Answer(command, text if sent else "", complete=sent and not broken, sent=sent))
        if sent and not broken:
            course.told(command, text)
    lines = [each.command.text for each in answers if each.sent]
    return lines, [outcome_of(answers, group, profile) for group in (1, 2)]


def test_they_wait_for_the_commit_in_the_order_of_their_steps() -> None:
    lines, outcomes = told()
    assert lines == [
        "configure",
        "disable one",
        "disable two",
        "commit of cordon",
        "clear one",
        "clear two",
        "exit",
    ]
    assert outcomes == [(Outcome.ACCEPTED, "")] * 2


def test_where_the_commit_fails_nothing_is_cleared() -> None:
    lines, outcomes = told({"commit": "failed"})
    assert lines[3:] == ["commit of cordon", "revert of cordon", "exit"]
    assert outcomes == [(Outcome.REJECTED, "commit-failed")] * 2


def test_of_a_step_that_was_refused_nothing_is_cleared() -> None:
    lines, outcomes = told({"disable one": "error: no such rule"})
    assert lines == ["configure", "disable one", "disable two", "commit of cordon", "clear two", "exit"]
    assert outcomes == [(Outcome.REJECTED, "device-refused"), (Outcome.ACCEPTED, "")]


def test_a_line_behind_the_commit_may_be_refused_by_itself() -> None:
    lines, outcomes = told({"clear one": "error: no"})
    assert lines[-3:] == ["clear one", "clear two", "exit"]
    assert outcomes == [(Outcome.REJECTED, "device-refused"), (Outcome.ACCEPTED, "")]


@pytest.mark.parametrize("where", ["commit", "clear one"])
def test_a_session_that_breaks_there_may_have_done_it(where: str) -> None:
    _, outcomes = told({where: "…"})
    assert outcomes == [(Outcome.SENT, "hung-up")] * 2


def test_a_lock_met_at_a_line_of_a_step_has_the_cause_of_a_lock() -> None:
    _, outcomes = told({"disable": "error: held by another"})
    assert outcomes == [(Outcome.REJECTED, LOCKED)] * 2


def test_a_device_has_its_own_word_in_the_lines_of_its_session() -> None:
    other = Device("b", "some", DeviceRole.FIREWALL, settings={"admin": "garde"})
    lines, _ = told({"commit": "failed"}, other)
    assert lines[3:5] == ["commit of garde", "revert of garde"]
    commit = PROFILE.settled(other.settings).session.commit
    assert commit is not None
    assert commit.abandoned == ("configure", "revert of garde", "exit")


def test_a_session_that_names_nothing_is_the_same_for_every_device() -> None:
    plain = DeviceProfile("plain", SessionSpec("some", enter=("configure terminal",)), {})
    assert plain.settled({"admin": "garde"}) is plain


def test_a_person_commits_by_his_own_name_and_clears_after_it() -> None:
    point = Point(PointId("fw-1", "guests out"), PointKind.POLICY)
    step = Step(point, ("guests",), (), Rendering(Method.POLICY, ("disable x", "clear x"), {}))
    made = operation({"some": PROFILE}, Device("fw-1", "some", DeviceRole.FIREWALL), [step])
    plan = make_plan(Action.ISOLATE, ("internet",))
    wave = replace(plan.waves[0], operations=(made,))
    [errand] = beforehand(replace(plan, waves=(wave,)), INVENTORY)
    assert errand.commands == ("configure", "disable x", "commit", "clear x", "exit")
    assert errand.lines == ("disable x",)
    assert errand.leave == ("commit", "clear x", "exit")
