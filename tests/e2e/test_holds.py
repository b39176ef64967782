"""Holds that outlive their points, at the console: a port renamed, a segment rebuilt elsewhere."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect

from controller.bootstrap import Composition
from controller.cli.main import main
from controller.text import Catalogue
from controller.workers.leading import AnyLeader
from tests.e2e.browser import chromium, opened
from tests.e2e.service import first_administrator, hired, served
from tests.faults.site import ENABLE, HEALTHY, Site, running_site
from tests.faults.site import PASSWORD as SWITCHES

pytestmark = pytest.mark.e2e

PASSWORD = "correct horse battery"
EN = Catalogue("en")
OLD, NEW = "GigabitEthernet1/0/3", "GigabitEthernet1/0/5"

Cordon = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def inventory(site: Site, tmp_path: Path) -> Path:
    site.reset()
    own = tmp_path / "inventory.yaml"
    own.write_text(site.inventory.read_text())
    return own


@pytest.fixture
def cordon(
    inventory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Cordon]:
    for name, value in (
        ("CORDON_TEST_PASSWORD", SWITCHES),
        ("CORDON_TEST_ENABLE", ENABLE),
        ("CORDON_ARGON2_MEMORY_KIB", "8"),
        ("CORDON_SPOOL_AFTER_MS", "10000"),
    ):
        monkeypatch.setenv(name, value)
    home = inventory.with_name("home")
    fixed = ["--lang", "en", "--json", "--yes", "--reason", "test", "--home", str(home)]
    fixed += ["--inventory", str(inventory)]

    def call(*arguments: str, typed: tuple[str, ...] = ()) -> tuple[int, Any]:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        code = main([*fixed, *arguments])
        return code, json.loads(capsys.readouterr().out)

    with AnyLeader(Composition(home=home, inventory=inventory), lambda _: None).lead():
        yield call


def rename(inventory: Path) -> None:
    said = inventory.read_text()
    assert said.count(f"{OLD}\n") == 1
    inventory.write_text(said.replace(f"{OLD}\n", f"{NEW}\n"))


def test_what_is_held_moves_to_the_port_that_took_its_place_and_returns_there(
    cordon: Cordon, inventory: Path, site: Site
) -> None:
    old, new = (HEALTHY, OLD), (HEALTHY, NEW)
    move = ("hold", "transfer", HEALTHY, HEALTHY, "--port", f"{OLD}={NEW}", "--as-found")
    assert cordon("isolate", "--segment", "laboratory")[0] == 0
    assert {each["code"] for each in cordon(*move)[1]["hazards"]} == {
        "new-point-not-listed",
        "old-point-still-listed",
    }
    rename(inventory)
    code, shown = cordon(*move, "--dry-run")
    assert (code, shown["points"][0]["now"]["admin"], site.is_cut(new)) == (0, "up", False)
    code, done = cordon(*move)
    assert (code, [each["new"]["object"] for each in done["moved"]], done["kept"]) == (0, [NEW], [])
    assert (site.is_cut(old), site.is_cut(new)) == (True, True)
    [lab] = [each for each in cordon("status")[1]["subjects"] if each["name"] == "laboratory"]
    assert (lab["held"], lab["state"]) == (1, "isolated")
    assert cordon("restore", "--segment", "laboratory")[0] == 0
    assert (site.is_cut(old), site.is_cut(new)) == (True, False)
    assert cordon("audit", "verify")[1]["whole"]


def test_what_was_rebuilt_elsewhere_is_let_go_of_by_two_and_stays_cut(
    cordon: Cordon, inventory: Path, site: Site
) -> None:
    codes = {}
    for name, role in (("Rita", "restorer"), ("Anna", "approver")):
        made = cordon("user", "add", name, "--role", role, typed=(PASSWORD,))[1]
        codes[name] = iter(made["codes"])
    assert cordon("isolate", "--segment", "laboratory")[0] == 0
    rename(inventory)

    def by(name: str, *said: str) -> tuple[int, Any]:
        return cordon(*said, "--as", name, typed=(PASSWORD, next(codes[name])))

    retire = ("hold", "retire", "laboratory")
    assert cordon(*retire)[1]["error"] == "who-consents"
    code, waiting = by("Rita", *retire)
    assert (code, waiting["error"]) == (4, "awaiting-approval")
    request = waiting["data"]["request"]
    assert by("Rita", "approve", request)[1]["error"] == "own-request"
    assert by("Anna", "approve", request)[1]["request"]["ready"]
    code, done = by("Rita", *retire)
    assert (code, [each["object"] for each in done["ends"]]) == (0, [OLD])
    assert site.is_cut((HEALTHY, OLD))
    assert not any(each["held"] for each in cordon("status")[1]["subjects"])
    assert by("Rita", *retire)[1]["error"] == "nothing-held"


def test_what_is_held_moves_from_another_machine_once_for_its_key(
    inventory: Path, tmp_path: Path, site: Site
) -> None:
    known = {"CORDON_TEST_PASSWORD": SWITCHES, "CORDON_TEST_ENABLE": ENABLE}
    with served(tmp_path, inventory, known) as service:
        boss = first_administrator(service)
        rita = hired(service, boss, "Rita", ["restorer"], by_recovery=True)
        there = ("--server", service.url, "--pin", service.said["fingerprint"], "--yes", "--reason", "test")
        away = {"CORDON_HOME": str(tmp_path / "none"), "CORDON_INVENTORY": str(tmp_path / "none.yaml")}
        asked = {"device": HEALTHY, "to": HEALTHY, "ports": [{"old": OLD, "new": NEW}], "as_found": True}
        with service.client(boss) as client:
            cut = {"action": "isolate", "subjects": ["laboratory"], "reason": "test"}
            _wait(client, client.post("/runs", json=cut).json()["run"])
            assert client.post("/holds/transfer/look", json=asked).json()["refused"]
        rename(inventory)

        move = ("hold", "transfer", HEALTHY, HEALTHY, "--port", f"{OLD}={NEW}", "--as-found", "--as", "Rita")
        code, shown = service.cordon(*there, *move, "--dry-run", typed=rita.typed(), **away)
        assert (code, shown["points"][0]["now"]["admin"], site.is_cut((HEALTHY, NEW))) == (0, "up", False)
        code, done = service.cordon(*there, *move, typed=rita.typed(), **away)
        assert (code, [each["new"]["object"] for each in done["moved"]], done["kept"]) == (0, [NEW], []), done
        assert site.is_cut((HEALTHY, NEW))

        # Back again, as a program asks for it: what is asked twice with one key is done once.
        inventory.write_text(inventory.read_text().replace(f"{NEW}\n", f"{OLD}\n"))
        asked["ports"] = [{"old": NEW, "new": OLD}]
        with service.client(boss) as client:
            plans = client.post("/holds/transfer/look", json=asked).json()["plans"]
            sent = {**asked, "plans": plans, "reason": "test"}
            key = {"Idempotency-Key": "back"}
            answers = [client.post("/holds/transfer", json=sent, headers=key) for _ in range(2)]
            assert [each.status_code for each in answers] == [202, 202], [each.text for each in answers]
            run = answers[0].json()["run"]
            assert (answers[1].json()["run"], answers[1].headers["Idempotent-Replayed"]) == (run, "true")
            _wait(client, run)
            [held] = client.get("/holds", params={"device": HEALTHY}).json()["items"]
            assert (held["point"]["object"], held["subject"]) == (OLD, "laboratory")


def test_what_is_held_moves_by_page(inventory: Path, tmp_path: Path, site: Site) -> None:
    known = {"CORDON_TEST_PASSWORD": SWITCHES, "CORDON_TEST_ENABLE": ENABLE}
    old, new = (HEALTHY, OLD), (HEALTHY, NEW)
    with served(tmp_path, inventory, known) as service, chromium() as browser:
        boss = first_administrator(service)
        with service.client(boss) as client:
            cut = {"action": "isolate", "subjects": ["laboratory"], "reason": "test"}
            _wait(client, client.post("/runs", json=cut).json()["run"])
        rename(inventory)
        with opened(browser, service, hired(service, boss, "Rita", ["restorer"])) as context:
            page = context.new_page()
            page.goto("/restore/holds")
            asked = page.locator("form[action='/restore/holds/transfer']")
            for field, value in (("device", HEALTHY), ("to", HEALTHY), ("ports", f"{OLD}={NEW}")):
                asked.locator(f"[name={field}]").fill(value)
            asked.locator("button").click()
            expect(page.locator("main")).to_contain_text(f"→ {HEALTHY} {NEW}")
            assert not site.is_cut(new)
            page.locator("input[name=typed]").fill("elsewhere")
            page.locator("[name=reason]").fill("the port is broken")
            page.locator("#confirm button.go").click()
            expect(page.locator(".note.bad")).to_be_visible()
            assert not site.is_cut(new)
            page.locator("input[name=typed]").fill("faults")
            page.locator("#confirm button.go").click()
            expect(page.locator("#truth .st")).to_have_text(EN.text("state.finished"), timeout=30_000)
            assert (site.is_cut(old), site.is_cut(new)) == (True, True)
            page.goto("/restore/holds")
            expect(page.locator("main")).to_contain_text(HEALTHY)
        with service.client(boss) as client:
            [held] = client.get("/holds", params={"device": HEALTHY}).json()["items"]
            assert (held["point"]["object"], held["subject"]) == (NEW, "laboratory")


def _wait(client: httpx2.Client, run: str) -> None:
    give_up = time.monotonic() + 60
    while not client.get(f"/runs/{run}").json()["over"]:
        assert time.monotonic() < give_up
        time.sleep(0.05)
