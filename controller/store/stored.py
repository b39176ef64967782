"""The log as its tables hold it, row by row in the order of the entries, straight from the driver: who
verifies a million entries reads two million rows, each of them once."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Select, Table, select
from sqlalchemy.dialects import sqlite

from controller.store import schema

Row = tuple[Any, ...]


class StoredEntry(NamedTuple):
    """A row of the table ``entry``; after tampering any column may hold anything but ``seq``, the key."""

    seq: int
    epoch: Any
    body: Any
    leaf: Any
    chain: Any


def read_any_text(connection: Connection) -> None:
    """Text that is no UTF-8 is a bad row to be named, not the end of reading."""
    _driver(connection).text_factory = lambda data: data.decode(errors="surrogateescape")


def stored_entries(connection: Connection) -> Iterator[StoredEntry]:
    """Raises sqlite3.Error."""
    entry = schema.entry.c
    wanted = select(entry.seq, entry.epoch, entry.body, entry.leaf, entry.chain).order_by(entry.seq)
    return map(StoredEntry._make, _rows(connection, wanted))


class StoredRows:
    """The rows of one table in the order of the entries that cover them, those of one entry in order of
    ``then``. Raises sqlite3.Error."""

    def __init__(self, connection: Connection, table: Table, then: Any) -> None:
        self._rows = _rows(connection, select(table).order_by(table.c.entry, then))
        self._entry = table.c.keys().index("entry")
        self._next: Row = ()
        self.strays = 0
        """Rows that do not say which entry they belong to; they are missed where they belong."""
        self.due: float = 0
        """The entry the next row belongs to; infinity after the last."""
        self._advance()

    def take(self) -> list[Row]:
        """The rows of the entry that is due."""
        entry, taken = self.due, []
        while self.due == entry:
            taken.append(self._next)
            self._advance()
        return taken

    def _advance(self) -> None:
        for row in self._rows:
            if isinstance(row[self._entry], int):
                self._next, self.due = row, row[self._entry]
                return
            self.strays += 1
        self.due = math.inf


def _rows(connection: Connection, wanted: Select[*tuple[Any, ...]]) -> Iterator[Row]:
    return _driver(connection).execute(str(wanted.compile(dialect=sqlite.dialect())))


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.driver_connection)
