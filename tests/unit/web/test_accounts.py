"""Accounts as pages: invited, changed, ended; and one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape

import pyotp
import pytest

from controller.engine.people.accounts import Grant
from controller.engine.people.roles import Role
from controller.text import Catalogue
from tests.unit.api.house import PASSWORD, ROOT, House, house
from tests.unit.web.console import Visitor, fields, form, words_on

EN = Catalogue("en")


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all of these: each has people of its own."""
    with house(tmp_path_factory.mktemp("house")) as made:
        yield made


def test_who_is_invited_gets_a_link_that_is_shown_once_and_works(at: House) -> None:
    visitor = Visitor(at, Role.ADMINISTRATOR)
    shown = visitor.open("/accounts")
    assert EN.text("accounts.one-administrator") in words_on(shown)
    typed = {"name": "Zoé", "role": "responder@*"}
    made = visitor.send(shown, "/accounts", typed)
    assert made.status_code == 201
    link = re.search(r"<pre[^>]*>(https://[^<]*/enrol\?token=[^<]*)</pre>", made.text)
    assert link is not None
    assert Visitor(at).open(unescape(link[1])).status_code == 200
    again = visitor.send(shown, "/accounts", typed)
    assert again.status_code == 409
    assert EN.text("error.name-taken", name="Zoé") in words_on(again)
    assert "token=" not in again.text
    assert 'value="Zoé"' in again.text
    assert 'value="responder@*" checked' in again.text
    listed = words_on(visitor.open("/accounts"))
    assert "Zoé" in listed
    assert EN.text("user.invited") in listed


def test_the_last_administrator_stays_one_and_is_told_why(at: House) -> None:
    visitor, users = Visitor(at, Role.ADMINISTRATOR), at.office.access().users
    boss = users.user(Role.ADMINISTRATOR.value)
    address = f"/accounts/{boss.id}"
    shown = visitor.open(address)
    for action, typed in (("disable", {}), ("roles", {"role": "viewer@*"})):
        refused = visitor.send(shown, f"{address}/{action}", typed)
        assert refused.status_code == 409
        assert EN.text("error.last-administrator", name=boss.name) in words_on(refused)
    assert users.user(boss.id) == boss


def test_roles_are_changed_as_they_were_seen_and_those_of_one_site_stay(at: House) -> None:
    visitor, users = Visitor(at, Role.ADMINISTRATOR), at.office.access().users
    made = users.create("Ana", (Grant(Role.RESPONDER), Grant(Role.RESTORER, "ch-exemple")), ROOT).user
    address = f"/accounts/{made.id}"
    shown = visitor.open(address)
    assert 'value="restorer@ch-exemple" checked' in form(shown, f"{address}/roles")
    data = fields(shown, f"{address}/roles") | {"role": ["viewer@*", "restorer@ch-exemple"]}
    assert visitor.client.post(f"{address}/roles", data=data).url.path == address
    assert users.user(made.id).grants == (Grant(Role.RESTORER, "ch-exemple"), Grant(Role.VIEWER))
    late = visitor.client.post(f"{address}/roles", data=data)
    assert late.status_code == 412
    assert EN.text("error.changed-meanwhile") in words_on(late)
    visitor.send(shown, f"{address}/disable")
    assert users.user(made.id).disabled
    visitor.send(visitor.open(address), f"{address}/enable")
    assert not users.user(made.id).disabled
    assert visitor.send(visitor.open(address), f"{address}/invitation").status_code == 201
    reader = Visitor(at, Role.AUDITOR).open(address)
    assert f'action="{address}' not in reader.text


def test_a_session_is_ended_and_only_ones_own_by_oneself(at: House) -> None:
    boss, viewer = Visitor(at, Role.ADMINISTRATOR), Visitor(at, Role.VIEWER)
    sign_in = at.office.access().sign_in
    [theirs] = sign_in.sessions(Role.VIEWER.value)
    [mine] = sign_in.sessions(Role.ADMINISTRATOR.value)
    own = viewer.open("/account")
    csrf = {"csrf": fields(own, "/sign-out")["csrf"]}
    assert viewer.client.post(f"/account/sessions/{mine.id}/end", data=csrf).status_code == 404
    assert EN.text("accounts.this-one") in words_on(own)
    address = f"/accounts/{theirs.user}"
    boss.send(boss.open(address), f"{address}/sessions/{theirs.id}/end")
    assert {each.id for each in sign_in.sessions()} & {mine.id, theirs.id} == {mine.id}
    assert viewer.open("/account").url.path == "/sign-in"


def test_a_token_is_shown_once_does_what_it_may_and_is_revoked(at: House) -> None:
    visitor = Visitor(at, Role.RESPONDER)
    shown = visitor.open("/account")
    assert 'value="restore"' not in shown.text
    none = visitor.send(shown, "/account/tokens", {"label": "monitor", "days": "30"})
    assert none.status_code == 422
    made = visitor.send(shown, "/account/tokens", {"label": "monitor", "scope": "view", "days": "30"})
    [secret] = re.findall(r"<li><code>([^<]+)</code>", made.text)
    person = at.office.access().sign_in.bearer(secret)
    assert person is not None
    later = visitor.open("/account")
    assert secret not in later.text
    [token] = at.office.access().users.tokens(person.id)
    visitor.send(later, f"/account/tokens/{token.id}/revoke")
    assert at.office.access().sign_in.bearer(secret) is None


def test_password_and_codes_want_password_and_code_once_more(at: House) -> None:
    users = at.office.access().users
    made = users.create("Léa", (Grant(Role.VIEWER),), ROOT)
    factor = users.invited(made.token)
    assert factor is not None
    app, now = pyotp.TOTP(factor.secret), datetime.now(UTC)
    old = users.enrol(made.token, PASSWORD, app.at(now, counter_offset=-1))
    visitor = Visitor(at)
    inside = {"name": "Léa", "password": PASSWORD, "code": old[0], "recovery": "1"}
    visitor.send(visitor.open("/sign-in"), "/sign-in", inside)
    shown = visitor.open("/account")
    wrong = visitor.send(shown, "/account/codes", {"password": "not the password", "code": app.at(now)})
    assert wrong.status_code == 401
    new = {"new": "another battery staple", "again": "another battery stable"}
    proof = {"password": PASSWORD, "code": app.at(now)}
    differ = visitor.send(shown, "/account/password", new | proof)
    assert EN.text("error.passwords-differ") in words_on(differ)
    assert "staple" not in differ.text
    done = visitor.send(shown, "/account/codes", proof)
    codes = re.findall(r"<li><code>([^<]+)</code>", done.text)
    assert len(codes) == len(old)
    assert not set(codes) & set(old)
    proof["code"] = app.at(now, counter_offset=1)
    out = visitor.send(shown, "/account/password", {"new": new["new"], "again": new["new"]} | proof)
    assert out.url.path == "/sign-in"
    assert visitor.open("/account").url.path == "/sign-in"
    inside |= {"password": new["new"], "code": codes[0]}
    assert visitor.send(visitor.open("/sign-in"), "/sign-in", inside).url.path == "/situation"
