"""The sealed code: for who is alone, once, and never quietly."""

from __future__ import annotations

import pytest

from controller.domain.errors import AwaitingApproval, InvalidRequest, JournalUnavailable, SignInDelayed
from controller.domain.facts import Actor
from controller.domain.playbook import Gate
from controller.engine.people.accounts import Limits, Via
from controller.engine.people.approvals import Act, Pledge
from controller.engine.people.breakglass import Glass, glass_hazards
from controller.engine.people.roles import BREAK_GLASS, Permission, Role
from tests.fakes.site import device, inventory, port, segment
from tests.unit.accounts.house import ROOT, SITE, House, cut_plan, isolated, restore_plan

CUT = cut_plan("samu")


def refused(reason: str) -> pytest.RaisesExc[InvalidRequest]:
    return pytest.RaisesExc(InvalidRequest, check=lambda error: error.reason == reason)


def test_before_anything_is_sealed_nobody_alone_cuts_what_is_kept_alive(house: House) -> None:
    with refused("override-unsealed"):
        house.access.approvals.check(Act(CUT), "life at stake", ROOT)
    assert house.access.glass.glass() == Glass()


def test_peace_time_tells_where_no_code_is_sealed_and_something_must_stay_alive(house: House) -> None:
    def told(*, keep_alive: bool) -> list[tuple[str, str]]:
        known = inventory([device("a")], [segment("samu", [port("a", "p")], keep_alive=keep_alive)])
        found = glass_hazards(known, house.access.glass.glass())
        return [(hazard.code, hazard.culprit) for hazard in found]

    assert told(keep_alive=True) == [("glass-unsealed", "samu")]
    assert told(keep_alive=False) == []
    sealed = house.access.glass.seal(ROOT)
    assert told(keep_alive=True) == []
    house.access.glass.break_for(sealed.code, "run-1", "", ROOT)
    assert told(keep_alive=True) == [("glass-unsealed", "samu")]


def test_once_sealed_what_is_kept_alive_is_cut_alone_only_by_the_code(house: House) -> None:
    sealed = house.access.glass.seal(ROOT)
    with refused("override-alone"):
        house.access.approvals.check(Act(CUT), "life at stake", ROOT)
    typed = sealed.code.lower().replace("-", " ")
    pledge = house.access.approvals.check(Act(CUT, code=typed), "life at stake", ROOT)
    assert pledge is not None
    assert house.access.glass.glass().sealed  # asking uses nothing up
    house.access.approvals.take(pledge, Act(CUT), "run-7", ROOT)
    broken = house.access.glass.glass()
    assert (broken.sealed, broken.broken_by) == (False, "root")
    commit = house.journal.commits[-1]
    assert commit.tag.value == "glass:code:broken"
    assert "life at stake" in repr(commit.facts)
    assert sealed.code not in repr(house.journal.commits)
    assert sealed.code not in repr((sealed, pledge, Act(CUT, code=sealed.code)))


def test_a_code_works_once_also_after_a_restart_and_for_two_at_the_same_moment(house: House) -> None:
    sealed = house.access.glass.seal(ROOT)
    first = house.access.approvals.check(Act(CUT, code=sealed.code), "", ROOT)
    second = house.access.approvals.check(Act(CUT, code=sealed.code), "", ROOT)
    assert first is not None
    assert second is not None
    house.access.approvals.take(first, Act(CUT), "run-7", ROOT)
    with refused("break-glass-wrong"):
        house.access.approvals.take(second, Act(CUT), "run-8", ROOT)
    house.again()
    with refused("break-glass-wrong"):
        house.access.approvals.check(Act(CUT, code=sealed.code), "", ROOT)
    with refused("override-unsealed"):  # broken glass opens nothing for who comes after
        house.access.approvals.check(Act(CUT), "", ROOT)


def test_a_new_code_voids_the_one_before_and_closes_the_glass(house: House) -> None:
    old = house.access.glass.seal(ROOT)
    new = house.access.glass.seal(ROOT)
    assert old.code != new.code
    with refused("break-glass-wrong"):
        house.access.glass.check(old.code, "console")
    house.access.glass.check(new.code, "console")
    house.access.glass.break_for(new.code, "run-1", "", ROOT)
    assert not house.access.glass.glass().sealed
    house.access.glass.seal(ROOT)
    assert house.access.glass.glass().sealed
    assert house.access.glass.glass().number == 3
    assert new.code.encode() not in house.stored()


def test_guesses_are_slowed_down_and_on_record(house: House) -> None:
    house.access.glass.seal(ROOT)
    for _ in range(3):
        with refused("break-glass-wrong"):
            house.access.glass.check("AAAA-AAAA-AAAA-AAAA-AAAA", "10.0.0.9")
    with pytest.raises(SignInDelayed):
        house.access.glass.check("AAAA-AAAA-AAAA-AAAA-AAAA", "10.0.0.9")
    with refused("break-glass-wrong"):
        house.access.glass.check("AAAA-AAAA-AAAA-AAAA-AAAA", "10.0.0.10")
    assert house.tags().count("glass:code:refused") == 4


def test_a_person_of_the_service_waits_for_another_or_takes_the_code(house: House) -> None:
    house.add("rita", Role.RESPONDER)
    house.add("anna", Role.APPROVER)
    rita, anna = house.person("rita"), house.person("anna")
    with pytest.raises(AwaitingApproval) as caught:
        house.access.approvals.check(Act(CUT), "", rita.actor)
    request = house.access.approvals.approve(str(caught.value.data["request"]), CUT.hash, anna)
    pledge = house.access.approvals.check(Act(CUT), "", rita.actor)
    assert pledge == Pledge(request=request.id)
    house.access.approvals.take(pledge, Act(CUT), "run-1", rita.actor)
    sealed = house.access.glass.seal(ROOT)
    assert house.access.approvals.check(Act(CUT, code=sealed.code), "", rita.actor) is not None


def test_two_persons_have_signed_what_they_cut_together(house: House) -> None:
    house.add("rita", Role.RESPONDER)
    house.add("anna", Role.APPROVER)
    rita, anna = house.person("rita"), house.person("anna")
    with pytest.raises(AwaitingApproval) as caught:
        house.access.approvals.check(Act(CUT), "", rita.actor)
    house.access.approvals.approve(str(caught.value.data["request"]), CUT.hash, anna)
    pledge = house.access.approvals.check(Act(CUT), "", rita.actor)
    assert pledge is not None
    house.access.approvals.take(pledge, Act(CUT), "run-1", rita.actor)
    isolated(house, "run-1", rita)
    assert house.access.approvals.unsigned() == ()
    with refused("countersigned"):
        house.access.approvals.countersign("run-1", anna)


# --- with all accounts dead --------------------------------------------------------------------------


def test_with_all_accounts_dead_the_code_lets_a_person_cut_and_watch_for_an_hour(house: House) -> None:
    sealed = house.access.glass.seal(ROOT)
    session = house.access.glass.enter(sealed.code, "Dr Martin", "nobody answers", "10.0.0.9")
    person = house.access.sign_in.session(session.token)
    assert person is not None
    assert (person.id, person.name, person.via) == ("glass:1", "Dr Martin", Via.BREAK_GLASS)
    assert person.may(Permission.ISOLATE, SITE)
    allowed = {permission for permission in Permission if person.may(permission, SITE)}
    assert allowed == BREAK_GLASS
    assert not allowed & {Permission.RESTORE, Permission.APPROVE, Permission.MANAGE_ACCOUNTS}
    # What is kept alive may be cut: the code was given.
    assert house.access.approvals.check(Act(CUT), "", person.actor) == Pledge()
    with refused("account-needed"):
        house.access.approvals.check(Act(restore_plan(Gate(approvals=1))), "", person.actor)
    house.clock.pause(Limits().glass - 1)
    assert house.access.sign_in.session(session.token) is not None
    house.clock.pause(1)
    assert house.access.sign_in.session(session.token) is None
    with refused("break-glass-wrong"):
        house.access.glass.enter(sealed.code, "Dr Martin", "again", "10.0.0.9")
    assert "account:session:opened" in house.tags()


@pytest.mark.parametrize(("name", "reason"), [("", "why"), ("who", " "), ("\x1b[2J", "why")])
def test_who_and_why_are_said_before_the_code_is_used(house: House, name: str, reason: str) -> None:
    sealed = house.access.glass.seal(ROOT)
    with refused("break-glass-who"):
        house.access.glass.enter(sealed.code, name, reason, "10.0.0.9")
    assert house.access.glass.glass().sealed


def test_a_break_glass_session_is_nobodys_account(house: House) -> None:
    sealed = house.access.glass.seal(ROOT)
    session = house.access.glass.enter(sealed.code, "rita", "alone", "10.0.0.9")
    house.add("rita", Role.VIEWER)
    assert [each.user for each in house.access.sign_in.sessions()] == ["glass:1"]
    house.access.sign_in.revoke_session(session.person.key, Actor("user:1"))
    assert house.access.sign_in.session(session.token) is None


def test_glass_that_cannot_be_broken_on_record_stays_whole(house: House) -> None:
    sealed = house.access.glass.seal(ROOT)
    house.journal.failing = JournalUnavailable(home="/x", cause="full")
    with pytest.raises(JournalUnavailable):
        house.access.glass.enter(sealed.code, "rita", "alone", "10.0.0.9")
    house.journal.failing = None
    house.access.glass.enter(sealed.code, "rita", "alone", "10.0.0.9")
