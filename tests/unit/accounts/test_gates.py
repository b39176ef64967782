"""Nothing returns with an unmet gate: every condition wanted, every way around one tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from controller.domain.errors import AwaitingApproval, InvalidRequest, NotFound, NotPermitted, Refused
from controller.domain.facts import Actor, GateChecked, IntentRecorded
from controller.domain.inventory import Probe, ProbeKind, ProbeTarget
from controller.domain.lifecycle import RunState
from controller.domain.playbook import STANDING, Action, Gate, Stage
from controller.engine.events import RunEnded
from controller.engine.people.accounts import Person, Via
from controller.engine.people.roles import Role
from controller.engine.people.statements import Statement
from controller.engine.planning.plans import Return
from tests.fakes.board import Board, Fault, Port, Strike
from tests.fakes.site import (
    ACTOR,
    Site,
    device,
    documents,
    inventory,
    playbook,
    port,
    segment,
    stage,
)
from tests.unit.accounts.house import SITE, House

PORTS = ("dns", "er", "office", "shared")
NEXT = Return(next_wave=True)
ALL = Return(everything=True)
CLEAN = "edr-clean"
DNS = Probe(
    ProbeTarget(ProbeKind.TCP, "10.0.0.53", 53), "controller", ProbeTarget(ProbeKind.TCP, "10.0.0.1", 22)
)

Night = Callable[..., Site]


def gated(gate: Gate, *names: str) -> Stage:
    return replace(stage(*names, name="clinic"), action=Action.RESTORE, method=(), gate=gate)


@pytest.fixture
def night(house: House) -> Night:
    """``er`` depends on ``dns``; where it is asked for, ``shared`` is a port of ``er`` and ``office``. The
    gates are the standing ones."""

    def made(*stages: Stage, shared: bool = False, **probes: object) -> Site:
        also = [port("a", "shared")] if shared else []
        subjects = [
            segment("dns", [port("a", "dns")], 1, **probes),
            segment("er", [port("a", "er"), *also], 2, depends_on=("dns",)),
            segment("office", [port("a", "office"), *also], 4),
        ]
        books = [
            playbook(STANDING, *stages),
            playbook("lax", gated(Gate())),
            playbook("five", stage(attributes={"keep_alive": ("false",)}), level=5),
        ]
        known = inventory([device("a")], subjects)
        site = Site(documents(known, books), [Board("a", {name: Port() for name in PORTS})])
        house.journal, house.history = site.journal, site.history
        house.clock.wall = site.clock.start - timedelta(days=1)
        house.again()
        site.controller.ask_others(house.access.approvals)
        for name, role in (("rita", Role.RESTORER), ("anna", Role.APPROVER), ("aldo", Role.APPROVER)):
            house.add(name, role)
        house.add("adam", Role.ADMINISTRATOR)
        return site

    return made


def down(site: Site) -> set[str]:
    return {name for name, found in site.board("a").ports.items() if found.admin == "down"}


def back(site: Site, who: Person | Actor, wanted: Return = NEXT) -> RunEnded:
    actor = who.actor if isinstance(who, Person) else who
    plan = site.controller.plan_return(wanted)
    return site.controller.restore(wanted, plan.hash, "clean", actor, site.events.append)


def wants(site: Site, who: Person | Actor, wanted: Return = NEXT) -> set[str]:
    before = len(site.facts(IntentRecorded))
    with pytest.raises(Refused) as caught:
        back(site, who, wanted)
    assert len(site.facts(IntentRecorded)) == before
    return {hazard.code for hazard in caught.value.hazards}


def state(house: House, person: Person, name: str = CLEAN, subject: str = "office") -> str:
    return house.access.statements.attest(Statement(subject, name), SITE, person).attestation


def asked(site: Site, who: Person, wanted: Return = NEXT) -> tuple[str, str]:
    with pytest.raises(AwaitingApproval) as caught:
        back(site, who, wanted)
    return str(caught.value.data["request"]), str(caught.value.data["plan"])


def agree(house: House, person: Person, request: tuple[str, str]) -> None:
    house.access.approvals.approve(*request, person)


# --- statements, go, time, probes -----------------------------------------------------------------------


def test_what_is_to_be_stated_is_stated_since_the_last_cut_and_not_taken_back(
    house: House, night: Night
) -> None:
    site, rita, anna = (
        night(gated(Gate(attest=(CLEAN, "patched")))),
        house.person("rita"),
        house.person("anna"),
    )
    state(house, rita)
    site.cut("office")
    state(house, anna, "patched")
    assert wants(site, ACTOR) == {"gate-attest"}  # what was stated before the cut does not count
    state(house, rita)
    state(house, anna, CLEAN, "er")
    house.access.statements.withdraw("office", "patched", SITE, anna)
    assert wants(site, ACTOR) == {"gate-attest"}
    with pytest.raises(NotFound):
        house.access.statements.withdraw("office", CLEAN, SITE, anna)  # nobody takes back another's word
    state(house, anna, "patched")
    assert back(site, ACTOR).state is RunState.FINISHED
    assert down(site) == set()
    [check] = [fact for fact in site.facts(GateChecked) if isinstance(fact, GateChecked)]
    assert (check.subject, check.passed, check.wants) == ("office", True, ())


def test_who_may_state_and_decide(house: House, night: Night) -> None:
    night()
    house.add("victor", Role.VIEWER)
    rita, machine = house.person("rita"), replace(house.person("adam"), via=Via.TOKEN)
    for person in (house.person("victor"), machine):
        with pytest.raises(NotPermitted):
            state(house, person)
    with pytest.raises(NotPermitted):
        house.access.statements.decide("office", SITE, rita, "", go=True)
    with pytest.raises(InvalidRequest):
        state(house, rita, "no such thing")
    with pytest.raises(InvalidRequest):
        house.access.statements.attest(Statement("office", CLEAN, dated="yesterday"), SITE, rita)


def test_the_go_is_anothers_and_a_no_go_stands_until_its_author_lifts_it(house: House, night: Night) -> None:
    site, anna, aldo = night(gated(Gate(go=True))), house.person("anna"), house.person("aldo")
    adam = house.person("adam")
    site.cut("office")

    def say(person: Person, *, go: bool) -> None:
        house.access.statements.decide("office", SITE, person, "", go=go)

    say(adam, go=True)
    assert wants(site, adam) == {"gate-go"}
    say(anna, go=True)
    say(aldo, go=False)
    assert wants(site, adam) == {"gate-no-go"}
    say(anna, go=True)
    assert wants(site, adam) == {"gate-no-go"}
    say(aldo, go=True)
    assert back(site, adam).state is RunState.FINISHED
    site.cut("office")
    assert wants(site, adam) == {"gate-go"}


def test_a_no_go_closes_also_where_nobody_asked_for_a_go(house: House, night: Night) -> None:
    site, anna = night(gated(Gate(attest=(CLEAN,)))), house.person("anna")
    site.cut("office")
    state(house, anna)
    house.access.statements.decide("office", SITE, anna, "smoke", go=False)
    assert wants(site, ACTOR) == {"gate-no-go"}
    house.access.users.disable("anna", ACTOR)
    assert back(site, ACTOR).state is RunState.FINISHED


def test_a_no_go_holds_also_what_has_no_gate(house: House, night: Night) -> None:
    site, anna = night(), house.person("anna")
    site.cut("office")
    plan = site.controller.plan_return(NEXT)
    house.access.statements.decide("office", SITE, anna, "smoke", go=False)
    with pytest.raises(Refused):
        site.controller.restore(NEXT, plan.hash, "", ACTOR, site.events.append)
    assert wants(site, ACTOR) == {"gate-no-go"}
    house.access.statements.decide("office", SITE, anna, "", go=True)
    assert back(site, ACTOR).state is RunState.FINISHED


def test_time_is_counted_from_the_last_cut_and_the_last_statement(house: House, night: Night) -> None:
    site, rita = night(gated(Gate(attest=(CLEAN,), hold=600))), house.person("rita")
    site.cut("office")
    site.clock.pause(590)
    state(house, rita)
    site.clock.pause(590)
    assert wants(site, ACTOR) == {"gate-hold"}
    site.clock.pause(20)
    assert back(site, ACTOR).state is RunState.FINISHED


def test_what_it_depends_on_must_answer_right_before_the_wave(house: House, night: Night) -> None:
    site = night(gated(Gate(probes=True), "er"), probes=(DNS,))
    site.cut("dns", "er")
    site.prober.alive = lambda _target: False
    ended = back(site, ACTOR, ALL)
    assert (ended.state, ended.cause) == (RunState.STOPPED, "gate-closed")
    assert down(site) == {"er"}
    site.prober.alive = lambda _target: True
    assert site.resume(ended.run).state is RunState.FINISHED
    assert down(site) == set()


def test_where_nothing_tells_whether_it_answers_silence_is_no_answer(house: House, night: Night) -> None:
    site = night(gated(Gate(probes=True), "er"))
    site.cut("er")
    ended = back(site, ACTOR)
    assert (ended.cause, down(site)) == ("gate-closed", {"er"})
    [check] = [fact for fact in site.facts(GateChecked) if isinstance(fact, GateChecked)]
    assert check.wants == ("gate-no-probe",)


# --- every way to ask is gated -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    [
        NEXT,
        ALL,
        Return(subjects=("office",)),
        Return(level=5),
        Return(playbook="lax"),
        Return(playbook=STANDING),
    ],
)
def test_whichever_way_it_is_asked_for(house: House, night: Night, wanted: Return) -> None:
    site = night(gated(Gate(attest=(CLEAN,))))
    site.cut(level=5)
    house.person("rita")
    assert wants(site, ACTOR, wanted) == {"gate-attest"}
    assert down(site) == {"dns", "er", "office"}


def test_a_port_of_two_waits_for_both(house: House, night: Night) -> None:
    site, rita = night(gated(Gate(attest=(CLEAN,)), "er"), shared=True), house.person("rita")
    site.cut("office")
    assert down(site) == {"office", "shared"}
    assert wants(site, ACTOR, ALL) == {"gate-attest"}
    assert back(site, ACTOR, Return(subjects=("office",))).state is RunState.FINISHED
    assert down(site) == {"shared"}
    state(house, rita, CLEAN, "er")
    assert back(site, ACTOR, ALL).state is RunState.FINISHED
    assert down(site) == set()


def test_letting_go_of_a_hold_that_another_keeps_is_gated_too(house: House, night: Night) -> None:
    """Else the other's return would open the port for both."""
    site = night(gated(Gate(attest=(CLEAN,)), "er"), shared=True)
    site.cut("office")
    plan = site.controller.plan_return(Return(subjects=("er",)))
    assert (plan.waves, len(plan.ends)) == ((), 1)
    assert wants(site, ACTOR, Return(subjects=("er",))) == {"gate-attest"}
    site.cut("dns")
    ended = back(site, ACTOR, Return(subjects=("dns", "er")))
    assert ended.cause == "gate-closed"
    assert back(site, ACTOR, Return(subjects=("office",))).state is RunState.FINISHED
    assert down(site) == {"shared"}


def test_a_restore_goes_as_far_as_the_gates_are_open(house: House, night: Night) -> None:
    site, rita = night(gated(Gate(attest=(CLEAN,)), "office")), house.person("rita")
    site.cut(level=5)
    stopped = back(site, ACTOR, ALL)
    assert (stopped.state, stopped.cause) == (RunState.STOPPED, "gate-closed")
    assert down(site) == {"office"}
    site.restart()
    assert site.resume(stopped.run).cause == "gate-closed"
    state(house, rita)
    assert site.resume(stopped.run).state is RunState.FINISHED
    assert down(site) == set()


# --- consents: each bypass -----------------------------------------------------------------------------


def test_nobody_consents_to_their_own_return_not_even_the_administrator(house: House, night: Night) -> None:
    site, adam = night(gated(Gate(approvals=1))), house.person("adam")
    site.cut("office")
    request = asked(site, adam)
    with pytest.raises(InvalidRequest) as refused:
        agree(house, adam, request)
    assert refused.value.reason == "own-request"
    assert down(site) == {"office"}


@pytest.mark.parametrize("end", ["deny", "cancel"])
def test_what_was_denied_or_cancelled_is_not_carried_out(house: House, night: Night, end: str) -> None:
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


def test_a_denial_in_mid_run_stops_what_is_behind_it(house: House, night: Night) -> None:
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


def test_a_consent_is_to_what_it_rested_on(house: House, night: Night) -> None:
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


def test_a_consent_is_to_the_device_and_the_state_it_was_given_for(house: House, night: Night) -> None:
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


def test_a_consent_counts_once(house: House, night: Night) -> None:
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


def test_who_consented_does_not_take_the_return_over(house: House, night: Night) -> None:
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


def test_who_consented_does_not_finish_what_was_broken_off(house: House, night: Night) -> None:
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


def test_nobody_without_an_account_asks_for_consents(house: House, night: Night) -> None:
    site = night(gated(Gate(approvals=1)))
    site.cut("office")
    with pytest.raises(InvalidRequest) as needed:
        back(site, ACTOR)
    assert needed.value.reason == "account-needed"


def test_each_gate_wants_its_own_persons(house: House, night: Night) -> None:
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


# --- pace ----------------------------------------------------------------------------------------------


def test_no_more_return_at_once_than_the_stage_allows_and_time_lies_between(
    house: House, night: Night
) -> None:
    paced = replace(gated(Gate()), wave_size=1, pause=60)
    site = night(paced, shared=True)
    site.cut("er", "office")
    plan = site.controller.plan_return(ALL)
    assert [sum(len(each.steps) for each in wave.operations) for wave in plan.waves] == [1, 1, 1]
    before = site.clock.monotonic()
    assert back(site, ACTOR, ALL).state is RunState.FINISHED
    assert site.clock.monotonic() - before >= 120


def test_a_cut_ends_a_pause(house: House, night: Night) -> None:
    site = night(replace(gated(Gate()), wave_size=1, pause=10_000))
    site.cut("er", "office")
    paused = site.clock.pause

    def pause(seconds: float) -> None:
        site.clock.pause = paused  # type: ignore[method-assign]  # whoever waits is heard once
        site.cut("dns")

    site.clock.pause = pause  # type: ignore[method-assign]  # as above
    ended = back(site, ACTOR, ALL)
    assert ended.cause == "cut-under-way"
    assert "dns" in down(site)
