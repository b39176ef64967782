"""The profile and the simulator were written apart, each from the vendor's documents: here they meet.

Each method's lines, typed into a switch, cut what they should and nothing else; the read-back confirms it;
the restore lines bring the configuration back as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.catalog.profiles import load_profiles
from controller.domain.inventory import Device, DeviceRole, Method, Point, PointId, PointKind
from controller.domain.profile import State
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
    "port": Point(PointId("acc-1", "GigabitEthernet1/0/1"), PointKind.INTERFACE),
    "short": Point(PointId("acc-1", "Gi1/0/1"), PointKind.INTERFACE),
    "aggregate": Point(PointId("acc-1", "Port-channel1"), PointKind.AGGREGATE),
    "svi": Point(PointId("acc-1", "Vlan110"), PointKind.SVI),
    "trunk": Point(PointId("acc-1", "TenGigabitEthernet1/1/1", 110), PointKind.INTERFACE, tagged=True),
    "bundle": Point(PointId("acc-1", "Port-channel1", 110), PointKind.AGGREGATE, tagged=True),
}
CASES = [
    (name, method)
    for name, point in POINTS.items()
    for method in PROFILE.points[point.kind, point.tagged].methods
]


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


@pytest.mark.parametrize(("name", "method"), CASES)
def test_a_cut_is_confirmed_and_undone(site: Simulation, console: Console, name: str, method: Method) -> None:
    context = context_of(POINTS[name])
    before, untouched = site.running("acc-1"), read(console, context)
    cut = isolation(context, method)
    assert cut is not None
    assert untouched is not None
    assert judge(cut.expect, untouched) == "contradicted"
    change(console, cut.commands)
    assert judge(cut.expect, read(console, context)) == "confirmed"
    back = restoration(context, [method], untouched)
    change(console, back.commands)
    assert judge(back.expect, read(console, context)) == "confirmed"
    assert site.running("acc-1") == before


@pytest.mark.parametrize(("name", "method"), CASES)
def test_a_cut_that_the_switch_ignores_is_not_confirmed(
    site: Simulation, console: Console, name: str, method: Method
) -> None:
    context = context_of(POINTS[name])
    cut = isolation(context, method)
    assert cut is not None
    site.fault("acc-1", "ignore")
    change(console, cut.commands)
    assert judge(cut.expect, read(console, context)) == "contradicted"


def test_a_port_shut_before_stays_shut(site: Simulation, console: Console) -> None:
    context = context_of(Point(PointId("acc-1", "GigabitEthernet1/0/2"), PointKind.INTERFACE))
    baseline = read(console, context)
    assert baseline is not None
    back = restoration(context, [Method.SHUTDOWN], baseline)
    assert back.commands == ()
    assert site.interface("acc-1", "GigabitEthernet1/0/2")["admin"] == "down"


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
