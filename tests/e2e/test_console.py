"""The console in a real browser, in front of a real service with simulated switches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from controller.domain.playbook import STANDING
from controller.engine.people.roles import Role
from controller.text import Catalogue
from controller.web.reference import PATH as REFERENCE
from tests.e2e.browser import PHONE, opened, sign_in, violations
from tests.e2e.night import Night, a_night, cut_by_page
from tests.e2e.pages import page_paths
from tests.e2e.service import hired
from tests.faults.site import HEALTHY, SICK

pytestmark = pytest.mark.e2e

FR, EN = Catalogue("fr"), Catalogue("en")
THEMES = ("dark", "contrast")

GATED = """\
format: 1
title: {fr: Retour, en: Return}
stages:
  - {name: offices, action: restore, select: {segments: admin}, gate: {approvals: 1}}
"""
"""The offices return only with somebody's consent: there are a gate and a request to look at."""

QUERIES = {
    "/isolate": ("?level=5", "?subjects=laboratory"),
    "/runs/{run}": ("?show=all",),
    "/inventory/playbooks/edit": ("", "?name=level-5"),
    "/map": ("", "?subject=laboratory"),
    "/restore/holds/retire": ("", "?subjects=laboratory"),
}
"""With which a page shows most."""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    roles = {"Ana": ("responder",), "Zoé": ("responder",), "Léa": ("responder", "restorer")}
    own = tmp_path_factory.mktemp("playbooks")
    (own / f"{STANDING}.yaml").write_text(GATED)
    with a_night(tmp_path_factory.mktemp("night"), roles, {"CORDON_PLAYBOOKS": str(own)}) as made:
        yield made


@pytest.fixture(autouse=True)
def _well(night: Night) -> None:
    for device in (SICK, HEALTHY):
        night.site.simulation.clear(device)


def test_the_responders_night_from_signing_in_to_the_walk_list(night: Night) -> None:
    """In French; one switch says yes and changes nothing."""
    night.site.simulation.fault(SICK, "ignore")
    context = opened(night.browser, night.service, locale="fr-FR")
    page = context.new_page()
    page.goto("/")
    assert page.url.endswith("/sign-in?next=%2Fsituation")
    sign_in(page, night.people["Ana"])
    page.wait_for_url("**/situation")
    expect(page.locator("h1")).to_have_text(FR.text("situation.nothing-cut"))
    expect(page.locator("html")).to_have_class("is-live")
    run = cut_by_page(page)
    # No reload: the page fetches itself as the run goes on.
    expect(page.locator("#truth .st")).to_have_text(FR.text("state.finished"))
    expect(page.locator("#truth em")).to_have_text(FR.text("run-page.lacking", count=2))
    assert {device for device, _port in night.site.open_ports()} == {SICK}
    expect(page.locator("#byhand a.go")).to_be_visible()
    [row] = page.locator("#devices tbody tr").all()
    expect(row).to_contain_text(SICK)
    expect(row).to_contain_text(FR.text("cause.read-back-differs"))
    expect(page.locator(".chart .line")).to_be_visible()
    page.locator("#devices tbody a").click()
    expect(page.locator("pre").first).to_contain_text("shutdown")
    page.goto("/situation")
    expect(page.locator("h1")).to_contain_text(FR.text("situation.level", level=5, since="")[:-1])
    page.locator("#todo a.btn").click()
    errand = page.locator(".walk > li").first
    code = errand.locator(".code").inner_text()
    errand.locator("summary").click()
    errand.locator("button").click()
    expect(page.locator(".said")).to_contain_text(code)
    expect(page.locator(f".walk > li.claimed .code:text-is('{code}')")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("header nav")).to_be_hidden()
    expect(page.locator(".walk pre").first).to_be_visible()
    assert night.service.cordon("show", run)[1]["state"] == "finished"
    context.close()


def test_a_run_is_aborted_by_its_page_and_nothing_is_undone(night: Night) -> None:
    """One switch never speaks: the run waits for it, and whoever looks on sees it end."""
    night.site.simulation.fault(SICK, "hang", at="tcp")
    context = opened(night.browser, night.service, night.people["Zoé"], locale="fr-FR")
    page, looking_on = context.new_page(), context.new_page()
    run = cut_by_page(page)
    page.locator("#abort summary").click()
    page.locator("#abort input[name=reason]").fill("fausse alerte")
    page.locator("#abort button").click()
    expect(page.locator(".said")).to_have_text(FR.text("said.stopping"))
    looking_on.goto(f"/runs/{run}")
    for each in (page, looking_on):
        expect(each.locator("#truth .st")).to_have_text(FR.text("state.aborted"))
        expect(each.locator("#stop")).to_be_hidden()
    assert night.service.cordon("show", run)[1]["state"] == "aborted"
    assert {device for device, _port in night.site.open_ports()} == {SICK}
    page.goto("/logbook")
    expect(page.locator("#entries")).to_contain_text("fausse alerte")
    context.close()


def test_all_of_it_without_a_script(night: Night) -> None:
    context = opened(night.browser, night.service, java_script_enabled=False)
    page = context.new_page()
    page.goto("/isolate")
    sign_in(page, night.people["Zoé"])
    page.locator("a.level").last.click()
    page.locator("input[name=typed]").fill("elsewhere")
    page.locator("input[name=reason]").fill("ransom note")
    page.locator("button.kill").click()
    expect(page.locator(".note.bad")).to_contain_text(EN.text("error.wrong-site", site="faults"))
    assert page.locator("input[name=reason]").input_value() == "ransom note"
    page.locator("input[name=typed]").fill("faults")
    page.locator("button.kill").click()
    assert "/runs/" in page.url
    # The page loads itself again until the run is over.
    expect(page.locator("#truth .st")).to_have_text(EN.text("state.finished"))
    assert night.site.open_ports() == ()
    page.goto("/situation")
    expect(page.locator("#live-text")).to_contain_text(EN.text("web.as-of", at="").strip())
    expect(page.locator("#log")).to_contain_text("ransom note")
    page.locator("form.languages button[value=fr]").click()
    expect(page.locator("#todo h2")).to_have_text(FR.text("situation.to-do"))
    page.locator("details.menu summary").click()
    page.locator("details.menu button", has_text=FR.text("web.sign-out")).click()
    page.goto("/situation")
    assert "/sign-in" in page.url
    context.close()


def test_seven_pages_whose_service_is_killed_in_mid_cut_say_so_and_come_back_by_themselves(
    night: Night,
) -> None:
    """They listen by one stream; when the page that does is closed, another takes over."""
    night.site.simulation.fault(SICK, "late", nth=1, seconds=60)
    context = opened(night.browser, night.service, night.boss)
    page, *others = [context.new_page() for _ in range(7)]
    listening: set[Page] = set()
    context.on("request", lambda asked: listening.add(asked.frame.page) if "/live" in asked.url else None)
    run = cut_by_page(page)
    for each in others:
        each.goto("/situation")
    for each in (page, *others):
        expect(each.locator("html")).to_have_class("is-live")
    assert listening == {page}
    night.service.kill()
    try:
        for each in (page, *others):
            expect(each.locator("html")).to_have_class("is-stale")
            expect(each.locator("#stale")).to_be_visible()
        expect(page.locator("#live-text")).to_contain_text(EN.text("web.silent", at="").strip())
    finally:
        night.service.start()
    for each in (page, *others):
        expect(each.locator("html")).to_have_class("is-live")
    expect(page.locator("#stale")).to_be_hidden()
    expect(page.locator("#truth .st")).to_have_text(EN.text("state.finished"))
    assert page.url.endswith(run)
    assert listening == {page}
    assert night.site.open_ports() == ()
    page.close()
    before = others[-1].locator("#live-text").inner_text()
    expect(others[-1].locator("#live-text")).not_to_have_text(before)
    context.close()


def test_a_page_comes_again_until_what_is_made_beside_it_is_there(night: Night) -> None:
    context = opened(night.browser, night.service, night.boss)
    page, asked = context.new_page(), list[str]()

    def not_yet(route: Route) -> None:
        answer = route.fetch()
        asked.append(route.request.resource_type)
        shown = answer.text()
        if len(asked) == 1:
            shown = shown.replace('id="truth" data-live', 'id="truth" data-live data-again')
        route.fulfill(response=answer, body=shown)

    page.route("**/restore", not_yet)
    page.goto("/restore")
    expect(page.locator("#truth[data-again]")).to_be_visible()
    expect(page.locator("#truth[data-again]")).to_have_count(0)
    assert asked[:2] == ["document", "fetch"]
    context.close()


def test_an_engineer_imports_an_inventory_with_mistakes_and_then_without(night: Night) -> None:
    context = opened(night.browser, night.service, hired(night.service, night.boss, "Ingé", ["engineer"]))
    page, before = context.new_page(), night.site.inventory.read_text("utf-8")
    wrong = before.replace("priority: ", "priority: P", 1)
    page.goto("/inventory")
    page.locator("a[href='/inventory/edit']").click()
    file = FilePayload(name="new.yaml", mimeType="text/yaml", buffer=wrong.encode())
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("textarea")).to_have_value(wrong)
    page.locator("form[action='/inventory/edit'] button.go").click()
    mistake = page.locator(".mistakes li")
    expect(mistake).to_have_count(1)
    mistake.click()  # the line is selected, ready to be typed over
    page.keyboard.insert_text(next(line for line in before.splitlines() if "priority: " in line))
    found: list[Any] = [*violations(page)]
    expect(page.locator("textarea")).to_have_value(before)
    page.locator("textarea").fill(f"{before}# seen by the engineer\n")
    page.locator("form[action='/inventory/edit'] button.go").click()
    page.wait_for_url("**/inventory/revisions/*")
    assert night.site.inventory.read_text("utf-8") == before
    page.locator("form.act button.go").click()
    page.wait_for_url("**/inventory")
    assert night.site.inventory.read_text("utf-8") == f"{before}# seen by the engineer\n"
    assert not found, "\n".join(map(str, found))
    context.close()


def looked_at_only_where_there_is_one(page: Page) -> dict[str, str]:
    """The addresses, by path, of a gate, of a request for its return and of a playbook's kept text."""
    page.goto("/restore")
    gate = page.locator("a[href^='/restore/segments/']").first.get_attribute("href")
    page.goto("/restore/ask?subjects=admin")
    page.locator("input[name=typed]").fill("faults")
    page.locator("form[method=post][action='/restore/ask'] button.go").click()
    request = page.locator("#requests a").first.get_attribute("href")
    page.goto("/inventory/playbooks/edit?name=level-5")
    page.locator("form[action='/inventory/playbooks/edit'] button.go").click()
    page.wait_for_url("**/revisions/*")
    return {
        "/restore/segments/{name}": str(gate),
        "/approvals/{request}": str(request),
        "/inventory/playbooks/{name}/revisions/{revision}": urlsplit(page.url).path,
    }


@dataclass(frozen=True, slots=True)
class Afterwards:
    """After a cut: a page of somebody who may do everything, and one of a stranger; ``known``: values of the
    parameters of pages, and whole addresses by path."""

    page: Page
    stranger: Page
    known: dict[str, str]


@pytest.fixture(scope="module")
def afterwards(night: Night) -> Iterator[Afterwards]:
    everybody = hired(night.service, night.boss, "Tous", list(Role))
    context = opened(night.browser, night.service, everybody, locale="fr-FR")
    page = context.new_page()
    run = cut_by_page(page)
    expect(page.locator("#truth .st")).to_have_text(FR.text("state.finished"))
    plan = str(page.locator("#times a").get_attribute("href")).rpartition("/")[2]
    with night.service.client(night.boss) as client:
        invited = client.post("/users", json={"name": "Invitée", "roles": [{"role": "viewer"}]}).json()
    known = {
        "run": run,
        "device": SICK,
        "plan": plan,
        "user": "user:1",
        "revision": sha256(night.site.inventory.read_bytes()).hexdigest(),
        "/map/devices/{name}": f"/map/devices/{SICK}",
        "/enrol": f"/enrol?token={invited['token']}",
        **looked_at_only_where_there_is_one(page),
    }
    strange = opened(night.browser, night.service)
    yield Afterwards(page, strange.new_page(), known)
    strange.close()
    context.close()


@pytest.mark.parametrize("path", page_paths())
def test_no_page_has_a_barrier_in_any_theme_or_is_wider_than_a_telephone(
    afterwards: Afterwards, path: str
) -> None:
    """Of every page of the router, and none of them says that there is no such thing."""
    page = afterwards.stranger if path.startswith(("/enrol", "/sign-in")) else afterwards.page
    wanted = afterwards.known.get(path) or path.format(**afterwards.known)
    themes = (
        () if path == REFERENCE else THEMES
    )  # so long that one look at it takes as long as all the others
    queries = QUERIES.get(path, ("",))
    found = [each for query in queries for each in _barriers(page, wanted + query, themes)]
    assert not found, "\n".join(map(str, found))


def _barriers(page: Page, address: str, themes: Iterable[str]) -> list[Any]:
    answer = page.goto(address)
    assert answer is not None
    there = answer.ok or page.locator("#live").count()  # a page of its own may tell what is refused
    found = [] if there else [(address, "status", str(answer.status))]
    found += [(address, "light", each) for each in violations(page)]
    for theme in themes:
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
        found += [(address, theme, each) for each in violations(page, "color-contrast", "link-in-text-block")]
    size = page.viewport_size
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > PHONE["width"]:
        found.append((address, "telephone", f"{wide} wide"))
    if size:
        page.set_viewport_size(size)
    return found


def test_a_return_by_the_board(night: Night) -> None:
    """The next wave, then what is left of the site stays as it is."""
    context = opened(night.browser, night.service, night.people["Léa"])
    page = context.new_page()
    cut_by_page(page)
    expect(page.locator("#truth .st")).to_have_text(EN.text("state.finished"))
    page.goto("/restore")
    first = page.locator(".wave.next h2").inner_text()
    page.locator(".wave.next a.go").click()
    page.locator("input[name=typed]").fill("faults")
    page.locator("button.go").click()
    page.wait_for_url("**/runs/*")
    expect(page.locator("#truth .st")).to_have_text(EN.text("state.finished"))
    assert night.site.open_ports() != ()
    page.goto("/restore")
    assert page.locator(".wave.next h2").inner_text() != first
    expect(page.locator("#again a.kill")).to_be_visible()
    context.close()
