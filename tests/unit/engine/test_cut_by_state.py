"""A method whose lines depend on the state of the point: what a plan shows of it, and what is sent."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from controller.domain.codec import from_plain, to_plain
from controller.domain.facts import BaselineTaken
from controller.domain.inventory import Method, PointKind
from controller.domain.plan import Plan
from controller.domain.profile.points import RestoreClause
from controller.domain.proof import Outcome, Proof
from controller.domain.vlans import without
from controller.engine.execution.walklist import beforehand, walklist
from tests.fakes.board import PLATFORM, Board, Fault, Port, Strike, board_profile, lines, values
from tests.fakes.site import Site, device, documents, inventory, playbook, port, segment, stage

TWENTY = RestoreClause(lines("port ${interface} pvid ${quarantine_vlan}"), values(pvid="20"))
TEN = RestoreClause(
    lines("port ${interface} down", "port ${interface} pvid ${quarantine_vlan}"), values(pvid="10")
)


def site(
    pvid: str,
    *cases: RestoreClause,
    methods: tuple[Method, ...],
    strikes: tuple[Strike, ...] = (),
    vlans: tuple[int, ...] = (),
) -> Site:
    """A board with one port, of which the VLAN's method has ``cases``; ``vlans``: of it as a trunk."""
    profile = board_profile()
    spec = profile.points[PointKind.INTERFACE, False]
    by_vlan = replace(spec.methods[Method.VLAN], isolate=(), cases=cases)
    spec = replace(spec, methods=MappingProxyType({**spec.methods, Method.VLAN: by_vlan}))
    profile = replace(profile, points=MappingProxyType({(PointKind.INTERFACE, bool(vlans)): spec}))
    points = [port("a", "p1", vlan, tagged=True) for vlan in vlans] or [port("a", "p1")]
    names = ("one", "two")[: len(points)]
    known = inventory(
        [device("a")], [segment(name, [each]) for name, each in zip(names, points, strict=True)]
    )
    made = documents(known, [playbook("level-1", replace(stage(*names), method=methods), level=1)])
    made = replace(made, profiles={PLATFORM: profile})
    return Site(made, [Board("a", {"p1": Port(pvid=pvid)}, strikes=list(strikes))])


def planned(at: Site) -> Plan:
    return at.controller.plan_level(1, ())


def test_the_lines_follow_the_state_read_right_before() -> None:
    for pvid, shut in (("20", False), ("10", True)):
        at = site(pvid, TWENTY, TEN, methods=(Method.VLAN,))
        [result] = at.cut(level=1).results
        assert (result.proof, result.method) == (Proof.CONFIRMED, Method.VLAN)
        assert at.board("a").ports["p1"] == Port(admin="down" if shut else "up", pvid="999")


def test_a_state_without_lines_goes_to_the_next_method() -> None:
    at = site("30", TWENTY, TEN, methods=(Method.VLAN, Method.SHUTDOWN))
    [result] = at.cut(level=1).results
    assert (result.proof, result.method) == (Proof.CONFIRMED, Method.SHUTDOWN)
    assert at.board("a").ports["p1"].pvid == "30"


def test_a_state_without_lines_and_no_other_method_is_told_and_nothing_is_sent() -> None:
    at = site("30", TWENTY, TEN, methods=(Method.VLAN,))
    before = at.configuration()
    ended = at.cut(level=1)
    [result] = ended.results
    assert (result.proof, result.cause, result.outcome) == (
        Proof.CONTRADICTED,
        "no-case",
        Outcome.NOT_ATTEMPTED,
    )
    assert at.configuration() == before
    [errand] = walklist(ended.run, planned(at), at.documents.inventory, ended.results)
    assert errand.lines == (
        "[pvid = 20]",
        "port p1 pvid 999",
        "[pvid = 10]",
        "port p1 down",
        "port p1 pvid 999",
    )


def test_what_cannot_be_read_is_not_sent_lines_that_go_by_what_it_reads() -> None:
    garbled = (Strike(Fault.GARBLE, "show"),)
    at = site("20", TWENTY, TEN, methods=(Method.VLAN,), strikes=garbled)
    [result] = at.cut(level=1).results
    assert (result.proof, result.cause) == (Proof.UNKNOWN, "unreadable")
    assert at.board("a").ports["p1"].pvid == "20"


def test_a_refusal_is_still_the_cause_where_no_other_lines_fit() -> None:
    at = site("20", TWENTY, TEN, methods=(Method.VLAN,), strikes=(Strike(Fault.REFUSE, "pvid"),))
    [result] = at.cut(level=1).results
    assert (result.proof, result.cause) == (Proof.CONTRADICTED, "device-refused")


def test_a_walk_list_has_the_lines_for_what_was_read_last_alone() -> None:
    at = site("20", TWENTY, TEN, methods=(Method.VLAN,), strikes=(Strike(Fault.REFUSE, "pvid"),))
    ended = at.cut(level=1)
    [errand] = walklist(ended.run, planned(at), at.documents.inventory, ended.results)
    assert errand.lines == ("port p1 pvid 999",)


def test_a_plan_shows_every_case_below_its_state_and_its_hash_covers_them() -> None:
    at = site("20", TWENTY, TEN, methods=(Method.VLAN,))
    plan = planned(at)
    [(_, _, step)] = plan.steps()
    shown = ("[pvid = 20]", "port p1 pvid 999", "[pvid = 10]", "port p1 down", "port p1 pvid 999")
    assert step.lines() == shown
    [errand] = beforehand(plan, at.documents.inventory)
    assert errand.lines == shown
    assert from_plain(Plan, to_plain(plan)) == plan
    other = replace(TEN, when=values(pvid="11"))
    assert planned(site("20", TWENTY, other, methods=(Method.VLAN,))).hash != plan.hash


def test_lines_of_two_points_of_a_port_go_by_what_each_finds_there() -> None:
    """As the last VLAN of a trunk that is taken off together with the others."""
    at = site("20", TWENTY, TEN, methods=(Method.VLAN,), vlans=(110, 120))
    ended = at.cut(level=1)
    assert [result.proof for result in ended.results] == [Proof.CONFIRMED] * 2
    assert at.board("a").received.count("port p1 pvid 999") == 1
    baselines = [fact for fact in at.facts() if isinstance(fact, BaselineTaken)]
    assert [fact.state and fact.state["pvid"] for fact in baselines] == ["20", "20"]


def test_one_vlan_of_a_trunk_does_not_come_back_with_others_that_stay_cut() -> None:
    """Where the lines of its return bring back all that the trunk carried."""
    at = site("20", TWENTY, methods=(Method.VLAN,), vlans=(110, 120))
    at.cut(level=1)
    [result] = at.bring_back("one").results
    assert (result.proof, result.cause) == (Proof.CONTRADICTED, "others-held")
    assert result.outcome is Outcome.NOT_ATTEMPTED
    assert at.board("a").ports["p1"].pvid == "999"
    ended = at.bring_back("one", "two")
    assert [result.proof for result in ended.results] == [Proof.CONFIRMED] * 2
    assert at.board("a").ports["p1"].pvid == "20"


def test_lines_for_a_state_that_comes_later_are_not_given_up() -> None:
    ten = replace(TWENTY, send=lines("port ${interface} pvid 10"))
    at = site("20", TEN, ten, methods=(Method.VLAN,))
    [result] = at.cut(level=1).results
    assert result.proof is Proof.CONFIRMED
    assert at.board("a").ports["p1"] == Port(admin="down", pvid="999")


def test_a_return_after_any_case_is_the_state_before() -> None:
    at = site("10", TWENTY, TEN, methods=(Method.VLAN, Method.SHUTDOWN))
    before = at.configuration()
    at.cut(level=1)
    assert at.configuration() != before
    at.bring_back(everything=True)
    assert at.board("a").ports["p1"].pvid == "10"


@pytest.mark.parametrize(
    ("listed", "vlan", "rest"),
    [
        ("1-4094", 110, "1-109,111-4094"),
        ("1,110,120", 110, "1,120"),
        ("109-111", 110, "109,111"),
        ("1-4094", 1, "2-4094"),
        ("110", 110, ""),
        ("1-20", None, "1-20"),
        ("all", 110, ""),
    ],
)
def test_the_vlans_beside_one(listed: str, vlan: int | None, rest: str) -> None:
    assert without(listed, vlan) == rest
