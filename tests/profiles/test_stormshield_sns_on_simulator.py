"""What a check of an SNS firewall finds."""

from __future__ import annotations

from controller.engine.ports import Block, Command, Purpose
from tests.profiles.meeting import ONE, SITES, Meeting


def test_a_cluster_is_found_where_there_is_one() -> None:
    """Its passive member takes nothing over by itself."""
    meeting = Meeting(SITES["stormshield_sns"])
    try:
        (look,) = meeting.profile.readiness.looks
        assert look.bad is not None
        assert look.whole is not None
        asked = Block((Command(look.send.fill({}), Purpose.READ),))
        (alone,) = meeting.exchange(asked)
        assert look.bad.search(alone.text) is None
        meeting.simulation.configure(ONE, "CONFIG HA CREATE ifname=dmz1 password=x")
        (paired,) = meeting.exchange(asked)
        found = look.bad.search(paired.text)
        assert found is not None
        assert found[0] == "State=1"
        assert look.whole.search(paired.text.replace("\r\n", "\n"))
    finally:
        meeting.close()
