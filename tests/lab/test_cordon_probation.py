"""What came back is watched with real traffic: a tripwire has it cut again, and nothing behind it returns."""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.cordon import Cordon, plain_site
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.traffic import Kind, routes

pytestmark = pytest.mark.lab

PROBED = [Kind.NEW, Kind.PING]
WITHIN = 5.0
"""Seconds from a tripwire's signal until the traffic is dead."""

SHARES = 445
"""The port of a file share that must not be there while it is watched."""


def _site(lab: Lab) -> dict[str, Any]:
    site = plain_site(lab)
    site["segments"]["admin"]["forbidden"] = [
        {"tcp": f"10.10.50.10:{SHARES}", "from": "controller", "control": "icmp:10.10.90.10"}
    ]
    return site


def _back(cordon: Cordon, *stages: tuple[str, str]) -> None:
    content = {
        "format": 1,
        "title": {"fr": "retour", "en": "return"},
        "stages": [
            {
                "name": name,
                "action": "restore",
                "select": {"segments": name},
                "gate": {"watch": watch},
                "on_failure": "stop",
            }
            for name, watch in stages
        ],
    }
    (cordon.playbooks / "back.yaml").write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")


def _listening() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("", SHARES))
    made.listen()
    return made


def test_a_tripwire_in_the_second_wave_cuts_it_again_and_stops_the_third(lab: Lab, tmp_path: Path) -> None:
    before = lab.configuration()
    first, second, third = (routes((name, "servers")) for name in ("printers", "admin", "imaging"))
    cordon = Cordon(lab, tmp_path)
    cordon.site(_site(lab))
    cordon.playbook(
        "ports", {"select": {"segments": ["printers", "admin", "imaging"]}, "method": ["shutdown"]}
    )
    _back(cordon, ("printers", "0s"), ("admin", "60s"), ("imaging", "0s"))
    cordon.act("isolate", "--playbook", "ports")
    lab.traffic.dead([*first, *second, *third], PROBED)

    command = ["restore", "--playbook", "back", "--yes", "--reason", "checked", "--json"]
    returning = lab.start_controller(
        [sys.executable, "-m", "controller.cli.main", *command], cordon.environment
    )
    lab.traffic.live([*first, *second], PROBED, patience=20)
    lab.traffic.dead(third, PROBED)
    flows = lab.traffic.open(second)
    lab.traffic.live(second)
    with lab.hosts["admin"].do(_listening):
        signalled = time.monotonic()
        lab.traffic.wait_dead(flows)
        assert time.monotonic() - signalled < WITHIN
    said, _ = returning.communicate(timeout=30)
    ended = json.loads(said)
    assert (ended["exit"], ended["state"], ended["cause"]) == (6, "aborted", "tripwire")
    lab.traffic.verdict(first, [*second, *third], PROBED)
    assert cordon.states()["admin"] == "isolated"
    assert cordon("probation", "show").data["probations"] == []

    cordon.act("restore", "--all")
    lab.traffic.live([*first, *second, *third], PROBED)
    assert not difference(before, lab.configuration())
