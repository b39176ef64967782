from __future__ import annotations

from collections.abc import Iterator

import pytest

from controller.simulator.process import Simulation, simulate
from controller.simulator.site import Account, DeviceSpec
from tests.unit.simulator.console import ENABLE, PASSWORD, USER, Console

CONFIG = (
    "vlan 10",
    "name DATA",
    "vlan 20",
    "name VOICE",
    "interface Gi1/0/1",
    "description bed 12",
    "switchport mode access",
    "switchport access vlan 10",
    "switchport voice vlan 20",
    "interface Vlan10",
    "ip address 10.0.10.1 255.255.255.0",
    "ipv6 address 2001:db8:10::1/64",
    "interface range Gi1/0/11 - 12",
    "switchport mode trunk",
    "channel-group 1 mode active",
    "interface Te1/1/1",
    "switchport mode trunk",
)


def spec(name: str, **given: object) -> DeviceSpec:
    values: dict[str, object] = {
        "users": {USER: Account(PASSWORD), "boss": Account(PASSWORD, 15)},
        "enable": ENABLE,
        "config": CONFIG,
        "boot_seconds": 0.2,
        "minute_seconds": 0.3,
    }
    return DeviceSpec(name, **{**values, **given})  # type: ignore[arg-type]  # callers name its fields


@pytest.fixture(scope="package")
def _running() -> Iterator[Simulation]:
    devices = [spec("acc-1"), spec("core-1"), spec("old-1", host_key="rsa")]
    links = [(("acc-1", "TenGigabitEthernet1/1/1"), ("core-1", "TenGigabitEthernet1/1/1"))]
    with simulate(devices, links) as running:
        yield running


@pytest.fixture
def site(_running: Simulation) -> Simulation:
    """Two switches joined by a cable, and one that knows only old algorithms; as if just started."""
    _running.reset()
    return _running


@pytest.fixture
def console(site: Simulation) -> Iterator[Console]:
    with Console(site["acc-1"]) as opened:
        yield opened
