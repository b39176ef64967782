"""What a device is asked: each question once, and never a line that its shell would take apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.catalog.profiles import load_profiles
from controller.catalog.shipped import shipped_profiles
from controller.domain.inventory import Device, DeviceRole, Method, PointKind
from controller.domain.profile import DeviceProfile
from controller.domain.profile.points import Line
from controller.domain.template import Template
from controller.engine.execution.credentials import CredentialRecord
from controller.engine.points.renderer import point_context
from controller.engine.readiness.examination import Examination, Target
from controller.engine.readiness.logins import Eyes
from tests.fakes.board import BoardDriver, FakeClock
from tests.fakes.site import FEW, Keys, inventory, port

OVS = load_profiles([shipped_profiles()])["ovs_linux"]
ASKED = "sudo -n -l "


def questions(profile: DeviceProfile, *ports: str) -> list[str]:
    device = Device("acc-1", "ovs_linux", DeviceRole.ACCESS)
    targets = []
    for name in ports:
        context = point_context(port("acc-1", name), [], [], device, profile)
        assert context is not None
        targets.append(Target(context, (Method.SHUTDOWN,)))
    clock = FakeClock()
    eyes = Eyes(clock, BoardDriver([], clock), Keys(), FEW)
    site = inventory([device], [])
    return list(Examination(device, profile, targets, site, eyes, CredentialRecord()).questions())


def cutting_with(line: str) -> DeviceProfile:
    spec = OVS.points[PointKind.INTERFACE, False]
    method = replace(spec.methods[Method.SHUTDOWN], isolate=(Line(Template.parse(line)),))
    changed = replace(spec, methods={Method.SHUTDOWN: method})
    return replace(OVS, points={(PointKind.INTERFACE, False): changed})


def test_each_question_is_asked_once_whatever_the_ports() -> None:
    asked = questions(OVS, "eth1", "eth2", "eth3")
    assert len(asked) == len(set(asked))
    assert [line for line in asked if line.startswith(ASKED)] == [f"{ASKED}ovs-ofctl mod-port br0 eth1 down"]


def test_quoted_words_stay_one_argument() -> None:
    (line,) = [
        each
        for each in questions(cutting_with("sudo -n ovs-vsctl wait 'trunks{!=}[]; x'"), "eth1")
        if each.startswith(ASKED)
    ]
    assert line == f"{ASKED}ovs-vsctl wait 'trunks{{!=}}[]; x'"


@pytest.mark.parametrize(
    "line",
    [
        "sudo -n ovs-ofctl mod-port br0 ${interface} down && sudo -n reboot",
        "sudo -n ovs-ofctl mod-port br0 ${interface} down; reboot",
        "sudo -n ovs-ofctl mod-port br0 ${interface} down | tee /etc/motd",
        "sudo -n ovs-ofctl mod-port br0 ${interface} down > /etc/motd",
        "sudo -n ovs-ofctl mod-port br0 $(reboot) down",
        "sudo -n ovs-ofctl mod-port br0 `reboot` down",
        "sudo -n ovs-ofctl mod-port br0 'open down",
        "ovs-ofctl mod-port br0 ${interface} down",
    ],
)
def test_a_line_that_would_do_more_than_ask_is_not_asked_about(line: str) -> None:
    assert [each for each in questions(cutting_with(line), "eth1") if "mod-port" in each] == []


def test_a_point_is_read_before_anything_else_is_asked() -> None:
    first = questions(OVS, "eth1")[0]
    assert first == str(OVS.points[PointKind.INTERFACE, False].reads[0].send).replace("${bridge}", "br0")
