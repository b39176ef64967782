"""The ways around two persons that other systems left open, each tried: every one of them fails.

Of requests and consents alone: ``test_approvals``; over the network and by the command line:
``tests/e2e/test_two_persons``; in whatever order: ``tests/unit/engine/test_anything_may_happen``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from controller.domain.errors import AwaitingApproval, InvalidRequest, NotPermitted, Refused
from controller.domain.facts import HoldEnded, IntentRecorded
from controller.domain.hold import Ending
from controller.domain.inventory import Conduit, Inventory, Segment
from controller.domain.lifecycle import RunState
from controller.domain.playbook import Gate
from controller.engine.people.accounts import Grant
from controller.engine.people.roles import Role
from controller.engine.planning.plans import Return
from tests.fakes.board import Fault, Strike
from tests.fakes.site import ACTOR, Site, documents, inventory, port
from tests.unit.accounts.house import SITE, House
from tests.unit.accounts.returns import ALL, CLEAN, Night, agree, asked, back, down, gated, state, wants

BY_ONE = gated(Gate(approvals=1))

Change = Callable[[House, Site], None]


def changed(site: Site, house: House, known: Inventory) -> None:
    """A new leader, by a new inventory."""
    site.restart(documents(known, site.documents.playbooks.values()))
    site.controller.ask_others(house.access.approvals)


# --- self-approval -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "roles", [(Role.RESTORER,), (Role.RESTORER, Role.APPROVER), (Role.ADMINISTRATOR,), tuple(Role)]
)
def test_self_approval(house: House, night: Night, roles: tuple[Role, ...]) -> None:
    site = night(BY_ONE)
    house.add("sam", *roles)
    sam = house.person("sam")
    site.cut("office")
    request = asked(site, sam)
    with pytest.raises((InvalidRequest, NotPermitted)):
        agree(house, sam, request)
    assert asked(site, sam) == request
    assert down(site) == {"office"}


def test_self_approval_through_roles_given_meanwhile(house: House, night: Night) -> None:
    site, rita = night(BY_ONE), house.person("rita")
    site.cut("office")
    request = asked(site, rita)
    house.access.users.grant("rita", tuple(Grant(role, "*") for role in Role), ACTOR)
    with pytest.raises(InvalidRequest) as refused:
        agree(house, house.person("rita"), request)
    assert refused.value.reason == "own-request"


def test_an_administrator_does_not_approve_their_own_request(house: House, night: Night) -> None:
    site, adam = night(gated(Gate(approvals=1))), house.person("adam")
    site.cut("office")
    request = asked(site, adam)
    with pytest.raises(InvalidRequest) as refused:
        agree(house, adam, request)
    assert refused.value.reason == "own-request"
    assert down(site) == {"office"}


@pytest.mark.parametrize("end", ["deny", "cancel"])
def test_denied_or_cancelled_then_executed(house: House, night: Night, end: str) -> None:
    site, rita, anna = night(gated(Gate(approvals=1))), house.person("rita"), house.person("anna")
    site.cut("office")
    request = asked(site, rita)
    agree(house, anna, request)
    if end == "deny":
        house.access.approvals.deny(request[0], house.person("aldo"), "no")
    else:
        house.access.approvals.cancel(request[0], rita.actor)
    again = asked(site, rita)
    assert again[0] != request[0]
    assert down(site) == {"office"}


def test_denied_in_mid_run_then_executed(house: House, night: Night) -> None:
    site, rita, anna = (
        night(gated(Gate(approvals=1), "dns", "office")),
        house.person("rita"),
        house.person("anna"),
    )
    site.cut("dns", "office")
    agree(house, anna, asked(site, rita, ALL))
    stopped = back(site, rita, ALL)
    [request] = house.access.approvals.requests()
    agree(house, anna, (request.id, request.plan))
    house.access.approvals.deny(request.id, house.person("aldo"), "no")
    assert site.resume(stopped.run, actor=rita.actor).cause == "gate-closed"
    assert down(site) == {"office"}


def test_an_approval_carried_to_other_statements(house: House, night: Night) -> None:
    site, rita, anna = (
        night(gated(Gate(approvals=1, attest=(CLEAN,)))),
        house.person("rita"),
        house.person("anna"),
    )
    site.cut("office")
    assert "gate-approvals-to-ask" in wants(site, rita)
    assert house.access.approvals.requests() == ()
    state(house, rita)
    request = asked(site, rita)
    agree(house, anna, request)
    state(house, rita, CLEAN, "er")  # elsewhere
    house.access.statements.withdraw("office", CLEAN, SITE, rita)
    state(house, rita)
    assert asked(site, rita)[1] != request[1]
    assert down(site) == {"office"}


def test_an_approval_carried_to_another_device(house: House, night: Night) -> None:
    site, rita, anna = night(gated(Gate(approvals=1))), house.person("rita"), house.person("anna")
    site.cut("office")
    request = asked(site, rita)
    agree(house, anna, request)
    known = site.documents.inventory
    moved = {"a": replace(known.devices["a"], host_key="ssh-ed25519 BBBB")}
    other = documents(inventory(moved.values(), known.subjects()), site.documents.playbooks.values())
    site.restart(other)
    site.controller.ask_others(house.access.approvals)
    assert asked(site, rita)[1] != request[1]


def test_a_replayed_approval(house: House, night: Night) -> None:
    site, rita, anna = night(gated(Gate(approvals=1))), house.person("rita"), house.person("anna")
    site.cut("office")
    request = asked(site, rita)
    agree(house, anna, request)
    assert back(site, rita).state is RunState.FINISHED
    with pytest.raises(InvalidRequest):
        agree(house, house.person("aldo"), request)
    site.cut("office")
    assert asked(site, rita)[0] != request[0]
    assert down(site) == {"office"}


def test_ownership_taken_over_by_who_consented(house: House, night: Night) -> None:
    site, adam = night(gated(Gate(approvals=1), "dns", "office")), house.person("adam")
    site.cut("dns", "office")
    agree(house, adam, asked(site, house.person("rita"), ALL))
    stopped = back(site, house.person("rita"), ALL)
    [request] = house.access.approvals.requests()
    agree(house, adam, (request.id, request.plan))
    assert site.resume(stopped.run, actor=adam.actor).cause == "gate-closed"
    assert down(site) == {"office"}
    with pytest.raises(AwaitingApproval):
        back(site, adam, Return(subjects=("office",)))


def test_ownership_taken_over_of_what_was_broken_off(house: House, night: Night) -> None:
    site, rita, adam = night(gated(Gate(approvals=1))), house.person("rita"), house.person("adam")
    site.cut("office")
    agree(house, adam, asked(site, rita))
    site.board("a").strikes.append(Strike(Fault.REFUSE, "office up"))
    stopped = back(site, rita)
    assert (stopped.cause, down(site)) == ("stopped-at-failure", {"office"})
    site.board("a").strikes.clear()
    assert site.resume(stopped.run, actor=adam.actor).cause == "gate-closed"
    assert down(site) == {"office"}
    assert site.resume(stopped.run, actor=rita.actor).state is RunState.FINISHED


def test_asked_for_without_an_account(house: House, night: Night) -> None:
    site = night(gated(Gate(approvals=1)))
    site.cut("office")
    with pytest.raises(InvalidRequest) as needed:
        back(site, ACTOR)
    assert needed.value.reason == "account-needed"


def test_approved_by_who_has_not_the_role_or_no_account_any_more(house: House, night: Night) -> None:
    site = night(
        gated(Gate(approvals=1, roles=("engineer",))),
    )
    house.add("emil", Role.ENGINEER, Role.APPROVER)
    rita, emil = house.person("rita"), house.person("emil")
    site.cut("office")
    request = asked(site, rita)
    with pytest.raises(NotPermitted):
        agree(house, house.person("anna"), request)
    agree(house, emil, request)
    house.access.users.disable("emil", ACTOR)
    with pytest.raises(AwaitingApproval):
        back(site, rita)
    house.access.users.enable("emil", ACTOR)
    assert back(site, rita).state is RunState.FINISHED


# --- approval carried to a changed plan ----------------------------------------------------------------


def _more_points(house: House, site: Site) -> None:
    known = site.documents.inventory
    office = replace(known.segments["office"], points=(port("a", "office"), port("a", "shared")))
    changed(site, house, inventory(known.devices.values(), [*_others(known), office]))


def _cut_again(house: House, site: Site) -> None:
    site.cut("er")  # which nobody asked to bring back
    site.cut("office")


def _other_state(house: House, site: Site) -> None:
    """It came back, was reconfigured in peace, and was cut again: another baseline."""
    agree(house, house.person("aldo"), asked(site, house.person("adam"), Return(subjects=("office",))))
    back(site, house.person("adam"), Return(subjects=("office",)))
    site.board("a").ports["office"].pvid = "30"
    site.cut("office")


def _others(known: Inventory) -> list[Segment | Conduit]:
    return [each for each in known.subjects() if each.name != "office"]


@pytest.mark.parametrize("change", [_more_points, _cut_again, _other_state])
def test_an_approval_carried_to_a_changed_plan(house: House, night: Night, change: Change) -> None:
    site, rita, anna = night(BY_ONE), house.person("rita"), house.person("anna")
    site.cut("office")
    wanted = Return(subjects=("office",))
    request = asked(site, rita, wanted)
    agree(house, anna, request)
    change(house, site)
    before = len(site.facts(IntentRecorded))
    assert asked(site, rita, wanted)[1] != request[1]
    assert len(site.facts(IntentRecorded)) == before
    assert "office" in down(site)


def test_an_approval_of_one_segment_carried_to_another(house: House, night: Night) -> None:
    site, rita, anna = night(BY_ONE), house.person("rita"), house.person("anna")
    site.cut("er", "office")
    agree(house, anna, asked(site, rita, Return(subjects=("office",))))
    asked(site, rita, Return(subjects=("er",)))
    assert down(site) == {"er", "office"}


def test_a_plan_shown_then_changed_then_executed(house: House, night: Night) -> None:
    site, rita, anna = night(BY_ONE), house.person("rita"), house.person("anna")
    site.cut("office")
    wanted = Return(subjects=("office",))
    shown = site.controller.plan_return(wanted).hash
    agree(house, anna, asked(site, rita, wanted))
    site.cut("office")
    with pytest.raises(Refused) as caught:
        site.controller.restore(wanted, shown, "", rita.actor, site.events.append)
    assert {each.code for each in caught.value.hazards} == {"plan-changed"}
    assert down(site) == {"office"}


# --- who is no longer there ------------------------------------------------------------------------------


def test_a_statement_of_a_disabled_account_counts_for_nothing_until_it_is_enabled(
    house: House, night: Night
) -> None:
    site, rita, anna = (
        night(gated(Gate(approvals=1, attest=(CLEAN,)))),
        house.person("rita"),
        house.person("anna"),
    )
    site.cut("office")
    house.add("theo", Role.RESTORER)
    state(house, house.person("theo"))
    request = asked(site, rita)
    agree(house, anna, request)
    house.access.users.disable("theo", ACTOR)
    assert "gate-attest" in wants(site, rita)
    assert down(site) == {"office"}
    state(house, rita)
    assert asked(site, rita)[1] != request[1]  # what others consented to rested on the word of the first
    house.access.users.enable("theo", ACTOR)


# --- ending a hold without a return ------------------------------------------------------------------------


def rebuilt(house: House, night: Night) -> tuple[Site, Return]:
    """The office's port is no more: the new inventory has it elsewhere."""
    site = night(gated(Gate(attest=(CLEAN,))))
    site.cut("office")
    known = site.documents.inventory
    office = replace(known.segments["office"], points=(port("a", "shared"),))
    changed(site, house, inventory(known.devices.values(), [*_others(known), office]))
    return site, Return(subjects=("office",), retire=True)


def test_a_hold_is_retired_by_two_and_nothing_comes_back(house: House, night: Night) -> None:
    site, wanted = rebuilt(house, night)
    rita, anna = house.person("rita"), house.person("anna")
    agree(house, anna, asked(site, rita, wanted))
    before = len(site.facts(IntentRecorded))
    assert back(site, rita, wanted).state is RunState.FINISHED
    [ended] = [fact for fact in site.facts(HoldEnded) if isinstance(fact, HoldEnded)]
    assert (ended.subject, ended.ending) == ("office", Ending.RETIREMENT)
    assert site.history.open_holds() == ()
    assert down(site) == {"office"}
    assert len(site.facts(IntentRecorded)) == before


@pytest.mark.parametrize("name", ["rita", "adam"])
def test_a_hold_retired_by_one(house: House, night: Night, name: str) -> None:
    site, wanted = rebuilt(house, night)
    person = house.person(name)
    request = asked(site, person, wanted)
    with pytest.raises((InvalidRequest, NotPermitted)):
        agree(house, person, request)
    with pytest.raises(AwaitingApproval):
        back(site, person, wanted)
    assert len(site.history.open_holds()) == 1


def test_an_approval_to_retire_used_to_restore_and_the_other_way_round(house: House, night: Night) -> None:
    site, wanted = rebuilt(house, night)
    rita, anna = house.person("rita"), house.person("anna")
    agree(house, anna, asked(site, rita, wanted))
    assert "gate-attest" in wants(site, rita, Return(subjects=("office",)))
    house.access.approvals.cancel(asked_for(house), rita.actor)
    with pytest.raises(AwaitingApproval):
        back(site, rita, wanted)
    assert down(site) == {"office"}


def asked_for(house: House) -> str:
    [request] = house.access.approvals.requests()
    return request.id


def test_an_approval_to_retire_carried_to_more_holds(house: House, night: Night) -> None:
    site, wanted = rebuilt(house, night)
    rita, anna = house.person("rita"), house.person("anna")
    request = asked(site, rita, wanted)
    agree(house, anna, request)
    site.cut("office")  # at its new port
    with pytest.raises(Refused):
        back(site, rita, wanted)
    assert len(site.history.open_holds()) == 2
