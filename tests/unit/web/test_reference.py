"""The page of the API: whole, as the description says, and with nothing from elsewhere."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from controller.api.app import PREFIX
from controller.api.models import Asked
from controller.engine.people.roles import ALLOWS, Permission, Role
from controller.text import Catalogue
from controller.web.application import application
from controller.web.assets import STYLE
from controller.web.described import Shape, described
from controller.web.reference import PATH
from tests.unit.api.house import House
from tests.unit.api.test_access import ROUTES, needed, part_of

MAY = re.compile(r'<li><code>([\w-]+)</code> [^<]+<br><span class="quiet">([^<]+)</span></li>')


@pytest.fixture
def served(at: House) -> FastAPI:
    return application(at.service)


def shown(served: FastAPI, lang: str = "en", **headers: str) -> Any:
    client = TestClient(served, "https://testserver", headers={"Accept-Language": lang, **headers})
    answer = client.get(PATH)
    assert answer.status_code == 200, answer.text
    return answer


def sections(text: str) -> dict[str, str]:
    """What the page says of each operation, by "METHOD path"."""
    found = {}
    for section in re.findall(r'<section class="panel operation".*?</section>', text, re.DOTALL):
        [(method, path)] = re.findall(r'class="method">(\w+)</span> <code>([^<]+)</code>', section)
        found[f"{method} {path}"] = section
    return found


def bodies(served: FastAPI) -> dict[str, Shape]:
    groups = described(served.openapi()).groups
    return {
        body.name: body for _, operations in groups for operation in operations for body in operation.bodies
    }


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_route_stands_on_the_page_in_both_languages(served: FastAPI, lang: str) -> None:
    text = shown(served, lang).text
    whole = {
        f"{method.upper()} {path}"
        for path, operations in served.openapi()["paths"].items()
        for method in operations
    }
    assert set(sections(text)) == whole
    assert f'<html lang="{lang}">' in text
    assert Catalogue(lang).text("reference.who") in unescape(text)
    other = Catalogue("en" if lang == "fr" else "fr").text("reference.who")
    assert other not in unescape(text)


def test_the_page_says_who_may_as_the_routes_have_it(served: FastAPI) -> None:
    found, words = sections(shown(served).text), Catalogue("en")
    for method, route in ROUTES:
        section = unescape(found[f"{method} {PREFIX if part_of(route) else ''}{route.path}"])
        permission = needed(route)
        if permission is None:
            assert words.text("reference.anyone") in section
            continue
        [first, *_] = MAY.findall(section)
        roles = [words.text(f"role.{role.value}") for role in Role if permission in ALLOWS[role]]
        assert first == (permission.value, ", ".join(roles)), route.path
    assert f"<li><code>{Permission.RESTORE}</code>" in found["POST /api/v1/runs"]


def test_what_is_open_is_described_as_open(served: FastAPI) -> None:
    paths = served.openapi()["paths"]
    for method, route in ROUTES:
        operation = paths[f"{PREFIX if part_of(route) else ''}{route.path}"][method.lower()]
        assert (operation.get("security") == []) is (needed(route) is None), route.path


def test_every_body_has_an_example_that_is_taken_as_it_stands(served: FastAPI) -> None:
    models = {each.__name__: each for each in descendants(Asked)}
    found = bodies(served)
    assert {"CutRun", "ReturnRun", "CutAsked", "ReturnAsked", "TokenAsked", "InventoryText"} <= set(found)
    text = unescape(shown(served).text)
    for name, body in found.items():
        assert body.examples, name
        for example in body.examples:
            models[name].model_validate_json(example)
            assert f"<pre>{example}</pre>" in text


def test_the_inventory_of_the_example_is_a_good_one(served: FastAPI, at: House) -> None:
    [example] = bodies(served)["InventoryText"].examples
    client = at.as_role(Role.ENGINEER, **{"Content-Type": "application/json"})
    assert client.post("/inventory/validate", content=example.encode()).status_code == 200


def test_links_lead_somewhere_and_nowhere_else(served: FastAPI) -> None:
    answer = shown(served)
    text = unescape(answer.text)
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    links = re.findall(r'(?:href|src|action)="([^"]+)"', text)
    within = {each[1:] for each in links if each.startswith("#")}
    assert within <= set(ids)
    assert {each for each in links if not each.startswith("#")} == {
        STYLE,
        f"{PREFIX}/openapi.json",
        f"{PATH}?lang=fr",
        f"{PATH}?lang=en",
    }
    assert not re.search(r"https?://|<script|<style|\sstyle=|\son\w+=|<img|<iframe", text)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_anybody_reads_it_as_they_read_the_description(served: FastAPI, at: House) -> None:
    """Signed in or not, with a token that is none: the same page, with nothing of the site."""
    as_stranger = shown(served).text
    assert at.service.site not in re.sub(r"<pre>.*?</pre>", "", as_stranger, flags=re.DOTALL)
    for headers in ({"Authorization": "Bearer none"}, at.headers(Role.ADMINISTRATOR)):
        assert shown(served, **headers).text == as_stranger
    client = TestClient(served, "https://testserver")
    assert client.get(f"{PREFIX}/openapi.json").status_code == 200
    assert client.post(PATH).status_code == 405


def test_the_language_can_be_switched(served: FastAPI) -> None:
    client = TestClient(served, "https://testserver", headers={"Accept-Language": "en"})
    assert '<html lang="fr">' in client.get(f"{PATH}?lang=fr").text


def descendants(model: type[Asked]) -> list[type[Asked]]:
    return [each for direct in model.__subclasses__() for each in (direct, *descendants(direct))]
