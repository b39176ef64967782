from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controller.web import graphviz
from tests.unit.api.house import House, house

Script = Callable[[str], Path]


@pytest.fixture
def neato(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Puts a shell script in the place of Graphviz's program; gives the folder it runs from."""

    def put(script: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / graphviz.PROGRAM).write_text(f"#!/bin/sh\n{script}\n")
        (folder / graphviz.PROGRAM).chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
        return folder

    return put


@pytest.fixture
def at(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made
