"""The accounts of a home on disk: records as rows of their own database, changed one at a time."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from controller.domain.codec import from_plain, to_plain
from controller.domain.errors import HomeFromTheFuture, JournalUnreadable
from controller.store.accounts_schema import REVISION, TABLES
from controller.store.database import reader, revision_of, writing

R = TypeVar("R")


class Records:
    """Implements Look and Change over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def one(self, kind: type[R], **where: object) -> R | None:
        found = self.every(kind, **where)
        return found[0] if found else None

    def every(self, kind: type[R], **where: object) -> tuple[R, ...]:
        table = TABLES[kind]
        wanted = select(table).where(*_matching(table, where)).order_by(*table.primary_key)
        return tuple(from_plain(kind, dict(row)) for row in self._connection.execute(wanted).mappings().all())

    def put(self, record: object) -> None:
        table = TABLES[type(record)]
        plain = to_plain(record)
        keys = {column.name: plain[column.name] for column in table.primary_key}
        self._connection.execute(delete(table).where(*_matching(table, keys)))
        self._connection.execute(insert(table).values(**plain))

    def drop(self, kind: type[object], **where: object) -> None:
        table = TABLES[kind]
        self._connection.execute(delete(table).where(*_matching(table, where)))

    def number(self, kind: type[object]) -> int:
        """Records of a kind that counts are never dropped."""
        table = TABLES[kind]
        last: int = self._connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        return last + 1


class Nothing:
    """The look at accounts where none were ever made."""

    def one(self, kind: type[R], **where: object) -> R | None:
        del kind, where
        return None

    def every(self, kind: type[R], **where: object) -> tuple[R, ...]:
        del kind, where
        return ()


class HomeAccounts:
    """The AccountStore of a home. Only its leader changes anything; the file appears with the first change.

    Raises JournalUnreadable, HomeFromTheFuture."""

    def __init__(self, home: Path, path: Path) -> None:
        self._home = home
        self._path = path
        self._lock = threading.RLock()
        self._engine: Engine | None = None
        self._reader: Engine | None = None

    @contextmanager
    def look(self) -> Iterator[Records | Nothing]:
        with self._told():
            found = self._reader or self._reading()
            if found is None:
                yield Nothing()
                return
            with found.connect() as connection, connection.begin():
                yield Records(connection)

    @contextmanager
    def change(self) -> Iterator[Records]:
        with self._told(), self._lock:
            engine = self._writing()
            try:
                with engine.connect() as connection, connection.begin():
                    yield Records(connection)
            except (SQLAlchemyError, OSError):
                engine.dispose()  # whatever became of it, the next change has a connection of its own
                raise

    def _reading(self) -> Engine | None:
        with self._lock:  # never while the tables are being made
            if self._reader is None and self._path.exists() and self._path.stat().st_size:
                self._known()
                self._reader = reader(self._path)
            return self._reader

    def _writing(self) -> Engine:
        if self._engine is None:
            if self._known() < REVISION:
                os.close(os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
                _migrate(self._path)
            self._engine = writing(self._path, kept=True)
            weakref.finalize(self, self._engine.dispose)
        return self._engine

    def _known(self) -> int:
        found = revision_of(self._path)
        if found > REVISION:
            raise HomeFromTheFuture(home=str(self._home), found=found, known=REVISION)
        return found

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise JournalUnreadable(home=str(self._home), cause=f"{self._path.name}: {cause}") from error


def _matching(table: Table, where: dict[str, Any]) -> list[Any]:
    return [
        table.c[name].is_(None) if value is None else table.c[name] == value for name, value in where.items()
    ]


def _migrate(path: Path) -> None:
    # Alembic takes half a second to import: only the first account of a home pays for it.
    from alembic import command  # noqa: PLC0415 - only accounts that need migrating pay for Alembic
    from alembic.config import Config  # noqa: PLC0415 - only accounts that need migrating pay for Alembic

    config = Config()
    config.set_main_option("script_location", "controller.store:accounts_migrations")
    with writing(path).connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
