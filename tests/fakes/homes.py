"""Homes for tests: one is made, the others are copies of it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from controller.store.home import Home, open_home
from controller.store.writer import Patience

SPOOL = 256 * 1024

UNHURRIED = Patience(database=30.0)
"""For what is not about a slow disk: a machine under load is one."""


@cache
def _template() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="cordon-home-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return open_home(directory / "home", spool_size=SPOOL).path


def new_home(path: Path, patience: Patience = UNHURRIED) -> Home:
    """A home as just created, with a small spool."""
    shutil.copytree(_template(), path)
    return open_home(path, create=False, patience=patience)
