"""A partial return: towards some networks alone, at some points alone; whoever is killed, whatever is cut."""

from __future__ import annotations

from contextlib import suppress

import hypothesis.strategies as st
import pytest
from hypothesis import Phase, given, settings

from controller.domain.errors import InvalidRequest, NotFound, Refused
from controller.domain.facts import PointRead
from controller.domain.inventory import Link, LinkKind
from controller.domain.inventory import Port as Socket
from controller.domain.lifecycle import RunState
from controller.domain.plan import Plan
from controller.domain.playbook import STANDING, Action, Gate, Scope, Selector, Stage
from controller.domain.proof import Proof
from controller.engine.holding.situation import SubjectSituation, SubjectState, partly_back, situation
from controller.engine.planning.gates import part
from controller.engine.planning.partial import networks_of
from controller.engine.planning.plans import Return
from tests.fakes.board import Board, Fault, Port, Strike
from tests.fakes.site import (
    Site,
    conduit,
    device,
    documents,
    inventory,
    playbook,
    policy,
    port,
    segment,
    stage,
)
from tests.unit.engine.test_crashes import until_it_survives

WARD, RECORD, OTHER = ("10.1.0.0/16", "2001:db8:1::/64"), ("10.2.0.0/24", "2001:db8:2::/64"), ("10.3.0.0/24",)
LINK = Link((Socket("fw", "lan"), Socket("acc", "up")), LinkKind.DATA)


def site(*, gateway: str = "fw", shared: bool = False, gated: bool = False) -> Site:
    """``ward`` has four ports and goes by ``fw`` to ``record`` and ``other``."""
    ward = [policy("fw", "ward"), *(port("acc", f"p{number}") for number in (1, 2, 3, 4))]
    at = (Socket(gateway, "lan"),)
    known = inventory(
        [device("fw"), device("acc")],
        [
            segment("ward", ward, 2, prefixes=WARD, gateways=at, depends_on=("record",)),
            segment("record", [policy("fw", "record")], 1, prefixes=RECORD, gateways=at),
            segment("other", [policy("fw", "ward" if shared else "other")], 3, prefixes=OTHER, gateways=at),
            conduit("out", [port("acc", "out")]),
        ],
        [LINK],
    )
    books = [playbook("all", stage(), level=5)]
    if gated:
        select = (Selector(Scope.SEGMENTS, ("ward",)),)
        books.append(playbook(STANDING, Stage("s", Action.RESTORE, select, gate=Gate(attest=("clean",)))))
    boards = [
        Board("fw", sets={name: set() for name in ("ward", "record", "other")}),
        Board("acc", {name: Port() for name in ("p1", "p2", "p3", "p4", "out")}),
    ]
    return Site(documents(known, books), boards)


def passes(at: Site, source: str, target: str) -> bool:
    """As the firewall's set has it, for hosts of two prefixes."""
    found = at.board("fw").sets["ward"]
    if source in found:
        return False
    return f"only:{source}" not in found or f"{source}>{target}" in found


def ports_up(at: Site) -> set[str]:
    return {name for name, found in at.board("acc").ports.items() if found.admin == "up" and name != "out"}


def plan(at: Site, **wanted: object) -> Plan:
    return at.controller.plan_return(Return(subjects=("ward",), **wanted))  # type: ignore[arg-type]  # the fields to change are named by the tests


def codes(found: Plan) -> set[str]:
    return {hazard.code for hazard in found.hazards}


def ward(at: Site) -> SubjectSituation:
    found = situation(at.documents.inventory, at.history, at.clock.now())
    return next(each for each in found.subjects if each.subject.name == "ward")


def test_what_denies_the_rest_is_read_back_before_a_port_opens() -> None:
    at = site()
    at.cut("ward")
    begun = len(at.journal.facts)
    ended = at.bring_back("ward", towards=("record", "192.0.2.7"))
    assert ended.state is RunState.FINISHED
    assert all(passes(at, WARD[0], each) for each in (RECORD[0], "192.0.2.7"))
    assert passes(at, WARD[1], RECORD[1])
    assert not passes(at, WARD[0], OTHER[0])
    read = [fact for fact in at.journal.facts[begun:] if isinstance(fact, PointRead)]
    assert [(each.point.device, each.proof) for each in read[:2]] == [("fw", Proof.CONFIRMED)] * 2
    assert {each.point.device for each in read[2:]} == {"acc"}
    assert {hold.key.point.device for hold in at.history.open_holds()} == {"fw"}


def test_a_firewall_that_does_not_do_it_opens_no_port() -> None:
    for fault in (Fault.IGNORE, Fault.REFUSE, Fault.LOSE):
        at = site()
        at.cut("ward")
        at.board("fw").strikes.append(Strike(fault, "add 2001:db8:1::/64>"))
        assert at.bring_back("ward", towards=("record",)).state is RunState.STOPPED
        assert not ports_up(at)


def test_whole_again_is_the_baseline_and_cut_again_is_the_cut() -> None:
    at = site()
    before = at.configuration()
    at.cut("ward")
    cut = at.board("fw").sets["ward"].copy()
    at.bring_back("ward", towards=("10.2.0.0/24",))
    at.bring_back("ward", towards=("10.2.0.7", "2001:db8:2::/64"))
    assert not passes(at, WARD[0], RECORD[0])
    assert passes(at, WARD[0], "10.2.0.7")
    at.cut("ward")
    assert cut <= at.board("fw").sets["ward"]
    assert ward(at).state is SubjectState.ISOLATED
    at.restart()
    at.bring_back("ward")
    assert at.configuration() == before
    assert not at.history.open_holds()


def test_what_was_let_through_before_the_last_return_is_nobodys_business_any_more() -> None:
    at = _half(site())
    at.bring_back("ward")
    at.cut("ward")
    for _ in range(2):
        assert not [
            line for _, _, step in plan(at).steps() for line in step.rendering.commands if ">" in line
        ]
        assert ward(at).state is SubjectState.ISOLATED
        at.restart()


def test_a_firewall_nobody_can_read_back_opens_no_port_whatever_proof_a_playbook_wants() -> None:
    select = (Selector(Scope.SEGMENTS, ("ward",)),)
    back = Stage("back", Action.RESTORE, select, towards=("record",), verify=Proof.ACCEPTED)
    at = site()
    at.restart(documents(at.documents.inventory, [playbook("part", back)]))
    at.cut("ward")

    def garble(board: Board, line: str) -> None:
        if line.startswith("set ward add only") and not board.strikes:
            board.strikes.append(Strike(Fault.GARBLE, "show set"))

    at.driver.at_line = garble
    assert at.bring_back(playbook="part").state is RunState.STOPPED
    assert not ports_up(at)


def test_while_the_cut_still_stands_nothing_is_said_to_pass() -> None:
    at = site()
    at.cut("ward")
    at.board("fw").strikes.append(Strike(Fault.IGNORE, r"set ward del 10\.1\.0\.0/16$"))
    assert at.bring_back("ward", towards=("record",)).state is RunState.STOPPED
    assert not ports_up(at)
    assert ward(at).towards == ()


def test_some_points_return_and_the_segment_is_not_called_restored() -> None:
    at = site()
    at.cut("ward")
    found = plan(at, points=("acc p1-2",))
    assert {"partial-points", "points-behind-cut"} <= codes(found)
    assert not found.refusals
    at.bring_back("ward", points=("acc p1-2",))
    assert ports_up(at) == {"p1", "p2"}
    now = ward(at)
    assert (now.state, now.back, now.held, now.towards) == (SubjectState.PARTLY_BACK, 2, 3, ())
    there = partly_back(at.history)
    assert ({each.object for each in there.free}, there.towards) == ({"p1", "p2"}, {})
    at.bring_back("ward", points=("acc", "fw"))
    assert ports_up(at) == {"p1", "p2", "p3", "p4"}
    assert ward(at).state is SubjectState.CONNECTED
    assert not partly_back(at.history).free


def test_towards_and_points_together_and_what_status_says() -> None:
    at = site()
    at.cut("ward")
    at.bring_back("ward", towards=("record",), points=("acc p4",))
    assert ports_up(at) == {"p4"}
    now = ward(at)
    assert (now.state, now.back, now.held, now.towards) == (SubjectState.PARTLY_BACK, 1, 4, ("record",))


def test_a_conduit_of_which_no_device_can_hold_it_to_anything_is_refused() -> None:
    at = site()
    at.cut("out")
    refused = at.controller.plan_return(Return(subjects=("out",), towards=("192.0.2.7",)))
    assert {each.code for each in refused.refusals} == {"towards-unenforced"}


def test_a_segment_that_gets_around_the_point_is_refused() -> None:
    at = site(gateway="acc")
    at.cut("ward")
    refused = plan(at, towards=("record",))
    assert {each.code for each in refused.refusals} == {"towards-bypassed"}
    with pytest.raises(Refused):
        at.bring_back("ward", towards=("record",))


def test_a_point_of_two_segments_lets_nothing_through_for_one() -> None:
    at = site(shared=True)
    at.cut("ward", "other")
    assert "towards-shared" in {each.code for each in plan(at, towards=("record",)).refusals}


def test_what_stands_in_the_way_is_said() -> None:
    at = site()
    at.cut("ward", "record")
    assert "towards-still-cut" in codes(plan(at, towards=("record",)))
    assert "towards-without-needs" in codes(plan(at, towards=("192.0.2.7",)))


def test_what_is_asked_wrongly_is_refused_whole() -> None:
    at = site()
    at.cut("ward")
    for wanted, reason in (
        ({"towards": ("out",)}, "towards-without-addresses"),
        ({"towards": ("0.0.0.0/0",)}, "towards-everything"),
        ({"points": ("acc p9",)}, "point-not-held"),
    ):
        with pytest.raises(InvalidRequest) as problem:
            plan(at, **wanted)
        assert problem.value.reason == reason
    with pytest.raises(NotFound) as near:
        plan(at, towards=("recrod",))
    assert near.value.data["suggestion"] == "record"
    with pytest.raises(InvalidRequest):
        at.controller.plan_return(Return(everything=True, towards=("record",)))


def test_the_gates_of_the_segment_stand_before_a_part_of_it() -> None:
    at = site(gated=True)
    at.cut("ward")
    for wanted in ({"points": ("acc p1",)}, {"towards": ("record",)}):
        with pytest.raises(Refused) as refused:
            at.bring_back("ward", **wanted)
        assert [each.code for each in refused.value.hazards] == ["gate-attest"]
    assert not ports_up(at)


def test_who_agreed_to_one_list_did_not_agree_to_another() -> None:
    at = site(gated=True)
    at.cut("ward")
    hashes = set()
    for wanted in ((), ("record",), ("record", "192.0.2.7"), ("192.0.2.7",)):
        found = plan(at, towards=wanted)
        hashes.add((found.hash, part(found, found.conditions[0]).hash))
    assert len({one for one, _ in hashes}) == len({two for _, two in hashes}) == 4
    assert plan(at, towards=("other",)).hash != plan(at, towards=OTHER).hash


def test_a_playbook_brings_back_a_part() -> None:
    select = (Selector(Scope.SEGMENTS, ("ward",)),)
    back = Stage("back", Action.RESTORE, select, towards=("record",), points=("acc p1",))
    at = site()
    at.restart(documents(at.documents.inventory, [playbook("part", back)]))
    at.cut("ward")
    at.bring_back(playbook="part")
    assert ports_up(at) == {"p1"}
    assert ward(at).towards == ("record",)


def _half(at: Site) -> Site:
    at.cut("ward")
    at.bring_back("ward", towards=("10.2.0.0/24", "192.0.2.7"))
    return at


def _settled(at: Site, asked: set[str]) -> None:
    """Nothing passes that was not asked for, whoever died; and the run that goes on ends as it was asked."""
    through = {each.partition(">")[2] for each in at.board("fw").sets["ward"] if ">" in each}
    assert through <= asked
    assert all(not passes(at, prefix, OTHER[0]) for prefix in WARD)
    at.restart()
    for record in at.history.runs():
        if record.state is RunState.INTERRUPTED:
            ended = at.resume(record.run)
            assert ended.state is RunState.FINISHED, [(r.cause, r.state) for r in ended.results]
            assert passes(at, WARD[0], "10.2.0.9")
            assert ward(at).towards == ("10.2.0.9",)


def test_killed_at_any_moment_it_lets_nothing_else_through_and_goes_on() -> None:
    before = site().configuration()
    asked = {"10.2.0.0/24", "192.0.2.7", "10.2.0.9"}
    for at in until_it_survives(
        lambda: _half(site()), lambda at: at.bring_back("ward", towards=("10.2.0.9",))
    ):
        _settled(at, asked)
        at.cut("ward")
        assert not any(passes(at, prefix, each) for prefix in WARD for each in asked)
        at.bring_back("ward")
        assert at.configuration() == before


def test_what_somebody_adds_by_hand_is_an_alarm_and_cut_whole_again() -> None:
    at = _half(site())
    watch = at.controller.watch(lambda: None)
    at.clock.pause(600)
    watch.look("fw")
    assert passes(at, WARD[0], "192.0.2.7")
    at.board("fw").sets["ward"].add(f"{WARD[0]}>{OTHER[0]}")
    at.clock.pause(600)
    watch.look("fw")
    assert not any(passes(at, WARD[0], each) for each in ("192.0.2.7", OTHER[0]))
    assert ward(at).towards == ()


def test_what_somebody_closes_by_hand_is_as_it_should_be() -> None:
    at = _half(site())
    at.board("fw").sets["ward"].update(WARD)
    at.clock.pause(600)
    sent = len(at.board("fw").changes)
    at.controller.watch(lambda: None).look("fw")
    assert len(at.board("fw").changes) == sent


TOWARDS = st.sets(
    st.sampled_from(("record", "other", "10.2.0.7", "10.0.0.0/12", "2001:db8::/33")), min_size=1
)
STEPS = st.lists(
    st.one_of(
        st.sampled_from(["cut", "restart", "acc p1", "acc p2-3", "acc"]),
        TOWARDS,
        st.tuples(st.sampled_from([Fault.REFUSE, Fault.IGNORE, Fault.LOSE, Fault.DROP]), st.integers(0, 4)),
    ),
    max_size=10,
)


@settings(max_examples=30, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(STEPS)
def test_whatever_happens_nothing_passes_but_what_was_last_asked_for(
    steps: list[str | set[str] | tuple[Fault, int]],
) -> None:
    at = site()
    before = at.configuration()
    at.cut("ward")
    asked: set[str] = set()
    for step in steps:
        fw = at.board("fw")
        if isinstance(step, tuple):
            fw.strikes[:] = [Strike(step[0], "set ward", step[1])]
            continue
        if step == "cut":
            fw.strikes.clear()
            at.cut("ward")
            asked = set()
        elif step == "restart":
            at.restart()
        else:
            wanted = {"towards": tuple(sorted(step))} if isinstance(step, set) else {"points": (step,)}
            asked |= set(networks_of(step, at.documents.inventory)) if isinstance(step, set) else set()
            with suppress(InvalidRequest, Refused):
                at.bring_back("ward", **wanted)
        # Where a whole network is in the set, its cut stands before whatever is listed for it.
        listed = [each.partition(">") for each in fw.sets["ward"] if ">" in each]
        through = {to for prefix, _, to in listed if prefix not in fw.sets["ward"]}
        if asked:
            assert not ward(at).towards or through == set(
                networks_of(ward(at).towards, at.documents.inventory)
            )
        assert all(prefix in fw.sets["ward"] or f"only:{prefix}" in fw.sets["ward"] for prefix in WARD)
        assert not asked or through <= asked
        assert asked or all(prefix in fw.sets["ward"] for prefix in WARD)
    at.board("fw").strikes.clear()
    at.bring_back("ward", accept_drift=("fw", "acc"))
    assert at.configuration() == before
    assert not at.history.open_holds()
