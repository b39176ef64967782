"""What a cut wants and cannot reach: it counts as not cut, until somebody gets there."""

from __future__ import annotations

from controller.domain.errors import OpenCause
from controller.domain.inventory import MANUAL
from controller.domain.lifecycle import RunState
from controller.domain.proof import Outcome
from controller.engine.holding.situation import Situation, SubjectState, situation
from controller.engine.planning.plans import Return
from tests.fakes.board import Board, Port
from tests.fakes.site import Site, by_point, device, documents, inventory, playbook, port, segment, stage


def ward_and_office() -> Site:
    known = inventory(
        [device("a"), device("b"), device("box", platform=MANUAL)],
        [
            segment("ward", [port("a", "p1"), port("b", "p1")], 1),
            segment("office", [port("b", "p2"), port("box", "wan")], 2),
        ],
    )
    boards = [Board("a", {"p1": Port()}), Board("b", {"p1": Port(), "p2": Port()})]
    level = playbook("level-1", stage("ward", "office"), level=1)
    return Site(documents(known, [level]), boards)


def seen(site: Site) -> Situation:
    return situation(site.documents.inventory, site.history, site.clock.now())


def states(site: Site) -> dict[str, tuple[SubjectState, int]]:
    return {each.subject.name: (each.state, each.held) for each in seen(site).subjects}


def test_what_was_never_reached_is_not_called_connected() -> None:
    site = ward_and_office()
    site.board("b").closed = OpenCause.UNREACHABLE
    results = by_point(site.cut(level=1))
    assert results["b p1"].outcome is Outcome.NOT_SENT
    assert results["box wan"].cause == "manual"
    assert states(site) == {
        "ward": (SubjectState.PARTIAL, 2),
        "office": (SubjectState.UNKNOWN, 2),
    }
    assert seen(site).level == 1


def test_reached_at_last_it_is_cut_from_the_state_found_then() -> None:
    site = ward_and_office()
    site.board("b").closed = OpenCause.UNREACHABLE
    site.cut("ward")
    site.board("b").closed = None
    site.board("b").ports["p1"] = Port("down", "7")  # shut by somebody in the meantime
    site.cut("ward")
    assert states(site)["ward"] == (SubjectState.ISOLATED, 2)
    site.bring_back(everything=True)
    assert site.board("b").ports["p1"] == Port("down", "7")
    assert site.board("a").ports["p1"] == Port()
    assert states(site)["ward"] == (SubjectState.CONNECTED, 0)


def test_bringing_back_what_was_never_touched_sends_nothing_and_says_so() -> None:
    site = ward_and_office()
    site.board("b").closed = OpenCause.UNREACHABLE
    site.cut(level=1)
    site.board("b").closed = None
    sent = list(site.board("b").received)
    plan = site.controller.plan_return(Return(everything=True))
    assert {hazard.culprit for hazard in plan.hazards if hazard.code == "never-touched"} == {
        "b p1",
        "b p2",
        "box wan",
    }
    assert site.bring_back(everything=True).state is RunState.FINISHED
    assert site.board("b").received == sent
    assert not site.history.open_holds()
