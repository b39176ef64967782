"""Plans of random sites against an oracle that knows nothing of the planner's code."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from controller.domain.inventory import (
    MANUAL,
    WHOLE_PORT,
    ConduitKind,
    ControllerSite,
    DeviceRole,
    Inventory,
    Link,
    Management,
    Method,
    Point,
    PointId,
    Port,
    Segment,
)
from controller.domain.plan import Plan, Severity
from controller.domain.playbook import Scope
from controller.engine.planning import plans
from controller.engine.planning.plans import Documents
from tests.fakes.site import (
    conduit,
    device,
    documents,
    gate,
    inventory,
    playbook,
    policy,
    port,
    segment,
    stage,
)

ROLES = list(DeviceRole)
METHODS = (Method.SHUTDOWN, Method.VLAN, Method.POLICY, Method.TUNNEL)


@st.composite
def sites(draw: st.DrawFn) -> Inventory:
    """Up to six devices in a random graph, ports shared at random, in-band or not, some kept alive."""
    names = [f"d{number}" for number in range(draw(st.integers(1, 6)))]
    devices = [
        device(
            name,
            draw(st.sampled_from(ROLES)),
            management=draw(st.sampled_from(Management)),
            platform=draw(st.sampled_from(["board"] * 5 + [MANUAL])),
        )
        for name in names
    ]
    links = [
        Link((Port(one, f"to-{other}-{number}"), Port(other, f"to-{one}-{number}")))
        for number in range(draw(st.integers(0, 2)) if len(names) > 1 else 0)
        for one, other in pairwise(names)
    ]
    ports = [Port(name, f"p{number}") for name in names for number in range(3)]
    ends = [end for link in links for end in link.ends]
    subjects: list[Segment] = []
    used: dict[PointId, str] = {}
    for number in range(draw(st.integers(1, 5))):
        keep = draw(st.integers(0, 4)) == 0
        points = []
        for at in draw(st.lists(st.sampled_from([*ports, *ports, *ends]), max_size=4, unique=True)):
            vlan = draw(st.sampled_from([None, 10 + number]))
            point = port(at.device, at.interface, vlan, tagged=vlan is not None)
            # The catalog refuses a point kept alive that is also another's.
            if used.get(point.id, "") in ("", "cut") and not (keep and point.id in used):
                points.append(point)
                used[point.id] = "kept" if keep else "cut"
        if draw(st.booleans()):
            points.append(policy(draw(st.sampled_from(names)), f"s{number}"))
        prefixes = (f"10.{number}.0.0/16",) if draw(st.booleans()) else ()
        subjects.append(
            segment(
                f"s{number}",
                points,
                draw(st.integers(1, 3)),
                keep_alive=keep,
                prefixes=prefixes,
                ipv6_none=draw(st.booleans()),
            )
        )
    wan = conduit(
        "wan", [gate(names[0], "wan")], keep_alive=[each.name for each in subjects if each.keep_alive]
    )
    where = ControllerSite(
        draw(st.sampled_from([None, Port(names[0], "noc"), *ports[:2]])),
        tuple(draw(st.lists(st.sampled_from(ports), max_size=1))),
    )
    return inventory(devices, [*subjects, wan], links, where)


def compiled(known: Inventory, methods: tuple[Method, ...] = METHODS) -> Plan:
    book = playbook(
        "all",
        stage(attributes={"keep_alive": ("false",)}, methods=methods, name="segments"),
        stage(scope=Scope.CONDUITS, methods=methods, name="conduits"),
    )
    return plans.plan_playbook(documents(known, [book]), "all")


@given(sites(), st.permutations(METHODS))
@settings(max_examples=80)
def test_each_point_is_planned_once_or_named(known: Inventory, methods: list[Method]) -> None:
    plan = compiled(known, tuple(methods))
    planned = [step.point.id for _, _, step in plan.steps()]
    assert len(planned) == len(set(planned))
    wanted = {
        point.id
        for subject in known.subjects()
        for point in subject.points
        if not getattr(subject, "keep_alive", False) or not isinstance(subject, Segment)
    }
    assert set(planned) <= wanted
    named = {hazard.culprit for hazard in plan.hazards}
    without_prefix = {
        point.id
        for subject in known.segments.values()
        for point in subject.points
        if point.kind.value == "policy" and not subject.prefixes
    }
    for missing in wanted - set(planned) - without_prefix:
        assert str(missing) in named, missing


@given(sites(), st.permutations(METHODS))
@settings(max_examples=80)
def test_an_accepted_plan_leaves_alone_what_is_kept_alive(known: Inventory, methods: list[Method]) -> None:
    plan = compiled(known, tuple(methods))
    if plan.refusals:
        return
    owners: dict[Port, set[str]] = defaultdict(set)
    for subject in known.subjects():
        for point in subject.points:
            owners[point.port].add(subject.name)
    kept = {point.id for each in known.segments.values() if each.keep_alive for point in each.points}
    for _, _, step in plan.steps():
        assert step.point.id not in kept
        for rendering in (step.rendering, *step.fallbacks):
            if rendering.commands and rendering.method in WHOLE_PORT:
                assert owners[step.point.port] <= set(step.subjects)
        conduits = [known.conduits[name] for name in step.subjects if name in known.conduits]
        if any(each.keep_alive for each in conduits):
            assert {rendering.method for rendering in (step.rendering, *step.fallbacks)} <= {Method.TUNNEL}


def reached(known: Inventory, cut: set[Port]) -> set[str]:
    """By trying every link until nothing more is found."""
    root = known.controller.attached_to
    found = {root.device} if root else set()
    grown = True
    while grown:
        grown = False
        for link in known.links:
            one, other = (end.device for end in link.ends)
            if not cut & set(link.ends) and (one in found) != (other in found):
                found |= {one, other}
                grown = True
    return found


@given(sites(), st.permutations(METHODS))
@settings(max_examples=80)
def test_nobody_loses_the_path_to_a_device_and_the_culprit_of_a_refusal_is_to_blame(
    known: Inventory, methods: list[Method]
) -> None:
    """Whatever of its methods each step ends with: the worst case is that all that can take a port do."""
    plan = compiled(known, tuple(methods))
    inband = known.devices.keys() - _not_in_band(known)
    before = reached(known, set()) & inband

    def severed(index: int) -> set[Port]:
        return {
            step.point.port
            for wave, _, step in plan.steps()
            if wave.index <= index
            for rendering in (step.rendering, *step.fallbacks)
            if rendering.commands
            and (
                rendering.method is Method.SHUTDOWN
                or (rendering.method is Method.VLAN and not step.point.tagged)
            )
        }

    everything = severed(len(plan.waves))
    own = {known.controller.attached_to, *known.controller.consoles} & everything
    refused = {hazard.culprit for hazard in plan.refusals if hazard.code.startswith("own-")}
    if not refused:
        assert not own
        last = {operation.device: wave.index for wave, operation, _ in plan.steps()}
        for wave in plan.waves:
            gone = before - reached(known, severed(wave.index))
            assert all(last.get(name, wave.index) < wave.index for name in gone)
    for culprit in refused:
        blamed = {at for at in everything if culprit.startswith(f"{at.device} {at.interface}")}
        assert blamed & own or not before <= reached(known, everything)
        assert blamed


@given(sites())
@settings(max_examples=50)
def test_in_band_devices_go_farthest_first(known: Inventory) -> None:
    plan = compiled(known)
    if {"own-path", "path-lost-after"} & {hazard.code for hazard in plan.hazards}:
        return  # what would be lost goes first, however near
    order: dict[str, dict[str, int]] = defaultdict(dict)
    for wave, operation, _ in plan.steps():
        order[wave.stage][operation.device] = wave.index
    for devices in order.values():
        for one in devices:
            for other in devices:
                if not {one, other} & _not_in_band(known) and _hops(known, one) > _hops(known, other) >= 0:
                    assert devices[one] < devices[other]


def _not_in_band(known: Inventory) -> set[str]:
    return {
        each.name
        for each in known.devices.values()
        if each.management is Management.OOB or each.platform == MANUAL
    }


def _hops(known: Inventory, name: str) -> int:
    root = known.controller.attached_to
    if root is None:
        return -1
    found, hops = {root.device}, 0
    while name not in found:
        more = {
            end.device
            for link in known.links
            if {end.device for end in link.ends} & found
            for end in link.ends
        }
        if more <= found:
            return -1
        found |= more
        hops += 1
    return hops


@given(sites())
@settings(max_examples=50)
def test_the_same_inputs_give_the_same_plan_whatever_their_order(known: Inventory) -> None:
    shuffled = replace(
        known,
        devices=dict(reversed(list(known.devices.items()))),
        links=tuple(reversed(known.links)),
    )
    assert compiled(known) == compiled(shuffled)


# --- cases by hand --------------------------------------------------------------------------------------


def _one(points: list[Point], *others: Segment, methods: tuple[Method, ...] = METHODS) -> Plan:
    known = inventory([device("a")], [segment("one", points), *others])
    book = playbook("one", stage("one", methods=methods))
    return plans.plan_playbook(documents(known, [book]), "one")


def test_a_telephone_on_the_same_port_lives_while_the_data_vlan_goes() -> None:
    phones = segment("phones", [port("a", "p1", 20, tagged=True)], keep_alive=True)
    plan = _one([port("a", "p1", 10, tagged=True)], phones)
    [(_, _, step)] = plan.steps()
    assert (step.rendering.method, step.fallbacks) == (Method.VLAN, ())


def test_a_port_shared_with_what_is_kept_alive_is_refused_where_only_the_whole_port_could_go() -> None:
    phones = segment("phones", [port("a", "p1", 20, tagged=True)], keep_alive=True)
    plan = _one([port("a", "p1", 10, tagged=True)], phones, methods=(Method.SHUTDOWN,))
    assert [(hazard.code, hazard.culprit) for hazard in plan.refusals] == [
        ("keep-alive-on-point", "a p1 vlan 10")
    ]


def test_a_port_shared_with_an_ordinary_segment_blocks_no_cut_but_is_left_to_a_person() -> None:
    other = segment("other", [port("a", "p1", 20, tagged=True)])
    plan = _one([port("a", "p1", 10, tagged=True), port("a", "p2")], other, methods=(Method.SHUTDOWN,))
    assert not plan.refusals
    assert ("port-shared", Severity.WARN) in {(hazard.code, hazard.severity) for hazard in plan.hazards}
    assert {str(step.point.id): step.rendering.commands for _, _, step in plan.steps()} == {
        "a p1 vlan 10": (),
        "a p2": ("port p2 down",),
    }


def test_a_point_that_is_also_of_a_segment_kept_alive_is_never_cut() -> None:
    """The catalog refuses such an inventory; a planner that believed it would cut what must live."""
    plan = _one([port("a", "p1")], segment("kept", [port("a", "p1")], keep_alive=True))
    assert [hazard.code for hazard in plan.refusals] == ["keep-alive-on-point"]
    assert list(plan.steps()) == []


@pytest.mark.parametrize("methods", [(Method.SHUTDOWN,), (Method.VLAN,)])
def test_the_own_port_and_the_consoles_are_refused_by_any_method_that_takes_them(
    methods: tuple[Method, ...],
) -> None:
    known = inventory(
        [device("a")],
        [segment("one", [port("a", "noc"), port("a", "desk"), port("a", "p1")])],
        controller=ControllerSite(Port("a", "noc"), (Port("a", "desk"),)),
    )
    book = playbook("one", stage("one", methods=methods))
    plan = plans.plan_playbook(documents(known, [book]), "one")
    assert [(hazard.code, hazard.culprit) for hazard in plan.refusals] == [
        ("own-console", "a desk"),
        ("own-path", "a noc"),
    ]
    allowed = plans.plan_playbook(documents(known, [book]), "one", ["a noc", "a desk"])
    assert not allowed.refusals


def test_a_ring_may_be_opened_once_but_not_twice() -> None:
    names = ("core", "left", "right")
    links = [
        Link((Port("core", "l"), Port("left", "c"))),
        Link((Port("core", "r"), Port("right", "c"))),
        Link((Port("left", "x"), Port("right", "x"))),
    ]
    where = ControllerSite(Port("core", "noc"))
    devices = [device(name, management=Management.INBAND) for name in names]

    def cut(*points: Point) -> Plan:
        known = inventory(devices, [segment("one", points)], links, where)
        return plans.plan_playbook(documents(known, [playbook("one", stage("one"))]), "one")

    assert not cut(port("core", "l")).refusals
    refused = cut(port("core", "l"), port("right", "x"), port("right", "edge")).refusals
    assert [(hazard.culprit, dict(hazard.data)["lost"]) for hazard in refused] == [
        ("core l", "left"),
        ("right x", "left"),
    ]


def test_a_conduit_is_cut_only_by_a_method_that_lets_through_what_is_excepted() -> None:
    samu = segment("samu", [port("a", "samu")], keep_alive=True)
    wan = conduit("wan", [gate("a", "wan"), port("a", "uplink")], keep_alive=["samu"])
    known = inventory([device("a")], [samu, wan])
    assert wan.kind is ConduitKind.INTERNET
    book = playbook("wan", stage(scope=Scope.CONDUITS, methods=METHODS))
    plan = plans.plan_playbook(documents(known, [book]), "wan")
    assert [hazard.culprit for hazard in plan.refusals] == ["a uplink"]
    let_go = plans.plan_playbook(documents(known, [book]), "wan", ["samu"])
    assert {str(step.point.id): step.rendering.method for _, _, step in let_go.steps()} == {
        "a wan": Method.TUNNEL,
        "a uplink": Method.SHUTDOWN,
    }


def test_a_policy_over_ipv4_alone_cannot_confirm_a_segment_that_may_have_ipv6() -> None:
    def plan(*, ipv6_none: bool = False) -> Plan:
        one = segment("one", [policy("a", "s")], prefixes=("10.0.0.0/8",), ipv6_none=ipv6_none)
        known = inventory([device("a")], [one])
        return plans.plan_playbook(documents(known, [playbook("one", stage("one"))]), "one")

    def wanted(plan: Plan) -> tuple[str, ...]:
        return next(step for _, _, step in plan.steps()).rendering.expect["in6"]

    assert "none" not in wanted(plan())
    assert "none" in wanted(plan(ipv6_none=True))


def _documents() -> Documents:
    return documents(inventory([device("a")], [segment("one", [port("a", "p1")])]))


def test_a_plan_of_named_subjects_says_in_its_hash_what_was_selected() -> None:
    known = inventory([device("a")], [segment("one", [port("a", "p1")]), segment("two", [port("a", "p1")])])
    assert (
        plans.plan_subjects(documents(known), ["one"]).hash
        != plans.plan_subjects(documents(known), ["two"]).hash
    )
