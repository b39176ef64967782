"""Every platform at its worst, cut by the command itself: what each device does is in ``worst.py``.

The devices are the judges: whether traffic passes, what they have configured, and what is left of candidates
and modes, whatever was reported of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.domain.inventory import Device, DeviceRole
from controller.domain.path import Path as Way
from controller.domain.profile import DeviceProfile
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.engine.execution import operation
from controller.engine.points.renderer import point_context, read_commands
from controller.engine.ports import Block, Command, Login, Purpose, Session
from controller.simulator.process import Simulation
from tests.profiles.hospital import (
    EXIT_DONE,
    EXIT_UNPROVEN,
    LOCAL,
    Hospital,
    device_of,
    network,
    one_of_each_kind,
    secrets,
)
from tests.profiles.meeting import ENABLE, PASSWORD, PATIENCE, PROFILES, SITES
from tests.profiles.worst import ADVERSITIES, ELSEWHERE, Adversity, Ending

Modes = dict[tuple[str, str], set[str]]
"""By platform and line, the modes in which it was typed."""


@pytest.fixture(scope="module")
def _network() -> Iterator[Simulation]:
    with network() as running:
        yield running


@pytest.fixture
def hospital(
    _network: Simulation,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Hospital:
    _network.reset()
    secrets(monkeypatch)
    monkeypatch.setattr(operation, "ASK_AGAIN", 0.2)
    return Hospital(_network, tmp_path, capsys, one_of_each_kind)


def modes(simulation: Simulation) -> Modes:
    """Of lines that read a point and were carried out."""
    found: Modes = {}
    for platform in SITES:
        asked = reads(simulation, platform)
        for each in simulation.log(device=device_of(platform)):
            if each["event"] == "line" and each["line"] in asked and each["result"] == "ok":
                found.setdefault((platform, each["line"]), set()).add(each["mode"])
    return found


def reads(simulation: Simulation, platform: str) -> set[str]:
    device, profile = known(simulation, platform)
    lines: set[str] = set()
    for each in one_of_each_kind(SITES[platform]):
        context = point_context(each.point, ["ward"], each.prefixes, device, profile)
        assert context is not None
        lines.update(read_commands(context))
    return lines


def known(simulation: Simulation, platform: str) -> tuple[Device, DeviceProfile]:
    """The device as the inventory has it."""
    there, settings = simulation[device_of(platform)], SITES[platform].settings
    device = Device(
        device_of(platform),
        platform,
        DeviceRole.ACCESS,
        paths=(Way("127.0.0.1", there.port),),
        host_key=there.host_key,
        settings=settings,
    )
    return device, PROFILES[platform].settled(settings)


@pytest.mark.parametrize("adversity", ADVERSITIES, ids=lambda each: each.name)
def test_platforms_at_their_worst(
    hospital: Hospital, adversity: Adversity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORDON_OPERATION_TIMEOUT", str(adversity.operation))
    for platform in adversity.platforms if adversity.named else ():
        hospital.simulation.configure(device_of(platform), *SITES[platform].named)
    before = {name: unnamed(name, text) for name, text in hospital.running().items()}
    others = worsen(hospital, adversity)
    code, told = hospital("isolate", "--segment", "ward")
    is_told(hospital, adversity, code, told)
    nothing_is_left(hospital)
    for each in others:
        each.close()
    if not adversity.lasts:
        better(hospital, adversity)
    monkeypatch.delenv("CORDON_OPERATION_TIMEOUT")
    if adversity.ending is Ending.TOLD:
        code, told = hospital("isolate", "--segment", "ward")
        assert code == EXIT_DONE, json.dumps(told["unproven"])
        assert {platform: set(hospital.passes(platform).values()) for platform in SITES} == {
            platform: {False} for platform in SITES
        }
    if adversity.returns:
        worsen(hospital, adversity)
        code, told = hospital("restore", "--segment", "ward")
        stays_cut(hospital, adversity, code, told)
        nothing_is_left(hospital)
        better(hospital, adversity)
    code, told = hospital("restore", "--segment", "ward")
    assert code == EXIT_DONE, json.dumps(told["unproven"])
    nothing_is_left(hospital)
    assert {name: unnamed(name, text) for name, text in hospital.running().items()} == before


def unnamed(platform: str, text: str) -> str:
    """Without the lines that say the device's own name."""
    names = (device_of(platform), ELSEWHERE)
    return "\n".join(line for line in text.split("\n") if not any(name in line for name in names))


def worsen(hospital: Hospital, adversity: Adversity) -> list[Session]:
    """Sets it off; the sessions of somebody else's that it takes."""
    others = []
    for platform in adversity.platforms:
        device, site = device_of(platform), SITES[platform]
        for fault, params in adversity.faults(PROFILES[platform]).items():
            hospital.simulation.fault(device, fault, **params)
        if adversity.locks:
            hospital.simulation.configure(device, *site.locked)
            others.append(configuring(hospital, platform))
    return others


def better(hospital: Hospital, adversity: Adversity) -> None:
    for platform in adversity.platforms:
        hospital.simulation.clear(device_of(platform))
        if adversity.locks:
            hospital.simulation.configure(device_of(platform), *SITES[platform].unlocked)


def configuring(hospital: Hospital, platform: str) -> Session:
    """Somebody else, who has the configuration to himself."""
    device, profile = known(hospital.simulation, platform)
    until = time.monotonic() + PATIENCE
    session = NetmikoDriver().open(device, profile, [Login(LOCAL, PASSWORD, enable=ENABLE)], until)
    lines = (*profile.session.enter, *SITES[platform].lock)
    session.write(Block(tuple(Command(line, Purpose.MODE) for line in lines)))
    assert all(answer.complete for answer in session.collect(until))
    return session


def is_told(hospital: Hospital, adversity: Adversity, code: int, told: dict[str, Any]) -> None:
    """What is reported of each point is what its device does."""
    left = {(each["device"], each["object"]): each for each in told["unproven"]}
    for platform in SITES:
        for name, passes in hospital.passes(platform).items():
            assert passes is ((device_of(platform), name) in left), (platform, name, left)
    if adversity.ending is Ending.CUT:
        assert (code, list(left.values())) == (EXIT_DONE, []), json.dumps(
            [[e["device"], e["object"], e["outcome"], e["proof"], e["cause"]] for e in left.values()]
        )
        return
    assert code == EXIT_UNPROVEN
    assert {device for device, _ in left} == {device_of(platform) for platform in adversity.platforms}
    for each in left.values():
        assert set(each["cause"].split(" + ")) & adversity.causes, each
        assert each["proof"] in ("contradicted", "unknown")
        assert each["commands"], "nothing to type by hand"


def stays_cut(hospital: Hospital, adversity: Adversity, code: int, told: dict[str, Any]) -> None:
    """What is not reported as back is cut as it was, with the cause and what to type; nothing else is."""
    assert code == EXIT_UNPROVEN
    left = {(each["device"], each["object"]): each for each in told["unproven"]}
    for platform in SITES:
        for name, passes in hospital.passes(platform).items():
            assert passes is ((device_of(platform), name) not in left), (platform, name, left)
    assert {device_of(platform) for platform in adversity.platforms} <= {device for device, _ in left}
    for each in left.values():
        assert each["cause"], each
        assert each["commands"], "nothing to type by hand"


def nothing_is_left(hospital: Hospital) -> None:
    """No candidate, and nothing was read in a mode that should have been left."""
    for platform in SITES:
        state = hospital.simulation.state(device_of(platform))
        assert state["pending"] == [], (platform, state["pending"])
    for (platform, line), seen in modes(hospital.simulation).items():
        assert len(seen) == 1, (platform, line, seen)
