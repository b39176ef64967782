"""Consent where it counts: nothing reaches a device before it is there, and it is used up by what does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.domain.errors import AwaitingApproval, InvalidRequest, OpenCause
from controller.domain.facts import Actor
from controller.domain.lifecycle import RunState
from controller.domain.playbook import Action, Gate, Stage
from controller.engine.events import RunEnded
from controller.engine.people.accounts import Person, RequestState
from controller.engine.people.roles import Role
from controller.engine.planning.plans import Return
from tests.fakes.board import Board, Fault, Port, Strike
from tests.fakes.site import ACTOR, Site, device, documents, inventory, playbook, port, segment, stage
from tests.unit.accounts.house import House

GATED = Return(playbook="back")


def gated(gate: Gate) -> Stage:
    return replace(stage("er", "office", name="clinic"), action=Action.RESTORE, method=(), gate=gate)


@pytest.fixture
def night(house: House) -> Site:
    """A site whose accounts are those of the house: one log, one history."""
    known = inventory(
        [device("a")],
        [
            segment("er", [port("a", "er")], 1),
            segment("office", [port("a", "office")], 4),
            segment("samu", [port("a", "samu")], 1, keep_alive=True),
        ],
    )
    books = [
        playbook("back", gated(Gate(approvals=1))),
        playbook("five", stage(attributes={"keep_alive": ("false",)}), level=5),
    ]
    site = Site(documents(known, books), [Board("a", {name: Port() for name in ("er", "office", "samu")})])
    house.journal, house.history = site.journal, site.history
    house.clock.wall = site.clock.start - timedelta(days=1)
    house.again()
    site.controller.ask_others(house.access.approvals)
    house.add("rita", Role.RESTORER)
    house.add("anna", Role.APPROVER)
    return site


def down(site: Site) -> set[str]:
    return {name for name, found in site.board("a").ports.items() if found.admin == "down"}


def bring_back(site: Site, actor: Actor, wanted: Return = GATED) -> RunEnded:
    plan = site.controller.plan_return(wanted)
    return site.controller.restore(wanted, plan.hash, "clean", actor, site.events.append)


def cut_samu(site: Site, actor: Actor, code: str = "") -> RunEnded:
    plan = site.controller.plan_subjects(("samu",), ("samu",))
    return site.controller.isolate(plan, "life at stake", actor, site.events.append, code=code)


def consent(house: House, request: object, plan: str) -> None:
    house.access.approvals.approve(str(request), plan, house.person("anna"))


@pytest.fixture
def rita(house: House, night: Site) -> Person:
    return house.person("rita")


def test_a_gated_restore_waits_and_then_brings_back_exactly_what_was_shown(
    house: House, night: Site, rita: Person
) -> None:
    night.cut("er", "office")
    sent = list(night.board("a").changes)
    with pytest.raises(AwaitingApproval) as caught:
        bring_back(night, rita.actor)
    assert down(night) == {"er", "office"}
    assert night.board("a").changes == sent
    consent(house, caught.value.data["request"], str(caught.value.data["plan"]))
    stopped = bring_back(night, rita.actor)
    assert (stopped.state, stopped.cause) == (RunState.STOPPED, "gate-closed")
    assert down(night) == {"office"}  # its own consent is another
    [request] = house.access.approvals.requests()
    consent(house, request.id, request.plan)
    assert night.resume(stopped.run, actor=rita.actor).state is RunState.FINISHED
    assert down(night) == set()
    used = house.access.approvals.request(str(caught.value.data["request"]))
    assert used.state is RequestState.USED
    assert used.run == night.history.runs()[-1].run


def test_what_is_cut_again_is_another_plan_and_waits_again(house: House, night: Site, rita: Person) -> None:
    night.cut("er")
    with pytest.raises(AwaitingApproval) as caught:
        bring_back(night, rita.actor)
    consent(house, caught.value.data["request"], str(caught.value.data["plan"]))
    bring_back(night, rita.actor)
    night.cut("er")
    with pytest.raises(AwaitingApproval) as again:
        bring_back(night, rita.actor)
    assert again.value.data["request"] != caught.value.data["request"]
    assert down(night) == {"er"}


def test_what_is_cut_elsewhere_voids_no_consent_and_what_is_cut_again_there_does(
    house: House, night: Site, rita: Person
) -> None:
    night.cut("er")
    with pytest.raises(AwaitingApproval) as caught:
        bring_back(night, rita.actor)
    consent(house, caught.value.data["request"], str(caught.value.data["plan"]))
    night.cut("office")
    bring_back(night, rita.actor)
    assert down(night) == {"office"}
    [request] = house.access.approvals.requests()
    consent(house, request.id, request.plan)
    night.cut(level=5)
    with pytest.raises(AwaitingApproval):
        bring_back(night, rita.actor)
    assert down(night) == {"er", "office"}


def test_letting_go_of_what_nobody_cut_is_gated_too(house: House, night: Site, rita: Person) -> None:
    night.board("a").closed = OpenCause.TIMEOUT
    night.cut("er", "office")
    plan = night.controller.plan_return(GATED)
    assert plan.waves == ()
    assert plan.ends
    with pytest.raises(AwaitingApproval):
        bring_back(night, rita.actor)
    assert len(night.history.open_holds()) == 2


def test_a_stopped_restore_goes_on_as_it_was_consented_to_and_no_further(
    house: House, night: Site, rita: Person
) -> None:
    night.cut("er")
    with pytest.raises(AwaitingApproval) as caught:
        bring_back(night, rita.actor)
    consent(house, caught.value.data["request"], str(caught.value.data["plan"]))
    night.board("a").strikes.append(Strike(Fault.REFUSE, "er up"))
    stopped = bring_back(night, rita.actor)
    assert stopped.state is RunState.STOPPED
    with pytest.raises(InvalidRequest) as refused:
        night.resume(stopped.run, ["a"])
    assert refused.value.reason == "drift-not-consented"
    night.board("a").strikes.clear()
    assert night.resume(stopped.run).state is RunState.FINISHED


def test_without_consent_no_restore_under_way_is_ended_for_an_override(
    house: House, night: Site, rita: Person
) -> None:
    house.access.glass.seal(ACTOR)
    ended: list[str] = []
    night.controller._end_what_gives_way = lambda: ended.append("ended")  # type: ignore[method-assign]  # noqa: SLF001 - seen, not replaced by anything that matters here
    with pytest.raises(InvalidRequest):
        cut_samu(night, ACTOR)
    assert ended == []
    assert down(night) == set()


def test_what_is_kept_alive_is_cut_by_the_code_once(house: House, night: Site) -> None:
    sealed = house.access.glass.seal(ACTOR)
    with pytest.raises(InvalidRequest) as caught:
        cut_samu(night, ACTOR)
    assert caught.value.reason == "override-alone"
    with pytest.raises(InvalidRequest) as caught:
        cut_samu(night, ACTOR, "AAAA-AAAA-AAAA-AAAA-AAAA")
    assert caught.value.reason == "break-glass-wrong"
    assert down(night) == set()
    assert cut_samu(night, ACTOR, sealed.code).state is RunState.FINISHED
    assert down(night) == {"samu"}
    assert house.access.glass.glass().broken_at is not None
    night.bring_back("samu")
    with pytest.raises(InvalidRequest):
        cut_samu(night, ACTOR, sealed.code)
    assert down(night) == set()


def test_an_ordinary_cut_asks_nobody_and_uses_nothing_up(house: House, night: Site) -> None:
    sealed = house.access.glass.seal(ACTOR)
    plan = night.controller.plan_subjects(("er",))
    night.controller.isolate(plan, "", ACTOR, night.events.append, code=sealed.code)
    assert down(night) == {"er"}
    assert house.access.glass.glass().sealed
    [unsigned] = house.access.approvals.unsigned()
    assert unsigned.actor == ACTOR.id
    house.access.approvals.countersign(unsigned.run[:8], house.person("anna"))
    assert house.access.approvals.unsigned() == ()
