"""What only VRP does: lines that are a candidate, which the profile is not for, and a first save that asks
for a file's name.

What every platform must do is in ``test_on_simulators.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from controller.domain.proof import Outcome
from controller.engine.points.renderer import isolation
from controller.engine.ports import Block, Command, Purpose
from tests.profiles.meeting import ONE, SITES, Meeting


@pytest.fixture
def two_stage() -> Iterator[Meeting]:
    """A switch whose lines are a candidate until they are committed, as VRP 8 has it."""
    meeting = Meeting(replace(SITES["huawei_vrp"], extra={"model": "CE6881-48S6CQ"}))
    yield meeting
    meeting.close()


def test_a_switch_in_the_two_stage_mode_is_sent_nothing(two_stage: Meeting) -> None:
    where = two_stage.site.points["port"]
    context, before = two_stage.context(where), two_stage.running()
    for method in context.spec.methods:
        cut = isolation(context, method)
        assert cut is not None
        outcome, cause, _ = two_stage.change(where, cut)
        assert (outcome, cause) == (Outcome.NOT_SENT, "device-refused")
        two_stage.hang_up()
    typed = [str(each["line"]) for each in two_stage.simulation.log(device=ONE) if each["event"] == "line"]
    assert "system-view" in typed
    harmless = ("", "display", "screen-length", "system-view")
    assert not [line for line in typed if line.partition(" ")[0] not in harmless]
    assert two_stage.running() == before


def test_the_first_save_asks_for_the_name_of_a_file_too() -> None:
    meeting = Meeting(SITES["huawei_vrp"])
    try:
        save = meeting.profile.save
        assert save is not None
        typed = [("reset saved-configuration", save.answers), *((text, save.answers) for text in save.send)]
        lines = tuple(Command(text, Purpose.CHANGE, 1, answers) for text, answers in typed)
        answers = meeting.exchange(Block(lines))
        assert "file name" in answers[-1].text
        assert "successfully" in answers[-1].text
        assert meeting.simulation.state(ONE)["saved"]
    finally:
        meeting.close()
