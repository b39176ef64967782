"""What an armed session promises, over real SSH with switches that reboot, hang up or have one line left."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.bootstrap import Composition
from controller.domain.armed import ArmedDevice, Standing, Why
from controller.domain.facts import Actor
from controller.domain.proof import Proof
from controller.workers.office import Cut
from controller.workers.resident import Resident, reside
from tests.conftest import UNHURRIED_MS
from tests.fakes.homes import new_home
from tests.faults.site import CORE, ENABLE, HEALTHY, PASSWORD, Site, running_site

ROOT = Actor("os:0")
PATIENCE = 60.0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def office(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Resident]:
    site.simulation.reset()
    monkeypatch.setenv("CORDON_TEST_PASSWORD", PASSWORD)
    monkeypatch.setenv("CORDON_TEST_ENABLE", ENABLE)
    new_home(tmp_path / "home")
    composition = Composition(
        home=tmp_path / "home", inventory=site.inventory, spool_after_ms=UNHURRIED_MS, workers=0
    )
    with reside(composition) as office:
        yield office


def standing(office: Resident, name: str) -> ArmedDevice | None:
    return next((each for each in office.armed() or () if each.device == name), None)


def until(office: Resident, name: str, *wanted: Standing) -> ArmedDevice:
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience:
        found = standing(office, name)
        if found is not None and found.standing in wanted and (found.read_at or not found.wanted):
            return found
        time.sleep(0.02)
    raise AssertionError(standing(office, name))


def logins(site: Site, since: int) -> list[str]:
    return [each["device"] for each in site.simulation.log(since) if each["event"] == "login"]


def cut(office: Resident) -> set[Proof]:
    """The proofs of the way out, which the core switch alone carries."""
    what = Cut(subjects=("internet",))
    done = office.isolate(what, office.plan_cut(what), "test", ROOT, lambda _: None)
    return {result.proof for result in done.ended.results}


def test_a_cut_goes_out_without_a_log_in(site: Site, office: Resident) -> None:
    found = until(office, CORE, Standing.ARMED)
    assert found.why is Why.ROLE
    before = len(site.simulation.log())
    assert cut(office) == {Proof.CONFIRMED}
    assert logins(site, before) == []


@pytest.mark.parametrize("end", ["reload", "hang"])
def test_a_session_that_died_beforehand_costs_the_cut_a_log_in_and_no_more(
    site: Site, office: Resident, end: str
) -> None:
    until(office, CORE, Standing.ARMED)
    before = len(site.simulation.log())
    if end == "reload":
        site.simulation.request("reload", device=CORE)
    else:
        site.simulation.fault(CORE, "drop_mid_command", on="show", times=1)
    assert cut(office) == {Proof.CONFIRMED}
    assert CORE in logins(site, before)


def test_a_device_with_one_line_is_left_to_people(site: Site, office: Resident) -> None:
    until(office, CORE, Standing.ARMED)
    site.simulation.fault(HEALTHY, "one_line_left")
    office.arm([HEALTHY], True, ROOT)
    assert until(office, HEALTHY, Standing.OFF).why is Why.LAST_LINE
