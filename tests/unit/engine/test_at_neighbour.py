"""Devices that a person wants left alone: cut off at their neighbours' ports, or the plan is refused."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from controller.domain.errors import NotFound, OpenCause
from controller.domain.facts import Noted
from controller.domain.inventory import LinkKind
from controller.domain.lifecycle import RunState
from controller.domain.plan import Plan
from controller.domain.playbook import OnUnreachable
from controller.domain.proof import Proof
from controller.engine.events import RunEnded
from controller.engine.execution.walklist import walklist
from controller.engine.planning.plans import plan_playbook
from tests.fakes.board import Fault, Strike
from tests.fakes.site import ACTOR, Site, by_point, device, port, segment
from tests.unit.engine.test_crashes import until_it_survives
from tests.unit.engine.test_escalation import core, link, site, tree

REPORT = OnUnreachable.REPORT


def planned(made: Site, *devices: str) -> Plan:
    return plan_playbook(made.documents, "level-5", (), devices)


def cut(made: Site, *devices: str) -> RunEnded:
    return made.controller.isolate(planned(made, *devices), "test", ACTOR, made.events.append)


def refused(plan: Plan) -> set[tuple[str, str, str]]:
    return {(each.code, each.culprit, dict(each.data)["against"]) for each in plan.refusals}


def shut(made: Site, *devices: str) -> set[str]:
    boards = [made.board(name) for name in devices]
    return {
        f"{board.name} {name}"
        for board in boards
        for name, found in board.ports.items()
        if found.admin == "down"
    }


@pytest.mark.parametrize("on_unreachable", OnUnreachable)
def test_nothing_is_sent_to_the_device_and_its_points_rest_on_the_neighbours_port(
    on_unreachable: OnUnreachable,
) -> None:
    made = tree(on_unreachable=on_unreachable)
    before = made.configuration()
    ended = cut(made, "a")
    assert made.board("a").received == []
    assert shut(made, "core", "a", "b") == {"core to-a", "b p1"}
    results = by_point(ended)
    assert all(each.proof is Proof.CONFIRMED for each in results.values())
    assert results["a p1"].cause == "cut-upstream:core to-a"
    assert walklist(ended.run, planned(made, "a"), made.documents.inventory, ended.results) == ()
    notes = [dict(each.data) for each in made.journal.facts if isinstance(each, Noted)]
    assert {"escalated": "core to-a", "behind": "", "instead": "yes"} in notes
    assert made.bring_back(everything=True).state is RunState.FINISHED
    assert made.configuration() == before
    assert made.board("a").received == []
    assert not made.history.open_holds()


def test_what_was_asked_is_part_of_what_is_approved() -> None:
    made = tree()
    assert planned(made, "a").hash != planned(made).hash


def test_the_watch_leaves_the_device_alone() -> None:
    made = tree(on_unreachable=REPORT)
    cut(made, "a")
    made.controller.watch(lambda: None).look("a")
    assert made.board("a").received == []


def test_a_death_at_any_moment_ends_cut_and_leaves_the_device_alone() -> None:
    def fresh() -> Site:
        return tree(on_unreachable=REPORT)

    for made in until_it_survives(fresh, lambda made: cut(made, "a")):
        made.restart()
        for record in made.history.runs():
            if record.state is RunState.INTERRUPTED:
                assert all(result.satisfied for result in made.resume(record.run).results)
                assert shut(made, "core", "a", "b") == {"core to-a", "b p1"}
        assert made.board("a").received == []


@pytest.mark.parametrize("closed", [True, False])
def test_where_the_neighbour_cannot_do_it_the_device_itself_is_cut(closed: bool) -> None:
    made = tree(on_unreachable=REPORT)
    if closed:
        made.board("core").closed = OpenCause.UNREACHABLE
    else:
        made.board("core").strikes.append(Strike(Fault.IGNORE))
    ended = cut(made, "a")
    assert shut(made, "core", "a") == {"a p1", "a p2", "a p3"}
    results = by_point(ended)
    assert (results["a p1"].proof, results["a p1"].cause) == (Proof.CONFIRMED, "")


def kept_behind(*names: str) -> Iterable[object]:
    return [
        segment("ward", [port("a", "p1"), port("b", "p1")]),
        segment("samu", [port(name, "p9") for name in names], keep_alive=True),
    ]


@pytest.mark.parametrize(
    ("asked", "against"),
    [
        (("a",), "upstream-keep-alive:samu → a p9"),
        (("c",), "upstream-no-points"),
    ],
)
def test_it_is_refused_where_it_would_kill_or_there_is_nothing_to_cut(
    asked: tuple[str, ...], against: str
) -> None:
    devices = [core(), device("a"), device("b"), device("c")]
    made = site(devices, [*kept_behind("a")], [link("core", name) for name in "abc"], ["ward"])
    assert refused(planned(made, *asked)) == {("at-neighbour-refused", asked[0], against)}
    assert not planned(made).refusals


def test_what_each_may_alone_both_together_may_not() -> None:
    """The call centre reaches its second port through either of the two."""
    subjects = [
        segment("ward", [port("a", "p1"), port("b", "p1")]),
        segment("samu", [port("core", "p9"), port("d", "p9")], keep_alive=True),
    ]
    links = [link("core", "a"), link("core", "b"), link("a", "d"), link("b", "d")]
    made = site([core(), device("a"), device("b"), device("d")], subjects, links, ["ward"])
    assert not planned(made, "a").refusals
    assert not planned(made, "b").refusals
    [(code, device_, against)] = refused(planned(made, "a", "b"))
    assert (code, device_) == ("at-neighbour-refused", "b")
    assert against.startswith("upstream-keep-alive:samu")


def test_a_neighbour_that_is_to_be_left_alone_itself_cuts_nobody_off() -> None:
    subjects = [segment("ward", [port("a", "p1"), port("b", "p1")])]
    made = site([core(), device("a"), device("b")], subjects, [link("core", "a"), link("a", "b")], ["ward"])
    assert refused(planned(made, "a", "b")) == {("at-neighbour-refused", "b", "upstream-no-method:a to-b")}


def test_a_link_that_is_never_cut_and_a_device_without_links_are_refused() -> None:
    subjects = [segment("ward", [port("a", "p1"), port("b", "p1")])]
    stack = [link("core", "a", LinkKind.STACK)]
    made = site([core(), device("a"), device("b")], subjects, stack, ["ward"])
    assert refused(planned(made, "a", "b")) == {
        ("at-neighbour-refused", "a", "upstream-never-cut:core to-a (stack)"),
        ("at-neighbour-refused", "b", "upstream-no-link"),
    }


def test_a_device_nobody_knows_is_a_mistake_in_the_command() -> None:
    with pytest.raises(NotFound):
        planned(tree(), "aa")
