"""A partial return: towards some networks alone, at some ports alone, out to some addresses alone; with real
traffic, IPv4 and IPv6."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lab.cordon import Cordon, plain_site
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.traffic import Kind, routes

pytestmark = pytest.mark.lab

PROBED = [Kind.NEW, Kind.PING]
INTERNET = ["203.0.113.10", "2001:db8:ff::10"]


def site(lab: Lab) -> dict[str, Any]:
    """The lab with a router that is a firewall too: what passes between segments passes there."""
    found = plain_site(lab)
    found["devices"]["core-router"] |= {"platform": "linux_nftables", "credentials": "lab-shell"}
    for segment in found["segments"].values():
        segment["points"].append({"device": "core-router", "policy": segment["gateways"][0][1]})
    return found


@pytest.fixture
def cordon(lab: Lab, tmp_path: Path) -> Cordon:
    made = Cordon(lab, tmp_path)
    made.site(site(lab))
    return made


def towards(*names: str) -> list[str]:
    return [word for name in names for word in ("--towards", name)]


def shown(cordon: Cordon, name: str) -> tuple[str, int, list[str]]:
    subjects = cordon("status").data["subjects"]
    found = next(each for each in subjects if each["name"] == name)
    return found["state"], found["back"], found["towards"]


def test_a_segment_returns_towards_what_is_named_and_reaches_nothing_else(lab: Lab, cordon: Cordon) -> None:
    before = lab.configuration()
    named = routes(("emergency1", "servers"), ("servers", "emergency2"), ("emergency1", "internet"))
    others = routes(("emergency1", "maternity"), ("emergency2", "vendor"), ("backup", "emergency1"))
    rest = routes(("maternity", "servers"), ("maternity", "vendor"))
    established = lab.traffic.open([*named, *others, *rest])
    lab.traffic.live([*named, *others, *rest], PROBED)
    cordon.act("isolate", "--segment", "emergency")
    lab.traffic.verdict(rest, [*named, *others])

    cordon.act("restore", "--segment", "emergency", *towards("servers", *INTERNET))
    lab.traffic.live(named)
    lab.traffic.verdict([*named, *rest], others, PROBED)
    lab.traffic.verdict(named, others, [Kind.ESTABLISHED])
    assert shown(cordon, "emergency") == ("partly-back", 5, ["servers", *INTERNET])

    # Other addresses: the internet goes again; cut again, all of it goes; whole again, nothing is left of it.
    cordon.act("restore", "--segment", "emergency", *towards("10.10.60.0/25", "2001:db8:10:60::10"))
    lab.traffic.verdict([*named[:4], *rest], [*named[4:], *others], PROBED)
    cordon.act("isolate", "--segment", "emergency")
    lab.traffic.verdict(rest, [*named, *others], PROBED)
    assert shown(cordon, "emergency") == ("isolated", 0, [])
    cordon.act("restore", "--segment", "emergency")
    lab.traffic.live([*named, *others])
    assert not difference(before, lab.configuration())
    assert not any(flow.broken for flow in established)


def test_some_ports_return_and_the_others_stay_cut(lab: Lab, cordon: Cordon) -> None:
    before = lab.configuration()
    ours, theirs = routes(("emergency1", "servers")), routes(("emergency2", "servers"))
    lab.traffic.live([*ours, *theirs], PROBED)
    cordon.playbook("ports", {"select": {"segments": ["emergency"]}, "method": ["shutdown"]})
    cordon.act("isolate", "--playbook", "ports")
    lab.traffic.verdict([], [*ours, *theirs], PROBED)

    cordon.act("restore", "--segment", "emergency", "--points", "acc1 emergency1-2")
    lab.traffic.live(ours, PROBED)
    lab.traffic.verdict(ours, theirs, PROBED)
    assert shown(cordon, "emergency") == ("partly-back", 1, [])
    cordon.act("restore", "--segment", "emergency")
    lab.traffic.live([*ours, *theirs], PROBED)
    assert not difference(before, lab.configuration())


def test_the_internet_returns_to_its_list_alone(lab: Lab, cordon: Cordon) -> None:
    before = lab.configuration()
    out = routes(("admin", "internet"))
    lab.traffic.live(out, PROBED)
    cordon.act("isolate", "--conduit", "internet")
    lab.traffic.verdict([], out, PROBED)
    cordon.act("restore", "--conduit", "internet", *towards("203.0.113.77", "2001:db8:ff::77"))
    lab.traffic.verdict([], out, PROBED)
    cordon.act("restore", "--conduit", "internet", *towards("203.0.113.0/28"))
    lab.traffic.live(out[:1], PROBED)
    lab.traffic.verdict(out[:1], out[1:], PROBED)
    cordon.act("restore", "--conduit", "internet", *towards(*INTERNET))
    lab.traffic.live(out, PROBED)
    assert shown(cordon, "internet") == ("partly-back", 0, INTERNET)
    cordon.act("restore", "--conduit", "internet")
    lab.traffic.live(out, PROBED)
    assert not difference(before, lab.configuration())
