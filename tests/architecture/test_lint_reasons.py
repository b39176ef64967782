"""A rule that is switched off says why, where it is switched off."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

_SECTION = re.compile(r"^\[(?P<name>.+)\]$")
_IGNORED = re.compile(r'^\s*"(?P<code>[A-Z]+[0-9]*)",\s*(?P<comment>#.*)?$')
_LIST = re.compile(r'^(?P<key>[\w-]+|".+") = \[(?P<rest>.*)$')
_SUPPRESSION = re.compile(
    r"#\s*(?:noqa\b(?P<codes>:\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)?|type:\s*ignore(?P<kind>\[[\w, -]+\])?)"
)
_WORDS = re.compile(r"\w+\W+\w+")


def ignored_without_reason(config: str) -> list[str]:
    """Codes in ruff's ``ignore`` and ``per-file-ignores`` that stand on their line without a comment."""
    found: list[str] = []
    section = key = ""
    for line in config.splitlines():
        if header := _SECTION.match(line):
            section, key = header["name"], ""
        elif start := _LIST.match(line):
            key = start["key"]
            if _ignores(section, key):
                found += re.findall(r'"([A-Z]+[0-9]*)"', start["rest"])
        elif _ignores(section, key) and (code := _IGNORED.match(line)) and not _reason(code["comment"] or ""):
            found.append(code["code"])
    return found


def suppressed_without_reason(source: str) -> list[int]:
    """Line numbers of ``noqa`` and ``type: ignore`` that name no rule, or are followed by no reason."""
    return [
        number
        for number, line in enumerate(source.splitlines(), 1)
        if (found := _SUPPRESSION.search(line))
        and not ((found["codes"] or found["kind"]) and _reason(line[found.end() :]))
    ]


def _ignores(section: str, key: str) -> bool:
    return section == "tool.ruff.lint.per-file-ignores" or (
        section == "tool.ruff.lint" and key in {"ignore", "extend-ignore"}
    )


def _reason(comment: str) -> bool:
    return bool(_WORDS.search(comment))


def test_every_ignored_rule_has_its_reason() -> None:
    assert not ignored_without_reason((ROOT / "pyproject.toml").read_text())


def test_every_suppression_in_the_code_has_its_reason() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    bare = [
        f"{name}:{number}"
        for name in listed.stdout.splitlines()
        if (ROOT / name).is_file() and ROOT / name != Path(__file__)
        for number in suppressed_without_reason((ROOT / name).read_text())
    ]
    assert not bare, "write it as `# noqa: S105 - why` or `# type: ignore[code]  # why`"


@pytest.mark.parametrize(
    ("config", "bare"),
    [
        ('[tool.ruff.lint]\nignore = [\n    "D1",\n    "D203", # contradicts D211\n]\n', ["D1"]),
        ('[tool.ruff.lint]\nignore = ["S101"]\n', ["S101"]),
        ('[tool.ruff.lint]\nselect = [\n    "E",\n]\n', []),
        ('[tool.ruff.lint.per-file-ignores]\n"a/**" = [\n    "T20", #\n]\n', ["T20"]),
    ],
)
def test_a_bare_ignore_is_found(config: str, bare: list[str]) -> None:
    assert ignored_without_reason(config) == bare


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("x = 1  # noqa", True),
        ("x = 1  # noqa: S105", True),
        ("x = 1  # noqa: S105 - the name of a cause", False),
        ("x = 1  # type: ignore", True),
        ("x = 1  # type: ignore[attr-defined]", True),
        ("x = 1  # type: ignore[attr-defined]  # the stub lacks it", False),
    ],
)
def test_a_bare_suppression_is_found(line: str, bare: bool) -> None:
    assert suppressed_without_reason(line) == ([1] if bare else [])
