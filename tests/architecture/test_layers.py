"""The layers hold, and the contracts that say so bite."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint_imports(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [argument for contract in contracts for argument in ("--contract", contract)]
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", *chosen],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_contract_is_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("contract", "module", "line"),
    [
        ("layers", "domain/added.py", "import controller.engine.ports"),
        ("layers", "engine/added.py", "import controller.catalog"),
        ("layers", "store/added.py", "import controller.catalog"),
        ("layers", "utils/__init__.py", ""),
        ("composition", "cli/added.py", "import controller.drivers"),
        ("composition", "cli/added.py", "import controller.store"),
        ("composition", "cli/added.py", "import controller.settings"),
        ("domain", "domain/added.py", "import pydantic"),
        ("devices", "engine/added.py", "from netmiko import ConnectHandler"),
        ("devices", "bootstrap/added.py", "import paramiko"),
        ("sql", "catalog/added.py", "import sqlite3"),
        ("sql", "cli/added.py", "from sqlalchemy import select"),
        ("simulator", "simulator/added.py", "import controller.domain.profile"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, contract: str, module: str, line: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "controller", tmp_path / "controller", ignore=shutil.ignore_patterns("__pycache__")
    )
    before = lint_imports(tmp_path, contract)
    assert before.returncode == 0, before.stdout + before.stderr

    path = tmp_path / "controller" / module
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write(f"\n{line}\n")
    after = lint_imports(tmp_path, contract)

    assert after.returncode == 1
    assert "1 broken" in after.stdout or "undeclared" in after.stdout.lower(), after.stdout + after.stderr


def test_the_domain_imports_nothing_but_the_standard_library() -> None:
    foreign = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / "controller/domain").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported(node)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("controller.domain")
    ]
    assert not foreign


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    return []
