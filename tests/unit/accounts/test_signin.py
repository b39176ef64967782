"""Who gets in, for how long, and what whoever guesses learns."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Semaphore, current_thread

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from pwdlib import PasswordHash

from controller.domain.errors import (
    JournalUnavailable,
    NotFound,
    SignInBusy,
    SignInDelayed,
    SignInFailed,
)
from controller.engine.people.account_records import OpenSession
from controller.engine.people.accounts import Grant, Limits, Via
from controller.engine.people.delays import Delays
from controller.engine.people.roles import Permission, Role
from controller.identity.passwords import REST, Argon2Passwords
from tests.unit.accounts.house import PASSWORD, ROOT, SITE, House

HERE = "10.0.0.9"
ELSEWHERE = "10.0.0.10"


def wrong(house: House, name: str = "alice", source: str = HERE, code: str = "000000") -> None:
    with pytest.raises(SignInFailed):
        house.access.sign_in.authenticate(name, "no such password", code, source)


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.002)


# --- codes and passwords -----------------------------------------------------------------------------


def test_a_person_with_password_and_code_comes_in(house: House) -> None:
    house.add("Alice", Role.RESPONDER)
    session = house.access.sign_in.authenticate(" alice ", PASSWORD, house.code("Alice"), HERE)
    person = house.access.sign_in.session(session.token)
    assert person is not None
    assert person == session.person
    assert (person.id, person.name, person.via) == ("user:1", "Alice", Via.SESSION)
    assert person.may(Permission.ISOLATE, SITE)
    assert not person.may(Permission.RESTORE, SITE)
    assert session.token not in repr(session)


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        ("alice", "wrong horse battery", None),
        ("alice", PASSWORD, "123456"),
        ("alice", PASSWORD, ""),
        ("bob", PASSWORD, None),
        ("", "", ""),
    ],
)
def test_what_was_wrong_is_not_said_but_the_clock_is(
    house: House, name: str, password: str, code: str | None
) -> None:
    house.add("alice", Role.RESPONDER)
    with pytest.raises(SignInFailed) as caught:
        house.access.sign_in.authenticate(name, password, house.code("alice") if code is None else code, HERE)
    assert caught.value.data == {"clock": "2026-03-01 03:00:30 UTC"}


def test_a_code_counts_once_and_none_before_it_any_more(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    house.clock.pause(60)
    code, earlier = house.code("alice"), house.code("alice", -1)
    assert code != earlier
    house.access.sign_in.authenticate("alice", PASSWORD, code, HERE)
    for replayed in (code, earlier):
        with pytest.raises(SignInFailed):
            house.access.sign_in.authenticate("alice", PASSWORD, replayed, ELSEWHERE)
    house.again()
    with pytest.raises(SignInFailed):
        house.access.sign_in.authenticate("alice", PASSWORD, code, "10.0.0.11")
    house.clock.pause(30)
    assert house.sign_in("alice").person.name == "alice"


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_telephone_may_be_one_step_off(house: House, steps: int, good: bool) -> None:
    house.add("alice", Role.RESPONDER)
    house.clock.pause(600)
    try:
        house.access.sign_in.authenticate("alice", PASSWORD, house.code("alice", steps), HERE)
    except SignInFailed:
        assert not good
    else:
        assert good


def test_the_code_used_to_enrol_does_not_count_again(house: House) -> None:
    made = house.access.users.create("alice", (Grant(Role.VIEWER),), ROOT)
    factor = house.access.users.invited(made.token)
    assert factor is not None
    house.factors["alice"] = factor.secret
    code = house.code("alice")
    house.access.users.enrol(made.token, PASSWORD, code)
    with pytest.raises(SignInFailed):
        house.access.sign_in.authenticate("alice", PASSWORD, code, HERE)


def test_a_recovery_code_takes_the_apps_place_once(house: House) -> None:
    codes = house.add("alice", Role.RESPONDER)
    assert len(set(codes)) == 10
    typed = codes[3].lower().replace("-", " ")
    house.access.sign_in.authenticate("alice", PASSWORD, typed, HERE, recovery=True)
    assert house.access.users.user("alice").codes == 9
    with pytest.raises(SignInFailed):
        house.access.sign_in.authenticate("alice", PASSWORD, codes[3], HERE, recovery=True)
    house.again()
    with pytest.raises(SignInFailed):
        house.access.sign_in.authenticate("alice", PASSWORD, codes[3], HERE, recovery=True)
    assert house.tags().count("account:recovery:used") == 1


def test_a_recovery_code_is_not_burnt_by_a_wrong_password_nor_good_for_another(house: House) -> None:
    codes = house.add("alice", Role.RESPONDER)
    house.add("bob", Role.RESPONDER)
    for name, password in (("alice", "wrong horse battery"), ("bob", PASSWORD)):
        with pytest.raises(SignInFailed):
            house.access.sign_in.authenticate(name, password, codes[0], HERE, recovery=True)
    house.access.sign_in.authenticate("alice", PASSWORD, codes[0], HERE, recovery=True)


def test_nobody_comes_in_by_an_account_that_is_not_ready(house: House) -> None:
    house.access.users.create("carol", (Grant(Role.VIEWER),), ROOT)
    house.add("dave", Role.VIEWER)
    house.access.users.disable("dave", ROOT)
    for name, code in (("carol", "000000"), ("dave", house.code("dave"))):
        with pytest.raises(SignInFailed):
            house.access.sign_in.authenticate(name, PASSWORD, code, HERE)


def test_an_old_hash_is_replaced_when_the_policy_has_changed(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    house.with_passwords(Argon2Passwords(passes=2, memory=16, threads=1))
    house.sign_in("alice")
    stored = house.stored()
    assert b"m=16,t=2,p=1" in stored
    house.sign_in("alice")


def test_an_unknown_name_costs_the_same_hash(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.add("alice", Role.RESPONDER)
    against: list[str] = []
    verify = PasswordHash.verify_and_update

    def seen(self: PasswordHash, password: str, known: str) -> tuple[bool, str | None]:
        against.append(known.rpartition("$")[0].rpartition("$")[0])
        return verify(self, password, known)

    monkeypatch.setattr(PasswordHash, "verify_and_update", seen)
    wrong(house, "alice")
    wrong(house, "nobody", ELSEWHERE)
    assert against == ["$argon2id$v=19$m=8,t=1,p=1"] * 2


def test_more_than_a_few_hashes_at_once_are_turned_away(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    house.with_passwords(Argon2Passwords(passes=1, memory=8, threads=1, room=-1))
    with pytest.raises(SignInBusy):
        house.access.sign_in.authenticate("alice", PASSWORD, house.code("alice"), HERE)


def test_while_a_run_acts_a_hash_is_followed_by_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    least, work = 0.1, PasswordHash.hash

    def slow(self: PasswordHash, password: str) -> str:
        time.sleep(least)  # on whatever machine, a hash takes at least so long
        return work(self, password)

    monkeypatch.setattr(PasswordHash, "hash", slow)
    meanwhile = Argon2Passwords(passes=1, memory=8, threads=2, acts=lambda: True)
    _seconds(meanwhile)
    assert _seconds(meanwhile) > (1 + REST) * least


def test_the_rest_ends_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.identity.passwords.REST", 1e6)
    looks = iter(range(1000))
    passwords = Argon2Passwords(passes=1, memory=1024, threads=1, acts=lambda: next(looks) < 6)
    passwords.hash(PASSWORD)
    passwords.hash(PASSWORD)
    assert next(looks) > 6


def test_while_a_run_acts_few_wait_for_their_hash(house: House) -> None:
    passwords = Argon2Passwords(passes=8, memory=16384, threads=4, acts=lambda: True)
    house.with_passwords(passwords)
    assert at_once(lambda: passwords.hash(PASSWORD), 8) < 8
    assert passwords.check(PASSWORD, passwords.hash(PASSWORD))[0]


def test_a_right_password_goes_before_a_flood_of_wrong_ones_and_takes_a_place_of_theirs(house: House) -> None:
    """Whoever comes from where nobody failed, or has signed in from there before, is served next; who guesses
    waits, or is told to come again."""
    house.add("bruno", Role.VIEWER)
    house.sign_in("bruno", "10.0.1.1")
    delays, served, turned_away = house.access.sign_in.delays, list[str](), list[str]()
    for number in range(20):
        delays.turn(f"name-{number}", f"10.0.1.{number}")
    may_serve = Semaphore(0)

    def acts() -> bool:
        if current_thread().name.startswith("passwords"):
            may_serve.acquire()
        return False

    passwords = Argon2Passwords(1, 8, threads=1, room=7, acts=acts)

    def attempt(account: str, source: str) -> None:
        try:
            passwords.check("guess", None, delays.turn(account, source))
        except SignInBusy:
            turned_away.append(account)
        else:
            served.append(account)

    def serve_one() -> None:
        before = len(served)
        may_serve.release()
        until(lambda: len(served) > before)

    with ThreadPoolExecutor(32) as pool:
        for number in range(20):
            pool.submit(attempt, f"guess-{number}", f"10.0.1.{number}")
        until(lambda: len(turned_away) == 12)
        pool.submit(attempt, "alice", ELSEWHERE)
        pool.submit(attempt, "bruno", "10.0.1.1")
        until(lambda: len(turned_away) == 14)
        serve_one()
        serve_one()
        may_serve.release(100)
    assert served[:2] == ["bruno", "alice"]
    assert not {"alice", "bruno"} & set(turned_away)


def _seconds(passwords: Argon2Passwords) -> float:
    began = time.monotonic()
    passwords.hash(PASSWORD)
    return time.monotonic() - began


def at_once(act: Callable[[], object], times: int = 8) -> int:
    """How many of ``times`` threads that begin together succeed."""
    gate = Barrier(times)

    def attempt() -> bool:
        gate.wait()
        try:
            act()
        except (SignInFailed, SignInBusy):
            return False
        return True

    with ThreadPoolExecutor(times) as pool:
        return sum(pool.map(lambda _: attempt(), range(times)))


def test_a_code_presented_many_times_at_the_same_moment_counts_once(house: House) -> None:
    codes = house.add("alice", Role.RESPONDER)
    sign_in, code = house.access.sign_in, house.code("alice")
    assert at_once(lambda: sign_in.authenticate("alice", PASSWORD, code, "console")) == 1
    recovery = codes[0]
    house.clock.pause(60)
    assert at_once(lambda: sign_in.authenticate("alice", PASSWORD, recovery, "console", recovery=True)) == 1


# --- delays ------------------------------------------------------------------------------------------


def test_who_guesses_waits_longer_and_longer_and_only_who_guesses(house: House) -> None:
    house.add("alice", Role.ADMINISTRATOR)
    waits = []
    for _ in range(12):
        wrong(house)
        try:
            house.access.sign_in.authenticate("alice", PASSWORD, house.code("alice"), HERE)
        except SignInDelayed as error:
            seconds = error.data["seconds"]
            assert isinstance(seconds, int)
            waits.append(seconds)
            house.clock.pause(seconds)
        except SignInFailed:
            waits.append(0)
        else:
            # The owner signs in at the same place: everything is forgiven there.
            waits.append(0)
            house.clock.pause(30)
    assert waits[:2] == [0, 0]
    assert max(waits) <= 60


def test_delays_grow_and_never_shut_the_owner_out_elsewhere(house: House) -> None:
    house.add("alice", Role.ADMINISTRATOR)
    waits = []
    for _ in range(11):
        wrong(house)
        wait = house.access.sign_in.delays.wait("alice", HERE)
        waits.append(wait)
        house.clock.pause(wait)
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    wrong(house)
    with pytest.raises(SignInDelayed):
        house.sign_in("alice", HERE)
    assert house.sign_in("alice", ELSEWHERE).person.name == "alice"
    assert house.sign_in("alice", "console").person.name == "alice"


def test_a_refused_attempt_in_the_delay_does_not_lengthen_it(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    for _ in range(5):
        house.clock.pause(house.access.sign_in.delays.wait("alice", HERE))
        wrong(house)
    left = house.access.sign_in.delays.wait("alice", HERE)
    for _ in range(100):
        with pytest.raises(SignInDelayed):
            house.access.sign_in.authenticate("alice", "x", "x", HERE)
    assert house.access.sign_in.delays.wait("alice", HERE) == left
    house.clock.pause(left)
    house.sign_in("alice", HERE)


def test_a_place_that_tries_many_names_is_slowed_down_but_not_for_who_came_in_there_before(
    house: House,
) -> None:
    house.add("alice", Role.RESPONDER)
    house.sign_in("alice", HERE)
    for number in range(25):
        house.clock.pause(house.access.sign_in.delays.wait(f"name-{number}", HERE))
        wrong(house, f"name-{number}")
    with pytest.raises(SignInDelayed):
        house.access.sign_in.authenticate("one-more", "x", "x", HERE)
    house.sign_in("alice", HERE)


def test_one_ipv6_customer_is_one_place(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    for number in range(4):
        wrong(house, source=f"2001:db8:1:2::{number + 1}")
        house.clock.pause(house.access.sign_in.delays.wait("alice", "2001:db8:1:2::99"))
    wrong(house, source="2001:db8:1:2::77")
    with pytest.raises(SignInDelayed):
        house.access.sign_in.authenticate("alice", "x", "x", "2001:db8:1:2:ffff::1")
    assert house.access.sign_in.delays.wait("alice", "2001:db8:1:3::1") == 0


def test_what_is_remembered_of_attempts_is_bounded_and_the_worst_are_kept(house: House) -> None:
    delays = Delays(house.clock, room=100)
    for _ in range(4):
        delays.failed("first", "10.9.9.8")
    house.clock.pause(5)
    for _ in range(8):
        delays.failed("admin", "10.9.9.9")
    for number in range(150):
        delays.failed(f"name-{number}", "10.1.1.1")
        assert delays.wait("admin", "10.9.9.9") > 0  # still waits for its turn: never forgotten meanwhile
    delays.failed("first", "10.9.9.8")
    assert delays.wait("first", "10.9.9.8") == 0  # had waited: forgotten, and begins anew


def test_failures_are_on_record_without_what_was_typed_and_cannot_fill_the_log(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    before = len(house.journal.commits)
    for number in range(60):
        wrong(house, f"hunter2-{number}", f"10.2.{number}.1")
    refused = [c for c in house.journal.commits[before:] if c.tag.value == "account:session:refused"]
    assert len(refused) == 20
    assert "hunter2" not in repr(house.journal.commits)
    house.clock.pause(1)
    wrong(house, "alice")
    last = house.journal.commits[-1].facts[0]
    assert ("left-out", "40") in last.data  # type: ignore[union-attr]  # a note
    assert last.subject == "user:1"  # type: ignore[union-attr]  # a note


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    attempts=st.lists(
        st.tuples(
            st.sampled_from(["alice", "bob", "x"]), st.sampled_from([HERE, ELSEWHERE]), st.floats(0, 90)
        ),
        max_size=60,
    )
)
def test_whatever_is_tried_somebody_else_waits_for_nothing(
    house: House, attempts: list[tuple[str, str, float]]
) -> None:
    delays = type(house.access.sign_in.delays)(house.clock)
    for account, source, pause in attempts:
        house.clock.pause(pause)
        delays.failed(account, source)
        assert 0 <= delays.wait(account, source) <= 60
        assert delays.wait("alice", "10.0.0.11") == 0
        assert delays.wait("carol", "10.0.0.11") == 0


# --- sessions ----------------------------------------------------------------------------------------


def test_every_sign_in_makes_a_session_of_its_own_and_no_other_is_ever_one(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    chosen = "A" * 43  # fixed by somebody else beforehand
    assert house.access.sign_in.session(chosen) is None
    first, second = house.sign_in("alice"), house.sign_in("alice")
    assert len({first.token, second.token, chosen}) == 3
    assert house.access.sign_in.session(chosen) is None
    assert house.access.sign_in.session(first.person.key) is None
    stored = house.stored()
    assert first.token.encode() not in stored
    assert PASSWORD.encode() not in stored


def test_a_session_ends_by_rest_and_by_age(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    sign_in, limits = house.access.sign_in, Limits()
    resting, busy = house.sign_in("alice"), house.sign_in("alice")
    for _ in range(limits.session // 1800 - 1):
        house.clock.pause(1800)
        assert sign_in.session(busy.token) is not None
    assert sign_in.session(resting.token) is None
    house.clock.pause(1800)
    assert sign_in.session(busy.token) is None
    assert house.tags().count("account:session:ended") == 2


def test_a_clock_set_back_adds_no_time_to_a_session(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    sign_in = house.access.sign_in
    session = house.sign_in("alice")
    assert sign_in.session(session.token) is not None
    house.clock.pause(3000)
    house.clock.set_back(3000)
    assert sign_in.session(session.token) is not None  # 3000 s of rest are not yet an hour
    house.clock.pause(3700)
    house.clock.set_back(3700)
    assert sign_in.session(session.token) is None


def test_a_clock_set_back_over_a_restart_ends_the_session(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    session = house.sign_in("alice")
    house.clock.pause(1800)
    assert house.access.sign_in.session(session.token) is not None
    house.clock.set_back(1000)
    house.again()
    assert house.access.sign_in.session(session.token) is None


def test_a_session_survives_a_restart(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    session = house.sign_in("alice")
    house.again()
    assert house.access.sign_in.session(session.token) == session.person


def test_sessions_are_listed_signed_out_and_revoked(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    house.add("bob", Role.RESPONDER)
    sign_in = house.access.sign_in
    first, second, other = house.sign_in("alice"), house.sign_in("alice"), house.sign_in("bob")
    assert [each.name for each in sign_in.sessions()] == ["alice", "alice", "bob"]
    assert {each.id for each in sign_in.sessions("alice")} == {first.person.key, second.person.key}
    sign_in.sign_out(first.token)
    sign_in.revoke_session(second.person.key, ROOT)
    assert sign_in.session(first.token) is None
    assert sign_in.session(second.token) is None
    assert sign_in.session(other.token) is not None
    with pytest.raises(NotFound):
        sign_in.revoke_session(second.person.key, ROOT)


def test_the_oldest_of_too_many_sessions_gives_way(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    sessions = [house.sign_in("alice") for _ in range(21)]
    assert len(house.access.sign_in.sessions("alice")) == 20
    assert house.access.sign_in.session(sessions[0].token) is None
    assert house.access.sign_in.session(sessions[-1].token) is not None


def test_roles_taken_away_count_at_once_and_what_ends_sessions_ends_them(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    sign_in, users = house.access.sign_in, house.access.users
    session = house.sign_in("alice")
    users.grant("alice", (Grant(Role.VIEWER),), ROOT)
    person = sign_in.session(session.token)
    assert person is not None
    assert not person.may(Permission.ISOLATE, SITE)
    users.set_password("alice", "another long password", ROOT)
    assert sign_in.session(session.token) is None


def test_an_account_disabled_while_somebody_came_in_lets_nobody_stay(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    person = house.person("alice")
    house.access.users.disable("alice", ROOT)
    now = house.clock.now()
    kept = OpenSession("", "late", 1, None, "alice", HERE, now, now)
    late = house.access.sign_in.open(kept, person.grants)
    assert house.access.sign_in.session(late.token) is None
    assert house.access.sign_in.sessions() == ()


def test_roles_are_those_of_the_site(house: House) -> None:
    house.add("alice", Role.RESPONDER, site="elsewhere")
    person = house.person("alice")
    assert person.may(Permission.ISOLATE, "elsewhere")
    assert not person.may(Permission.VIEW, SITE)


def test_people_come_in_and_see_where_nothing_can_be_journalled(house: House) -> None:
    house.add("alice", Role.RESPONDER)
    house.journal.failing = JournalUnavailable(home="/x", cause="full")
    session = house.sign_in("alice")
    assert house.access.sign_in.session(session.token) is not None
    wrong(house)
    with pytest.raises(JournalUnavailable):
        house.access.users.grant("alice", (Grant(Role.ADMINISTRATOR),), ROOT)
    assert house.access.users.user("alice").grants == (Grant(Role.RESPONDER),)


# --- tokens ------------------------------------------------------------------------------------------


def test_a_token_does_what_its_scope_and_the_roles_allow_until_it_expires(house: House) -> None:
    house.add("edr", Role.RESPONDER)
    sign_in, users = house.access.sign_in, house.access.users
    made = users.issue_token("edr", "EDR", (Permission.ISOLATE, Permission.VIEW), 30, ROOT)
    person = sign_in.bearer(made.secret)
    assert person is not None
    assert person.may(Permission.ISOLATE, SITE)
    assert not person.may(Permission.WRITE_LOG, SITE)
    assert not person.present
    assert users.tokens()[0].used_at == house.clock.now()
    users.grant("edr", (Grant(Role.VIEWER),), ROOT)
    narrowed = sign_in.bearer(made.secret)
    assert narrowed is not None
    assert not narrowed.may(Permission.ISOLATE, SITE)
    house.clock.pause(29 * 86400)
    assert sign_in.bearer(made.secret) is not None
    house.clock.set_back(10 * 86400)
    house.clock.pause(86400)
    assert sign_in.bearer(made.secret) is None
    assert made.secret not in repr(made)


def test_a_token_that_was_revoked_or_whose_account_ended_opens_nothing(house: House) -> None:
    house.add("edr", Role.RESPONDER)
    sign_in, users = house.access.sign_in, house.access.users
    first = users.issue_token("edr", "one", (Permission.VIEW,), 1, ROOT)
    second = users.issue_token("edr", "two", (Permission.VIEW,), 1, ROOT)
    users.revoke_token(first.shown.id, ROOT)
    assert sign_in.bearer(first.secret) is None
    assert sign_in.bearer(second.secret) is not None
    assert sign_in.session(second.secret) is None
    users.disable("edr", ROOT)
    users.enable("edr", ROOT)
    assert sign_in.bearer(second.secret) is None
    with pytest.raises(NotFound):
        users.revoke_token(first.shown.id, ROOT)


def test_time_is_counted_from_when_the_token_was_made(house: House) -> None:
    house.add("edr", Role.RESPONDER)
    made = house.access.users.issue_token("edr", "one", (Permission.VIEW,), 1, ROOT)
    assert made.shown.expires_at - made.shown.created_at == timedelta(days=1)
