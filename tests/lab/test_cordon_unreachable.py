"""A switch that Cordon cannot log in to, in the middle of a cut: its neighbours' ports."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lab.cordon import Cordon, plain_site
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.traffic import Kind, routes

pytestmark = pytest.mark.lab

PROBED = [Kind.NEW, Kind.PING]
ALIVE = routes(("samu", "servers"), ("maternity", "servers"))
THERE = routes(("laboratory", "servers"), ("imaging", "internet"))
UPSTREAM = ["acc1 cross", "core acc2"]


def _down(lab: Lab, device: str, port: str) -> bool:
    described = lab.devices[device].run("ovs-ofctl", "dump-ports-desc", "br0")
    config = re.search(rf"\({port}\):.*\n +config: +(\S+)", described)
    assert config is not None
    return config[1] == "PORT_DOWN"


def test_a_switch_with_a_dead_ssh_is_cut_off_at_both_its_neighbours_and_comes_back_exactly(
    lab: Lab, tmp_path: Path
) -> None:
    """Not a line reaches the switch, neither for the cut nor for the return: it is dead all the while. As
    long as the emergency call centre has a way over one of the two ports, that port is left alone."""
    before = lab.configuration()
    cordon = Cordon(lab, tmp_path)
    site = plain_site(lab)
    cordon.playbook(
        "wing",
        {
            "select": {"segments": ["laboratory", "imaging"]},
            "method": ["shutdown"],
            "on_unreachable": "escalate",
        },
    )
    (refused,) = cordon("plan", "wing").data["escalations"]
    assert (refused["refused"], refused["because"]) == ("keep-alive", "samu → acc1 cross")
    samu = site["segments"]["samu"]
    samu["points"] = [each for each in samu["points"] if each["interface"] != "cross"]
    cordon.site(site)
    (ready,) = cordon("plan", "wing").data["escalations"]
    commands = [
        line
        for each in ready["operations"]
        for step in each["steps"]
        for line in step["rendering"]["commands"]
    ]
    assert any("cross down" in line for line in commands)
    assert any("acc2 down" in line for line in commands)
    assert "emergency" in ready["also"]
    lab.traffic.live([*THERE, *ALIVE], PROBED)
    lab.devices["acc2"].stop_ssh()

    cut = cordon.act("isolate", "--playbook", "wing")
    assert cut.proofs == {"confirmed": 4}
    assert cut.data["unproven"] == []
    (found,) = cut.data["upstream"]
    assert (found["device"], found["ports"], found["points"]) == ("acc2", UPSTREAM, 2)
    assert _down(lab, "acc1", "cross")
    assert _down(lab, "core", "acc2")
    assert not _down(lab, "acc2", "laboratory")
    lab.traffic.verdict(ALIVE, THERE, PROBED)
    subjects = {each["name"]: each for each in cordon("status").data["subjects"]}
    for name in ("laboratory", "imaging"):
        assert (subjects[name]["state"], subjects[name]["upstream"]) == ("isolated", UPSTREAM)

    held = cordon.act("restore", "--segment", "laboratory")
    assert held.data["state"] == "finished"
    lab.traffic.verdict(ALIVE, THERE, PROBED)  # the ports stand for the other segment as well
    back = cordon.act("restore", "--all")
    assert back.proofs == {"confirmed": 2}
    lab.traffic.live([*THERE, *ALIVE], PROBED)
    lab.devices["acc2"].start_ssh()
    assert not difference(before, lab.configuration())
