"""Plans of random sites against an oracle that floods the network packet by packet, and cases by hand.

``CORDON_EXAMPLES`` sites instead of the few that fit into every test run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from controller.domain.inventory import (
    Conduit,
    ControllerSite,
    DeviceRole,
    Inventory,
    Link,
    LinkKind,
    Management,
    Method,
    Need,
    Point,
    PointId,
    PointKind,
    Port,
    Segment,
)
from controller.domain.plan import Hazard, Plan, Severity, Step
from controller.domain.playbook import Order, Scope, Stage
from controller.domain.profile import DeviceProfile
from controller.domain.profile.points import Line, MethodSpec, PointSpec
from controller.domain.template import Template
from controller.engine.planning.planner import plan_isolation
from tests.fakes.board import PLATFORM, board_profile
from tests.fakes.site import (
    INBAND,
    OOB,
    conduit,
    device,
    gate,
    inventory,
    playbook,
    policy,
    port,
    segment,
    stage,
)

many = settings(
    max_examples=int(os.environ.get("CORDON_EXAMPLES", "120")),
    suppress_health_check=[HealthCheck.too_slow],
    deadline=None,
)
METHODS = (Method.SHUTDOWN, Method.VLAN, Method.POLICY, Method.SVI, Method.ACL, Method.TUNNEL)
ROUTERS = {DeviceRole.FIREWALL, DeviceRole.VPN, DeviceRole.WAN}


def routed(name: str, vlan: int) -> Point:
    return Point(PointId(name, f"Vlan{vlan}"), PointKind.SVI)


def profile() -> DeviceProfile:
    """The board's, and routed interfaces as well."""
    board = board_profile()

    def lines(*texts: str) -> tuple[Line, ...]:
        return tuple(Line(Template.parse(text)) for text in texts)

    routed_interface = PointSpec(
        kind=PointKind.SVI,
        reads=(),
        config=(),
        observed=(),
        methods={
            Method.SVI: MethodSpec(lines("svi ${interface} down"), {}, ()),
            Method.ACL: MethodSpec(lines("svi ${interface} deny"), {}, ()),
        },
    )
    return replace(board, points=MappingProxyType({**board.points, (PointKind.SVI, False): routed_interface}))


def planned(known: Inventory, stages: Sequence[Stage], overrides: Iterable[str] = ()) -> Plan:
    book = playbook("test", *stages)
    return plan_isolation(known, {PLATFORM: profile()}, "profiles", book, stages, frozenset(overrides))


def found(plan: Plan, code: str) -> dict[str, Hazard]:
    return {hazard.culprit: hazard for hazard in plan.hazards if hazard.code == code}


def data(plan: Plan, code: str, culprit: str) -> dict[str, str]:
    return dict(found(plan, code)[culprit].data)


# --- the oracle ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """What is left of a site when ``steps`` have been carried out; everything is found by flooding."""

    known: Inventory
    steps: tuple[Step, ...]

    def at(self, point: PointId) -> Step | None:
        return next((step for step in self.steps if step.point.id == point), None)

    def shut(self, at: Port) -> bool:
        return any(
            (step.point.port == at and step.rendering.method is Method.SHUTDOWN)
            or (step.point.port == at and step.rendering.method is Method.VLAN and step.point.id.vlan is None)
            for step in self.steps
        )

    def without(self, at: Port, vlan: int) -> bool:
        return self.shut(at) or any(
            step.point.port == at and step.rendering.method is Method.VLAN and step.point.id.vlan == vlan
            for step in self.steps
        )

    def stops(self, step: Step, family: int) -> bool:
        by_address = step.rendering.method in (Method.ACL, Method.POLICY)
        named = {6 if ":" in prefix else 4 for prefix in step.prefixes}
        return not by_address or not named or family in named

    def wires(self) -> list[tuple[Port, Port]]:
        return [
            pair
            for link in self.known.links
            if link.kind in (LinkKind.DATA, LinkKind.PEER_LINK, LinkKind.STACK)
            for pair in (link.ends, link.ends[::-1])
        ]

    def carries(self, at: Port, vlan: int) -> bool:
        """An access port carries its own VLANs only."""
        points = [
            point
            for subject in self.known.subjects()
            for point in subject.points
            if point.port == at and point.kind is PointKind.INTERFACE
        ]
        if points and all(not point.tagged and point.id.vlan is not None for point in points):
            return vlan in {point.id.vlan for point in points}
        return True

    def flood(self, starts: Iterable[str], vlan: int) -> set[str]:
        """The devices a frame of a VLAN gets to."""
        out: set[str] = set()
        for start in starts:
            seen, todo = {start}, [start]
            while todo:
                here = todo.pop()
                if here != start and self.known.devices[here].role in ROUTERS:
                    continue
                for near, far in self.wires():
                    if near.device != here or far.device in seen:
                        continue
                    if any(self.without(end, vlan) or not self.carries(end, vlan) for end in (near, far)):
                        continue
                    seen.add(far.device)
                    todo.append(far.device)
            out |= seen
        return out

    def hosts(self, name: str) -> list[Point]:
        ends = {end for link in self.known.links for end in link.ends}
        return [
            point
            for point in self.known.segments[name].points
            if point.kind is PointKind.INTERFACE and point.port not in ends
        ]

    def alive(self, point: Point, family: int | None) -> bool:
        step = self.at(point.id)
        if self.shut(point.port):
            return False
        if step is None:
            return True
        return step.rendering.method is Method.ACL and (family is None or not self.stops(step, family))

    def gateways(self, name: str, family: int) -> set[str]:
        """The devices whose gateway is up and hears a host of the segment."""
        of = self.known.segments[name]
        [vlan] = of.vlans
        if self.hosts(name):
            heard = self.flood({p.id.device for p in self.hosts(name) if self.alive(p, family)}, vlan)
        else:
            heard = self.flood({gateway.device for gateway in of.gateways}, vlan)
        return {
            gateway.device
            for gateway in of.gateways
            if gateway.device in heard
            and not any(
                step.point.kind is PointKind.SVI and step.point.port == gateway and self.stops(step, family)
                for step in self.steps
            )
        }

    def refused(self, names: set[str], family: int) -> set[str]:
        return {
            step.point.id.device
            for step in self.steps
            if step.point.kind is PointKind.POLICY and names & set(step.subjects) and self.stops(step, family)
        }

    def route(self, starts: set[str], refusing: set[str]) -> set[str]:
        seen = {start for start in starts if start not in refusing}
        grown = True
        while grown:
            more = {
                far.device
                for near, far in self.wires()
                if near.device in seen and not self.shut(near) and not self.shut(far)
            }
            grown = not more - refusing <= seen
            seen |= more - refusing
        return seen

    def reaches(self, one: str, other: str, family: int) -> bool:
        if other in self.known.conduits:
            return self.gets_out(one, self.known.conduits[other], family)
        far = self.known.segments[other]
        if self.known.segments[one].vlans == far.vlans:
            [vlan] = far.vlans
            heard = self.flood({p.id.device for p in self.hosts(one) if self.alive(p, family)}, vlan)
            if any(p.id.device in heard and self.alive(p, family) for p in self.hosts(other)):
                return True
        ends = self.gateways(other, family)
        return bool(self.route(self.gateways(one, family), self.refused({one, other}, family)) & ends)

    def gets_out(self, one: str, way: Conduit, family: int) -> bool:
        ends = set()
        for point in way.points:
            step = self.at(point.id)
            excepted = (
                step is not None and one in way.keep_alive and step.rendering.method is not Method.SHUTDOWN
            )
            if excepted or (not self.shut(point.port) and (step is None or not self.stops(step, family))):
                ends.add(point.id.device)
        return bool(self.route(self.gateways(one, family), self.refused({one, way.name}, family)) & ends)

    def families(self, name: str) -> set[int]:
        of = self.known.segments[name]
        versions = {6 if ":" in prefix else 4 for prefix in of.prefixes} or {4}
        return {4} & versions | (set() if of.ipv6_none else {6})


def done(plan: Plan, known: Inventory) -> World:
    return World(known, tuple(step for _, _, step in plan.steps() if step.rendering.commands))


# --- random sites ----------------------------------------------------------------------------------------


@st.composite
def shapes(draw: st.DrawFn) -> tuple[list[str], list[Link]]:
    """A tree, with what makes real networks redundant: rings, second uplinks, a pair with a peer-link."""
    names = [f"d{number}" for number in range(draw(st.integers(2, 6)))]
    pairs = [(names[draw(st.integers(0, at - 1))], name) for at, name in enumerate(names) if at]
    pairs += draw(st.lists(st.sampled_from([(a, b) for a in names for b in names if a < b]), max_size=3))
    links = [
        Link(
            (Port(one, f"to-{other}-{at}"), Port(other, f"to-{one}-{at}")),
            draw(st.sampled_from([LinkKind.DATA] * 6 + [LinkKind.PEER_LINK, LinkKind.HA])),
        )
        for at, (one, other) in enumerate(pairs)
    ]
    return names, links


@st.composite
def hospitals(draw: st.DrawFn) -> Inventory:
    names, links = draw(shapes())
    devices = [
        device(
            name,
            draw(st.sampled_from([DeviceRole.CORE, DeviceRole.ACCESS, DeviceRole.FIREWALL])),
            management=draw(st.sampled_from([INBAND, INBAND, OOB])),
        )
        for name in names
    ]
    ends = [end for link in links for end in link.ends]
    subjects: list[Segment] = []
    used: set[PointId] = set()
    for number in range(draw(st.integers(1, 4))):
        vlan = draw(st.sampled_from([10, 11, 12]))
        keep = draw(st.integers(0, 3)) == 0
        homes = draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
        gateways = [routed(home, vlan) for home in homes]
        points = [
            *(
                port(name, f"p{number}-{at}", vlan)
                for at, name in enumerate(draw(st.lists(st.sampled_from(names), max_size=3)))
            ),
            *(
                port(*end, vlan, tagged=True)
                for end in draw(st.lists(st.sampled_from(ends), max_size=2, unique=True))
                if not keep
            ),
            *(policy(name, f"s{number}") for name in draw(st.lists(st.sampled_from(names), max_size=1))),
            *draw(st.sampled_from([gateways, gateways[:1], []])),
        ]
        points = [point for point in points if point.id not in used]
        used |= {point.id for point in points}
        subjects.append(
            segment(
                f"s{number}",
                points,
                keep_alive=keep,
                vlans=(vlan,),
                gateways=tuple(gateway.port for gateway in gateways),
                prefixes=draw(st.sampled_from([("10.0.0.0/8",), ("10.0.0.0/8", "2001:db8::/32"), ()])),
                ipv6_none=draw(st.booleans()),
            )
        )
    needed = [each.name for each in subjects]
    subjects = [
        replace(
            each,
            depends_on=tuple(
                name for name in draw(st.lists(st.sampled_from(needed), max_size=1)) if name != each.name
            ),
            needs=tuple(
                Need(name, draw(st.sampled_from([None, 60])))
                for name in draw(st.lists(st.sampled_from(needed), max_size=1))
                if name != each.name
            ),
        )
        if draw(st.booleans())
        else each
        for each in subjects
    ]
    excepted = [each.name for each in subjects if each.keep_alive]
    ways = [
        conduit(
            "wan",
            [
                gate(name, "wan")
                for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
            ],
            excepted,
        )
    ]
    where = ControllerSite(draw(st.sampled_from([None, Port(names[0], "noc"), Port(names[0], "noc")])))
    return inventory(devices, [*subjects, *ways], links, where)


@st.composite
def stages(draw: st.DrawFn) -> list[Stage]:
    def some() -> tuple[Method, ...]:
        return tuple(draw(st.permutations(METHODS)))[: draw(st.integers(1, 6))]

    order = draw(st.sampled_from(Order))
    every = [replace(stage(attributes={"keep_alive": ("false",)}, methods=some(), name="one"), order=order)]
    if draw(st.booleans()):
        every.append(stage(attributes={"keep_alive": ("false",)}, methods=some(), name="two"))
    if draw(st.booleans()):
        every.append(stage(scope=Scope.CONDUITS, methods=some(), name="out"))
    return every


def asked(known: Inventory, chosen: Sequence[Stage]) -> set[str]:
    names = {each.name for each in known.segments.values() if not each.keep_alive and each.points}
    names |= {each.name for each in known.segments.values() if not each.keep_alive}
    return names | (set(known.conduits) if any(each.name == "out" for each in chosen) else set())


@given(hospitals(), stages())
@many
def test_every_bypass_is_found_and_none_invented(known: Inventory, chosen: list[Stage]) -> None:
    plan = planned(known, chosen)
    world, cut = done(plan, known), asked(known, chosen)
    for name in cut & set(known.segments):
        expected = {
            other
            for other in (*known.segments, *known.conduits)
            if other != name
            for family in world.families(name)
            & (world.families(other) if other in known.segments else {4, 6})
            if world.reaches(name, other, family)
        }
        shown = found(plan, "bypass").get(name)
        assert set(dict(shown.data)["others"].split(", ") if shown else ()) == expected
    for name in cut & set(known.conduits):
        expected = {
            each
            for each in set(known.segments) - cut - set(known.conduits[name].keep_alive)
            if any(world.gets_out(each, known.conduits[name], family) for family in world.families(each))
        }
        shown = found(plan, "bypass").get(name)
        assert set(dict(shown.data)["others"].split(", ") if shown else ()) == expected
    assert set(found(plan, "bypass")) <= cut


@given(hospitals(), stages())
@many
def test_what_still_spreads_inside_a_vlan_is_counted_port_by_port(
    known: Inventory, chosen: list[Stage]
) -> None:
    plan = planned(known, chosen)
    world = done(plan, known)
    touched = {name for step in world.steps for name in step.subjects}
    for name in touched & asked(known, chosen) & set(known.segments):
        [vlan] = known.segments[name].vlans
        live = [point for point in world.hosts(name) if world.alive(point, None)]
        expected = {
            str(one.id)
            for one in live
            for other in live
            if one != other and other.id.device in world.flood({one.id.device}, vlan)
        }
        shown = found(plan, "residual-spread").get(name)
        assert set(dict(shown.data)["ports"].split(", ") if shown else ()) == expected
        assert not shown or int(dict(shown.data)["count"]) == len(expected)


@given(hospitals(), stages())
@many
def test_no_accepted_plan_loses_the_way_to_what_it_has_still_to_cut(
    known: Inventory, chosen: list[Stage]
) -> None:
    """At every moment: with all cuts of the waves that may be under way, by whatever method they end with."""
    plan = planned(known, chosen)
    root = known.controller.attached_to
    refused = found(plan, "own-path")
    if root is None:
        return

    def severed(waves: Iterable[int]) -> set[Port]:
        return {
            step.point.port
            for wave, _, step in plan.steps()
            if wave.index in waves
            for rendering in (step.rendering, *step.fallbacks)
            if rendering.commands
            and step.point.kind is PointKind.INTERFACE
            and (
                rendering.method is Method.SHUTDOWN
                or (rendering.method is Method.VLAN and not step.point.tagged)
            )
        }

    def near(shut: set[Port]) -> set[str]:
        seen = {root.device}
        for _ in known.devices:
            seen |= {
                far.device
                for near_end, far in World(known, ()).wires()
                if near_end.device in seen and not {near_end, far} & shut
            }
        return seen

    inband = {name for name, each in known.devices.items() if each.management is Management.INBAND} & near(
        set()
    )
    starts = [wave.index for wave in plan.waves if wave.waits]
    at = {
        index: max([start for start in starts if start <= index], default=0)
        for index in range(len(plan.waves))
    }
    every = {step.point.id.device for _, _, step in plan.steps()}
    lost = False
    for wave in plan.waves:
        under_way = [index for index in at if at[index] <= at[wave.index]]
        for operation in wave.operations:
            if operation.device in inband:
                lost |= operation.device not in near(severed(under_way))
    lost |= not (inband - every) <= near(severed(range(len(plan.waves))))
    assert lost == bool(refused)
    everything = severed(range(len(plan.waves)))
    for culprit in refused:
        assert culprit in {f"{each.device} {each.interface}" for each in everything}
    gone = inband - near(everything)
    if not refused:
        assert set(found(plan, "path-lost-after")) == gone


@given(hospitals(), stages())
@many
def test_a_plan_is_refused_exactly_where_what_is_kept_alive_loses_what_it_lives_on(
    known: Inventory, chosen: list[Stage]
) -> None:
    plan = planned(known, chosen)
    before, after, cut = World(known, ()), done(plan, known), asked(known, chosen)
    for kept in known.segments.values():
        if not kept.keep_alive:
            assert kept.name not in found(plan, "keep-alive-depends")
            continue
        closure, todo = {kept.name}, [kept.name]
        while todo:
            each = known.segments[todo.pop()]
            direct = {*each.depends_on, *(need.segment for need in each.needs if need.dies_after is None)}
            todo += direct - closure
            closure |= direct
        touched = bool(closure & cut)
        for name in closure - cut:
            touched |= _touched(before, after, name)
            for family in before.families(kept.name) & before.families(name):
                if name != kept.name and before.reaches(kept.name, name, family):
                    touched |= not after.reaches(kept.name, name, family)
        for way in known.conduits.values():
            for family in before.families(kept.name) if kept.name in way.keep_alive else ():
                touched |= before.gets_out(kept.name, way, family) and not after.gets_out(
                    kept.name, way, family
                )
        shown = found(plan, "keep-alive-depends").get(kept.name)
        assert bool(shown) == touched
        assert shown is None or shown.severity is Severity.REFUSE


def _touched(before: World, after: World, name: str) -> bool:
    of = before.known.segments[name]
    [vlan] = of.vlans
    hosts = before.hosts(name)
    if any(not after.alive(point, None) for point in hosts):
        return True
    places = [point.id.device for point in hosts] + [gateway.device for gateway in of.gateways]
    for one in places:
        for other in places:
            if other in before.flood({one}, vlan) and other not in after.flood({one}, vlan):
                return True
    return any(
        step.point.kind is PointKind.SVI and step.point.port in of.gateways and after.stops(step, family)
        for step in after.steps
        for family in after.families(name)
    )
