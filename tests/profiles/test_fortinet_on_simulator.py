"""What the log-in to a FortiGate may begin with."""

from __future__ import annotations

import pytest

from controller.domain.proof import Outcome, Proof
from controller.engine.points.reading import judge
from tests.profiles.meeting import ONE, SITES, Meeting
from tests.profiles.test_on_simulators import a_cut

BANNER = ("config system global", "set post-login-banner enable", "end")


@pytest.mark.parametrize(
    ("name", "lines"), [("fortinet", BANNER), ("fortinet_vdom", ("config global", *BANNER, "end"))]
)
def test_a_disclaimer_is_accepted(name: str, lines: tuple[str, ...]) -> None:
    meeting = Meeting(SITES[name])
    try:
        meeting.simulation.configure(ONE, *lines)
        where, cut = a_cut(meeting)
        outcome, _, state = meeting.change(where, cut)
        assert outcome is Outcome.ACCEPTED
        assert judge(cut.expect, state) is Proof.CONFIRMED
    finally:
        meeting.close()
