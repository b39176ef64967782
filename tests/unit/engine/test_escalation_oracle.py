"""Devices of random sites cut off from outside, against an oracle that floods the network: what is cut off is
cut off, nothing kept alive dies of it, the controller loses nothing it needs; and no refusal is made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from controller.domain.inventory import Inventory, Link, LinkKind, Management, Method, Need, Port
from controller.domain.plan import Escalation, Plan, Step
from controller.domain.playbook import OnUnreachable, Stage
from controller.engine.network.objections import KEEP_ALIVE, objections_to
from controller.engine.network.vlans import Network
from tests.fakes.site import device, inventory, port, segment, stage
from tests.unit.engine.test_reachability import World, _touched, asked, done, hospitals, many, planned, stages


def escalating(known: Inventory, chosen: Sequence[Stage]) -> Plan:
    return planned(known, [replace(each, on_unreachable=OnUnreachable.ESCALATE) for each in chosen])


def steps_of(escalations: Iterable[Escalation]) -> tuple[Step, ...]:
    return tuple(step for each in escalations for op in each.operations for step in op.steps)


def cables(known: Inventory, shut: Iterable[Port]) -> list[tuple[str, str]]:
    closed = set(shut)
    return [(near.device, far.device) for near, far in World(known, ()).wires() if not {near, far} & closed]


def joined(known: Inventory, start: str, shut: Iterable[Port]) -> set[str]:
    """The devices a cable leads to, whatever VLAN it carries."""
    pairs, seen = cables(known, shut), {start}
    while more := {far for near, far in pairs if near in seen} - seen:
        seen |= more
    return seen


def shut_by(world: World) -> set[Port]:
    return {step.point.port for step in world.steps if world.shut(step.point.port)}


def lives_on(known: Inventory, name: str) -> set[str]:
    found, todo = {name}, [name]
    while todo:
        each = known.segments[todo.pop()]
        direct = {*each.depends_on, *(need.segment for need in each.needs if need.dies_after is None)}
        todo += direct - found
        found |= direct
    return found


def harmed(known: Inventory, world: World, name: str, cut: set[str]) -> bool:
    """Whether what is kept alive under ``name`` has lost anything it lives on."""
    before = World(known, ())
    for each in lives_on(known, name) - cut:
        if _touched(before, world, each):
            return True
        for family in before.families(name) & before.families(each):
            if each != name and before.reaches(name, each, family) and not world.reaches(name, each, family):
                return True
    return any(
        before.gets_out(name, way, family) and not world.gets_out(name, way, family)
        for way in known.conduits.values()
        if name in way.keep_alive
        for family in before.families(name)
    )


def kept_and_well(known: Inventory, world: World, cut: set[str]) -> set[str]:
    return {
        each.name
        for each in known.segments.values()
        if each.keep_alive and each.name not in cut and not harmed(known, world, each.name, cut)
    }


def near(known: Inventory, world: World) -> set[str]:
    """The in-band devices that a cable leads to from where the controller is attached."""
    root = known.controller.attached_to
    inband = {name for name, each in known.devices.items() if each.management is Management.INBAND}
    return joined(known, root.device, shut_by(world)) & inband if root else set()


def more(world: World, escalations: Iterable[Escalation]) -> World:
    return World(world.known, (*world.steps, *steps_of(escalations)))


@given(hospitals(), stages())
@many
def test_what_is_cut_off_is_cut_off_and_kills_and_blinds_nothing(
    known: Inventory, chosen: list[Stage]
) -> None:
    plan = escalating(known, chosen)
    after, cut = done(plan, known), asked(known, chosen)
    in_plan = {step.point.id.device for _, _, step in plan.steps()}
    root = known.controller.attached_to
    never = {end for link in known.links for end in link.ends if link.kind is not LinkKind.DATA}
    for each in plan.escalations:
        if each.refused:
            assert not each.operations
            continue
        ports = {step.point.port for step in steps_of([each])}
        severed = {each.device, *each.behind}
        assert ports
        assert not ports & never
        assert each.device not in {port.device for port in ports}
        inside = joined(known, each.device, ports)
        assert inside <= severed
        if root is not None:
            reached = joined(known, root.device, ())
            assert root.device not in severed
            assert severed & reached == reached - joined(known, root.device, ports)
        world = more(after, [each])
        assert kept_and_well(known, after, cut) == kept_and_well(known, world, cut)
        assert near(known, after) - in_plan - {each.device} <= near(known, world)
        lost = {
            subject.name
            for subject in known.subjects()
            if any(point.id.device in severed or point.port in ports for point in subject.points)
        }
        assert lost - {name for _, _, step in plan.steps() for name in step.subjects} == set(each.also)


@given(hospitals(), stages())
@many
def test_none_is_refused_without_a_reason(known: Inventory, chosen: list[Stage]) -> None:
    plan = escalating(known, chosen)
    after, cut = done(plan, known), asked(known, chosen)
    in_plan = {step.point.id.device for _, _, step in plan.steps()}
    root = known.controller.attached_to
    kinds = {port: link.kind for link in known.links for port in link.ends}
    for each in plan.escalations:
        severed = {each.device, *each.behind}
        around = [
            (near_end, far)
            for near_end, far in World(known, ()).wires()
            if far.device == each.device and near_end.device != each.device
        ]
        if each.refused == "no-link":
            beyond = root is not None and root.device in joined(known, each.device, ()) - {each.device}
            assert not around or not beyond
        elif each.refused == "never-cut":
            assert any(kinds[far] is not LinkKind.DATA for _, far in around)
        elif each.refused == "own-path":
            inband = {name for name in severed if known.devices[name].management is Management.INBAND}
            gone = set(inband)
            if root is not None:
                shut = shut_by(after) | {near_end for near_end, _ in around}
                gone |= near(known, after) - joined(known, root.device, shut)
            assert (root and root.device in severed) or gone - in_plan - {each.device}
        elif each.refused == "keep-alive":
            kept = [s.name for s in known.segments.values() if s.keep_alive and s.name not in cut]
            places = {
                place
                for name in kept
                for needed in lives_on(known, name)
                for place in (
                    *(point.id.device for point in known.segments[needed].points),
                    *(gateway.device for gateway in known.segments[needed].gateways),
                )
            }
            places |= {
                point.id.device
                for way in known.conduits.values()
                if set(kept) & set(way.keep_alive)
                for point in way.points
            }
            neighbours = {near_end.device for near_end, _ in around}
            if not places & (severed | neighbours):
                shut_steps = [
                    step
                    for other in plan.escalations
                    for step in steps_of([other])
                    if step.point.port in {near_end for near_end, _ in around}
                ]
                assert not shut_steps
                assert len(neighbours) > 1


@given(hospitals(), stages(), st.randoms(use_true_random=False))
@many
def test_however_many_are_cut_off_one_after_the_other_nothing_kept_alive_dies(
    known: Inventory, chosen: list[Stage], random: object
) -> None:
    plan = escalating(known, chosen)
    after, cut = done(plan, known), asked(known, chosen)
    in_plan = {step.point.id.device for _, _, step in plan.steps()}
    dead = [each for each in plan.escalations if not each.refused]
    random.shuffle(dead)  # type: ignore[attr-defined]  # hypothesis' own generator, untyped
    objections = objections_to(plan, Network(known))
    taken: list[Escalation] = []
    for each in dead:
        ports = {step.point.port for step in steps_of([each])}
        others = {step.point.port for step in steps_of(taken)}
        if objections.now(each.device, ports, {each.device, *each.behind}, in_plan, others) is None:
            taken.append(each)
    if dead:
        assert taken
    world = more(after, taken)
    assert kept_and_well(known, after, cut) == kept_and_well(known, world, cut)
    off = {name for each in taken for name in (each.device, *each.behind)}
    assert near(known, after) - in_plan - off <= near(known, world)


# --- what a plan takes anyway, by hand ---------------------------------------------------------------------


def twice_attached(*more: Link, needs: Sequence[Need] = ()) -> Inventory:
    """``dead`` hangs on the core by two links, one of them cut with the wards; so is the link to ``far``,
    where the emergency call centre has a port. ``east`` has a link of its own to the core, for an office."""
    links = [
        *(Link((Port("core", at), Port("dead" if at != "far" else "far", at))) for at in ("d1", "d2", "far")),
        *more,
    ]
    subjects = [
        segment("samu", [port(at, "p", 10) for at in ("core", "far")], keep_alive=True, needs=tuple(needs)),
        segment("calls", [port("east", "p", 10)], keep_alive=True),
        segment("office", [port("core", "east", 20), port("core", "p2", 20)]),
        segment(
            "wards", [*(port("core", at, 30, tagged=True) for at in ("d1", "far")), port("dead", "p", 30)]
        ),
    ]
    return inventory([device(name) for name in ("core", "far", "east", "dead")], subjects, links)


EAST = (
    Link((Port("core", "east"), Port("east", "core"))),
    Link((Port("dead", "east"), Port("east", "dead"))),
)


def judged(known: Inventory) -> tuple[Escalation, str]:
    """The one held ready for ``dead``, and what a run would object to it before anything else is cut off."""
    plan = escalating(known, [stage("wards", methods=[Method.SHUTDOWN])])
    [found] = [each for each in plan.escalations if each.device == "dead"]
    ports = [Port("core", "d1"), Port("core", "d2")]
    ports += [Port("east", "dead")] if "east" in {far.device for far, _ in World(known, ()).wires()} else []
    objection = objections_to(plan, Network(known)).now("dead", ports, {"dead"}, ("core", "dead"), ())
    return found, objection.code if objection else ""


def test_what_the_plan_takes_anyway_is_no_objection_however_the_ports_around_it_are_called() -> None:
    found, objection = judged(twice_attached())
    assert [str(point) for point in found.points] == ["core d1", "core d2"]
    assert not found.refused
    assert not objection


@pytest.mark.parametrize(("needs", "refused"), [((Need("calls"),), KEEP_ALIVE), ((), "")])
def test_who_loses_something_already_may_not_lose_more(needs: Sequence[Need], refused: str) -> None:
    """The call centre is parted by the plan; what it needs it would still reach through the dead device."""
    found, objection = judged(twice_attached(*EAST, needs=needs))
    assert found.refused == refused
    assert objection == refused
