"""A hold lasts for weeks, and Cordon is upgraded meanwhile: what the version before wrote is gone on with."""

# ruff: noqa: S608 - table names are our own
from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config

from controller.domain.facts import Actor, BaselineTaken, HoldEnded, HoldOpened, Noted, RunOpened, Text
from controller.domain.hold import Attribution, Ending
from controller.domain.inventory import Method, Point, PointId, PointKind
from controller.domain.playbook import Action
from controller.domain.tags import Tag
from controller.store.database import writing
from controller.store.home import Home, open_home
from controller.store.schema import REVISION
from tests.fakes.homes import UNHURRIED, new_home

BEFORE = REVISION - 1
AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
POINT = Point(PointId("acc-1", "Gi1/0/1", 110), PointKind.INTERFACE)
ROOT = Actor("os:0", Text("root"))


def as_before(home: Home) -> None:
    """Puts the home's rows into a database made by the migrations of the version before."""
    now, then = home.path / "cordon.db", home.path / "before.db"
    then.touch(mode=0o600)
    config = Config()
    config.set_main_option("script_location", "controller.store:migrations")
    with writing(then).connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, str(BEFORE))
    with closing(sqlite3.connect(then, isolation_level=None)) as database:
        guards = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        tables = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name != "alembic_version" and not name.startswith("sqlite_")
        ]
        database.execute("ATTACH ? AS now", (str(now),))
        for name, _ in guards:
            database.execute(f"DROP TRIGGER {name}")
        for name in tables:
            database.execute(f"INSERT INTO main.{name} SELECT * FROM now.{name}")
        for _, statement in guards:
            database.execute(statement)
        database.execute("DETACH now")
    for left in home.path.glob("cordon.db*"):
        left.unlink()
    for made in home.path.glob("before.db*"):
        made.rename(home.path / made.name.replace("before", "cordon"))


def test_what_the_version_before_held_is_held_on_and_returns_to_its_baseline(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    with home.lead() as lead:
        opened = RunOpened("r-1", Action.ISOLATE, "p", "level-5", 5, "i", "f", Text("ransom notes"))
        base = BaselineTaken("r-1", POINT, {"admin": "up", "vlan": "110"}, AT)
        hold = HoldOpened("r-1", "emergency", POINT, Method.SHUTDOWN, Attribution.OURS)
        lead.journal.commit(Tag.RUN_OPENED, [opened, base, hold], ROOT)
    held, bases = home.history().open_holds(), home.history().baselines()
    assert [each.key.subject for each in held] == ["emergency"]
    as_before(home)

    newer = open_home(home.path, create=False, patience=UNHURRIED)
    assert newer.history().open_holds() == held
    assert newer.history().baselines() == bases
    [(_, note)] = [each for each in newer.history().noted("home") if ("to", str(REVISION)) in each[1].data][
        -1:
    ]
    assert dict(note.data) == {"from": str(BEFORE), "to": str(REVISION)}
    assert newer.verify().faults == ()
    with newer.lead() as lead:
        ended = HoldEnded("r-1", "emergency", POINT.id, Ending.RESTORE, "b-1")
        lead.journal.commit(Tag.HOLD_ENDED, [ended, Noted("b-1")], ROOT)
    assert newer.history().open_holds() == ()
    assert newer.verify().faults == ()
