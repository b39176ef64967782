"""What only AOS-CX does: a line takes 256 VLANs, and a trunk's last VLAN may not be taken off its list.

What every platform must do is in ``test_on_simulators.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.domain.inventory import Method, PointId
from controller.domain.proof import Outcome, Proof
from controller.engine.points.reading import judge
from controller.engine.points.renderer import isolation
from controller.simulator.process import simulate
from controller.simulator.spec import Account, DeviceSpec
from tests.profiles.meeting import ONE, SITES, Meeting
from tests.profiles.wards import PASSWORD, act, calling

SITE = SITES["aruba_aoscx"]


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


def test_more_vlans_than_a_line_takes_are_refused_and_the_trunk_is_left_as_it_is(meeting: Meeting) -> None:
    """Until the switch's `vlans` say which there are."""
    meeting.site = replace(SITE, settings={**SITE.settings, "vlans": "1-4094"})
    where, before = SITE.points["trunk-all"], meeting.running()
    cut = isolation(meeting.context(where), Method.VLAN, meeting.read(where))
    assert cut is not None
    assert cut.commands[-1] == "vlan trunk allowed 1-119,121-4094"
    outcome, cause, state = meeting.change(where, cut)
    assert (outcome, cause) == (Outcome.REJECTED, "device-refused")
    assert judge(cut.expect, state) is Proof.CONTRADICTED
    assert meeting.running() == before


def test_the_others_on_a_trunk_go_on(meeting: Meeting) -> None:
    for name, beside in (("trunk", 120), ("trunk-all", 110)):
        where = SITE.points[name]
        other = replace(where, point=replace(where.point, id=PointId(ONE, where.point.id.object, beside)))
        assert all(meeting.passes(other).values())
        cut = isolation(meeting.context(where), Method.VLAN, meeting.read(where))
        assert cut is not None
        meeting.change(where, cut)
        assert not any(meeting.passes(where).values())
        assert all(meeting.passes(other).values())


def test_an_access_port_has_no_lines_as_one_of_several(meeting: Meeting) -> None:
    where = SITE.points["trunk"]
    access = replace(where, point=replace(where.point, id=PointId(ONE, "1/1/1", 110)))
    state = meeting.read(access)
    assert state is not None
    assert state["mode"] == "access"
    assert isolation(meeting.context(access), Method.VLAN, state) is None


@pytest.mark.parametrize(
    ("allowed", "cut", "back"), [("110,120", "999", "110,120,999"), ("all", "1,200-300", "all")]
)
def test_vlans_of_a_trunk_cut_together_leave_none_of_them_open(
    allowed: str,
    cut: str,
    back: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the last of a list is taken off, the trunk carries all: it goes another way than those before it,
    and the quarantine VLAN stays behind."""
    trunk = ("interface 1/1/5", "vlan trunk native 1", f"vlan trunk allowed {allowed}")
    switch = DeviceSpec(
        "aoscx",
        platform="aruba_aoscx",
        users={"cordon": Account(PASSWORD)},
        config=("vlan 110,120,999", "exit", *trunk),
    )
    points = (f"{{device: aoscx, interface: 1/1/5, vlan: {vlan}, tagged: true}}" for vlan in (110, 120))
    with simulate([switch]) as site:
        cordon = calling(
            site,
            {"aoscx": "1/1/5"},
            tmp_path,
            capsys,
            monkeypatch,
            points=lambda _name: ", ".join(points),
            more=lambda _name: "    settings: {vlans: '1,110,120,200-300'}\n",
        )
        act(cordon, "isolate", "--segment", "aoscx-ward")
        assert site.running("aoscx").count(f"vlan trunk allowed {cut}\n") == 1
        code, _ = act(cordon, "restore", "--segment", "aoscx-ward")
        assert code == 0
        assert site.running("aoscx").count(f"vlan trunk allowed {back}\n") == 1
