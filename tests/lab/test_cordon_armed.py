"""A cut where every session is held open: what it asks of all devices goes out at once, to real shells and a
real ``vtysh``."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from controller.bootstrap import Composition
from controller.domain.armed import Standing
from controller.domain.facts import IntentRecorded
from controller.domain.tags import Tag
from controller.workers.resident import Resident, reside
from tests.lab.cordon import Cordon, plain_site
from tests.lab.network import Lab
from tests.lab.traffic import routes

pytestmark = pytest.mark.lab

DYING = routes(("emergency1", "emergency2"), ("servers", "internet"), ("vendor", "servers"))


def test_a_cut_of_everything_goes_out_at_once_and_is_confirmed(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cordon = Cordon(lab, tmp_path)
    site = plain_site(lab)
    for device in site["devices"].values():
        device["armed"] = "true"
    cordon.site(site)
    for name, value in {**lab.environment, **cordon.environment}.items():
        monkeypatch.setenv(name, value)
    flows = lab.traffic.open(DYING)
    lab.traffic.live(DYING)

    def held_open() -> None:
        with reside(Composition()) as office:
            _until_read(office, len(site["devices"]))
            cut = cordon.act("isolate", "--level", "5")
            assert set(cut.proofs) == {"confirmed"}
            intents = office.home.entries(tag=Tag.OPERATION_INTENDED, run=cut.data["run"])
            first = next(iter(intents)).facts
            assert {fact.device for fact in first if isinstance(fact, IntentRecorded)} == set(site["devices"])
            lab.traffic.wait_dead(flows)

    lab.noc.do(held_open)


def _until_read(office: Resident, devices: int) -> None:
    """Every device has its session, and was read by it."""
    give_up = time.monotonic() + 30
    while True:
        armed = [each for each in office.armed() or () if each.standing is Standing.ARMED]
        if sum(each.read_at is not None and each.read_at >= each.since for each in armed) == devices:
            return
        assert time.monotonic() < give_up, armed
        time.sleep(0.05)
