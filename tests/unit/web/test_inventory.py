"""The inventory as pages: seen, changed with every mistake told, compared, put in force."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from threading import Event

import pytest

from controller.bootstrap import Composition
from controller.catalog.shipped import shipped_playbooks
from controller.engine.people.roles import Role
from controller.engine.planning.plans import plan_playbook
from controller.text import Catalogue
from controller.web import candidates
from tests.unit.api.house import INVENTORY, House, house
from tests.unit.web.console import Visitor, fields, words_on

EN = Catalogue("en")
MORE = INVENTORY.lstrip("\n").replace(
    "points: [{device: modem, interface: lan}]",
    "points: [{device: modem, interface: lan}, {device: box-4g, interface: lan}]",
)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all of these: each leaves the file as it was."""
    with house(tmp_path_factory.mktemp("house")) as made:
        yield made


def on_disk(at: House) -> str:
    return at.office.composition.inventory_path().read_text("utf-8")


def test_what_is_in_force_is_seen_with_its_playbooks(at: House) -> None:
    visitor = Visitor(at, Role.VIEWER)
    seen = visitor.open("/inventory")
    said = words_on(seen)
    assert "2 segments, 1 conduit, 2 devices" in said
    assert said.index("Emergency calls") < said.index("Offices")
    assert EN.text("inventory.alive", count=1) in said
    assert '<a href="/map/devices/modem">' in seen.text
    assert "/inventory/edit" not in seen.text
    books = visitor.open("/inventory/playbooks")
    assert EN.text("isolate.level", level=5) in words_on(books)
    assert "restore-by-priority" in words_on(books)


def test_a_text_with_mistakes_is_kept_nowhere_and_lost_nowhere(at: House) -> None:
    visitor, kept = Visitor(at, Role.ENGINEER), at.office.revisions.known()
    wrong = "# ours\n" + MORE.replace(
        "device: box-4g, interface: lan", "device: box-5g, interface: lan"
    ).replace("priority: 3", "priority: <many>")
    sent = visitor.send(
        visitor.open("/inventory/edit"), "/inventory/edit", {"text": wrong.replace("\n", "\r\n")}
    )
    assert sent.status_code == 422
    typed = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", sent.text, re.DOTALL)
    assert typed is not None
    assert unescape(typed[1]) == wrong
    said = words_on(sent)
    assert EN.text("inventory.mistakes", count=2) in said
    for name in ("box-5g", "<many>"):
        line = next(number for number, text in enumerate(wrong.splitlines(), 1) if name in text)
        assert EN.text("inventory.at-line", file="inventory", line=line) in said
    assert at.office.revisions.known() == kept
    form = fields(sent, "/inventory/edit") | {"text": "of no account"}
    chosen = {"file": ("new.yaml", MORE.replace("Offices", "Büros").encode("latin-1"), "text/yaml")}
    no_text = visitor.client.post("/inventory/edit", data=form, files=chosen)
    line = next(number for number, text in enumerate(MORE.splitlines(), 1) if "Offices" in text)
    assert EN.text("inventory.at-line", file="inventory", line=line) in words_on(no_text)
    assert at.office.revisions.known() == kept
    empty = visitor.send(sent, "/inventory/edit", {"text": " \r\n"})
    assert EN.text("error.inventory-empty") in words_on(empty)
    assert on_disk(at) == INVENTORY


def test_a_valid_text_is_compared_and_then_put_in_force(at: House) -> None:
    visitor = Visitor(at, Role.ENGINEER)
    form = fields(visitor.open("/inventory/edit"), "/inventory/edit") | {"text": MORE.replace("\n", "\r\n")}
    chosen = {"file": ("new.yaml", MORE.encode(), "text/yaml")}
    shown = visitor.client.post("/inventory/edit", data=form | {"text": "of no account"}, files=chosen)
    assert visitor.client.post("/inventory/edit", data=form).url == shown.url  # sent twice, kept once
    [(_, digest)] = at.office.revisions.known()
    assert shown.url.path == f"/inventory/revisions/{digest}"
    said = words_on(shown)
    assert f"{EN.text('inventory.changed', count=1)} · office" in said
    assert EN.text("inventory.unprotected", names="Emergency calls") not in said
    assert EN.text("inventory.plan-points", before=3, after=4) in said
    assert "box-4g lan" in said
    assert on_disk(at) == INVENTORY
    viewer = Visitor(at, Role.VIEWER).open(f"/inventory/revisions/{digest}?level=1")
    assert viewer.status_code == 200
    assert "/activate" not in viewer.text
    activate = f"/inventory/revisions/{digest}/activate"
    file = at.office.composition.inventory_path()
    file.write_text(other := INVENTORY + "# by hand, after it was compared\n")
    late = visitor.send(shown, activate)
    assert late.status_code == 412
    assert EN.text("error.changed-meanwhile") in words_on(late)
    assert on_disk(at) == other
    done = visitor.send(late, activate)
    assert EN.text("said.inventory-active", revision=digest[:12]) in words_on(done)
    assert on_disk(at) == MORE
    assert at.office.documents_in_force().inventory.digest == digest
    bare = {"text": MORE.replace("keep_alive: true", "keep_alive: false")}
    worse = visitor.send(visitor.open("/inventory/edit"), "/inventory/edit", bare)
    assert EN.text("inventory.unprotected", names="Emergency calls") in words_on(worse)
    file.write_text(INVENTORY)


def test_an_inventory_that_no_longer_has_what_a_playbook_cuts_is_refused_whole(
    at: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is written: afterwards no level could be compiled."""
    (tmp_path / "own.yaml").write_text(
        "format: 1\ntitle: {fr: À nous, en: Ours}\n"
        "stages: [{name: one, action: isolate, method: [shutdown], select: {segments: {name: [office]}}}]\n"
    )
    monkeypatch.setattr(Composition, "playbook_directories", lambda _: (tmp_path, shipped_playbooks()))
    gone = MORE.replace("  office:", "  bureau:")
    visitor, kept = Visitor(at, Role.ENGINEER), at.office.revisions.known()
    answer = visitor.send(visitor.open("/inventory/edit"), "/inventory/edit", {"text": gone})
    assert answer.status_code == 422
    assert EN.text("inventory.at-line", file="own.yaml", line=3) in words_on(answer)
    assert at.office.revisions.known() == kept


def test_what_takes_long_is_compared_beside_the_page_which_comes_again(
    at: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, go_on = Visitor(at, Role.ENGINEER), Event()
    monkeypatch.setattr(candidates, "AT_ONCE", 0)
    monkeypatch.setattr(candidates, "plan_playbook", lambda *asked: (go_on.wait(), plan_playbook(*asked))[1])
    waits = visitor.send(visitor.open("/inventory/edit"), "/inventory/edit", {"text": MORE})
    assert EN.text("inventory.examining-why") in words_on(waits)
    assert waits.headers["refresh"] == "2"
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "examining":
            thread.join()
    shown = visitor.open(waits.url.path)
    assert EN.text("inventory.plan-points", before=3, after=4) in words_on(shown)
    assert "refresh" not in shown.headers
