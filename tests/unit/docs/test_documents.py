"""The documents say what the program has, in both languages, and lead nowhere that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from controller.catalog.schema import SchemaKind
from controller.cli.application import application
from controller.cli.exits import Exit
from controller.settings import Settings
from controller.text import LANGUAGES, Catalogue
from tests.unit.docs import reference
from tests.unit.docs.keys import keys
from tests.unit.docs.quote import LEFT_OUT, READMES, STORY, quote, quoted

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
OF_KIND = {
    SchemaKind.INVENTORY: "inventory",
    SchemaKind.PROFILE: "profiles",
    SchemaKind.PLAYBOOK: "playbooks",
}
PAGES = sorted([*DOCS.glob("*.md"), *ROOT.glob("README*.md")])
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)|src=\"([^\"]+)\"")
_ROW = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


def read(name: str, lang: str) -> str:
    path = DOCS / (f"{name}.md" if lang == "en" else f"{name}.{lang}.md")
    return path.read_text("utf-8")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", list(SchemaKind))
def test_every_key_of_a_format_is_described_and_no_other(kind: SchemaKind, lang: str) -> None:
    described = _ROW.findall(read(OF_KIND[kind], lang))
    assert sorted(described) == sorted(keys(kind))


def test_the_keys_are_found_at_all() -> None:
    assert {"devices.NAME.paths[].port", "SECRET.env"} <= set(keys(SchemaKind.INVENTORY))
    assert {"points.KIND.methods.METHOD.restore[].when", "LINE.each"} <= set(keys(SchemaKind.PROFILE))
    assert "stages[].select.segments.keep_alive" in keys(SchemaKind.PLAYBOOK)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_reference_is_that_of_this_program(lang: str) -> None:
    assert reference.file(lang).read_text("utf-8") == reference.page(lang), "run: make docs"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_command_option_exit_code_setting_and_hazard_is_in_the_reference(lang: str) -> None:
    text, words = read("reference", lang), Catalogue(lang)
    tree = application(words)
    groups = [name for name, command in tree.commands.items() if getattr(command, "commands", None)]
    assert {"audit", "user"} <= set(groups)
    within = [item for group in groups for item in tree.commands[group].commands.items()]
    for name, command in [*tree.commands.items(), *within]:
        assert re.search(rf"^### `cordon (({'|'.join(groups)}) )?{name}\b", text, re.MULTILINE), name
        missing = [option for each in command.params for option in each.opts if option.startswith("--")]
        assert [option for option in missing if option != "--help" and option not in text] == []
    rows = set(_ROW.findall(text))
    assert {str(int(code)) for code in Exit} <= rows
    assert {f"CORDON_{name.upper()}" for name in Settings.model_fields} <= rows
    assert {code.removeprefix("hazard.") for code in words if code.startswith("hazard.")} <= rows


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target, _, source in _LINK.findall(path.read_text("utf-8")):
        if not (link := target or source).startswith(("http:", "https:", "mailto:")):
            assert (path.parent / link).exists(), link


def test_every_page_exists_in_both_languages() -> None:
    """Save those written by tests."""
    english = {path.name for path in DOCS.glob("*.md") if not path.name.endswith(".fr.md")} - {"faults.md"}
    assert {"responder.md", "crisis-cell.md", "auditor.md", "engineer.md", "index.md"} <= english
    assert {path.name for path in DOCS.glob("*.fr.md")} == {name.replace(".md", ".fr.md") for name in english}


@pytest.mark.parametrize("path", READMES, ids=lambda path: str(path.name))
def test_the_story_told_is_the_laboratorys_real_output(path: Path) -> None:
    readme, story = path.read_text("utf-8"), STORY.read_text("utf-8")
    assert readme == quoted(readme, story), "run: make docs"
    shown = quote(story).splitlines()[1:-1]
    lines = iter(story.splitlines())
    assert len(shown) > 40
    assert [line for line in shown if line.strip() not in {"", LEFT_OUT} and line not in lines] == []


def test_the_picture_needs_nothing_from_anywhere() -> None:
    picture = (DOCS / "demo.svg").read_text("utf-8")
    assert "@font-face" not in picture
    assert re.findall(r"(?:href|src)=|url\((?!#)|@import", picture) == []
    assert "SIMULATED" in picture.upper()
