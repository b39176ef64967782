"""Every route says what it needs, and holds everybody to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from controller.api import metrics
from controller.api.access import COOKIE, Needs, Open
from controller.api.app import PARTS, PREFIX
from controller.engine.people.roles import ALLOWS, Permission, Role
from tests.unit.api.house import House


def routes() -> Iterator[APIRoute]:
    for part in (*PARTS, metrics):
        for route in part.router.routes:
            assert isinstance(route, APIRoute)
            yield route


def rules(route: APIRoute) -> list[object]:
    found: list[object] = []
    left = [route.dependant]
    while left:
        dependant = left.pop()
        if isinstance(dependant.call, Needs | Open):
            found.append(dependant.call)
        left.extend(dependant.dependencies)
    return found


ROUTES = [(method, route) for route in routes() for method in sorted(route.methods or ())]
NAMED = [f"{method} {route.path}" for method, route in ROUTES]

WORDS = {
    "run": "20260101-000000-0000",
    "plan": "0" * 64,
    "other": "0" * 64,
    "code": "AAAAAA",
    "device": "modem",
    "name": "modem",
    "revision": "0" * 64,
    "session": "abcd1234",
    "token": "abcd1234",
    "user": "nobody",
    "request": "1",
    "subject": "office",
    "sender": "edr",
    "seq": "1",
}

BODIES: dict[str, Any] = {
    "/plans": {"action": "isolate", "subjects": ["office"]},
    "/runs": {"action": "isolate", "subjects": ["nowhere"]},
    "/runs/{run}/abort": {},
    "/runs/{run}/resume": {},
    "/walk-list/{code}/claim": {"by": "Zoé"},
    "/logbook": {"text": "nothing to report"},
    "/inventory/validate": {"text": "format: 1"},
    "/inventory/revisions": {"text": "format: 1"},
    "/inventory/active": {"revision": "0" * 64},
    "/approvals/{request}/approve": {"plan": "0" * 64},
    "/approvals/{request}/deny": {},
    "/armed": {"devices": ["modem"], "armed": True},
    "/probations/{subject}/pass": {"reason": "x"},
    "/signals/{sender}": {"subject": "office"},
    "/tokens": {"label": "x", "scope": ["view"]},
    "/users": {"name": "", "roles": []},
    "/users/{user}": {"roles": []},
}


def part_of(route: APIRoute) -> bool:
    """Whether the route stands under the prefix."""
    return route not in metrics.router.routes


def needed(route: APIRoute) -> Permission | None:
    [rule] = rules(route)
    return rule.permission if isinstance(rule, Needs) else None


def test_every_route_has_exactly_one_rule() -> None:
    assert {f"{method} {route.path}": len(rules(route)) for method, route in ROUTES} == dict.fromkeys(
        NAMED, 1
    )


def test_what_is_open_to_everybody_is_little_and_has_its_reason() -> None:
    found = {route.path for _, route in ROUTES if needed(route) is None}
    assert found == {
        "/health",
        "/version",
        "/sessions",
        "/sessions/break-glass",
        "/enrolments",
        "/enrolments/factor",
        "/signals/{sender}",
    }
    assert all(rule.why for _, route in ROUTES for rule in rules(route) if isinstance(rule, Open))


def test_the_application_has_no_route_but_these(at: House) -> None:
    told = {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, operations in at.app.openapi()["paths"].items()
        for method in operations
    }
    assert told == set(NAMED)


@pytest.mark.parametrize("who", [None, *Role], ids=str)
def test_each_role_passes_where_it_may_and_nowhere_else(at: House, who: Role | None) -> None:
    client = at.stranger() if who is None else at.as_role(who)
    wrong = []
    for method, route in ROUTES:
        permission = needed(route)
        if permission is None or route.path in {"/events", "/sessions/current"}:
            continue
        path = re.sub(r"{(\w+)}", lambda found: WORDS[found.group(1)], route.path)
        path = path if part_of(route) else f"https://testserver{path}"
        answer = client.request(method, path, json=BODIES.get(route.path) if method != "GET" else None)
        may = who is not None and permission in ALLOWS[who]
        refused = answer.status_code == (401 if who is None else 403)
        unsaid = answer.status_code >= 400 and "{" in answer.json()["detail"]
        if refused is may or answer.status_code >= 500 or unsaid:
            wrong.append(f"{method} {route.path}: {answer.status_code} {answer.text[:100]}")
    assert wrong == []


@pytest.mark.parametrize("who", list(Role), ids=str)
def test_a_return_needs_more_than_a_cut(at: House, who: Role) -> None:
    asked = {"action": "restore", "everything": True, "plan": "0" * 64}
    answer = at.as_role(who).post("/runs", json=asked)
    assert (answer.status_code == 403) is (Permission.RESTORE not in ALLOWS[who]), answer.text
    assert answer.status_code in (403, 409), answer.text


def test_a_session_acts_only_with_its_token_and_from_its_own_pages(at: House) -> None:
    session = at.session(Role.RESPONDER)
    bare = at.stranger(Cookie=f"{COOKIE}={session}")
    assert bare.get("/situation").status_code == 200
    refused = bare.post("/logbook", json={"text": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "cross-site")
    for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        refused = at.as_role(Role.RESPONDER, **header).post("/logbook", json={"text": "x"})
        assert refused.status_code == 403, header
    own = at.as_role(Role.RESPONDER, Origin="https://testserver", **{"Sec-Fetch-Site": "same-origin"})
    assert own.post("/logbook", json={"text": "x"}).status_code == 201


def test_who_signs_out_is_out(at: House) -> None:
    client = at.as_role(Role.VIEWER)
    assert client.get("/sessions/current").json()["person"]["name"] == "viewer"
    gone = client.delete("/sessions/current")
    assert gone.status_code == 204
    for word in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"):
        assert word in gone.headers["set-cookie"]
    assert client.get("/sessions/current").status_code == 401


def test_a_page_elsewhere_cannot_sign_anybody_in(at: House) -> None:
    client = at.stranger(Origin="https://evil.example")
    answer = client.post("/sessions", json={"name": "a", "password": "b", "code": "1"})
    assert answer.json()["code"] == "cross-site"


def test_a_token_is_narrower_than_who_made_it(at: House) -> None:
    made = at.as_role(Role.RESPONDER).post("/tokens", json={"label": "monitor", "scope": ["view"]})
    assert made.status_code == 201, made.text
    bearer = at.stranger(Authorization=f"Bearer {made.json()['secret']}")
    assert bearer.get("/situation").status_code == 200
    assert bearer.post("/logbook", json={"text": "x"}).status_code == 403
    [listed] = at.as_role(Role.RESPONDER).get("/tokens").json()
    assert "secret" not in listed
    assert at.as_role(Role.RESPONDER).delete(f"/tokens/{listed['id']}").status_code == 204
    assert bearer.get("/situation").status_code == 401


def test_no_answer_may_be_framed_cached_or_run_scripts(at: House) -> None:
    for answer in (
        at.stranger().get("/version"),
        at.stranger().get("/situation"),
        at.stranger().get("/nothing"),
    ):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "traceback" not in answer.text.lower()
