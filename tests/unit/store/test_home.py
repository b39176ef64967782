"""A home: who may open it, what it must be, and what its database refuses."""

# ruff: noqa: S608 - table names are our own
from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from controller.domain.errors import HomeFromTheFuture, InvalidRequest, NotFound
from controller.domain.facts import Actor, HoldOpened, Noted, Text
from controller.domain.hold import Attribution
from controller.domain.inventory import Method, Point, PointId, PointKind
from controller.domain.tags import Tag
from controller.store import schema, triggers
from controller.store.database import writing
from controller.store.home import Home, LogUnprotected, open_home
from tests.fakes.homes import new_home

POINT = Point(PointId("acc-1", "Gi1/0/1"), PointKind.INTERFACE)
COVERED = [table.name for table in schema.COVERED]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path / "home")


def raw(home: Home) -> sqlite3.Connection:
    """As anyone with the file and the sqlite3 tool: without our pragmas."""
    return sqlite3.connect(home.path / "cordon.db", isolation_level=None)


def test_a_new_home_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        home = open_home(tmp_path / "a" / "home", spool_size=65536)
        with home.lead() as lead:
            lead.journal.commit(Tag.LOG_WRITTEN, [], Actor("os:0"))
            found = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in home.path.iterdir()}
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert found.pop("inbox") == 0o700
    assert {
        "cordon.db",
        "cordon.db-wal",
        "spool",
        "leader.lock",
        "acting.lock",
        "leader.sock",
    } <= found.keys()
    assert set(found.values()) == {0o600}


def test_its_creation_is_the_first_entry(home: Home) -> None:
    (first,) = home.entries()
    assert (first.entry.seq, first.tag, first.epoch) == (1, Tag.HOME_CREATED, 1)
    assert home.verify().sound


def test_no_home_is_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        open_home(tmp_path / "home", create=False)
    (tmp_path / "empty").mkdir(mode=0o700)
    with pytest.raises(NotFound):
        open_home(tmp_path / "empty", create=False)
    assert list(tmp_path.rglob("*")) == [tmp_path / "empty"]


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_home_others_can_write_is_refused(home: Home, mode: int) -> None:
    home.path.chmod(mode)
    with pytest.raises(InvalidRequest) as refused:
        open_home(home.path)
    assert refused.value.reason == "home-not-private"


def test_a_home_others_can_read_is_closed_to_them(home: Home) -> None:
    home.path.chmod(0o755)
    open_home(home.path)
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a home away")
def test_a_home_of_another_user_is_refused(home: Home) -> None:
    os.chown(home.path, 12345, -1)
    with pytest.raises(InvalidRequest) as refused:
        open_home(home.path)
    assert refused.value.data["owner"] == 12345


def test_a_home_from_the_future_is_left_as_it_is(home: Home) -> None:
    with closing(raw(home)) as database:
        database.execute("UPDATE alembic_version SET version_num = '7'")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = {path: path.read_bytes() for path in home.path.iterdir() if path.is_file()}
    with pytest.raises(HomeFromTheFuture) as refused:
        open_home(home.path)
    assert (refused.value.data["found"], refused.value.data["known"]) == (7, schema.REVISION)
    after = {path: path.read_bytes() for path in before}
    assert after == before


def test_the_migrations_make_exactly_the_schema(home: Home) -> None:
    with writing(home.path / "cordon.db").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


@pytest.mark.parametrize("name", sorted(triggers.expected()))
def test_a_missing_trigger_is_loud(home: Home, name: str) -> None:
    with closing(raw(home)) as database:
        database.execute(f"DROP TRIGGER {name}")
    with pytest.raises(LogUnprotected) as refused:
        open_home(home.path)
    assert refused.value.data["triggers"] == name
    assert [fault.code for fault in home.verify().faults] == ["triggers"]
    # A cut does not wait for the log's guards.
    assert open_home(home.path, guarded=False).path == home.path


def test_a_trigger_that_does_nothing_is_a_missing_one(home: Home) -> None:
    with closing(raw(home)) as database:
        database.execute("DROP TRIGGER intent_no_delete")
        database.execute("CREATE TRIGGER intent_no_delete BEFORE DELETE ON intent BEGIN SELECT 1; END")
    with pytest.raises(LogUnprotected):
        open_home(home.path)


@pytest.fixture
def written(home: Home) -> Home:
    with home.lead() as lead:
        hold = HoldOpened("r-1", "emergency", POINT, Method.SHUTDOWN, Attribution.OURS)
        lead.journal.commit(Tag.OPERATION_INTENDED, [hold, Noted("a")], Actor("os:0", Text("root")))
    return home


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hold SET method = 'acl'",
        "UPDATE entry SET body = x''",
        "UPDATE epoch SET epoch = 9",
        "DELETE FROM hold",
        "DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)",
        "DELETE FROM payload",
        "UPDATE payload SET content = x'00'",
        "UPDATE payload SET salt = NULL, content = NULL",
        "INSERT OR REPLACE INTO hold SELECT * FROM hold",
        "REPLACE INTO entry SELECT seq, epoch, x'', leaf, chain FROM entry",
        "REPLACE INTO payload SELECT commitment, entry, salt, x'' FROM payload",
        "INSERT OR IGNORE INTO run_move SELECT 7, max(seq), 0, 'now', 'r-1', 'finished', '' FROM entry",
        "INSERT INTO run_move VALUES (1, 1, 0, 'now', 'r-1', 'finished', '')",
        "INSERT INTO entry SELECT seq + 5, epoch, body, leaf, chain FROM entry",
        "INSERT INTO entry SELECT max(seq) + 1, 1, body, leaf, chain FROM entry",
        "INSERT INTO epoch SELECT 3, max(seq), 0, 'now', 1, 1, '' FROM entry",
    ],
)
def test_the_database_itself_refuses(written: Home, statement: str) -> None:
    with closing(raw(written)) as database, pytest.raises(sqlite3.IntegrityError):
        database.execute(statement)
    assert written.verify().sound


@pytest.mark.parametrize("table", ["entry", *COVERED])
def test_every_table_refuses_updates_and_deletions(written: Home, table: str) -> None:
    with closing(raw(written)) as database:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        if not database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]:
            # An empty table has nothing to refuse: give it a row as a faulty writer might.
            database.execute(f"DROP TRIGGER {table}_in_sequence")
            database.execute("DROP TRIGGER epoch_rises")
            database.execute(f"INSERT INTO {table} VALUES ({', '.join(['1'] * len(columns))})")
        for statement in (f"UPDATE {table} SET {columns[-1]} = 2", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(statement)


def test_the_head_of_the_log_is_what_verification_finds(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    with home.lead() as lead:
        lead.journal.commit(Tag.LOG_WRITTEN, [Noted("log")], Actor("os:1"))
    found = home.verify()
    assert home.head() == (found.seq, found.chain)
