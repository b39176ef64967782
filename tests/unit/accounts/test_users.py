"""Accounts made and ended: the first one, invitations, who is left to administer."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.domain.errors import (
    HomeFromTheFuture,
    InvalidRequest,
    JournalUnavailable,
    JournalUnreadable,
    NotFound,
    SignInFailed,
)
from controller.engine.people.account_records import Account
from controller.engine.people.accounts import Grant, Invitation, Limits
from controller.engine.people.roles import ALLOWS, Permission, Role, allows
from controller.engine.people.users import IN_PERSON
from controller.store.accounts import HomeAccounts
from controller.workers.accounting import PATIENCE, first_invitation
from tests.unit.accounts.house import PASSWORD, ROOT, House


def refused(reason: str) -> pytest.RaisesExc[InvalidRequest]:
    return pytest.RaisesExc(InvalidRequest, check=lambda error: error.reason == reason)


# --- roles -------------------------------------------------------------------------------------------


def test_an_auditor_reads_everything_and_changes_nothing() -> None:
    reads = {Permission.VIEW, Permission.READ_AUDIT, Permission.READ_TRANSCRIPTS, Permission.READ_ACCOUNTS}
    assert ALLOWS[Role.AUDITOR] == reads | {Permission.OWN_ACCOUNT}


def test_who_restores_does_not_approve_and_who_approves_does_not_act() -> None:
    assert not allows([Role.RESTORER], Permission.APPROVE)
    acts = {Permission.ISOLATE, Permission.RESTORE, Permission.OVERRIDE, Permission.RESUME, Permission.ABORT}
    assert not ALLOWS[Role.APPROVER] & acts
    assert not allows([Role.RESPONDER], Permission.RESTORE)
    assert not ALLOWS[Role.ENGINEER] & acts
    assert allows([Role.VIEWER, Role.RESTORER], Permission.RESTORE)
    assert not allows([], Permission.VIEW)
    assert ALLOWS.keys() == set(Role)
    assert all(any(permission in allowed for allowed in ALLOWS.values()) for permission in Permission)


def test_only_administrators_manage_accounts() -> None:
    for permission in (Permission.MANAGE_ACCOUNTS, Permission.SEAL_GLASS, Permission.ERASE):
        assert [role for role in Role if allows([role], permission)] == [Role.ADMINISTRATOR]


# --- invitations -------------------------------------------------------------------------------------


def test_the_first_start_invites_the_administrator_until_somebody_is_enrolled(house: House) -> None:
    first = house.access.users.first_invitation()
    again = house.access.users.first_invitation()
    assert first is not None
    assert again is not None
    assert house.access.users.invited(first.token) is None  # the one printed last counts
    factor = house.access.users.invited(again.token)
    assert factor is not None
    house.factors["admin"] = factor.secret
    house.access.users.enrol(again.token, PASSWORD, house.code("admin"))
    assert house.access.users.first_invitation() is None
    house.clock.pause(30)
    assert house.sign_in("admin").person.grants == (Grant(Role.ADMINISTRATOR),)
    assert [user.name for user in house.access.users.users()] == ["admin"]


def test_a_first_invitation_waits_for_a_slow_disk_and_not_for_a_dead_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, pause = JournalUnavailable(home="/x", cause="timeout"), house.clock.pause

    def mended(seconds: float) -> None:
        pause(seconds)
        house.journal.failing = None

    house.journal.failing = full
    with monkeypatch.context() as patch:
        patch.setattr(house.clock, "pause", mended)
        invitation = first_invitation(house.access, house.clock)
    assert isinstance(invitation, Invitation)
    assert house.access.users.invited(invitation.token) is not None
    house.journal.failing, before = full, house.clock.monotonic()
    assert first_invitation(house.access, house.clock) is full
    assert PATIENCE <= house.clock.monotonic() - before <= 2 * PATIENCE


def test_an_invitation_is_taken_up_once_in_time_with_a_code_that_fits(house: House) -> None:
    users = house.access.users
    made = users.create("alice", (Grant(Role.VIEWER),), ROOT)
    assert not made.user.enrolled
    factor = users.invited(made.token)
    assert factor is not None
    assert factor.uri.startswith("otpauth://totp/Cordon:alice?secret=")
    assert factor.secret in factor.uri
    assert len(factor.picture.splitlines()) > 15
    assert factor.svg.startswith("<svg")
    assert factor.secret not in repr(factor)
    assert made.token not in repr(made)
    house.factors["alice"] = factor.secret
    with pytest.raises(SignInFailed):
        users.enrol(made.token, PASSWORD, "000000")
    users.enrol(made.token, PASSWORD, house.code("alice"))
    assert users.invited(made.token) is None
    with pytest.raises(SignInFailed):
        users.enrol(made.token, PASSWORD, house.code("alice"))
    assert users.user("alice").enrolled


def test_an_invitation_runs_out_and_no_clock_set_back_renews_it(house: House) -> None:
    made = house.access.users.create("alice", (Grant(Role.VIEWER),), ROOT)
    house.clock.pause(Limits().invitation)
    house.clock.set_back(Limits().invitation)
    assert house.access.users.invited(made.token) is None


def test_enrolling_anew_voids_what_was_there_only_when_it_is_done(house: House) -> None:
    old = house.add("alice", Role.RESPONDER)
    session = house.sign_in("alice")
    made = house.access.users.invite("alice", ROOT)
    assert house.access.sign_in.session(session.token) is not None
    factor = house.access.users.invited(made.token)
    assert factor is not None
    before, house.factors["alice"] = house.factors["alice"], factor.secret
    assert before != factor.secret
    house.access.users.enrol(made.token, "a new long password", house.code("alice"))
    assert house.access.sign_in.session(session.token) is None
    with pytest.raises(SignInFailed):
        house.access.sign_in.authenticate("alice", "a new long password", old[0], "c", recovery=True)


@pytest.mark.parametrize("name", ["", "  ", "a:b", "x" * 65, "bell\x07", "line\nbreak"])
def test_a_name_can_be_read_and_is_no_id(house: House, name: str) -> None:
    with refused("name-invalid"):
        house.access.users.create(name, (Grant(Role.VIEWER),), ROOT)


def test_names_that_look_alike_are_one_name(house: House) -> None:
    house.access.users.create("Zoé", (Grant(Role.VIEWER),), ROOT)
    with refused("name-taken"):
        house.access.users.create("ZOE\u0301", (Grant(Role.VIEWER),), ROOT)
    assert house.access.users.user("zoé").name == "Zoé"
    assert house.access.users.user("user:1").name == "Zoé"
    with pytest.raises(NotFound):
        house.access.users.user("user:2")
    with refused("no-role"):
        house.access.users.create("bob", (), ROOT)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "password-length"),
        ("x" * 257, "password-length"),
        ("aaaaaaaaaaaaaaaa", "password-simple"),
        ("alice-alice-12", "password-simple"),
    ],
)
def test_a_password_is_long_and_not_the_name(house: House, password: str, reason: str) -> None:
    house.add("alice", Role.VIEWER)
    with refused(reason):
        house.access.users.set_password("alice", password, ROOT)
    house.sign_in("alice")


def test_the_same_password_on_another_keyboard_is_the_same(house: House) -> None:
    house.add("alice", Role.VIEWER)
    house.access.users.set_password("alice", "mot de passe e\u0301te\u0301", ROOT)
    house.access.sign_in.authenticate("alice", "mot de passe été", house.code("alice"), "c")


# --- changes -----------------------------------------------------------------------------------------


def test_the_last_administrator_stays(house: House) -> None:
    users = house.access.users
    house.add("adam", Role.ADMINISTRATOR)
    users.create("eve", (Grant(Role.ADMINISTRATOR),), ROOT)  # not enrolled: cannot let anybody in
    house.add("local", Role.ADMINISTRATOR, site="elsewhere")
    for attempt in (
        lambda: users.disable("adam", ROOT),
        lambda: users.grant("adam", (Grant(Role.VIEWER),), ROOT),
        lambda: users.grant("adam", (Grant(Role.ADMINISTRATOR, "elsewhere"),), ROOT),
    ):
        with refused("last-administrator"):
            attempt()
    house.add("anna", Role.ADMINISTRATOR)
    users.disable("adam", ROOT)
    with refused("last-administrator"):
        users.disable("anna", ROOT)
    users.enable("adam", ROOT)
    users.disable("anna", ROOT)
    house.sign_in("adam")


def test_every_change_is_on_record_with_ids_and_without_secrets(house: House) -> None:
    codes = house.add("Alice Martin", Role.RESPONDER)
    users = house.access.users
    users.grant("Alice Martin", (Grant(Role.VIEWER, "ch-a"),), ROOT)
    users.set_password("user:1", "another long password", ROOT)
    factor = users.renew_factor("user:1", ROOT)
    more = users.renew_codes("user:1", ROOT)
    users.disable("user:1", ROOT)
    users.enable("user:1", ROOT)
    users.invite("user:1", ROOT)
    assert house.tags() == [
        "account:user:created",
        "account:user:enrolled",
        "account:user:roles",
        "account:password:changed",
        "account:factor:renewed",
        "account:recovery:renewed",
        "account:user:disabled",
        "account:user:enabled",
        "account:user:invited",
    ]
    for fact in house.journal.facts:
        assert fact.subject == "user:1"  # type: ignore[union-attr]  # all are notes
        assert "Alice" not in str(fact.data)  # type: ignore[union-attr]  # names are erasable text
    said = repr(house.journal.commits)
    stored = house.stored()
    for secret in (*codes, *more, PASSWORD, "another long password"):
        assert secret not in said
        assert secret.encode() not in stored
    assert factor.secret not in said


def test_a_renewed_factor_or_new_codes_void_the_old_ones(house: House) -> None:
    old = house.add("alice", Role.VIEWER)
    session = house.sign_in("alice")
    factor = house.access.users.renew_factor("alice", ROOT)
    assert house.access.sign_in.session(session.token) is None
    with pytest.raises(SignInFailed):
        house.sign_in("alice")
    house.factors["alice"] = factor.secret
    house.sign_in("alice")
    codes = house.access.users.renew_codes("alice", ROOT)
    with pytest.raises(SignInFailed):
        house.access.sign_in.authenticate("alice", PASSWORD, old[0], "c", recovery=True)
    house.access.sign_in.authenticate("alice", PASSWORD, codes[0], "c", recovery=True)


# --- tokens ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("permission", sorted(IN_PERSON))
def test_no_token_stands_in_for_a_person(house: House, permission: Permission) -> None:
    house.add("adam", Role.ADMINISTRATOR)
    with refused("token-scope"):
        house.access.users.issue_token("adam", "t", (Permission.VIEW, permission), 1, ROOT)


def test_a_token_has_a_scope_within_the_roles_and_an_end(house: House) -> None:
    house.add("victor", Role.VIEWER)
    issue = house.access.users.issue_token
    for scope in ((), (Permission.ISOLATE,)):
        with refused("token-scope"):
            issue("victor", "t", scope, 1, ROOT)
    for days in (0, 367):
        with refused("token-days"):
            issue("victor", "t", (Permission.VIEW,), days, ROOT)
    made = issue("victor", "  ", (Permission.VIEW,), 366, ROOT)
    assert house.access.users.tokens("victor") == (made.shown,)
    house.access.users.disable("victor", ROOT)
    with refused("token-scope"):
        issue("victor", "t", (Permission.VIEW,), 1, ROOT)


# --- on disk -----------------------------------------------------------------------------------------


def test_the_file_is_the_owners_alone_and_appears_with_the_first_account(tmp_path: Path) -> None:
    store = HomeAccounts(tmp_path, tmp_path / "accounts.db")
    with store.look() as look:
        assert look.every(Grant) == ()
    assert not (tmp_path / "accounts.db").exists()
    with store.change():
        pass
    assert stat.S_IMODE((tmp_path / "accounts.db").stat().st_mode) == 0o600


def test_a_change_that_fails_leaves_nothing(house: House) -> None:
    store = HomeAccounts(house.directory, house.directory / "accounts.db")
    house.add("alice", Role.VIEWER)
    before = house.access.users.users()
    with suppress(RuntimeError), store.change() as change:
        change.drop(Account)
        assert change.every(Account) == ()
        raise RuntimeError
    assert house.access.users.users() == before


def test_nobody_who_looks_waits_for_the_disk_after_a_change(tmp_path: Path) -> None:
    """Who closes a database last empties its write-ahead log behind an exclusive lock."""
    store = HomeAccounts(tmp_path, tmp_path / "accounts.db")
    with store.change():
        pass
    assert (tmp_path / "accounts.db-wal").exists()
    del store
    assert not (tmp_path / "accounts.db-wal").exists()


def test_after_a_change_that_failed_there_are_others(tmp_path: Path) -> None:
    store = HomeAccounts(tmp_path, tmp_path / "accounts.db")
    one = Account(1, "Alice", "alice", (), False, None, None, 0, datetime(2026, 1, 1, tzinfo=UTC))
    with store.change() as change:
        change.put(one)
    with pytest.raises(JournalUnreadable), store.change() as change:
        change.put(replace(one, id=2))  # of the same name
    with store.change() as change:
        assert change.number(Account) == 2


def test_what_cannot_be_read_or_is_newer_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 1000)
    with pytest.raises(JournalUnreadable, match=r"broken\.db"), HomeAccounts(tmp_path, broken).look():
        pass
    newer = tmp_path / "newer.db"
    store = HomeAccounts(tmp_path, newer)
    with store.change():
        pass
    with sqlite3.connect(newer) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '2'")
    connection.close()
    with pytest.raises(HomeFromTheFuture), HomeAccounts(tmp_path, newer).change():
        pass
