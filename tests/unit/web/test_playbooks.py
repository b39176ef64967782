"""Playbooks as pages: changed with every mistake told, compared with what a cut would do, put in force."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from controller.bootstrap import Composition
from controller.catalog.shipped import shipped_playbooks
from controller.engine.people.roles import Role
from controller.text import Catalogue
from controller.workers.resident import reside
from tests.fakes.homes import new_home
from tests.unit.api.house import INVENTORY, House
from tests.unit.web.console import Visitor, fields, words_on

EN = Catalogue("en")
EDIT = "/inventory/playbooks/edit"
OWN = """\
format: 1
title: {fr: Bureaux, en: Offices only}
stages:
  - {name: office, action: isolate, method: [shutdown], select: {segments: office}}
"""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With a directory of its own for playbooks; each test leaves it empty."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "inventory.yaml").write_text(INVENTORY)
    (folder / "playbooks").mkdir()
    new_home(folder / "home")
    composition = Composition(
        home=folder / "home",
        inventory=folder / "inventory.yaml",
        playbooks=(str(folder / "playbooks"),),
        argon2_memory_kib=8,
        argon2_passes=1,
    )
    with reside(composition) as office:
        yield House(office)


@pytest.fixture
def own(at: House) -> Iterator[Path]:
    directory = Path(at.office.composition.playbook_directories()[0])
    yield directory
    for file in directory.iterdir():
        file.unlink()


def test_a_level_is_changed_after_what_it_changes_was_seen(at: House, own: Path) -> None:
    visitor = Visitor(at, Role.ENGINEER)
    shipped = (shipped_playbooks() / "level-1.yaml").read_text("utf-8")
    listed = visitor.open("/inventory/playbooks")
    assert f'href="{EDIT}?name=level-1"' in listed.text
    editor = visitor.open(f"{EDIT}?name=level-1")
    typed = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", editor.text, re.DOTALL)
    assert typed is not None
    assert unescape(typed[1]) == shipped
    more = f"{shipped}  - {{name: also, action: isolate, method: [shutdown], select: {{segments: office}}}}\n"
    shown = visitor.send(editor, EDIT, {"text": more.replace("\n", "\r\n")})
    assert shown.status_code == 200
    said = words_on(shown)
    assert EN.text("playbook-page.valid", name="level-1") in said
    assert "+ - {name: also, action: isolate" in said
    assert EN.text("inventory.plan-points", before=2, after=3) in said
    assert "modem lan" in said
    assert ">level-5</a>" in shown.text  # it includes the changed one
    deeper = words_on(visitor.open(f"{shown.url.path}?of=level-5"))
    assert EN.text("isolate.level", level=5) in deeper
    assert list(own.iterdir()) == []
    activate = f"{shown.url.path}/activate"
    viewer = Visitor(at, Role.VIEWER).open(shown.url.path)
    assert viewer.status_code == 200
    assert activate not in viewer.text
    done = visitor.send(shown, activate)
    digest = shown.url.path.rpartition("/")[2]
    assert EN.text("said.playbook-active", name="level-1", revision=digest[:12]) in words_on(done)
    assert (own / "level-1.yaml").read_text("utf-8") == more
    assert at.office.documents_in_force().playbooks["level-1"].stages[-1].name == "also"


def test_one_with_mistakes_is_kept_nowhere_and_lost_nowhere(at: House, own: Path) -> None:
    visitor = Visitor(at, Role.ENGINEER)
    wrong = OWN.replace("segments: office", "segments: ofice").replace("isolate", "isolated")
    new = visitor.open(EDIT)
    sent = visitor.send(new, EDIT, {"name": "offices", "text": wrong})
    assert sent.status_code == 422
    assert EN.text("inventory.at-line", file="offices.yaml", line=4) in words_on(sent)
    assert unescape(sent.text).count("isolated") >= 2  # what was typed, and the line beside the mistake
    assert 'value="offices"' in sent.text
    for name in ("../level-1", "", "a" * 65):
        refused = visitor.send(new, EDIT, {"name": name, "text": OWN})
        assert EN.text("error.playbook-name", name=name) in words_on(refused)
    there = visitor.send(new, EDIT, {"name": "level-1", "text": OWN})
    assert EN.text("error.playbook-is-there", name="level-1") in words_on(there)
    assert at.office.playbooks.known("offices") == []
    assert list(own.iterdir()) == []


def test_what_was_changed_meanwhile_is_not_overwritten(at: House, own: Path) -> None:
    visitor = Visitor(at, Role.ENGINEER)
    shown = visitor.send(visitor.open(EDIT), EDIT, {"name": "offices", "text": OWN})
    assert EN.text("inventory.plan-points", before=0, after=1) in words_on(shown)
    (own / "offices.yaml").write_text(other := OWN + "# by hand, after it was compared\n")
    activate = f"{shown.url.path}/activate"
    late = visitor.send(shown, activate)
    assert late.status_code == 412
    assert EN.text("error.changed-meanwhile") in words_on(late)
    assert "- # by hand, after it was compared" in words_on(late)
    assert (own / "offices.yaml").read_text("utf-8") == other
    assert visitor.send(late, activate).url.path == "/inventory/playbooks"
    assert (own / "offices.yaml").read_text("utf-8") == OWN


def test_one_that_was_fit_and_is_no_longer_is_not_put_in_force(at: House, own: Path) -> None:
    visitor = Visitor(at, Role.ENGINEER)
    shown = visitor.send(visitor.open(EDIT), EDIT, {"name": "offices", "text": OWN})
    form = fields(shown, f"{shown.url.path}/activate")
    file = at.office.composition.inventory_path()
    file.write_text(INVENTORY.replace("  office:", "  bureau:"))
    try:
        unfit = visitor.client.post(f"{shown.url.path}/activate", data=form)
    finally:
        file.write_text(INVENTORY)
    assert unfit.status_code == 422
    assert EN.text("inventory.unfit", count=1) in words_on(unfit)
    assert list(own.iterdir()) == []


def test_a_chosen_file_counts_and_says_where_it_is_no_text(at: House, own: Path) -> None:
    """As a browser without scripts sends it."""
    visitor = Visitor(at, Role.ENGINEER)
    new = visitor.open(EDIT)

    def sent(content: bytes) -> str:
        files = {"file": ("o.yaml", content, "text/yaml")}
        data = fields(new, EDIT) | {"name": "from-file", "text": "of no account"}
        answer = visitor.client.post(EDIT, data=data, files=files)
        return f"{answer.status_code} {words_on(answer)}"

    bad = sent(OWN.replace("Offices", "Büros").encode("latin-1"))
    assert bad.startswith("422")
    assert EN.text("inventory.at-line", file="from-file.yaml", line=2) in bad
    assert sent(OWN.encode()).startswith("200")
    [(_, digest)] = at.office.playbooks.known("from-file")
    assert at.office.playbooks.text("from-file", digest) == OWN


def test_where_the_service_has_no_directory_nothing_is_put_in_force(
    at: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = at.office.composition.settings
    monkeypatch.setattr(at.office.composition, "settings", settings.model_copy(update={"playbooks": ()}))
    visitor = Visitor(at, Role.ENGINEER)
    assert EN.text("playbook-page.nowhere") in words_on(visitor.open("/inventory/playbooks"))
    shown = visitor.send(visitor.open(EDIT), EDIT, {"name": "offices", "text": OWN})
    assert "/activate" not in shown.text
    form = fields(shown, "/sign-out") | {"expected": ""}
    refused = visitor.client.post(f"{shown.url.path}/activate", data=form)
    assert refused.status_code == 422
    assert EN.text("error.playbooks-nowhere", name="offices") in words_on(refused)
