"""With CORDON_LAB_REQUIRED a skipped laboratory test is a failed one; elsewhere a skip is a skip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MARKED = """
import pytest

@pytest.fixture
def network():
    pytest.skip("not root")

@pytest.mark.lab
def test_traffic(network):
    pass
"""
UNMARKED = "import pytest\n\ndef test_other():\n    pytest.skip('not here')\n"
WHOLE_MODULE = "import pytest\n\npytest.skip('no nft', allow_module_level=True)\n"


def run(tree: Path, source: str, required: str) -> subprocess.CompletedProcess[str]:
    (tree / "tests/lab").mkdir(parents=True)
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, tree / name)
    (tree / "tests/lab/test_it.py").write_text(source)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/lab"],
        cwd=tree,
        env={**environment, "CORDON_LAB_REQUIRED": required},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(("source", "reason"), [(MARKED, "not root"), (WHOLE_MODULE, "no nft")])
def test_a_skip_fails_where_the_laboratory_is_required(tmp_path: Path, source: str, reason: str) -> None:
    done = run(tmp_path, source, required="1")
    assert done.returncode not in {0, 5}, done.stdout
    assert reason in done.stdout


@pytest.mark.parametrize("source", [MARKED, UNMARKED])
def test_a_skip_is_a_skip_elsewhere(tmp_path: Path, source: str) -> None:
    done = run(tmp_path, source, required="")
    assert "1 skipped" in done.stdout
    assert done.returncode == 0


def test_only_laboratory_tests_are_required(tmp_path: Path) -> None:
    assert "1 skipped" in run(tmp_path, UNMARKED, required="1").stdout
