"""A BGP neighbour shut through the command line: real sessions, and the routes that go with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.border import BEYOND4, BEYOND6, PEER4, Border
from tests.lab.cordon import Cordon
from tests.lab.methods import BESIDE, Way
from tests.lab.network import Lab

pytestmark = pytest.mark.lab


def test_a_neighbour_is_shut_with_every_route_learned_from_it_and_a_floating_default_is_no_cut(
    lab: Lab, tmp_path: Path
) -> None:
    with Border(lab, tmp_path) as border:
        border.await_life(BEYOND4, BEYOND6)
        before = border.edge.configuration()
        cordon = Cordon(lab, tmp_path)
        cordon.site(border.site())
        cordon.playbook("out", {"select": {"conduits": ["internet4", "internet6"]}, "method": ["bgp"]})
        steps = [
            (operation["platform"], step)
            for wave in cordon("plan", "out").data["waves"]
            for operation in wave["operations"]
            for step in operation["steps"]
        ]
        ways = {
            Way(platform, step["point"]["kind"], step["point"]["tagged"], step["rendering"]["method"])
            for platform, step in steps
        }
        assert ways == BESIDE

        # The way out that a network engineer keeps for bad days: it comes forward once BGP is gone.
        border.edge.run("ip", "route", "add", "default", "via", PEER4, "metric", "200")
        answer = cordon.act("isolate", "--playbook", "out", code=6)
        assert answer.lacking() == {f"edge {PEER4}": ("contradicted", "read-back-differs")}
        assert answer.proofs == {"confirmed": 1, "contradicted": 1}
        assert border.lives(BEYOND4)
        assert not border.lives(BEYOND6)
        border.edge.run("ip", "route", "del", "default", "via", PEER4, "metric", "200")
        assert not border.lives(BEYOND4)

        assert not cordon.act("restore", "--all").lacking()
        border.await_life(BEYOND4, BEYOND6)
        assert border.edge.configuration() == before
