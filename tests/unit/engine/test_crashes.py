"""A process dies at any commit or any line; the next one finds out what is so and goes on."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from controller.domain.errors import InvalidRequest
from controller.domain.hold import Attribution
from controller.domain.inventory import Method
from controller.domain.lifecycle import RunState
from controller.domain.proof import Proof
from controller.engine.planning.plans import Return
from tests.fakes.board import Board, Fault, Port, Strike
from tests.fakes.site import Site, by_point, device, documents, inventory, playbook, port, segment, stage


class Killed(BaseException):
    """The process is gone: nothing catches it, and from then on nothing of it acts."""


class Death:
    """Kills a site at the ``moment``-th of all commits (before and after each) and lines."""

    def __init__(self, site: Site, moment: int) -> None:
        self.left = moment
        self.dead = False
        self._site = site
        site.journal.before = lambda *_: self._pass()
        site.journal.after = lambda *_: self._pass()
        site.driver.at_line = lambda *_: self._pass()
        site.driver.at_open = lambda *_: self._pass()

    def _pass(self) -> None:
        self.left -= 1
        if self.dead or self.left < 0:
            self.dead = True
            raise Killed

    def over(self) -> None:
        self._site.journal.before = self._site.journal.after = lambda *_: None
        self._site.driver.at_line = lambda *_: None
        self._site.driver.at_open = lambda *_: None


def two_switches() -> Site:
    known = inventory(
        [device("a"), device("b")],
        [
            segment("one", [port("a", "p1"), port("a", "p2"), port("b", "p1")], 1),
            segment("two", [port("b", "p2")], 2),
        ],
    )
    books = [playbook("level-1", stage("one"), level=1), playbook("level-5", stage(), level=5)]
    site = Site(documents(known, books), [Board(name, {"p1": Port(), "p2": Port()}) for name in "ab"])
    site.board("a").ports["p2"].admin = "down"
    return site


def until_it_survives(prepare: Callable[[], Site], act: Callable[[Site], object]) -> list[Site]:
    """The sites as left by a death at every moment of ``act``, in order."""
    sites: list[Site] = []
    for moment in range(500):
        site = prepare()
        death = Death(site, moment)
        try:
            act(site)
        except Killed:
            death.over()
            sites.append(site)
            continue
        assert moment > 20, "hardly any moment was tried"
        return sites
    raise AssertionError("it never survived")


def test_a_cut_killed_at_any_moment_is_taken_to_its_end_and_returns_to_the_baseline() -> None:
    before = two_switches().configuration()
    for site in until_it_survives(two_switches, lambda site: site.cut("one", "two")):
        for name in "ab":
            board = site.board(name)
            if board.changes:
                assert name in {intent.device for intent in site.intents()}
        site.restart()
        for record in site.history.runs():
            if record.state is RunState.INTERRUPTED:
                ended = site.resume(record.run)
                assert {result.proof for result in ended.results} == {Proof.CONFIRMED}
            assert all(one.admin == "down" for name in "ab" for one in site.board(name).ports.values())
            assert not site.history.run(record.run).pending
            doubtful = {
                hold.key.point.device
                for hold in site.history.open_holds()
                if hold.attribution is Attribution.ASSUMED
            }
            back = site.bring_back(everything=True, accept_drift=sorted(doubtful))
            assert back.state is RunState.FINISHED
        assert site.configuration() == before
        assert site.history.open_holds() == ()


def _cut(prepare: Callable[[], Site] = two_switches) -> Callable[[], Site]:
    def prepared() -> Site:
        site = prepare()
        site.cut("one", "two")
        return site

    return prepared


def test_a_restore_killed_at_any_moment_is_taken_to_its_end_without_a_decision() -> None:
    before = two_switches().configuration()
    for site in until_it_survives(_cut(), lambda site: site.bring_back(everything=True)):
        site.restart()
        unfinished = [record.run for record in site.history.runs() if record.state is RunState.INTERRUPTED]
        if unfinished:
            assert site.resume(unfinished[0]).state is RunState.FINISHED
        elif site.history.open_holds():
            site.bring_back(everything=True)
        assert site.configuration() == before
        assert site.history.open_holds() == ()


def test_a_killed_restore_may_also_be_asked_for_anew() -> None:
    before = two_switches().configuration()
    for site in until_it_survives(_cut(), lambda site: site.bring_back(everything=True)):
        site.restart()
        if site.history.open_holds():
            assert site.bring_back(everything=True).state is RunState.FINISHED
        assert site.configuration() == before


def test_death_after_death_loses_nothing() -> None:
    """The resumed run dies at every moment too; attempts on record are never numbered twice."""

    def interrupted() -> Site:
        site = two_switches()
        death = Death(site, 14)
        with pytest.raises(Killed):
            site.cut("one", "two")
        death.over()
        site.restart()
        return site

    def run(site: Site) -> str:
        return site.history.runs()[0].run

    for site in until_it_survives(interrupted, lambda site: site.resume(run(site))):
        site.restart()
        if site.history.runs()[0].state is RunState.INTERRUPTED:
            site.resume(run(site))
        numbers = [(intent.device, intent.attempt) for intent in site.intents()]
        assert len(numbers) == len(set(numbers))
        assert not site.history.run(run(site)).pending
        assert all(one.admin == "down" for name in "ab" for one in site.board(name).ports.values())


def test_a_port_found_cut_after_a_crash_is_assumed_whoever_looks_first() -> None:
    """Between intent and outcome nobody knows whose doing the cut is: not even another run."""
    site = two_switches()
    site.driver.at_line = lambda board, line: _die(site) if "show" in line and board.changes else None
    with pytest.raises(Killed):
        site.cut("one")
    site.driver.at_line = lambda *_: None
    site.journal.before = lambda *_: None
    site.restart()
    site.cut(level=5)
    whose = {
        hold.key.point: hold.attribution for hold in site.history.open_holds() if hold.key.subject == "one"
    }
    assert Attribution.ASSUMED in whose.values()


def _die(site: Site) -> None:
    def dead(*_: object) -> None:
        raise Killed

    site.journal.before = dead
    raise Killed


def test_a_person_at_work_after_the_crash_of_a_restore_is_drift() -> None:
    site = _cut()()
    death = Death(site, 16)
    with pytest.raises(Killed):
        site.bring_back(everything=True)
    death.over()
    site.restart()
    held = site.history.open_holds()[0].key.point
    site.board(held.device).ports[held.object].pvid = "77"
    ended = site.resume(site.history.runs()[-1].run)
    assert by_point(ended)[str(held)].cause == "drift"
    assert site.board(held.device).ports[held.object].pvid == "77"


def test_a_resumed_restore_leaves_alone_what_came_back_before_it_died() -> None:
    site = _cut()()
    site.board("b").strikes.append(Strike(Fault.REFUSE, "port p2 up"))
    ended = site.bring_back(everything=True)
    assert ended.state is RunState.STOPPED
    site.board("b").ports["p1"].pvid = "42"
    site.board("b").ports["p1"].admin = "down"
    sent = list(site.board("b").changes)
    site.board("b").strikes.clear()
    assert site.resume(ended.run).state is RunState.FINISHED
    assert site.board("b").changes[len(sent) :] == ["port p2 up"]
    assert site.board("b").ports["p1"] == Port("down", "42")


def test_a_run_is_not_resumed_twice_nor_once_it_is_over() -> None:
    site = two_switches()
    ended = site.cut("one")
    with pytest.raises(InvalidRequest):
        site.resume(ended.run)


def test_a_run_goes_on_by_the_inventory_it_began_with() -> None:
    site = two_switches()
    death = Death(site, 12)
    with pytest.raises(Killed):
        site.cut("one", "two")
    death.over()
    other = inventory([device("c")], [segment("three", [port("c", "p1")])])
    site.restart(documents(other))
    ended = site.resume(site.history.runs()[0].run)
    assert {result.proof for result in ended.results} == {Proof.CONFIRMED}
    assert {str(result.step.point.id) for result in ended.results} == {"a p1", "a p2", "b p1", "b p2"}


def test_a_device_gone_from_the_inventory_is_named_and_the_rest_can_return() -> None:
    site = _cut()()
    less = inventory([device("b")], [segment("one", [port("b", "p1")]), segment("two", [port("b", "p2")])])
    site.restart(documents(less))
    plan = site.controller.plan_return(Return(everything=True))
    assert {(hazard.code, hazard.culprit) for hazard in plan.refusals} == {
        ("device-gone", "a p1"),
        ("device-gone", "a p2"),
    }
    assert site.bring_back("two").state is RunState.FINISHED
    assert site.bring_back("one", accept_drift=["a"]).state is RunState.FINISHED
    assert {hold.key.point.device for hold in site.history.open_holds()} == {"a"}
    assert site.board("b").ports == {"p1": Port(), "p2": Port()}


def test_a_segment_gone_from_the_inventory_comes_back_all_the_same() -> None:
    site = _cut()()
    less = inventory([device("a"), device("b")], [segment("two", [port("b", "p2")])])
    site.restart(documents(less))
    assert site.bring_back(everything=True).state is RunState.FINISHED
    assert site.history.open_holds() == ()


def test_what_a_run_rests_on_is_stored_with_its_decision() -> None:
    site = two_switches()
    ended = site.cut("one")
    record = site.history.run(ended.run)
    assert json.loads(site.history.revision("inventory", record.inventory))["site"] == "test"
    assert site.history.revision("plan", record.plan)


def test_how_a_point_was_left_is_known_of_its_present_hold_only() -> None:
    """Level 3 quarantined it and let it go, level 5 found it shut: the first one's reading counts no more."""
    known = inventory(
        [device("a")],
        [segment("one", [port("a", "p1")], 1), segment("two", [port("a", "p2")], 2)],
    )
    books = [
        playbook("level-3", stage("one", "two", methods=[Method.VLAN]), level=3),
        playbook("level-5", stage(methods=[Method.SHUTDOWN]), level=5),
    ]
    site = Site(documents(known, books), [Board("a", {"p1": Port("down"), "p2": Port()})])
    site.cut(level=3)
    site.bring_back("one")
    site.cut(level=5)
    site.restart()
    assert site.bring_back("one").state is RunState.FINISHED
    assert site.board("a").ports["p1"] == Port("down")
