"""A partial return, seen from the hosts: towards some networks, out to some addresses, at some ports."""

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


def partly_back(cordon: Cordon) -> dict[str, tuple[int, list[str]]]:
    """How many points are back, and what the others let through."""
    subjects = cordon("status").data["subjects"]
    return {
        each["name"]: (each["back"], each["towards"]) for each in subjects if each["state"] == "partly-back"
    }


def test_exactly_what_is_named_passes_and_exactly_the_ports_named_open(lab: Lab, cordon: Cordon) -> None:
    before = lab.configuration()
    record = routes(("emergency1", "servers"), ("servers", "emergency2"))
    out4, out6 = routes(("emergency1", "internet"))
    admin4, admin6 = routes(("admin", "internet"))
    others = routes(("emergency1", "maternity"), ("emergency2", "vendor"), ("backup", "emergency1"))
    rest = routes(("maternity", "servers"), ("maternity", "vendor"))
    every = [*record, out4, out6, admin4, admin6, *others, *rest]
    flows = lab.traffic.open(every)
    lab.traffic.live(every)
    cordon.act("isolate", "--segment", "emergency", "--conduit", "internet")
    lab.traffic.verdict(rest, [*record, out4, out6, admin4, admin6, *others])

    # Two lists in a row: what goes out passes both.
    cordon.act("restore", "--segment", "emergency", *towards("servers", *INTERNET))
    lab.traffic.live(record)
    lab.traffic.verdict([*record, *rest], [out4, out6, *others], PROBED)
    cordon.act("restore", "--conduit", "internet", *towards(INTERNET[1]))
    lab.traffic.live([*record, out6, admin6])
    lab.traffic.verdict([*record, out6, admin6, *rest], [out4, admin4, *others])
    known = {"emergency": (5, ["servers", *INTERNET]), "internet": (0, [INTERNET[1]])}
    assert partly_back(cordon) == known

    # Cut again, all of it goes; then all but the port of one of its two hosts.
    cordon.act("isolate", "--segment", "emergency")
    lab.traffic.verdict([admin6, *rest], [*record, out4, out6, *others], PROBED)
    returning = ("acc1", "core", "core-router", "fw")
    chosen = [word for name in returning for word in ("--points", name)]
    cordon.act("restore", "--segment", "emergency", *chosen)
    of_the_second = [each for each in (*record, *others) if "emergency2" in (each.source, each.target)]
    of_the_first = [each for each in (*record, *others) if each not in of_the_second]
    lab.traffic.live([*of_the_first, out6], PROBED)
    lab.traffic.verdict([*of_the_first, out6], [out4, *of_the_second], PROBED)

    cordon.act("restore", "--all")
    lab.traffic.live(every)
    assert not difference(before, lab.configuration())
    assert not any(flow.broken for flow in flows)
