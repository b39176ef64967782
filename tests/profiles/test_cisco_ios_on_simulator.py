"""What only IOS does: a bound list that is empty or gone, a member of a bundle that was shut by itself.

What every platform must do is in ``test_on_simulators.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.catalog.profiles import load_profiles
from controller.domain.inventory import Device, DeviceRole, Method, Point, PointId, PointKind
from controller.domain.profile.reading import State
from controller.engine.points.reading import judge, read_state
from controller.engine.points.renderer import (
    PointContext,
    isolation,
    point_context,
    read_commands,
    restoration,
)
from controller.simulator.process import Simulation, simulate
from controller.simulator.site import Account, DeviceSpec
from tests.unit.simulator.console import ENABLE, PASSWORD, USER, Console

PROFILE = load_profiles([Path(__file__).parents[2] / "device_profiles"])["cisco_ios"]
LISTS = (
    "ip access-list extended CORDON-CUT",
    "deny ip any any",
    "ipv6 access-list CORDON-CUT6",
    "deny ipv6 any any",
)
CONFIG = (
    *("vlan 110", "vlan 999"),
    *(
        "interface Gi1/0/1",
        "switchport mode access",
        "switchport access vlan 110",
        "ip access-group GUEST in",
    ),
    *("interface Gi1/0/2", "switchport mode access", "shutdown"),
    *("interface range Gi1/0/11 - 12", "switchport mode trunk", "channel-group 1 mode active"),
    *("interface Te1/1/1", "switchport mode trunk", "switchport trunk allowed vlan 1-200,300,999"),
    *("interface Vlan110", "ip address 10.10.1.1 255.255.255.0", "ipv6 traffic-filter OFFICE6 in"),
    *LISTS,
)
POINTS = {
    "aggregate": Point(PointId("acc-1", "Port-channel1"), PointKind.AGGREGATE),
    "svi": Point(PointId("acc-1", "Vlan110"), PointKind.SVI),
}


@pytest.fixture(scope="module")
def _running() -> Iterator[Simulation]:
    spec = DeviceSpec("acc-1", users={USER: Account(PASSWORD)}, enable=ENABLE, config=CONFIG)
    with simulate([spec]) as running:
        yield running


@pytest.fixture
def site(_running: Simulation) -> Simulation:
    _running.reset()
    return _running


@pytest.fixture
def console(site: Simulation) -> Iterator[Console]:
    with Console(site["acc-1"]) as opened:
        yield opened


def context_of(point: Point) -> PointContext:
    context = point_context(point, [], [], Device("acc-1", "cisco_ios", DeviceRole.ACCESS), PROFILE)
    assert context is not None
    return context


def read(console: Console, context: PointContext) -> State | None:
    return read_state(context, {command: console.ask(command) for command in read_commands(context)})


def change(console: Console, lines: tuple[str, ...]) -> None:
    for answer in console.configure(*lines):
        assert PROFILE.error_in(answer) is None, answer


def test_a_bound_list_emptied_or_gone_is_no_cut(site: Simulation, console: Console) -> None:
    context = context_of(POINTS["svi"])
    cut = isolation(context, Method.ACL)
    assert cut is not None
    change(console, cut.commands)
    assert judge(cut.expect, read(console, context)) == "confirmed"
    site.configure("acc-1", "ip access-list extended CORDON-CUT", "no 10")
    assert judge(cut.expect, read(console, context)) == "contradicted"
    site.configure("acc-1", "ip access-list extended CORDON-CUT", "deny ip any any")
    assert judge(cut.expect, read(console, context)) == "confirmed"
    site.configure("acc-1", "no ipv6 access-list CORDON-CUT6")
    assert judge(cut.expect, read(console, context)) == "contradicted"


def test_a_member_shut_by_itself_is_never_opened(site: Simulation, console: Console) -> None:
    site.configure("acc-1", "interface Gi1/0/12", "shutdown")
    context = context_of(POINTS["aggregate"])
    baseline = read(console, context)
    cut = isolation(context, Method.SHUTDOWN)
    assert cut is not None
    assert baseline is not None
    change(console, cut.commands)
    assert judge(cut.expect, read(console, context)) == "confirmed"
    assert restoration(context, [Method.SHUTDOWN], baseline).commands == ()
