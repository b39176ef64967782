"""What the planner says of plans that an engineer would draw on a whiteboard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise, permutations

import pytest

from controller.domain.inventory import (
    Conduit,
    ControllerSite,
    DeviceRole,
    Inventory,
    Link,
    LinkKind,
    Method,
    Need,
    Point,
    Port,
    Segment,
)
from controller.domain.path import Path, PathKind, Waypoint
from controller.domain.plan import Plan, Severity
from controller.domain.playbook import Order, Scope, Stage
from tests.fakes.site import INBAND, conduit, device, gate, inventory, policy, port, segment, stage
from tests.unit.engine.test_reachability import data, found, planned, routed

NOC = ControllerSite(Port("core", "noc"))


def link(one: str, other: str, kind: LinkKind = LinkKind.DATA) -> Link:
    """``device port`` at each end."""
    ends = tuple(Port(*end.split()) for end in (one, other))
    return Link((ends[0], ends[1]), kind)


def order(plan: Plan) -> list[set[str]]:
    return [{operation.device for operation in wave.operations} for wave in plan.waves]


# --- the own path ----------------------------------------------------------------------------------------


def ring(*points: Point, **controller: object) -> Inventory:
    links = [link("core l", "left c"), link("core r", "right c"), link("left x", "right x")]
    devices = [device(name, management=INBAND) for name in ("core", "left", "right")]
    return inventory(devices, [segment("one", points)], links, replace(NOC, **controller))  # type: ignore[arg-type]  # the fields to change are named by the tests


def test_what_would_be_lost_goes_before_what_takes_it_away() -> None:
    plan = planned(ring(port("core", "l"), port("left", "x"), port("right", "edge")), [stage("one")])
    assert not plan.refusals
    assert order(plan) == [{"left", "right"}, {"core"}]
    assert all(wave.waits for wave in plan.waves)
    assert data(plan, "path-lost-after", "left") == {"through": "core l, left x"}


def test_a_later_stage_that_would_come_too_late_comes_first() -> None:
    known = replace(
        ring(),
        segments={
            "trunk": segment("trunk", [port("core", "l"), port("right", "x")]),
            "edge": segment("edge", [port("left", "edge")]),
        },
    )
    plan = planned(known, [stage("trunk", name="first"), stage("edge", name="second")])
    assert not plan.refusals
    stages = [(wave.stage, {each.device for each in wave.operations}) for wave in plan.waves]
    assert stages.index(("second", {"left"})) < max(
        at for at, (name, _) in enumerate(stages) if name == "first"
    )


def test_a_device_the_plan_does_not_cut_is_never_given_up() -> None:
    plan = planned(ring(port("core", "l"), port("right", "x")), [stage("one")])
    assert {culprit: dict(each.data)["lost"] for culprit, each in found(plan, "own-path").items()} == {
        "core l": "left",
        "right x": "left",
    }
    overridden = planned(ring(port("core", "l"), port("right", "x")), [stage("one")], ["core l", "right x"])
    assert not overridden.refusals


def test_a_device_that_cuts_itself_off_is_refused_in_any_order() -> None:
    plan = planned(ring(port("left", "c"), port("left", "x")), [stage("one")])
    assert set(found(plan, "own-path")) == {"left c", "left x"}


def test_the_responders_switch_is_not_given_up_once_it_is_cut() -> None:
    points = (port("core", "l"), port("left", "x"))
    assert not planned(ring(*points), [stage("one")]).refusals
    console = (Port("left", "desk"),)
    assert set(found(planned(ring(*points, consoles=console), [stage("one")]), "own-path")) == {
        "core l",
        "left x",
    }


def test_an_order_is_found_wherever_there_is_one() -> None:
    """A chain cut link by link: only one order leaves each device reachable in its turn."""
    names = [f"d{at}" for at in range(5)]
    links = [link(f"{one} down", f"{other} up") for one, other in pairwise(names)]
    for chosen in permutations(names[:4]):
        known = inventory(
            [device(name, management=INBAND) for name in names],
            [
                *(segment(f"link-{name}", [port(name, "down")]) for name in names[:4]),
                segment("last", [port("d4", "edge")]),
            ],
            links,
            ControllerSite(Port("d0", "noc")),
        )
        plan = planned(
            known, [*(stage(f"link-{name}", name=name) for name in chosen), stage("last", name="last")]
        )
        assert not plan.refusals
        assert order(plan)[0] >= {"d4"}
        links_cut = [each.device for wave in plan.waves for each in wave.operations if each.device != "d4"]
        assert links_cut == ["d3", "d2", "d1", "d0"]


def test_the_gateway_of_the_management_network_is_on_the_way_too() -> None:
    devices = [
        replace(device(name, management=INBAND), paths=(Path("10.9.0.7"),)) for name in ("core", "left")
    ]
    subjects = [
        segment(
            "management",
            [routed("core", 9)],
            vlans=(9,),
            prefixes=("10.9.0.0/24",),
            gateways=(Port("core", "Vlan9"),),
        ),
        segment("edge", [port("left", "edge")]),
    ]
    known = inventory(devices, subjects, [link("core l", "left c")], NOC)
    plan = planned(known, [stage("management", methods=[Method.SVI])])
    assert {each.culprit for each in plan.refusals} == {"core Vlan9"}


def test_choke_points_go_first_where_no_way_leads_through_what_is_cut() -> None:
    devices = [
        device("core", DeviceRole.CORE, management=INBAND),
        device("acc", management=INBAND),
        device("far", management=INBAND),
    ]
    links = [link("core a", "acc c"), link("acc f", "far a")]
    points = [port("core", "srv"), port("acc", "p1"), port("far", "p1")]

    def waves(*more: Point, how: Order) -> list[set[str]]:
        known = inventory(devices, [segment("one", [*points, *more])], links, NOC)
        return order(planned(known, [replace(stage("one"), order=how)]))

    assert waves(how=Order.FARTHEST_FIRST) == [{"far"}, {"acc"}, {"core"}]
    assert waves(how=Order.CHOKE_POINTS_FIRST) == [{"core"}, {"far"}, {"acc"}]


# --- bypass ----------------------------------------------------------------------------------------------


def at(*devices: str, methods: Iterable[Method] = (Method.VLAN,)) -> Stage:
    """The emergency room, cut at these devices only."""
    chosen = stage("emergency", methods=tuple(methods))
    return replace(chosen, select=(*chosen.select, *stage(*devices, scope=Scope.DEVICES).select))


def campus(**changes: object) -> Inventory:
    """A core that routes, two switches in a ring with it, and the emergency room behind one of them."""
    links = [
        link("core a", "acc1 c"),
        link("core b", "acc2 c"),
        link("acc1 x", "acc2 x"),
        link("acc1 e", "edge c"),
    ]
    emergency = segment(
        "emergency",
        [
            port("edge", "er", 10),
            port("core", "a", 10, tagged=True),
            port("acc1", "x", 10, tagged=True),
            routed("core", 10),
        ],
        vlans=(10,),
        gateways=(Port("core", "Vlan10"),),
    )
    servers = segment("servers", [port("core", "srv", 60)], vlans=(60,), gateways=(Port("core", "Vlan60"),))
    devices = [device("core", DeviceRole.CORE), device("acc1"), device("acc2"), device("edge")]
    return inventory(devices, [replace(emergency, **changes), servers], links)  # type: ignore[arg-type]  # the fields to change are named by the tests


def test_the_redundant_link_left_out_of_a_cut_is_named() -> None:
    plan = planned(campus(), [at("core")])
    assert data(plan, "bypass", "emergency") == {
        "others": "servers",
        "some": "servers",
        "through": "acc1 e – edge c, acc1 x – acc2 x, core b – acc2 c, core Vlan10",
        "family": "IPv4, IPv6",
    }
    assert found(plan, "bypass")["emergency"].severity is Severity.WARN
    assert not found(planned(campus(), [at("core", "acc1")]), "bypass")


def test_an_access_port_between_switches_carries_its_own_vlan_only() -> None:
    """The same ring, but the cross link is a port of another segment."""
    known = campus()
    other = segment("other", [port("acc1", "x", 77)], vlans=(77,))
    emergency = replace(
        known.segments["emergency"],
        points=tuple(each for each in known.segments["emergency"].points if each.port != Port("acc1", "x")),
    )
    known = replace(known, segments={**known.segments, "emergency": emergency, "other": other})
    assert not found(planned(known, [at("core")]), "bypass")


def pair(**changes: object) -> Inventory:
    links = [
        link("core-1 a", "acc u1"),
        link("core-2 a", "acc u2"),
        link("core-1 p", "core-2 p", LinkKind.PEER_LINK),
    ]
    emergency = segment(
        "emergency",
        [port("acc", "er", 10), routed("core-1", 10), routed("core-2", 10)],
        vlans=(10,),
        gateways=(Port("core-1", "Vlan10"), Port("core-2", "Vlan10")),
    )
    servers = segment(
        "servers",
        [port("core-1", "srv", 60)],
        vlans=(60,),
        gateways=(Port("core-1", "Vlan60"), Port("core-2", "Vlan60")),
    )
    return inventory(
        [device("core-1", DeviceRole.CORE), device("core-2", DeviceRole.CORE), device("acc")],
        [replace(emergency, **changes), servers],  # type: ignore[arg-type]  # the fields to change are named by the tests
        links,
    )


def test_one_gateway_of_two_left_up_is_named() -> None:
    plan = planned(pair(), [at("core-1", methods=[Method.SVI])])
    assert data(plan, "bypass", "emergency")["through"] == "core-2 Vlan10"
    assert not found(planned(pair(), [at("core-1", "core-2", methods=[Method.SVI])]), "bypass")


def test_an_access_list_over_ipv4_leaves_ipv6_routed() -> None:
    plan = planned(pair(prefixes=("10.1.0.0/16",)), [at("core-1", "core-2", methods=[Method.ACL])])
    assert data(plan, "bypass", "emergency")["family"] == "IPv6"
    none = pair(prefixes=("10.1.0.0/16",), ipv6_none=True)
    assert not found(planned(none, [at("core-1", "core-2", methods=[Method.ACL])]), "bypass")


def test_a_second_way_out_and_what_is_left_of_the_first_are_named() -> None:
    known = pair()
    ways = {
        "internet": conduit("internet", [gate("core-1", "wan"), gate("core-2", "wan")], ["servers"]),
        "spare": conduit("spare", [gate("core-2", "lte")]),
    }
    known = replace(known, conduits=ways)
    both = planned(known, [stage("internet", methods=[Method.TUNNEL], scope=Scope.CONDUITS)])
    assert data(both, "bypass", "internet")["others"] == "emergency"
    assert "core-2 lte" in data(both, "bypass", "internet")["through"]
    every = planned(known, [stage("internet", "spare", methods=[Method.TUNNEL], scope=Scope.CONDUITS)])
    assert not found(every, "bypass")


# --- spread ----------------------------------------------------------------------------------------------


def test_a_cut_where_it_is_routed_never_shows_as_full_isolation() -> None:
    points = [*(port("acc", f"p{at}", 10) for at in range(8)), routed("core", 10)]
    wards = segment("wards", points, vlans=(10,), gateways=(Port("core", "Vlan10"),))
    known = inventory([device("core", DeviceRole.CORE), device("acc")], [wards], [link("core a", "acc u")])
    shown = data(planned(known, [stage("wards", methods=[Method.SVI])]), "residual-spread", "wards")
    assert shown["count"] == "8"
    assert shown["ports"].split(", ") == [f"acc p{at} vlan 10" for at in range(8)]
    assert shown["some"].endswith("p4 vlan 10 (+3)")
    whole = planned(known, [stage("wards", methods=[Method.SVI, Method.SHUTDOWN])])
    assert not {"residual-spread", "residual-spread-unknown"} & {each.code for each in whole.hazards}
    blind = replace(known, segments={"wards": replace(wards, points=(routed("core", 10),))})
    assert set(found(planned(blind, [stage("wards", methods=[Method.SVI])]), "residual-spread-unknown")) == {
        "wards"
    }


# --- never cut -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in LinkKind if kind is not LinkKind.DATA])
def test_what_holds_a_pair_together_is_left_out_of_any_plan(kind: LinkKind) -> None:
    known = inventory(
        [device("a"), device("b")],
        [segment("one", [port("a", "peer"), port("b", "peer", 10, tagged=True), port("a", "p1")])],
        [link("a peer", "b peer", kind)],
    )
    plan = planned(known, [stage("one")], ["one", "a peer", "b peer vlan 10"])
    assert {str(step.point.id) for _, _, step in plan.steps()} == {"a p1"}
    assert set(found(plan, "never-cut")) == {"a peer", "b peer vlan 10"}
    assert dict(found(plan, "never-cut")["a peer"].data)["kind"] == kind.value
    assert not plan.refusals


# --- the ways to a device ----------------------------------------------------------------------------------


def test_telnet_is_told_and_a_key_is_asked_for_only_where_one_is_shown() -> None:
    telnet, ssh = Path("192.0.2.9", 23, PathKind.TELNET), Path("192.0.2.9")
    devices = [
        device("old", paths=(telnet,), host_key=None),
        device("both", paths=(ssh, telnet), host_key=None),
        device("new", paths=(ssh,)),
    ]
    known = inventory(devices, [segment("one", [port(each.name, "p1") for each in devices])])
    plan = planned(known, [stage("one")])
    assert set(found(plan, "telnet-path")) == {"old", "both"}
    assert set(found(plan, "host-key-unpinned")) == {"both"}
    assert not plan.refusals


def test_a_jump_host_in_a_segment_that_is_cut_is_named_with_the_devices_behind_it() -> None:
    def via(name: str, address: str) -> Waypoint:
        return Waypoint(name, address, 22, (), "")

    inside, outside = via("inside", "10.1.0.9"), via("outside", "10.9.0.9")
    devices = [
        device("a", paths=(Path("192.0.2.1"), Path("192.0.2.1", via=inside))),
        device("b", paths=(Path("10.1.0.9", kind=PathKind.CONSOLE, console=inside),)),
        device("c", paths=(Path("192.0.2.3", via=outside),)),
    ]
    cut = segment("one", [port("a", "p1")], prefixes=("10.1.0.0/24",))
    kept = segment("two", [port("c", "p1")], prefixes=("10.9.0.0/24",))
    plan = planned(inventory(devices, [cut, kept]), [stage("one")])
    assert {name: dict(each.data) for name, each in found(plan, "waypoint-cut").items()} == {
        "inside": {"segment": "one", "devices": "a, b"}
    }
    assert not plan.refusals


# --- what is kept alive ----------------------------------------------------------------------------------


def centre(**changes: object) -> Inventory:
    """The call centre behind ``acc``, its servers at the core, a firewall to the outside."""
    links = [link("core a", "acc u"), link("core f", "fw lan")]
    samu = segment(
        "samu",
        [port("acc", "samu", 90)],
        keep_alive=True,
        depends_on=("calls",),
        vlans=(90,),
        gateways=(Port("core", "Vlan90"),),
    )
    subjects: list[Segment | Conduit] = [
        replace(samu, **changes),  # type: ignore[arg-type]  # the fields to change are named by the tests
        segment(
            "calls",
            [port("core", "pabx", 91)],
            vlans=(91,),
            gateways=(Port("core", "Vlan91"),),
            needs=(Need("names"),),
        ),
        segment("names", [port("core", "dns", 92)], vlans=(92,), gateways=(Port("core", "Vlan92"),)),
        segment(
            "wards", [port("core", "a", 10, tagged=True), port("core", "f", 11, tagged=True)], vlans=(10, 11)
        ),
        conduit("internet", [policy("fw", "out")], ["samu"]),
    ]
    devices = [device("core", DeviceRole.CORE), device("acc"), device("fw", DeviceRole.FIREWALL)]
    return inventory(devices, subjects, links)


def reasons(plan: Plan) -> list[str]:
    return data(plan, "keep-alive-depends", "samu")["reasons"].split("; ")


def test_a_needed_service_is_refused_with_the_chain_that_leads_to_it() -> None:
    plan = planned(centre(), [stage("names")])
    assert [(each.code, each.culprit) for each in plan.refusals] == [("keep-alive-depends", "samu")]
    assert reasons(plan) == ["samu → calls → names"]
    answered = planned(centre(), [stage("names")], ["samu"])
    assert not answered.refusals
    assert found(answered, "keep-alive-depends")["samu"].severity is Severity.WARN


def test_the_link_to_its_gateway_and_the_way_to_its_conduit_are_part_of_what_it_lives_on() -> None:
    plan = planned(centre(), [stage("wards", methods=[Method.SHUTDOWN])])
    assert reasons(plan) == ["samu → core a"]
    assert plan.refusals
    known = centre()
    wards = segment("wards", [port("core", "f", 11, tagged=True)], vlans=(11,))
    outside = planned(
        replace(known, segments={**known.segments, "wards": wards}),
        [stage("wards", methods=[Method.SHUTDOWN])],
    )
    assert reasons(outside) == ["samu → internet → core f"]
    spared = planned(centre(), [stage("wards", methods=[Method.VLAN])])
    assert not found(spared, "keep-alive-depends")


def test_a_gateway_parted_from_its_pair_is_a_loss_also_where_no_host_is_known_beside_them() -> None:
    """Both count on hearing each other, beyond a firewall as well."""
    gateways = [routed("fw", 10), routed("core", 10)]
    known = inventory(
        [device("fw", DeviceRole.FIREWALL), device("core", DeviceRole.CORE), device("ward")],
        [
            segment(
                "samu",
                [port("ward", "p", 10)],
                keep_alive=True,
                vlans=(10,),
                gateways=tuple(each.port for each in gateways),
            ),
            segment("wards", [port("fw", "c", 11, tagged=True)], vlans=(11,)),
        ],
        [link("ward f", "fw w"), link("fw c", "core f")],
    )
    plan = planned(known, [stage("wards", methods=[Method.SHUTDOWN])])
    assert reasons(plan) == ["samu → fw c"]
    assert plan.refusals


def test_no_second_choice_of_a_method_takes_a_link_others_live_on() -> None:
    plan = planned(centre(), [stage("wards", methods=[Method.VLAN, Method.SHUTDOWN])])
    assert [step.fallbacks for _, _, step in plan.steps()] == [(), ()]


def test_what_dies_later_is_said_with_its_time_along_the_chain_and_refuses_nothing() -> None:
    hour = 3600
    known = centre(depends_on=(), needs=(Need("calls", 2 * hour),))
    calls = replace(known.segments["calls"], needs=(Need("names", 8 * hour),))
    known = replace(known, segments={**known.segments, "calls": calls})
    plan = planned(known, [stage("names")])
    assert not plan.refusals
    assert {name: dict(each.data)["needs"] for name, each in found(plan, "dies-later").items()} == {
        "calls": "names (8 h)",
        "samu": "calls (10 h)",
    }
    cut = planned(known, [stage("calls")])
    assert data(cut, "dies-later", "calls")["needs"] == "names (8 h)"


def test_what_an_ordinary_segment_loses_at_once_is_shown() -> None:
    plan = planned(centre(keep_alive=False), [stage("calls")])
    assert data(plan, "needs-cut", "samu") == {"needs": "calls"}
    assert not plan.refusals
