"""What only AOS does: VLANs beside a port's own, two kinds of aggregates, and two directories of which a cold
start finds one.

What every platform must do is in ``test_on_simulators.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from controller.domain.inventory import Method, PointId
from controller.domain.plan import Rendering
from controller.domain.proof import Outcome, Proof
from controller.engine.points.reading import judge
from controller.engine.points.renderer import isolation
from controller.engine.ports import Block, Command, Purpose
from tests.profiles.meeting import ONE, SITES, Meeting, SitePoint

STATIC = ("linkagg static agg 8 size 2", "linkagg static port 1/1/13 agg 8")
SITE = replace(SITES["alcatel_aos"], config=(*SITES["alcatel_aos"].config, *STATIC))
PORT, DYNAMIC = SITE.points["port"], SITE.points["aggregate"]
OTHER_KIND = replace(DYNAMIC, point=replace(DYNAMIC.point, id=PointId(ONE, "8")))


@pytest.fixture(scope="module")
def started() -> Iterator[Meeting]:
    meeting = Meeting(SITE)
    yield meeting
    meeting.close()


@pytest.fixture
def meeting(started: Meeting) -> Meeting:
    started.site = SITE
    started.reset()
    return started


def cut_of(meeting: Meeting, where: SitePoint, method: Method) -> Rendering:
    cut = isolation(meeting.context(where), method)
    assert cut is not None
    return cut


@pytest.mark.parametrize("vlan", [30, 4094])
def test_a_tagged_vlan_that_stays_is_no_quarantine(meeting: Meeting, vlan: int) -> None:
    meeting.simulation.configure(ONE, f"vlan {vlan}", f"vlan {vlan} members port 1/1/1 tagged")
    cut = cut_of(meeting, PORT, Method.VLAN)
    outcome, _, state = meeting.change(PORT, cut)
    assert outcome is Outcome.ACCEPTED
    assert judge(cut.expect, state) is Proof.CONTRADICTED


@pytest.mark.parametrize("trunk", ["trunk", "bundle"])
def test_a_vlan_that_may_be_learnt_again_is_not_confirmed(meeting: Meeting, trunk: str) -> None:
    meeting.simulation.configure(ONE, "mvrp enable")
    where = SITE.points[trunk]
    cut = cut_of(meeting, where, Method.VLAN)
    outcome, _, state = meeting.change(where, cut)
    assert outcome is Outcome.ACCEPTED
    assert state is not None
    assert state["carried"] == "no"
    assert judge(cut.expect, state) is Proof.CONTRADICTED


@pytest.mark.parametrize(
    "other",
    [
        'ip interface "soins-nuit" address 10.10.4.1 mask 255.255.255.0 vlan 110',
        'ipv6 interface "soins-6" vlan 110',
    ],
)
def test_a_vlan_that_another_interface_routes_is_not_confirmed(meeting: Meeting, other: str) -> None:
    meeting.simulation.configure(ONE, other)
    where = SITE.points["gateway"]
    cut = isolation(meeting.context(where), Method.SVI, meeting.read(where))
    assert cut is not None
    outcome, _, state = meeting.change(where, cut)
    assert outcome is Outcome.ACCEPTED
    assert any(meeting.passes(where).values())
    assert judge(cut.expect, state) is Proof.CONTRADICTED


def test_an_aggregate_of_the_other_kind_is_refused_and_left_as_it_is(meeting: Meeting) -> None:
    cut = cut_of(meeting, OTHER_KIND, Method.SHUTDOWN)
    outcome, _, state = meeting.change(OTHER_KIND, cut)
    assert outcome is Outcome.REJECTED
    assert judge(cut.expect, state) is Proof.CONTRADICTED
    assert all(meeting.passes(OTHER_KIND).values())


def test_a_static_aggregate_is_shut_where_the_device_is_said_to_have_such(meeting: Meeting) -> None:
    meeting.site = replace(SITE, settings={"linkagg": "static"})
    cut = cut_of(meeting, OTHER_KIND, Method.SHUTDOWN)
    assert all(meeting.passes(OTHER_KIND).values())
    outcome, _, state = meeting.change(OTHER_KIND, cut)
    assert outcome is Outcome.ACCEPTED
    assert judge(cut.expect, state) is Proof.CONFIRMED
    assert not any(meeting.passes(OTHER_KIND).values())


def test_what_is_written_and_not_certified_is_gone_after_a_cold_start(meeting: Meeting) -> None:
    """Why the profile certifies, too."""
    meeting.change(PORT, cut_of(meeting, PORT, Method.SHUTDOWN))
    meeting.exchange(Block((Command("write memory", Purpose.CHANGE, 1),)))
    assert not meeting.simulation.state(ONE)["saved"]
    meeting.simulation.reload(ONE)
    meeting.simulation.wait(device=ONE, event="booted")
    assert all(meeting.passes(PORT).values())
