"""People at the console, each in a browser of their own, in front of a service with simulated switches."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from controller.domain.playbook import STANDING
from controller.domain.tags import Tag
from controller.text import Catalogue
from tests.e2e.browser import PHONE, opened, sign_in, violations
from tests.e2e.night import Night, a_night
from tests.e2e.service import PASSWORD, Someone
from tests.faults.site import FAR, HEALTHY, POINTS, SICK

pytestmark = pytest.mark.e2e

FR, EN = Catalogue("fr"), Catalogue("en")

GATED = """\
format: 1
title: {fr: Retour, en: Return}
stages:
  - {name: offices, action: restore, select: {segments: admin}, gate: {approvals: 2}}
"""
"""Others consent to what it names; the rest of the site returns without."""

PEOPLE = {
    "Léa": ("responder", "restorer"),
    "Ana": ("approver",),
    "Zoé": ("approver",),
    "Noé": ("responder",),
    "Ingé": ("engineer",),
    "Claire": ("auditor",),
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site's directory of playbooks."""
    directory = tmp_path_factory.mktemp("playbooks")
    (directory / f"{STANDING}.yaml").write_text(GATED)
    return directory


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, own: Path) -> Iterator[Night]:
    environ = {"CORDON_PLAYBOOKS": str(own)}
    with a_night(tmp_path_factory.mktemp("night"), PEOPLE, environ, by_recovery=True) as made:
        yield made


@pytest.fixture(autouse=True)
def _well(night: Night) -> None:
    for device in (SICK, HEALTHY, FAR):
        night.site.simulation.clear(device)


def shows_themselves(page: Page, who: Someone, at: str) -> None:
    """Password and code once more, in the form for that."""
    page.locator(f"#password-{at}").fill(PASSWORD)
    page.locator(f"#code-{at}").fill(who.code())


def offices_cut_and_changed(night: Night, page: Page) -> None:
    page.goto("/isolate?subjects=admin")
    page.locator("input[name=typed]").fill("faults")
    page.locator("button.kill").click()
    expect(page.locator("#truth .st")).to_have_text(EN.text("state.finished"))
    night.site.simulation.configure(FAR, f"interface {POINTS['admin'][1][1]}", "switchport access vlan 130")
    assert night.site.is_cut(POINTS["admin"][1])


def test_two_approvers_in_two_browsers_let_a_wave_return_over_a_change_by_hand(night: Night) -> None:
    """Who restores has no script, one approver a telephone, and the other reads French."""
    site, people = night.site, night.people
    restorer = opened(night.browser, night.service, people["Léa"], java_script_enabled=False)
    page = restorer.new_page()
    offices_cut_and_changed(night, page)

    page.goto("/restore")
    page.locator("#by-hand button").click()
    expect(page.locator("pre.diff .now")).to_contain_text("+ vlan: 130")  # the page loads itself again
    expect(page.locator("pre.diff .left")).to_contain_text("- vlan: 150")
    page.goto("/restore")
    expect(page.locator("#waves")).to_contain_text("vlan: 150 → 130")
    page.goto("/restore/drift")
    page.locator("#changes a.btn").click()
    assert page.locator("input[name=typed]").count() == 0  # first it is decided
    page.get_by_label(EN.text("drift-page.word-theirs")).check()
    page.locator("form:has(.deciding) button").click()
    page.locator("input[name=typed]").fill("faults")
    page.locator("input[name=reason]").fill("the printer moved")
    shows_themselves(page, people["Léa"], "decide")
    page.get_by_role("button", name=EN.text("restore-page.go")).click()
    expect(page.locator(".said")).to_have_text(EN.text("said.asked"))

    browsers = [
        opened(night.browser, night.service, people["Ana"], locale="fr-FR"),
        opened(night.browser, night.service, people["Zoé"], viewport=PHONE),
    ]
    first, second = [browser.new_page() for browser in browsers]
    for each in (first, second):
        each.goto("/restore")
        each.locator("#requests a").first.click()
    expect(first.locator("main")).to_contain_text(FR.text("drift-page.consent-theirs", device=FAR))
    shows_themselves(first, people["Ana"], "approve")
    first.locator("form[action$='/approve'] button").click()
    expect(first.locator(".said")).to_have_text(FR.text("said.approved"))
    page.locator("#requests a").first.click()
    assert page.get_by_role("link", name=EN.text("restore-page.bring-back")).count() == 0
    assert not violations(second)
    shows_themselves(second, people["Zoé"], "approve")
    second.locator("form[action$='/approve'] button").click()
    expect(second.locator(".said")).to_have_text(EN.text("said.approved"))
    assert set(POINTS["admin"]).isdisjoint(site.open_ports())

    page.reload()
    page.get_by_role("link", name=EN.text("restore-page.bring-back")).click()
    page.locator("input[name=typed]").fill("faults")
    page.locator("input[name=reason]").fill("the printer moved")
    shows_themselves(page, people["Léa"], "decide")
    page.get_by_role("button", name=EN.text("restore-page.go")).click()
    page.wait_for_url("**/runs/*")
    expect(page.locator("#truth .st")).to_have_text(EN.text("state.finished"))
    changed, as_before = POINTS["admin"][1], POINTS["admin"][0]
    assert as_before in site.open_ports()
    assert site.is_cut(changed)
    assert "switchport access vlan 130" in site.simulation.running(FAR)
    for context in (restorer, *browsers):
        context.close()


def test_the_auditor_signs_in_reads_verifies_takes_it_away_and_may_do_nothing(
    night: Night, tmp_path: Path
) -> None:
    """In French, on a telephone."""
    assert night.service.cordon("isolate", "--segment", "laboratory", "--yes", "--reason", "note")[0] == 0
    run = night.service.cordon("runs")[1]["runs"][-1]["run"]
    context = opened(night.browser, night.service, locale="fr-FR", viewport=PHONE, accept_downloads=True)
    page = context.new_page()
    page.goto(f"/runs/{run}")
    sign_in(page, night.people["Claire"])
    page.wait_for_url(f"**/runs/{run}")
    page.locator("#devices tbody a").first.click()
    expect(page.get_by_role("heading", name=FR.text("run-page.transcript"))).to_be_visible()
    for address in ("/situation", f"/runs/{run}", "/restore", "/restore/drift", "/logbook", "/walk-list"):
        page.goto(address)
        forms = page.locator("main form:not([method=get])")
        assert forms.count() == 0, (address, forms.first.inner_html())
    for address in ("/isolate", "/restore/ask", "/inventory/edit", "/inventory/playbooks/edit"):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 403
        expect(page.locator("h1")).to_have_text(FR.text("wrong.not-you"))
    page.goto("/logbook?show=everything")
    page.locator("#signed a").click()
    expect(page.locator("h1")).to_have_text(FR.text("logbook.whole"))
    page.locator("#roles").check()
    with page.expect_download(timeout=60_000) as started:
        page.get_by_role("button", name=FR.text("logbook.export")).click()
    log = tmp_path / "log.zip"
    started.value.save_as(log)
    with zipfile.ZipFile(log) as content:
        content.extractall(tmp_path)
        assert b"Claire" not in b"".join(map(content.read, content.namelist()))
    verifier = next(tmp_path.rglob("verify.py"))
    checked = subprocess.run(
        [sys.executable, "-I", verifier, log], capture_output=True, timeout=60, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    page.goto("/logbook")
    taken = FR.text(f"tag.{Tag.LOG_EXPORTED.replace(':', '.')}")
    expect(page.locator("#entries li").first).to_contain_text(taken)
    context.close()


def tab_to(page: Page, selector: str) -> None:
    """By the Tab key alone, from where the focus is; what has it must be seen to have it."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            seen = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            assert seen != "none", selector
            return
    raise AssertionError(f"no way to {selector} on {page.url}")


def test_the_responders_path_by_tab_and_enter_alone(night: Night) -> None:
    """From signing in to the word on the walk-list; nobody touches a mouse."""
    night.site.simulation.fault(SICK, "ignore")
    who = night.people["Noé"]
    context = opened(night.browser, night.service)
    page = context.new_page()
    page.goto("/")
    for name, typed in (("name", who.name), ("password", PASSWORD), ("code", who.code())):
        tab_to(page, f"input[name={name}]")
        page.keyboard.type(typed)
    page.keyboard.press("Enter")
    page.wait_for_url("**/situation")
    tab_to(page, "a.skip")  # the first thing on every page leads past the bar
    page.keyboard.press("Enter")
    tab_to(page, "main a[href='/isolate']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/isolate")
    tab_to(page, "a.level[href$='level=5#confirm']")
    page.keyboard.press("Enter")
    page.wait_for_url("**level=5#confirm")
    tab_to(page, "input[name=typed]")
    page.keyboard.type("faults")
    tab_to(page, "input[name=reason]")
    page.keyboard.type("ransom note")
    tab_to(page, "button.kill")
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/*")
    expect(page.locator("#truth .st")).to_have_text(EN.text("state.finished"))
    tab_to(page, "#devices tbody a")
    page.keyboard.press("Enter")
    expect(page.locator("pre").first).to_contain_text("shutdown")
    page.go_back()
    tab_to(page, "a[href='/walk-list']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/walk-list")
    tab_to(page, ".walk summary")
    page.keyboard.press("Enter")
    tab_to(page, ".walk button")
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_be_visible()
    expect(page.locator(".walk > li.claimed")).to_have_count(1)
    context.close()


def test_an_engineer_imports_files_without_a_script(night: Night, own: Path) -> None:
    """What has mistakes comes back with them; a playbook without is put in force after its difference."""
    before = night.site.inventory.read_text("utf-8")
    context = opened(night.browser, night.service, night.people["Ingé"], java_script_enabled=False)
    page = context.new_page()

    def import_file(text: str) -> None:
        file = FilePayload(name="new.yaml", mimeType="text/yaml", buffer=text.encode())
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name=EN.text("inventory.examine")).click()

    page.goto("/inventory/edit")
    import_file(before.replace("priority: ", "priority: P", 1))
    expect(page.locator(".mistakes li")).to_have_count(1)
    assert night.site.inventory.read_text("utf-8") == before

    page.goto("/inventory/playbooks/edit")
    page.locator("input[name=name]").fill("laboratory-first")
    one = (
        "format: 1\ntitle: {fr: Labo, en: Laboratory}\nstages:\n"
        "  - {name: lab, action: isolate, method: [shutdown], select: {segments: laboratory}}\n"
    )
    import_file(one.replace("laboratory}}", "labratory}}"))
    expect(page.locator(".mistakes li")).to_contain_text("labratory")
    expect(page.locator("textarea")).to_have_value(one.replace("laboratory}}", "labratory}}"))
    import_file(one)
    page.wait_for_url("**/revisions/*")
    expect(page.locator("#plan")).to_contain_text(EN.text("inventory.plan-points", before=0, after=1))
    file = own / "laboratory-first.yaml"
    assert not file.exists()
    page.get_by_role("button", name=EN.text("inventory.activate")).click()
    expect(page.locator(".said")).to_contain_text("laboratory-first")
    assert file.read_text("utf-8") == one
    context.close()
