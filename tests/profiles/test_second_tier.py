"""Platforms known from documents and recorded outputs only: what can be seen of them without a device.

Their sessions are prepared by Netmiko's own class, on something that speaks as they do as far as that goes.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from controller.catalog.profiles import load_profiles
from controller.domain.profile import Tested as Tried
from controller.domain.proof import Outcome
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.engine.ports import Block, Command, Login, Purpose
from tests.fakes.ssh_device import PASSWORD, USER, Manners, SshDevice
from tests.fakes.switch import Switch

HERE = Path(__file__).parent
PROFILES = load_profiles([HERE.parents[1] / "device_profiles"])
EXPERIMENTAL = sorted(name for name, each in PROFILES.items() if each.tested is Tried.TRANSCRIPT)
ENABLE = "sesame-ouvre-toi"


def test_there_are_some() -> None:
    assert {"allied_telesis_awplus", "cisco_asa", "cisco_s300"} <= set(EXPERIMENTAL)


@pytest.mark.parametrize("name", EXPERIMENTAL)
def test_every_method_has_a_cut_and_something_open_on_record(name: str) -> None:
    cases = [path.read_text("utf-8") for path in (HERE / name).glob("*.yaml")]
    proofs = [text.rpartition("\nproof:\n")[2] for text in cases]
    for method in {method for spec in PROFILES[name].points.values() for method in spec.methods}:
        for proof in ("confirmed", "contradicted"):
            assert any(f"  {method.value}: {proof}\n" in each for each in proofs), f"{method}: never {proof}"
    assert any("\nstate: unknown\n" in text for text in cases)


@pytest.mark.parametrize("name", EXPERIMENTAL)
def test_its_sources_are_named_and_its_errors_known(name: str) -> None:
    profile = PROFILES[name]
    assert len(profile.sources) > 1
    assert profile.error_in("% Invalid input detected at '^' marker.\n") is not None


@pytest.mark.parametrize("name", EXPERIMENTAL)
def test_netmiko_prepares_its_session_and_a_block_goes_through(name: str) -> None:
    switch, manners = Switch.with_ports("acc-1", ["p1"]), Manners(enable_secret=ENABLE)
    session = PROFILES[name].session
    lines = [*session.enter, "interface p1", "shutdown", *session.leave]
    block = Block(tuple(Command(line, Purpose.CHANGE, 1) for line in lines))
    with SshDevice(switch, manners) as device:
        profile = replace(PROFILES[name], platform=device.device().platform)
        opened = NetmikoDriver().open(
            device.device(), profile, [Login(USER, PASSWORD, enable=ENABLE)], time.monotonic() + 15
        )
        assert opened.write(block) is Outcome.SENT
        answers = opened.collect(time.monotonic() + 10)
        opened.close()
    assert [answer.complete for answer in answers] == [True] * len(lines)
    assert switch.ports["p1"].admin == "down"
    assert all(profile.error_in(answer.text) is None for answer in answers)
