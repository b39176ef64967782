"""The threat model: every line has a test that exists, or its reason; both languages say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
_NAMED = re.compile(r"`(tests/[\w/.]+\.py)::(test_\w+)`")
_REASON = {"en": "reason: ", "fr": "raison : "}


def page(lang: str) -> str:
    name = "security.md" if lang == "en" else f"security.{lang}.md"
    return (ROOT / "docs" / name).read_text("utf-8")


def threats(lang: str) -> list[tuple[str, list[str]]]:
    """Section and cells of every line of a table, heads left out."""
    section, found = "", []
    for line in page(lang).splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif line.startswith("| ") and not line.startswith("|---"):
            found.append((section, [cell.strip() for cell in line.strip("|").split("|")]))
    return [each for index, each in enumerate(found) if index and found[index - 1][0] == each[0]]


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_line_has_its_test_or_its_reason(lang: str) -> None:
    lines = threats(lang)
    assert len(lines) > 30
    for section, cells in lines:
        assert len(cells) == 3, (section, cells)
        assert _NAMED.search(cells[2]) or cells[2].startswith(_REASON[lang]), (section, cells[0])


def test_the_tests_named_exist() -> None:
    named = _NAMED.findall(page("en"))
    assert len(named) > 30
    absent = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).exists()
        or not re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    ]
    assert absent == []


def test_both_languages_name_the_same_tests_line_by_line() -> None:
    assert [_NAMED.findall(cells[2]) for _, cells in threats("en")] == [
        _NAMED.findall(cells[2]) for _, cells in threats("fr")
    ]


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_each_attacker_has_a_section_and_root_is_spoken_of_plainly(lang: str) -> None:
    sections = [line for line in page(lang).splitlines() if line.startswith("## ")]
    wanted = {
        "en": ("Root", "network", "laptop", "insider", "encrypted", "backup", "Accounts"),
        "fr": ("Root", "réseau", "portable", "interne", "chiffré", "sauvegarde", "Comptes"),
    }[lang]
    for word in wanted:
        assert any(word in section for section in sections), word
