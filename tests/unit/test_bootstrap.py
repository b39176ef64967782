"""What the environment sets reaches what it is about."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from controller.bootstrap import Composition
from controller.domain.facts import SYSTEM, Noted
from controller.domain.tags import Tag


@pytest.mark.parametrize(("milliseconds", "degraded"), [(20, True), (10_000, False)])
def test_how_long_the_database_is_waited_for(tmp_path: Path, milliseconds: int, degraded: bool) -> None:
    home = Composition(home=tmp_path / "home", spool_after_ms=milliseconds).home()
    with home.lead() as lead:
        (database,) = (path for path in home.path.iterdir() if path.name.endswith(".db"))
        other = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        ending = threading.Timer(0.5, other.execute, ["ROLLBACK"])
        ending.start()
        found = lead.journal.commit(Tag.LOG_WRITTEN, [Noted("home")], SYSTEM)
        ending.join()
        other.close()
    assert found.degraded is degraded
