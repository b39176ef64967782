"""What is told of the site after a plan: the same as the hazards, which stand against an oracle, and more."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings

from controller.bootstrap import Composition
from controller.domain.inventory import Inventory
from controller.domain.plan import Severity
from controller.domain.playbook import Stage
from controller.engine.network.afterwards import Afterwards, afterwards
from controller.engine.planning.plans import plan_level
from tests.fakes.site import port, stage
from tests.unit.engine.test_hazards import ring
from tests.unit.engine.test_reachability import asked, found, hospitals, planned, stages

ROOT = Path(__file__).parents[3]


@given(hospitals(), stages())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_it_agrees_with_the_hazards_of_every_plan(known: Inventory, chosen: list[Stage]) -> None:
    plan = planned(known, chosen)
    after = afterwards(known, plan)
    if not any(hazard.severity is Severity.REFUSE for hazard in plan.hazards):
        lost = set(after.waves[-1].lost) if after.waves else set()
        assert lost == set(found(plan, "path-lost-after"))
    for wave, following in zip(after.waves, after.waves[1:], strict=False):
        assert set(wave.lost) <= set(following.lost)
    holes = {hazard.culprit: dict(hazard.data) for hazard in plan.hazards if hazard.code == "bypass"}
    spread = {
        hazard.culprit: dict(hazard.data) for hazard in plan.hazards if hazard.code == "residual-spread"
    }
    wanted = asked(known, chosen)
    for each in after.segments:
        if each.name not in wanted:
            continue
        others = ", ".join(name for name, _ in each.reaches)
        assert others == holes.get(each.name, {"others": ""})["others"]
        if each.cut:
            assert str(each.spread) == spread.get(each.name, {"count": "0"})["count"]


def test_devices_are_told_of_from_the_wave_on_that_takes_their_way() -> None:
    known = ring(port("core", "l"), port("left", "x"), port("right", "edge"))
    after = afterwards(known, planned(known, [stage("one")]))
    assert [wave.lost for wave in after.waves] == [(), ("left",)]
    assert after.managed == ("core", "left", "right")
    assert after.way_unknown == ()


def _lab(level: int) -> Afterwards:
    documents = Composition(inventory=ROOT / "examples" / "lab" / "inventory.yaml").documents()
    return afterwards(documents.inventory, plan_level(documents, level))


def test_a_conduit_stays_open_for_whom_it_excepts() -> None:
    after = _lab(5)
    open_to = {each.name: each.open_to for each in after.conduits}
    assert open_to == {"internet": ("samu",), "maintenance": ()}
    reaches = {each.name: dict(each.reaches) for each in after.segments if each.reaches}
    assert reaches == {"samu": {"internet": (4, 6)}}
    assert {each.name for each in after.segments if not each.cut} == {"samu"}


def test_what_is_cut_where_it_is_routed_still_spreads_inside() -> None:
    emergency = next(each for each in _lab(3).segments if each.name == "emergency")
    assert emergency.cut
    assert emergency.reaches == ()
    assert emergency.spread == len({point for group in emergency.together for point in group}) > 1
