"""A wheel carries what the checkout ships, and finds it again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = {
    "shipped_profiles": "device_profiles",
    "shipped_playbooks": "playbooks",
    "shipped_examples": "examples",
}
ASK = """
import json
from controller.catalog import shipped
directories = {name: getattr(shipped, name)() for name in %r}
print(json.dumps({
    name: [str(directory), sorted(str(path.relative_to(directory)) for path in directory.rglob("*.yaml"))]
    for name, directory in directories.items()
}))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, as an installer lays it out."""
    made = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(made), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(made / "site")
    return made / "site"


def test_profiles_playbooks_and_examples_are_found_in_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK % list(SHIPPED)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for function, (found, names) in json.loads(done.stdout).items():
        source = ROOT / SHIPPED[function]
        assert Path(found).is_relative_to(unpacked)
        assert names
        assert names == sorted(str(path.relative_to(source)) for path in source.rglob("*.yaml"))


def test_the_command_is_installed(unpacked: Path) -> None:
    (entry_points,) = unpacked.glob("*.dist-info/entry_points.txt")
    assert "cordon = controller.cli.main:main" in entry_points.read_text().splitlines()


def test_pages_have_their_templates_and_their_stylesheet_in_the_wheel(unpacked: Path) -> None:
    source = ROOT / "controller" / "web"
    shipped = {path.relative_to(source) for path in source.rglob("*") if path.suffix in {".html", ".css"}}
    assert len(shipped) > 4
    assert [path for path in shipped if not (unpacked / "controller" / "web" / path).is_file()] == []
