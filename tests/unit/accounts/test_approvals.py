"""Two persons: what counts as consent, to what exactly, and every way round it that others have found."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, example, given, settings

from controller.domain.errors import (
    AwaitingApproval,
    InvalidRequest,
    JournalUnavailable,
    NotFound,
    NotPermitted,
)
from controller.domain.plan import Plan, Severity
from controller.domain.playbook import Action, Gate
from controller.engine.people.accounts import Grant, Person, RequestState, Via
from controller.engine.people.approvals import Act, ApprovalShown, Cause, Pledge, WithoutAccounts, need_of
from controller.engine.people.roles import Permission, Role
from controller.engine.planning.gates import enforced
from tests.unit.accounts.house import PASSWORD, ROOT, House, cut_plan, isolated, restore_plan

ONE = restore_plan(Gate(approvals=1))
TWO = restore_plan(Gate(), Gate(approvals=2))


ROLES = {
    "rita": Role.RESTORER,
    "adam": Role.ADMINISTRATOR,
    "anna": Role.APPROVER,
    "april": Role.APPROVER,
    "victor": Role.VIEWER,
}


@pytest.fixture(scope="module")
def first_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("first-house"))
    for name, role in ROLES.items():
        house.add(name, role)
    return house


@pytest.fixture
def people(house: House, first_house: House) -> dict[str, Person]:
    """Moved in from the first house."""
    house.take_over(first_house)
    return {
        name: Person(f"user:{number}", name, (Grant(role),), Via.CONSOLE, "")
        for number, (name, role) in enumerate(ROLES.items(), start=1)
    }


def _identified(house: House, name: str) -> Person:
    person = house.access.sign_in.identify(name, PASSWORD, house.code(name), "console")
    house.clock.pause(30)
    return person


def ask(
    house: House, person: Person, plan: Plan = ONE, accept_drift: frozenset[str] = frozenset()
) -> ApprovalShown:
    with pytest.raises(AwaitingApproval) as caught:
        house.access.approvals.check(Act(plan, accept_drift), "the laboratory is clean", person.actor)
    return house.access.approvals.request(str(caught.value.data["request"]))


def ready(house: House, person: Person, plan: Plan = ONE) -> Pledge:
    pledge = house.access.approvals.check(Act(plan), "", person.actor)
    assert pledge is not None
    return pledge


def refused(reason: str) -> pytest.RaisesExc[InvalidRequest]:
    return pytest.RaisesExc(InvalidRequest, check=lambda error: error.reason == reason)


# --- what needs whom ---------------------------------------------------------------------------------


def test_what_needs_the_consent_of_others() -> None:
    assert need_of(restore_plan(Gate())) is None
    need = need_of(TWO)
    assert need is not None
    assert (need.cause, need.needed) == (Cause.GATE, 2)
    need = need_of(restore_plan(Gate(roles=("engineer",)), Gate(approvals=3, roles=("restorer",))))
    assert need is not None
    assert (need.needed, need.roles) == (3, ("engineer", "restorer"))
    assert need_of(cut_plan()) is None
    assert need_of(cut_plan("samu", severity=Severity.REFUSE)) is None  # refused anyway
    need = need_of(cut_plan("samu"))
    assert need is not None
    assert (need.cause, need.needed) == (Cause.OVERRIDE, 1)


def test_a_role_nobody_can_have_cannot_be_held_to() -> None:
    assert enforced(Gate())
    assert enforced(Gate(approvals=2, roles=("approver", "engineer")))
    assert not enforced(Gate(approvals=2, roles=("director",)))


def test_without_accounts_a_gate_and_an_override_are_refused(house: House) -> None:
    consents = WithoutAccounts()
    with pytest.raises(InvalidRequest) as needed:
        consents.check(Act(ONE), "", ROOT)
    assert needed.value.reason == "account-needed"
    with pytest.raises(InvalidRequest) as caught:
        consents.check(Act(cut_plan("samu")), "", ROOT)
    assert caught.value.reason == "override-unsealed"
    assert consents.check(Act(cut_plan()), "", ROOT) is None


# --- the way it goes ---------------------------------------------------------------------------------


def test_a_restore_waits_for_as_many_as_the_playbook_asks_and_counts_once(
    house: House, people: dict[str, Person]
) -> None:
    approvals = house.access.approvals
    request = ask(house, people["rita"], TWO)
    assert (request.needed, request.given, request.ready) == (2, (), False)
    assert ask(house, people["rita"], TWO).id == request.id  # asked again, it is the same request
    approvals.approve(request.id, TWO.hash, people["anna"])
    assert not ask(house, people["rita"], TWO).ready
    shown = approvals.approve(request.id, TWO.hash, people["adam"])
    assert shown.ready
    assert set(shown.given) == {("user:3", "anna"), ("user:2", "adam")}
    pledge = ready(house, people["rita"], TWO)
    approvals.take(pledge, Act(TWO), "run-9", people["rita"].actor)
    assert approvals.request(request.id).state is RequestState.USED
    assert approvals.request(request.id).run == "run-9"
    with refused("request-over"):
        approvals.take(pledge, Act(TWO), "run-10", people["rita"].actor)
    assert ask(house, people["rita"], TWO).id != request.id
    assert [tag for tag in house.tags() if tag.startswith("approval:")] == [
        "approval:request:opened",
        "approval:request:approved",
        "approval:request:approved",
        "approval:request:used",
        "approval:request:opened",
    ]


def test_everything_survives_a_restart(house: House, people: dict[str, Person]) -> None:
    request = ask(house, people["rita"], TWO)
    house.access.approvals.approve(request.id, TWO.hash, people["anna"])
    house.again()
    assert house.access.approvals.requests() == (house.access.approvals.request(request.id),)
    with refused("approved-already"):
        house.access.approvals.approve(request.id, TWO.hash, people["anna"])
    house.access.approvals.approve(request.id, TWO.hash, people["april"])
    house.again()
    pledge = ready(house, people["rita"], TWO)
    house.access.approvals.take(pledge, Act(TWO), "run-9", people["rita"].actor)
    house.again()
    with refused("request-over"):
        house.access.approvals.take(pledge, Act(TWO), "run-9", people["rita"].actor)


# --- ways round it -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rita", "adam"])
def test_nobody_consents_to_their_own_request_whatever_their_roles(
    house: House, people: dict[str, Person], name: str
) -> None:
    house.access.users.grant(name, (Grant(Role.ADMINISTRATOR), Grant(Role.APPROVER)), ROOT)
    request = ask(house, people[name])
    person = house.person(name)
    for came_in in (
        person,
        house.access.sign_in.identify(name, "correct horse battery", house.code(name), "c"),
    ):
        with refused("own-request"):
            house.access.approvals.approve(request.id, ONE.hash, came_in)
    assert not house.access.approvals.request(request.id).ready
    ask(house, person)


@pytest.mark.parametrize("name", ["victor", "rita"])
def test_who_may_not_consent_does_not(house: House, people: dict[str, Person], name: str) -> None:
    request = ask(house, people["adam"])
    with pytest.raises(NotPermitted):
        house.access.approvals.approve(request.id, ONE.hash, people[name])
    with pytest.raises(NotPermitted):
        house.access.approvals.deny(request.id, people[name], "")


def test_a_machine_or_a_break_glass_session_does_not_consent(house: House, people: dict[str, Person]) -> None:
    request = ask(house, people["rita"])
    anna = people["anna"]
    for via in (Via.TOKEN, Via.BREAK_GLASS):
        machine = Person(anna.id, anna.name, anna.grants, via, "k", frozenset(Permission))
        with pytest.raises(NotPermitted):
            house.access.approvals.approve(request.id, ONE.hash, machine)


def test_an_approver_of_another_site_does_not_consent(house: House, people: dict[str, Person]) -> None:
    house.add("arno", Role.APPROVER, site="elsewhere")
    request = ask(house, people["rita"])
    with pytest.raises(NotPermitted):
        house.access.approvals.approve(request.id, ONE.hash, house.person("arno"))


def test_the_playbooks_roles_are_wanted_of_who_consents(house: House, people: dict[str, Person]) -> None:
    plan = restore_plan(Gate(approvals=1, roles=("engineer",)))
    request = ask(house, people["rita"], plan)
    with pytest.raises(NotPermitted):
        house.access.approvals.approve(request.id, plan.hash, people["anna"])
    house.access.users.grant("anna", (Grant(Role.APPROVER), Grant(Role.ENGINEER)), ROOT)
    assert house.access.approvals.approve(request.id, plan.hash, house.person("anna")).ready


def test_consent_is_to_what_was_shown_and_to_nothing_else(house: House, people: dict[str, Person]) -> None:
    other = restore_plan(Gate(approvals=1), command="something else")
    assert other.hash != ONE.hash
    request = ask(house, people["rita"])
    with refused("plan-differs"):
        house.access.approvals.approve(request.id, other.hash, people["anna"])
    house.access.approvals.approve(request.id, ONE.hash, people["anna"])
    pledge = ready(house, people["rita"])
    assert not ask(house, people["rita"], other).ready  # a changed plan begins anew
    with refused("plan-differs"):
        house.access.approvals.take(pledge, Act(other), "run-9", people["rita"].actor)
    with refused("plan-differs"):
        house.access.approvals.take(pledge, Act(ONE, frozenset({"acc-1"})), "run-9", people["rita"].actor)
    assert house.access.approvals.request(request.id).state is RequestState.OPEN


def test_consent_to_a_restore_is_none_to_overwriting_what_changed(
    house: House, people: dict[str, Person]
) -> None:
    request = ask(house, people["rita"])
    house.access.approvals.approve(request.id, ONE.hash, people["anna"])
    drift = ask(house, people["rita"], accept_drift=frozenset({"acc-1"}))
    assert (drift.ready, drift.accept_drift) == (False, ("acc-1",))
    assert drift.plan != ONE.hash


def test_the_consent_to_one_request_is_not_anothers(house: House, people: dict[str, Person]) -> None:
    request = ask(house, people["rita"])
    house.access.approvals.approve(request.id, ONE.hash, people["anna"])
    theirs = ask(house, people["adam"])  # the same plan, somebody else's request
    assert theirs.id != request.id
    with refused("plan-differs"):
        house.access.approvals.take(Pledge(request=request.id), Act(ONE), "r", people["adam"].actor)


@pytest.mark.parametrize("first", ["deny", "cancel"])
def test_what_was_denied_or_cancelled_is_not_carried_out(
    house: House, people: dict[str, Person], first: str
) -> None:
    approvals = house.access.approvals
    request = ask(house, people["rita"])
    approvals.approve(request.id, ONE.hash, people["anna"])
    pledge = ready(house, people["rita"])
    if first == "deny":
        approvals.deny(request.id, people["april"], "not yet")
    else:
        approvals.cancel(request.id, people["rita"].actor)
    with refused("request-over"):
        approvals.take(pledge, Act(ONE), "run-9", people["rita"].actor)
    with refused("request-over"):
        approvals.approve(request.id, ONE.hash, people["adam"])
    with refused("request-over"):
        approvals.deny(request.id, people["adam"], "")
    again = ask(house, people["rita"])
    assert again.id != request.id
    assert again.given == ()


def test_only_who_asked_cancels(house: House, people: dict[str, Person]) -> None:
    request = ask(house, people["rita"])
    with pytest.raises(NotPermitted):
        house.access.approvals.cancel(request.id, people["adam"].actor)


def test_time_approves_nothing_and_ends_what_was_approved(house: House, people: dict[str, Person]) -> None:
    approvals = house.access.approvals
    request = ask(house, people["rita"])
    approvals.approve(request.id, ONE.hash, people["anna"])
    pledge = ready(house, people["rita"])
    house.clock.pause(4 * 3600)
    house.clock.set_back(4 * 3600)
    assert approvals.request(request.id).state is RequestState.LAPSED
    assert approvals.requests() == ()
    with refused("request-over"):
        approvals.take(pledge, Act(ONE), "run-9", people["rita"].actor)
    with refused("request-over"):
        approvals.approve(request.id, ONE.hash, people["adam"])
    assert "approval:request:lapsed" in house.tags()


def test_a_consent_counts_only_while_who_gave_it_may_give_it(house: House, people: dict[str, Person]) -> None:
    users, approvals = house.access.users, house.access.approvals
    request = ask(house, people["rita"])
    approvals.approve(request.id, ONE.hash, people["anna"])
    pledge = ready(house, people["rita"])
    users.disable("anna", ROOT)
    with pytest.raises(AwaitingApproval):
        approvals.take(pledge, Act(ONE), "run-9", people["rita"].actor)
    users.enable("anna", ROOT)
    users.grant("anna", (Grant(Role.VIEWER),), ROOT)
    with pytest.raises(AwaitingApproval):
        approvals.take(pledge, Act(ONE), "run-9", people["rita"].actor)
    users.grant("anna", (Grant(Role.APPROVER),), ROOT)
    users.disable("rita", ROOT)
    with pytest.raises(NotPermitted):
        approvals.take(pledge, Act(ONE), "run-9", people["rita"].actor)


def test_who_has_no_account_cannot_be_told_from_who_consents(house: House, people: dict[str, Person]) -> None:
    with refused("account-needed"):
        house.access.approvals.check(Act(ONE), "", ROOT)
    assert house.access.approvals.requests() == ()


def test_consent_that_cannot_be_put_on_record_is_none(house: House, people: dict[str, Person]) -> None:
    request = ask(house, people["rita"])
    house.journal.failing = JournalUnavailable(home="/x", cause="full")
    with pytest.raises(JournalUnavailable):
        house.access.approvals.approve(request.id, ONE.hash, people["anna"])
    house.journal.failing = None
    assert house.access.approvals.request(request.id).given == ()


def test_a_request_nobody_made(house: House, people: dict[str, Person]) -> None:
    with pytest.raises(NotFound):
        house.access.approvals.approve("beef", ONE.hash, people["anna"])


class Rule:
    """The rule told anew: who consented since the last request for this very plan, while none of it is over.
    ``consents`` is None where nothing was asked."""

    def __init__(self, house: House, people: dict[str, Person]) -> None:
        self.house = house
        self.people = people
        self.plan = TWO
        self.consents: set[str] | None = None

    def approve(self, name: str) -> None:
        for one in self.house.access.approvals.requests():
            with suppress(InvalidRequest, NotPermitted):
                self.house.access.approvals.approve(one.id, one.plan, self.people[name])
                if one.plan == self.plan.hash and self.consents is not None:
                    self.consents.add(name)

    def end(self, how: str) -> None:
        for one in self.house.access.approvals.requests():
            if how == "deny":
                self.house.access.approvals.deny(one.id, self.people["anna"], "")
            else:
                self.house.access.approvals.cancel(one.id, self.people["rita"].actor)
        self.consents = None

    def wait(self) -> None:
        self.house.clock.pause(5 * 3600)
        self.consents = None

    def change(self) -> None:
        self.house.clock.pause(1)
        self.plan = restore_plan(Gate(approvals=2), command=str(self.house.clock.ticks))
        self.consents = None

    def act(self, *, take: bool) -> None:
        may = self.consents is not None and len(self.consents - {"rita"}) >= 2
        approvals, rita = self.house.access.approvals, self.people["rita"].actor
        try:
            pledge = approvals.check(Act(self.plan), "", rita)
        except AwaitingApproval:
            assert not may
            self.consents = self.consents if self.consents is not None else set()
            return
        assert may
        assert pledge is not None
        if take:
            approvals.take(pledge, Act(self.plan), "run", rita)
            self.consents = None


STEPS: dict[str, Callable[[Rule], None]] = {
    "ask": lambda rule: rule.act(take=False),
    "take": lambda rule: rule.act(take=True),
    **{name: lambda rule, name=name: rule.approve(name) for name in ("anna", "april", "rita", "victor")},  # type: ignore[misc]  # a default binds the name
    "deny": lambda rule: rule.end("deny"),
    "cancel": lambda rule: rule.end("cancel"),
    "wait": Rule.wait,
    "change": Rule.change,
    "again": lambda rule: rule.house.again(),
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=12))
@example(steps=["ask", "anna", "april", "again", "take", "take"])
@example(steps=["ask", "anna", "april", "deny", "ask", "take"])
@example(steps=["ask", "rita", "anna", "wait", "april", "ask", "take"])
def test_whatever_happens_nothing_is_taken_without_two_others_who_saw_it(
    house: House, people: dict[str, Person], steps: list[str]
) -> None:
    rule = Rule(house, people)
    rule.end("cancel")
    for step in steps:
        STEPS[step](rule)


# --- countersigning ----------------------------------------------------------------------------------


def test_an_isolation_is_listed_until_another_person_countersigned_it(
    house: House, people: dict[str, Person]
) -> None:
    approvals = house.access.approvals
    isolated(house, "run-1", people["rita"])
    isolated(house, "run-2", None)
    isolated(house, "run-3", people["rita"], Action.RESTORE)
    assert [one.run for one in approvals.unsigned()] == ["run-1", "run-2"]
    with refused("own-run"):
        approvals.countersign("run-1", people["rita"])
    with pytest.raises(NotPermitted):
        approvals.countersign("run-1", people["victor"])
    with refused("not-an-isolation"):
        approvals.countersign("run-3", people["anna"])
    approvals.countersign("run-1", people["anna"])
    with refused("countersigned"):
        approvals.countersign("run-1", people["adam"])
    house.again()
    assert [one.run for one in house.access.approvals.unsigned()] == ["run-2"]
    assert house.tags().count("person:run:countersigned") == 1


def test_without_accounts_nobody_can_countersign_and_nothing_is_listed(house: House) -> None:
    isolated(house, "run-1", None)
    house.clock.pause(60)
    assert house.access.approvals.unsigned() == ()
    house.add("anna", Role.APPROVER)
    assert house.access.approvals.unsigned() == ()  # nor what was cut before there were any
