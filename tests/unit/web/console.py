"""A browser without scripts at the console: it keeps its cookies and sends forms as they stand."""

from __future__ import annotations

import re
from functools import cache
from html import unescape

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from controller.api.access import COOKIE
from controller.engine.people.roles import Role
from controller.web.application import built, opened
from tests.unit.api.house import VERSION, House, unopened

BASE = "https://testserver"

_built = cache(built)


def served(at: House) -> FastAPI:
    """One application a house."""
    made: FastAPI = vars(at).get("served") or opened(unopened(_built(VERSION)), at.service)
    vars(at)["served"] = made
    return made


class Visitor:
    """Signed in as somebody with ``role`` alone, if any."""

    def __init__(self, at: House, role: Role | None = None, lang: str = "en") -> None:
        headers = {"Accept-Language": lang, "Sec-Fetch-Site": "same-origin", "Origin": "null"}
        self.client = TestClient(served(at), BASE, raise_server_exceptions=False, headers=headers)
        if role is not None:
            self.client.cookies.set(COOKIE, at.session(role), domain="testserver.local", path="/")

    def open(self, address: str, *, follow: bool = True) -> Response:
        return self.client.get(address, follow_redirects=follow)

    def send(
        self, shown: Response, action: str, typed: dict[str, str] | None = None, *, follow: bool = True
    ) -> Response:
        """The form of the page with that action, its hidden fields as they stand."""
        return self.client.post(action, data=fields(shown, action) | (typed or {}), follow_redirects=follow)


def form(shown: Response, action: str) -> str:
    """The inside of the first form with that action."""
    found = re.findall(rf'<form[^>]* action="{re.escape(action)}"[^>]*>(.*?)</form>', shown.text, re.DOTALL)
    assert found, f"no form {action} in {shown.text}"
    return str(found[0])


def fields(shown: Response, action: str) -> dict[str, str]:
    inside = form(shown, action)
    found = {}
    for tag in re.findall(r"<input[^>]*>", inside):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="hidden"' in tag:
            found[name[1]] = unescape(value[1]) if value else ""
    return found


def words_on(shown: Response) -> str:
    """The text of a page as it is read."""
    inside = re.sub(r"<(script|style)\b.*?</\1>", " ", shown.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", inside)))
