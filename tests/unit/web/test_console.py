"""The console's ground: who comes in, by which door, and what every page holds to."""

from __future__ import annotations

import ast
import re
import string
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

import controller.web
from controller.api.access import COOKIE
from controller.engine.people.accounts import Grant
from controller.engine.people.roles import ALLOWS, Permission, Role
from controller.text import Catalogue
from controller.web import flash, situation
from controller.web.application import PARTS, built, opened
from controller.web.navigation import PLACES
from controller.web.visits import own_address
from tests.unit.api.house import PASSWORD, ROOT, VERSION, House
from tests.unit.api.test_access import WORDS, needed
from tests.unit.web.console import Visitor, fields, words_on

WEB = Path(controller.web.__file__).parent
EN = Catalogue("en")

GUARDED = [
    (method, route)
    for part in PARTS
    for route in part.router.routes
    if isinstance(route, APIRoute) and needed(route) is not None
    for method in sorted(route.methods or ())
]


def account(at: House, name: str) -> pyotp.TOTP:
    """Its app; the code of half a minute ago has been used."""
    made = at.office.access().users.create(name, (Grant(Role.RESPONDER),), ROOT)
    factor = at.office.access().users.invited(made.token)
    assert factor is not None
    app = pyotp.TOTP(factor.secret)
    at.office.access().users.enrol(made.token, PASSWORD, app.at(datetime.now(UTC), counter_offset=-1))
    return app


def test_who_is_not_signed_in_signs_in_and_comes_back_to_the_page_they_wanted(at: House) -> None:
    app, visitor = account(at, "Zoé"), Visitor(at)
    asked = visitor.open("/situation?from=night")
    assert asked.url.path == "/sign-in"
    typed = {"name": "Zoé", "password": PASSWORD, "code": app.now()}
    inside = visitor.send(asked, "/sign-in", typed, follow=False)
    assert (inside.status_code, inside.headers["location"]) == (303, "/situation?from=night")
    cookie = inside.headers["set-cookie"].lower()
    assert cookie.startswith(COOKIE.lower())
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= set(cookie.split("; "))
    home = visitor.open("/")
    assert home.url.path == "/situation"
    assert "Zoé" in home.text
    session = visitor.client.cookies[COOKIE]
    out = visitor.send(home, "/sign-out")
    assert out.url.path == "/sign-in"
    assert at.office.access().sign_in.session(session) is None


def test_a_wrong_code_says_so_and_forgets_what_is_secret(at: House) -> None:
    app, visitor = account(at, "Zoé"), Visitor(at)
    shown = visitor.open("/sign-in?next=/runs")
    wrong = "000000" if app.now() != "000000" else "111111"
    again = visitor.send(shown, "/sign-in", {"name": "Zoé", "password": PASSWORD, "code": wrong})
    assert again.status_code == 401
    assert "is wrong" in words_on(again)
    assert 'value="Zoé"' in again.text
    assert PASSWORD not in again.text
    assert fields(again, "/sign-in")["next"] == "/runs"
    assert COOKIE not in visitor.client.cookies


def test_a_recovery_code_and_the_sealed_code_open_the_door_too(at: House) -> None:
    account(at, "Zoé")
    [first, *_] = at.office.access().users.renew_codes("Zoé", ROOT)
    visitor = Visitor(at)
    typed = {"name": "Zoé", "password": PASSWORD, "code": first, "recovery": "1"}
    assert visitor.send(visitor.open("/sign-in"), "/sign-in", typed).url.path == "/situation"
    sealed = at.office.access().glass.seal(ROOT)
    stranger = Visitor(at)
    shown = stranger.open("/sign-in/break-glass")
    typed = {"code": sealed.code, "name": "Ana", "reason": "nobody answers"}
    assert stranger.send(shown, "/sign-in/break-glass", typed).url.path == "/situation"
    assert stranger.send(shown, "/sign-in/break-glass", typed).status_code == 422


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/a\nb", ""]
)
def test_nobody_is_sent_elsewhere(address: str) -> None:
    assert own_address(address, "/situation") == "/situation"
    assert own_address("/runs/1?x=y", "/") == "/runs/1?x=y"


def test_every_page_is_held_to_its_permission(at: House) -> None:
    visitors = {role: Visitor(at, role) for role in Role}
    tokens = {
        role: fields(visitor.open("/situation"), "/sign-out")["csrf"] for role, visitor in visitors.items()
    }
    refusals, stranger = 0, Visitor(at)
    for method, route in GUARDED:
        permission, path = needed(route), route.path.format(**WORDS)
        assert permission is not None
        sent = stranger.client.request(method, path, follow_redirects=False)
        assert (sent.status_code, sent.headers["location"][:8]) == (303, "/sign-in"), path
        for role in Role:
            if permission not in ALLOWS[role]:
                refused = visitors[role].client.request(method, path, data={"csrf": tokens[role]})
                assert refused.status_code == 403, (method, path, role)
                assert EN.text("wrong.not-you") in words_on(refused)
                refusals += 1
    assert refusals or all(needed(route) in ALLOWS[Role.VIEWER] for _, route in GUARDED)


def test_a_form_of_another_site_or_without_its_token_does_nothing(at: House) -> None:
    visitor = Visitor(at, Role.ADMINISTRATOR)
    csrf = fields(visitor.open("/situation"), "/sign-out")["csrf"]
    elsewhere = ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"})
    for path in [route.path.format(**WORDS) for method, route in GUARDED if method == "POST"]:
        for data, sent in (
            *(({"csrf": csrf}, headers) for headers in (*elsewhere, {"Sec-Fetch-Site": "same-site"})),
            ({"csrf": "0" * 64}, {}),
            ({}, {}),
        ):
            refused = visitor.client.post(path, data=data, headers=sent)
            assert refused.status_code == 403, (path, data)
            assert EN.text("wrong.not-from-here") in words_on(refused)
    assert visitor.open("/situation").url.path == "/situation"


def test_language_and_theme_are_chosen_once_and_kept(at: House) -> None:
    visitor = Visitor(at, Role.VIEWER, lang="en")
    shown = visitor.open("/situation")
    french = visitor.send(shown, "/preferences", {"language": "fr"})
    assert french.url.path == "/situation"
    assert '<html lang="fr"' in french.text
    assert Catalogue("fr").text("situation.nothing-cut") in words_on(french)
    dark = visitor.send(french, "/preferences", {"theme": "dark"})
    assert 'lang="fr" data-theme="dark"' in dark.text
    for nonsense in ({"theme": "pink"}, {"language": "tlh"}, {"back": "//evil.example"}):
        assert 'lang="fr" data-theme="dark"' in visitor.send(dark, "/preferences", nonsense).text
    other = Visitor(at, lang="fr")
    assert '<html lang="fr"' in other.open("/sign-in").text


def test_what_went_wrong_is_a_page_in_words_and_a_document_for_programs(at: House) -> None:
    visitor = Visitor(at, Role.VIEWER, lang="fr")
    missing = visitor.open("/nowhere")
    assert missing.status_code == 404
    assert missing.headers["content-type"].startswith("text/html")
    assert Catalogue("fr").text("wrong.nothing-here") in words_on(missing)
    assert 'href="/situation"' in missing.text
    document = visitor.open("/api/v1/nowhere")
    assert document.headers["content-type"] == "application/problem+json"
    assert document.json()["code"] == "no-such-page"


def test_a_defect_is_told_without_its_entrails(at: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("entrails")

    monkeypatch.setattr(situation, "board_of", broken)
    shown = Visitor(at, Role.VIEWER).open("/situation")
    assert shown.status_code == 500
    assert EN.text("error.service-defect") in words_on(shown)
    assert "entrails" not in shown.text


def test_what_a_form_said_is_shown_once_and_only_in_our_words(at: House) -> None:
    visitor = Visitor(at, Role.VIEWER)
    for forged in ("%%%", "WyJ4Il0=", "bnVsbA==", "WyJub3doZXJlIiwge31d"):
        visitor.client.cookies.set(flash.COOKIE, forged, domain="testserver.local", path="/")
        shown = visitor.open("/situation")
        assert shown.status_code == 200
        assert 'class="said"' not in shown.text


def test_pages_run_only_our_script_and_load_nothing_from_elsewhere(at: House) -> None:
    visitor = Visitor(at, Role.ADMINISTRATOR)
    for address in ["/sign-in/break-glass", *(each.address for each in PLACES)]:
        shown = visitor.open(address)
        assert shown.status_code == 200, address
        policy = shown.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert not re.search(r"<style|\sstyle=|\son\w+=|<iframe|javascript:", shown.text), address
        for script in re.findall(r"<script([^>]*)>", shown.text):
            assert 'src="/assets/console.js?' in script
        for loaded in re.findall(r'(?:src|href|action)="([^"]*)"', shown.text):
            assert loaded.startswith(("/", "#", "otpauth:")), loaded
            assert not loaded.startswith("//")
    script = visitor.open("/assets/console.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "http" not in script.text.replace("https://", "", 0).partition('"use strict"')[2].lower()


def test_people_see_the_places_they_may_go_to(at: House) -> None:
    for role in (Role.VIEWER, Role.ADMINISTRATOR):
        shown = Visitor(at, role).open("/situation").text
        for each in PLACES:
            may = each.permission in ALLOWS[role]
            assert (f'<a href="{each.address}"' in shown) is may
    assert Permission.VIEW in ALLOWS[Role.VIEWER]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_phrase_of_the_pages_is_there(lang: str) -> None:
    words, wanted = Catalogue(lang), set()
    for file in WEB.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            called = getattr(getattr(node, "func", None), "attr", "")
            code = node.args[0] if isinstance(node, ast.Call) and node.args else None
            if called == "text" and isinstance(code, ast.Constant):
                wanted.add(str(code.value))
            if getattr(getattr(node, "func", None), "id", "") == "go" and isinstance(node, ast.Call):
                wanted |= {
                    f"said.{each.value!s}" for each in node.args[1:2] if isinstance(each, ast.Constant)
                }
    for template in (WEB / "templates").glob("*.html"):
        for said in re.findall(r"text\(([^()]*)", template.read_text("utf-8")):
            wanted |= {each for each in re.findall(r"'([a-z-]+\.[a-z.-]+)'", said) if each[-1] not in "-."}
    wanted |= {each.text for each in PLACES}
    assert all(set(each) <= set(string.ascii_lowercase + "-.") for each in wanted)
    assert len(wanted) > 150
    assert {each for each in wanted if each not in words} == set()


def test_no_page_says_what_is_in_no_catalogue() -> None:
    """But for the product's name, commands to be typed, and what programs call an answer."""
    named = {"Cordon", "ProblemDocument", "application", "problem", "json"}
    unsaid = (
        r"\{#.*?#\}|\{% block breadth %\}.*?\{% endblock %\}|\{%.*?%\}|\{\{.*?\}\}|<(code|pre|svg)\b.*?</\1>"
    )
    said: dict[str, list[str]] = {}
    for template in (WEB / "templates").glob("*.html"):
        text = re.sub(unsaid, "", template.read_text("utf-8"), flags=re.DOTALL)
        spoken = re.findall(r'\b(?:aria-label|placeholder|title|alt)="([^"]*)"', text)
        words = re.findall(r"[^\W\d_]{2,}", " ".join([re.sub(r"<[^>]*>", " ", text), *spoken]))
        said |= {template.name: words} if set(words) - named else {}
    assert said == {}


def test_no_request_makes_a_route(at: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a library imports and filters meanwhile would be in the way of other threads."""
    made = opened(built(VERSION), at.service)

    def too_late(**_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("fastapi.routing.get_dependant", too_late)
    client = TestClient(made, "https://testserver")
    assert client.get("/api/v1/version").status_code == 200
    assert client.get("/sign-in").status_code == 200
    assert client.get("/api/v1/nowhere").status_code == 404
