"""What a firewall counts as denied is a tripwire: a segment that tries what it may not is cut again."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.lab.cordon import Cordon, plain_site
from tests.lab.network import Lab
from tests.lab.snapshot import difference
from tests.lab.traffic import Kind, routes

pytestmark = pytest.mark.lab

WITHIN = 5.0
"""Seconds from the first thing denied until the traffic is dead."""

SHARES = """table inet watch {
counter imaging { }
chain forward {
type filter hook forward priority 10
ip saddr 10.10.40.0/24 tcp dport 445 counter name imaging drop
}
}
"""
"""The site's own rule: no file shares from this segment."""

TRIES = """
( for n in $(seq 40); do
  timeout 0.2 bash -c 'exec 3<>/dev/tcp/203.0.113.10/445' || :
done ) >/dev/null 2>&1 &
"""
"""Goes on in the background: what is counted is what comes after the first look."""


def test_a_segment_that_tries_what_is_denied_is_cut_again(lab: Lab, tmp_path: Path) -> None:
    before = lab.configuration()
    out = routes(("imaging", "internet"))
    cordon = Cordon(lab, tmp_path)
    site = plain_site(lab)
    site["segments"]["imaging"]["points"] = [{"device": "fw", "policy": "imaging"}]
    site["segments"]["imaging"].pop("gateways", None)
    cordon.site(site)
    cordon.playbook("rules", {"select": {"segments": "imaging"}, "method": ["policy"]})
    gate = {"watch": "60s", "counters": [{"counter": "denied", "over": 3, "within": "20s"}]}
    stage = {"name": "imaging", "action": "restore", "select": {"segments": "imaging"}, "gate": gate}
    back = {"format": 1, "title": {"fr": "retour", "en": "return"}, "stages": [stage]}
    (cordon.playbooks / "back.yaml").write_text(yaml.safe_dump(back), "utf-8")
    fw = lab.devices["fw"]
    fw.namespace.run("nft", "-f", "-", stdin=SHARES)
    try:
        cordon.act("isolate", "--playbook", "rules")
        words = ["restore", "--playbook", "back", "--yes", "--reason", "checked", "--json"]
        returning = lab.start_controller(
            [sys.executable, "-m", "controller.cli.main", *words], cordon.environment
        )
        lab.traffic.live(out, [Kind.PING], patience=60)
        flows = lab.traffic.open(out)
        lab.traffic.live(out)
        signalled = time.monotonic()
        lab.hosts["imaging"].run("sh", "-c", TRIES)
        assert lab.traffic.wait_dead(flows) - signalled < WITHIN
        said, _ = returning.communicate(timeout=30)
    finally:
        fw.namespace.run("nft", "delete", "table", "inet", "watch")
    assert (json.loads(said)["exit"], json.loads(said)["cause"]) == (6, "tripwire")
    assert cordon.states()["imaging"] == "isolated"
    cordon.act("restore", "--all")
    lab.traffic.live(out, [Kind.PING])
    assert not difference(before, lab.configuration())
