"""Plans that cut at a hypervisor or under the controller's own feet: said, and never refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.domain.inventory import (
    MANUAL,
    ControllerSite,
    DeviceRole,
    Foothold,
    Footing,
    Hypervisor,
    Inventory,
    Method,
    Port,
)
from controller.domain.plan import Rendering, Severity, Step
from controller.engine.findings import Findings
from controller.engine.network.footing import check_hypervisors
from tests.fakes.site import device, inventory, port, segment, stage
from tests.unit.engine.test_hazards import link
from tests.unit.engine.test_reachability import data, found, planned, routed

ESX = Hypervisor("esx-1", (Port("core", "v1"), Port("core", "v2")))


def room(*footholds: Foothold, hypervisors: tuple[Hypervisor, ...] = (ESX,), platform: str = "") -> Inventory:
    """A core with a hypervisor's two ports; the directory lives behind an access switch."""
    subjects = [
        segment(
            "guests", [port("core", "v1", 60, tagged=True), port("core", "v2", 60, tagged=True)], vlans=(60,)
        ),
        segment("desks", [port("core", "d1", 70)], vlans=(70,)),
        segment("uplinks", [port("core", "a")]),
        segment(
            "directory",
            [port("acc", "dc", 80), routed("core", 80)],
            vlans=(80,),
            gateways=(Port("core", "Vlan80"),),
        ),
        segment("rooms", [port("acc", "r1", 90)], vlans=(90,)),
        segment("copies", [port("core", "v3", 61, tagged=True)], vlans=(61,)),
        segment("others", [port("core", "v3", 62, tagged=True)], vlans=(62,)),
    ]
    core = device("core", DeviceRole.CORE, **({"platform": platform} if platform else {}))
    made = inventory([core, device("acc")], subjects, [link("core a", "acc c")])
    return replace(made, hypervisors=hypervisors, controller=ControllerSite(rests_on=footholds))


# --- hypervisors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [Method.SHUTDOWN, Method.VLAN])
def test_the_port_of_a_hypervisor_is_cut_only_knowingly(method: Method) -> None:
    plan = planned(room(), [stage("guests", methods=[method])])
    assert set(found(plan, "hypervisor-port")) == {"core v1 vlan 60", "core v2 vlan 60"}
    assert data(plan, "hypervisor-port", "core v1 vlan 60") == {"hypervisor": "esx-1"}
    assert found(plan, "hypervisor-port")["core v1 vlan 60"].severity is Severity.WARN
    assert not plan.refusals
    assert len(list(plan.steps())) == 2


def test_a_port_no_hypervisor_has_is_nothing_special() -> None:
    assert not found(planned(room(), [stage("desks", "rooms")]), "hypervisor-port")
    assert not found(planned(room(hypervisors=()), [stage("guests")]), "hypervisor-port")


def test_what_is_cut_there_by_hand_takes_the_guests_as_well() -> None:
    plan = planned(room(platform=MANUAL), [stage("guests")])
    assert set(found(plan, "hypervisor-port")) == {"core v1 vlan 60", "core v2 vlan 60"}


def test_a_port_left_to_a_person_for_what_else_is_on_it_stays_open() -> None:
    shared = (Hypervisor("esx-2", (Port("core", "v3"),)),)
    here = Foothold(Footing.HYPERVISOR, port=Port("core", "v3"))
    plan = planned(room(here, hypervisors=shared), [stage("copies", methods=[Method.SHUTDOWN])])
    assert found(plan, "port-shared")
    assert not found(plan, "hypervisor-port")
    assert not found(plan, "controller-footing")


def test_machines_behind_one_port_are_all_named() -> None:
    chassis = (ESX, Hypervisor("esx-2", (Port("core", "v1"),)))
    plan = planned(room(hypervisors=chassis), [stage("guests")])
    assert data(plan, "hypervisor-port", "core v1 vlan 60") == {"hypervisor": "esx-1, esx-2"}


def test_a_second_choice_that_takes_the_port_counts_and_a_filter_alone_does_not() -> None:
    acl, shut = (Rendering(method, ("cut",), {}) for method in (Method.ACL, Method.SHUTDOWN))
    step = Step(port("core", "v1"), ("guests",), (), acl)
    spared, taken = Findings(), Findings()
    check_hypervisors((ESX,), [step], spared)
    check_hypervisors((ESX,), [replace(step, fallbacks=(shut,))], taken)
    assert not spared.hazards
    assert set(taken.hazards) == {("hypervisor-port", "core v1")}


# --- the controller's own footing ------------------------------------------------------------------------


@pytest.mark.parametrize("what", list(Footing))
def test_a_port_the_controller_rests_on_is_named_with_where_it_is_cut(what: Footing) -> None:
    known = room(Foothold(what, port=Port("core", "v2")))
    plan = planned(known, [stage("guests")])
    assert set(found(plan, "controller-footing")) == {what.value}
    assert data(plan, "controller-footing", what.value)["through"] == "core v2 vlan 60"
    assert found(plan, "controller-footing")[what.value].severity is Severity.WARN
    assert not plan.refusals
    assert not found(planned(known, [stage("desks")]), "controller-footing")


def test_a_segment_the_controller_rests_on_is_named_where_it_is_selected() -> None:
    known = room(Foothold(Footing.DIRECTORY, segment="directory"))
    plan = planned(known, [stage("directory", "uplinks")])
    assert data(plan, "controller-footing", "directory") == {"through": "directory", "some": "directory"}
    assert not plan.refusals


def test_a_segment_the_plan_cuts_off_without_selecting_it_is_named_with_the_place() -> None:
    known = room(Foothold(Footing.DIRECTORY, segment="directory"))
    plan = planned(known, [stage("uplinks")])
    assert data(plan, "controller-footing", "directory")["through"] == "directory → core a"
    assert not found(planned(known, [stage("rooms", "guests")]), "controller-footing")
