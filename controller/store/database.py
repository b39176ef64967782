"""Connections to a home's database, and its revision."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from controller.domain.errors import HomeFromTheFuture
from controller.store.schema import REVISION
from controller.store.triggers import assert_present

BUSY = 5.0
"""Seconds the writer waits for another process's lock; whoever waits for the writer waits less."""

_GIVES_WAY = 0.05
"""Seconds for which emptying the write-ahead log may keep a commit waiting."""

_ATTEMPTS = 40

READ_BUSY = 0.25
"""Seconds a reader waits; in WAL only an exclusive lock can keep it waiting at all."""


def writing(path: Path, *, kept: bool = False) -> Engine:
    """The leader's engine. Every transaction takes the write lock at its beginning. ``kept``: one connection
    for all of them, one after the other, that stays open. Where each has its own, the one that closes last
    empties the write-ahead log behind an exclusive lock: for as long as the disk takes, nobody can read."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{_quoted(path)}?mode=rw",
            uri=True,
            timeout=BUSY,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "recursive_triggers=ON",
                "secure_delete=ON",
            ):
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    return _engine(connect, "BEGIN IMMEDIATE", kept=kept)


def truncate_log(path: Path) -> bool:
    """Empties the write-ahead log into the database, as far as that holds up no commit. False where a reader
    was in the way all along."""
    name = f"file:{_quoted(path)}?mode=rw"
    with closing(sqlite3.connect(name, uri=True, timeout=_GIVES_WAY)) as connection:
        for _ in range(_ATTEMPTS):
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            try:
                busy, left, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.OperationalError:
                busy, left = 1, -1
            if not busy and not left:
                return True
            time.sleep(_GIVES_WAY)
    return False


def reader(path: Path) -> Engine:
    """For who reads often: :func:`reading` makes one each time."""
    return _engine(lambda: _reader(path), "BEGIN")


@lru_cache(maxsize=8)
def _known_reader(path: Path) -> Engine:
    """An engine keeps no connection; what it keeps is how each statement is written, which takes longer to
    find out than most of them take to be answered."""
    return reader(path)


@contextmanager
def reading(path: Path) -> Iterator[Connection]:
    """One read-only connection inside one transaction: all of its reads see the same moment."""
    with _known_reader(path).connect() as connection, connection.begin():
        yield connection


def _reader(path: Path) -> sqlite3.Connection:
    """Reading a WAL database needs its shared-memory file; on a full or read-only disk it cannot be made.

    Then the index is kept in this process alone, or, where no WAL has anything to say, done without.
    """
    quoted = _quoted(path)
    wal = path.with_name(path.name + "-wal")
    attempts = [(f"file:{quoted}?mode=ro", "")]
    if wal.exists() and wal.stat().st_size:
        attempts.append((f"file:{quoted}?mode=rw", "locking_mode=EXCLUSIVE"))
    else:
        attempts.append((f"file:{quoted}?immutable=1", ""))
    refusal: sqlite3.Error | None = None
    for uri, pragma in attempts:
        connection = sqlite3.connect(
            uri, uri=True, timeout=READ_BUSY, isolation_level=None, check_same_thread=False
        )
        try:
            if pragma:
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("PRAGMA query_only=ON")
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
        except sqlite3.OperationalError as error:
            connection.close()
            refusal = error
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                break
        except sqlite3.Error:
            connection.close()
            raise
        else:
            return connection
    raise refusal or sqlite3.OperationalError("cannot be read")


def _engine(connect: Callable[[], sqlite3.Connection], begin: str, *, kept: bool = False) -> Engine:
    if kept:
        engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=1, max_overflow=0)
    else:
        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def revision_of(path: Path) -> int:
    """The revision a database is at; 0 where there is no database, or an empty one."""
    if not path.exists() or not path.stat().st_size:
        return 0
    with reading(path) as connection:
        try:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except OperationalError as error:
            if "no such table" in str(error):
                return 0
            raise
    return int(found) if found else 0


def check_revision(home: Path, path: Path) -> int:
    """As :func:`revision_of`. Raises HomeFromTheFuture, having touched nothing."""
    found = revision_of(path)
    if found > REVISION:
        raise HomeFromTheFuture(home=str(home), found=found, known=REVISION)
    return found


def migrate(path: Path, record: Callable[[Connection], object]) -> None:
    """Brings the database to :data:`REVISION`, asserts its triggers and lets ``record`` write about it, all
    in one transaction. Only under the leader's lock."""
    # Only a new or an old home needs Alembic, which takes half a second to import.
    from alembic import command  # noqa: PLC0415 - only a home that needs migrating pays for Alembic
    from alembic.config import Config  # noqa: PLC0415 - only a home that needs migrating pays for Alembic

    config = Config()
    config.set_main_option("script_location", "controller.store:migrations")
    with writing(path).connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert_present(connection)
        record(connection)
