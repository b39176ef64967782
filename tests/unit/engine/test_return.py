"""What returns, when, and what stays because another still holds it."""

from __future__ import annotations

from controller.domain.errors import InvalidRequest, NotFound
from controller.domain.inventory import Need, Point
from controller.domain.lifecycle import RunState
from controller.domain.proof import Proof
from controller.engine.holding.situation import SubjectSituation, SubjectState, situation
from controller.engine.planning.plans import Return
from controller.engine.planning.restoration import waves_of_return
from tests.fakes.board import Board, Port
from tests.fakes.site import Site, device, documents, inventory, playbook, port, segment, stage

import pytest  # isort: skip


def site() -> Site:
    """``er`` needs ``core``; ``shared`` is a port of laboratory and office."""
    known = inventory(
        [device("a"), device("b")],
        [
            segment("er", [port("a", "er")], 1, depends_on=("core",)),
            segment("core", [port("b", "core")], 2),
            segment("laboratory", [port("a", "lab"), port("a", "shared")], 3),
            segment("office", [port("a", "shared"), port("b", "office")], 4),
        ],
    )
    books = [playbook("level-1", stage("er", "laboratory"), level=1), playbook("level-5", stage(), level=5)]
    boards = [
        Board("a", {name: Port() for name in ("er", "lab", "shared")}),
        Board("b", {name: Port() for name in ("core", "office")}),
    ]
    return Site(documents(known, books), boards)


def down(site: Site) -> set[str]:
    return {
        name
        for board in site.driver.boards.values()
        for name, found in board.ports.items()
        if found.admin == "down"
    }


def test_level_1_on_monday_level_5_on_tuesday_level_1_restored_opens_nothing_of_level_5() -> None:
    night = site()
    night.cut(level=1)
    night.cut(level=5)
    sent = {name: len(board.changes) for name, board in night.driver.boards.items()}
    ended = night.bring_back(level=1)
    assert ended.state is RunState.FINISHED
    assert down(night) == {"er", "lab", "shared", "core", "office"}
    assert {name: len(board.changes) for name, board in night.driver.boards.items()} == sent
    levels = {record.run: record.level for record in night.history.runs()}
    assert {levels[hold.key.run] for hold in night.history.open_holds()} == {5}
    night.bring_back(level=5)
    assert down(night) == set()


def test_level_5_restored_first_leaves_what_level_1_holds() -> None:
    night = site()
    night.cut(level=1)
    night.cut(level=5)
    night.bring_back(level=5)
    assert down(night) == {"er", "lab", "shared"}
    night.bring_back(level=1)
    assert down(night) == set()


def test_a_point_of_two_segments_returns_with_the_last_of_them() -> None:
    night = site()
    night.cut(level=5)
    night.bring_back("laboratory")
    assert down(night) == {"er", "shared", "core", "office"}
    night.bring_back("office")
    assert down(night) == {"er", "core"}


def test_wave_by_wave_by_priority_what_is_needed_first() -> None:
    night = site()
    night.cut(level=5)
    returned = []
    while night.history.open_holds():
        before = down(night)
        night.bring_back(next_wave=True)
        returned.append(before - down(night))
    assert returned == [{"core"}, {"er"}, {"lab"}, {"office", "shared"}]


def test_needs_in_a_circle_do_not_lose_what_depends_on_them() -> None:
    point: list[Point] = []
    known = inventory(
        [],
        [
            segment("dhcp", point, 3, needs=(Need("dns"),)),
            segment("dns", point, 4, needs=(Need("dhcp"),)),
            segment("er", point, 1, depends_on=("dns",)),
            segment("alone", point, 5),
        ],
    )
    waves = [[each.name for each in wave] for wave in waves_of_return(known, list(known.segments))]
    assert sorted(name for wave in waves for name in wave) == ["alone", "dhcp", "dns", "er"]
    assert waves.index(["er"]) > waves.index(["dns"])


def test_a_dependency_still_cut_is_said_and_does_not_block() -> None:
    night = site()
    night.cut(level=5)
    plan = night.controller.plan_return(Return(subjects=("er",)))
    assert [(hazard.code, hazard.culprit) for hazard in plan.hazards] == [("dependency-still-cut", "er")]
    assert not plan.refusals


def test_asking_for_what_is_not_there() -> None:
    night = site()
    with pytest.raises(InvalidRequest) as nothing:
        night.controller.plan_return(Return(everything=True))
    assert nothing.value.reason == "nothing-held"
    with pytest.raises(NotFound):
        night.controller.plan_return(Return(subjects=("nobody",)))
    night.cut("er")
    with pytest.raises(InvalidRequest):
        night.controller.plan_return(Return(subjects=("office",)))


def test_the_situation_tells_what_is_cut_and_how_well_that_is_known() -> None:
    night = site()
    night.cut(level=5)
    now = night.clock.now()
    found = {each.subject.name: each for each in _subjects(night)}
    assert {each.state for each in found.values()} == {SubjectState.ISOLATED}
    assert [each.subject.name for each in _subjects(night)] == ["core", "er", "laboratory", "office"]
    assert found["er"].waits_for == ("core",)
    night.clock.pause(16 * 60)
    later = situation(night.documents.inventory, night.history, night.clock.now())
    assert later.at > now
    assert {each.state for each in later.subjects} == {SubjectState.UNKNOWN}
    assert set(later.proofs) == {Proof.UNKNOWN}
    assert later.level == 5


def _subjects(night: Site) -> tuple[SubjectSituation, ...]:
    return situation(night.documents.inventory, night.history, night.clock.now()).subjects


def test_a_restore_that_fails_never_makes_a_cut_point_look_proven_or_back() -> None:
    night = site()
    night.cut("er")
    night.board("a").ports["er"].pvid = "77"
    night.bring_back("er")
    [er] = [each for each in _subjects(night) if each.subject.name == "er"]
    assert er.state in (SubjectState.UNKNOWN, SubjectState.PARTIAL)
    assert er.held == 1
