"""Nothing returns with an unmet gate: every condition wanted. The ways around are in ``test_bypasses``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.domain.errors import InvalidRequest, NotFound, NotPermitted, Refused
from controller.domain.facts import GateChecked
from controller.domain.lifecycle import RunState
from controller.domain.playbook import STANDING, Gate
from controller.domain.probe import Probe, ProbeKind, ProbeTarget
from controller.engine.people.accounts import Person, Via
from controller.engine.people.roles import Role
from controller.engine.people.statements import Statement
from controller.engine.planning.plans import Return
from tests.fakes.site import ACTOR
from tests.unit.accounts.house import SITE, House
from tests.unit.accounts.returns import ALL, CLEAN, NEXT, Night, back, down, gated, state, wants

DNS = Probe(
    ProbeTarget(ProbeKind.TCP, "10.0.0.53", 53), "controller", ProbeTarget(ProbeKind.TCP, "10.0.0.1", 22)
)


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
    state(house, house.person("rita"))
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
    site.controller.ask_others(house.access.approvals)
    assert site.resume(stopped.run).cause == "gate-closed"
    state(house, rita)
    assert site.resume(stopped.run).state is RunState.FINISHED
    assert down(site) == set()


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
