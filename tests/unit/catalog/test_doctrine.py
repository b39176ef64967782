"""The shipped levels, planned for the larger example, cut what the doctrine says and nothing else."""

from __future__ import annotations

import pytest

from controller.catalog.playbooks import resolve
from controller.catalog.shipped import shipped_examples, shipped_playbooks, shipped_profiles
from controller.catalog.site import Site, load_site
from controller.domain.inventory import MANUAL, ConduitKind, SegmentRole
from controller.domain.plan import Plan
from controller.engine.planning.planner import plan_isolation


@pytest.fixture(scope="module")
def site() -> Site:
    path = shipped_examples() / "ch-exemple/inventory.yaml"
    return load_site(path, [shipped_profiles()], [shipped_playbooks()])


def planned(site: Site, level: int) -> Plan:
    playbook = site.playbooks[f"level-{level}"]
    stages = resolve(playbook, site.playbooks)
    return plan_isolation(site.inventory, site.profiles, site.profiles.digest, playbook, stages)


def cut(plan: Plan) -> set[str]:
    return {name for _, _, step in plan.steps() for name in step.subjects}


def segments(site: Site, *roles: SegmentRole) -> set[str]:
    return {
        segment.name
        for segment in site.inventory.segments.values()
        if segment.role in roles and not segment.keep_alive
    }


def conduits(site: Site, *kinds: ConduitKind) -> set[str]:
    return {conduit.name for conduit in site.inventory.conduits.values() if conduit.kind in kinds}


def test_each_level_cuts_its_own_and_what_the_levels_below_cut(site: Site) -> None:
    outside = conduits(site, ConduitKind.INTERNET, ConduitKind.VPN, ConduitKind.VENDOR)
    one = outside | segments(site, SegmentRole.BACKUP)
    two = one | conduits(site, ConduitKind.WAN)
    three = two | segments(site, SegmentRole.CLINICAL, SegmentRole.GENERAL)
    four = three | segments(site, SegmentRole.CORE, SegmentRole.AAA)
    assert [cut(planned(site, level)) for level in range(1, 6)] == [one, two, three, four, four]


@pytest.mark.parametrize("level", range(1, 6))
def test_no_level_is_refused(site: Site, level: int) -> None:
    assert planned(site, level).refusals == ()


def test_everything_means_inside_the_vlans_too(site: Site) -> None:
    plan = planned(site, 5)
    assert "residual-spread" not in {hazard.code for hazard in plan.hazards}
    in_plan = {step.point.id for _, _, step in plan.steps()}
    kept = {name for name, segment in site.inventory.segments.items() if segment.keep_alive}
    for subject in site.inventory.subjects():
        for point in subject.points:
            assert (point.id in in_plan) == (subject.name not in kept), point.id


def test_level_three_leaves_the_access_ports_to_level_five(site: Site) -> None:
    access = {name for name in site.inventory.devices if name.startswith("acc-")}
    assert access
    assert not {step.point.id.device for _, _, step in planned(site, 3).steps()} & access
    assert access & {step.point.id.device for _, _, step in planned(site, 5).steps()}


def test_what_is_on_the_walk_list_only_is_in_the_plan_as_well(site: Site) -> None:
    manual = {name for name, device in site.inventory.devices.items() if device.platform == MANUAL}
    assert manual & {step.point.id.device for _, _, step in planned(site, 1).steps()}
