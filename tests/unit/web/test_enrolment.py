"""The page behind an enrolment link, as a browser without scripts meets it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from fastapi.routing import APIRoute
from httpx2 import Response
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from controller.engine.people.accounts import Grant
from controller.engine.people.roles import Role
from controller.engine.people.users import AccountUsers
from controller.text import Catalogue
from controller.web.application import PARTS, application
from controller.web.assets import STYLE
from controller.web.enrolment import link
from tests.unit.api.house import PASSWORD, ROOT, House
from tests.unit.api.test_access import needed, rules

TEMPLATES = Path(__file__).parents[3] / "controller" / "web" / "templates"
BASE = "https://testserver"


class Browser:
    def __init__(self, at: House, lang: str = "en") -> None:
        headers = {"Accept-Language": lang, "Sec-Fetch-Site": "same-origin", "Origin": "null"}
        self.client = TestClient(
            application(at.service), BASE, raise_server_exceptions=False, headers=headers
        )

    def open(self, address: str) -> Response:
        return self.client.get(address)

    def send(self, shown: Response, typed: dict[str, str], headers: dict[str, str] | None = None) -> Response:
        """The form of the page, its fields as they stood but for what was typed."""
        fields = {
            name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', shown.text)
        }
        [action] = re.findall(r'<form method="post" action="([^"]+)"', shown.text)
        return self.client.post(action, data=fields | typed, headers=headers)


def invited(at: House, name: str = "Zoé", role: Role = Role.RESPONDER) -> str:
    return at.office.access().users.create(name, (Grant(role),), ROOT).token


def code(at: House, token: str) -> str:
    factor = at.office.access().users.invited(token)
    assert factor is not None
    return pyotp.TOTP(factor.secret).at(datetime.now(UTC))


def secret_of(shown: Response) -> str:
    [found] = re.findall(r'<code class="secret">(.*?)</code>', shown.text)
    return re.sub(r"<[^>]+>", "", found)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_an_invitation_is_taken_up_and_the_account_signs_in(at: House, lang: str) -> None:
    browser, token = Browser(at, lang), invited(at)
    first = browser.open(link("", token))
    assert first.status_code == 200
    assert f'<html lang="{lang}">' in first.text
    assert first.text.count("<svg") == 1
    app = pyotp.TOTP(secret_of(first))
    now = datetime.now(UTC)
    done = browser.send(
        first, {"password": PASSWORD, "again": PASSWORD, "code": app.at(now - timedelta(seconds=30))}
    )
    assert done.status_code == 201, done.text
    assert f'<html lang="{lang}">' in done.text
    codes = re.findall(r"<li><code>([^<]+)</code></li>", done.text)
    assert len(set(codes)) == 10
    sign_in = at.office.access().sign_in
    assert sign_in.authenticate("Zoé", PASSWORD, app.at(now), "test").person.name == "Zoé"
    assert sign_in.authenticate("Zoé", PASSWORD, codes[0], "test", recovery=True).person.name == "Zoé"


def test_a_link_serves_once_and_says_so_in_words(at: House) -> None:
    browser, token = Browser(at), invited(at)
    first = browser.open(link("", token))
    typed = {"password": PASSWORD, "again": PASSWORD, "code": code(at, token)}
    done = browser.send(first, typed)
    assert done.status_code == 201
    for again in (
        browser.send(first, typed),
        browser.open(link("", token)),
        browser.open("/enrol?token=x"),
    ):
        assert again.status_code == 404
        assert Catalogue("en").text("enrolment.over-why") in unescape(again.text)
        assert "<form" not in again.text


def test_nothing_is_kept_of_what_was_mistyped_and_the_link_stays_good(at: House) -> None:
    browser, token, words = Browser(at), invited(at), Catalogue("en")
    first = browser.open(link("", token))
    good = {"password": PASSWORD, "again": PASSWORD, "code": code(at, token)}
    for wrong, said in (
        ({"again": PASSWORD + "x"}, words.text("error.passwords-differ")),
        ({"password": "short", "again": "short"}, "12"),
        ({"code": "000000" if good["code"] != "000000" else "111111"}, "does not fit"),
    ):
        answer = browser.send(first, {**good, **wrong})
        assert answer.status_code in (401, 422), wrong
        [alert] = re.findall(r'role="alert">(.*?)</p>', answer.text, re.DOTALL)
        assert said in unescape(alert)
        assert PASSWORD not in answer.text
        assert secret_of(answer) == secret_of(first)
        assert not at.office.access().users.user("Zoé").enrolled
    assert browser.send(first, good).status_code == 201


def test_a_form_of_another_site_enrols_nobody(at: House) -> None:
    browser, token = Browser(at), invited(at)
    first = browser.open(link("", token))
    typed = {"password": PASSWORD, "again": PASSWORD, "code": code(at, token)}
    for headers in (
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://testserver"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ):
        refused = browser.send(first, typed, headers)
        assert refused.status_code == 403, headers
        assert refused.headers["content-type"].startswith("text/html")
    assert not at.office.access().users.user("Zoé").enrolled


def test_what_is_no_form_is_refused_like_any_wrong_link(at: House) -> None:
    client, good = Browser(at).client, f"token={invited(at)}".encode()
    assert client.post("/enrol", content=good).status_code == 422
    for body in (good + b"\xff\xfe", good + b"&a=1" * 99, b"{}", b""):
        assert client.post("/enrol", content=body).status_code == 404


def test_the_language_can_be_switched_and_stays_so_when_the_form_comes_back(at: House) -> None:
    browser, token = Browser(at, "en-GB,en"), invited(at)
    first = browser.open(link("", token))
    switches = [unescape(each) for each in re.findall(r'<a href="(/enrol[^"]+)"', first.text)]
    assert [parse_qs(urlsplit(each).query)["lang"] for each in switches] == [["fr"], ["en"]]
    french = browser.open(switches[0])
    assert '<html lang="fr">' in french.text
    assert secret_of(french) == secret_of(first)
    assert '<html lang="fr">' in browser.send(french, {"password": "x", "again": "y", "code": "1"}).text


def test_pages_load_nothing_from_elsewhere_and_run_nothing(at: House) -> None:
    browser, token = Browser(at), invited(at)
    first = browser.open(link("", token))
    done = browser.send(first, {"password": PASSWORD, "again": PASSWORD, "code": code(at, token)})
    for shown in (first, done, browser.open("/enrol")):
        policy = shown.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert shown.headers["cache-control"] == "no-store"
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|<img|<iframe", shown.text)
        assert set(re.findall(r'(?:src|action|href)="(?!otpauth:)([^"]+)', shown.text)) <= {
            STYLE,
            "/sign-in",
            "/enrol",
            *re.findall(r'"(/enrol\?[^"]+)"', shown.text),
        }
    sheet = browser.open(STYLE)
    assert sheet.headers["content-type"].startswith("text/css")
    assert "url(" not in sheet.text
    assert "@import" not in sheet.text


def test_the_token_is_in_no_log_line_even_of_a_defect(at: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_users: object, _token: str) -> None:
        raise RuntimeError("broken")

    browser, token = Browser(at), invited(at)
    first = browser.open(link("", token))
    monkeypatch.setattr(AccountUsers, "invited", broken)
    with capture_logs() as lines:
        for answer in (browser.open(link("", token)), browser.send(first, {"password": PASSWORD})):
            assert answer.status_code == 500
            assert token not in answer.text
    assert [line["path"] for line in lines] == ["/enrol", "/enrol"]
    assert token not in str(lines)
    assert PASSWORD not in str(lines)


def test_a_name_is_text_and_never_markup(at: House) -> None:
    browser, token = Browser(at), invited(at, '<b>"x')
    assert "<b>&#34;x" not in (shown := browser.open(link("", token)).text)
    assert "&lt;b&gt;&#34;x" in shown


def test_every_page_has_exactly_one_rule() -> None:
    pages = [route for part in PARTS for route in part.router.routes]
    found = []
    for route in pages:
        assert isinstance(route, APIRoute)
        assert len(rules(route)) == 1, route.path
        found += [(method, route.path) for method in route.methods or () if needed(route) is None]
    assert sorted(found) == [
        ("GET", "/"),
        ("GET", "/api/docs"),
        ("GET", "/assets/console.css"),
        ("GET", "/assets/console.js"),
        ("GET", "/enrol"),
        ("GET", "/sign-in"),
        ("GET", "/sign-in/break-glass"),
        ("POST", "/enrol"),
        ("POST", "/preferences"),
        ("POST", "/sign-in"),
        ("POST", "/sign-in/break-glass"),
    ]


def test_the_application_is_the_api_and_these_pages(at: House) -> None:
    """A router or route added elsewhere would go round the rule above."""
    served = application(at.service)
    added = served.routes[len(at.app.routes) :]
    assert [getattr(each, "original_router", each) for each in added] == [part.router for part in PARTS]
    assert "/enrol" not in served.openapi()["paths"]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_phrase_of_a_template_is_there(lang: str) -> None:
    words, wanted = Catalogue(lang), set()
    for template in sorted(TEMPLATES.glob("*.html")):
        wanted |= set(re.findall(r"text\('([\w.-]+)'[,)]", template.read_text("utf-8")))
    assert len(wanted) > 30
    assert {each for each in wanted if each not in words} == set()
    assert {each for each in words if each.startswith("enrolment.")} - wanted == {"enrolment.code-wrong"}
