"""Nothing in the repository depends on one machine, and the locked dependencies are whole."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# In two parts each, so that this file does not find itself.
PLACES = re.compile(
    "|".join(
        (
            r"(?<![\w./-])/" + r"work/\w",
            r"(?<![\w./-])/" + r"root/[.\w]",
            r"(?<![\w./-])/" + r"tmp/setup",
            r"(?<![\w./-])/" + r"opt/(wheels|pypi)",
            r"file:" + r"///",
            r"pypi\." + r"org",
            r"python" + r"hosted\.org",
            r"--(extra-)?" + r"index" + r"-url[ =]",
            r"--find-" + r"links",
            r"--trusted-" + r"host",
        )
    )
)
PINNED = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)(\[[a-z0-9,]+\])?==(?P<version>[^ ;\\]+)")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_names_a_place_on_a_machine_or_a_package_index() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {place[0]}"
        for path in tracked()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if (place := PLACES.search(line))
    ]
    assert not found


@pytest.mark.parametrize(
    "line", ["-i https://pypi" + ".org/simple", "see /" + "work/main/x", "--index" + "-url x"]
)
def test_such_places_are_recognised(line: str) -> None:
    assert PLACES.search(line)


def pins(lock: str) -> dict[str, str]:
    return {
        found["name"]: found["version"]
        for line in (ROOT / lock).read_text().splitlines()
        if (found := PINNED.match(line))
    }


def test_the_tools_are_locked_on_top_of_the_same_versions_that_run() -> None:
    run, tools = pins("requirements.lock"), pins("requirements-dev.lock")
    assert run
    assert {name: tools.get(name) for name in run} == run


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_its_hashes(lock: str) -> None:
    packages = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []


def test_what_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = {re.split(r"[\[<>=~ ;]", wanted)[0] for wanted in project["project"]["dependencies"]}
    tools = {re.split(r"[\[<>=~ ;]", wanted)[0] for wanted in project["dependency-groups"]["dev"]}
    assert asked - pins("requirements.lock").keys() == set()
    assert tools - pins("requirements-dev.lock").keys() == set()
