"""One moment of the log: facts with their places in it, from the database and from beyond its end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from controller.domain.facts import Fact
from controller.store import schema, sealing
from controller.store.database import reading
from controller.store.draft import Draft
from controller.store.rows import from_row, is_fact


@dataclass(frozen=True, slots=True)
class Found:
    """A fact, the entry that covers it and its place there; ``actor`` where it is known already."""

    entry: int
    place: int
    at: datetime
    fact: Fact
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """The database up to entry ``seq``, and ``late``: what the leader has on disk beyond it."""

    connection: Connection
    seq: int
    late: Sequence[Found]

    def facts(self, table: Table, *where: ColumnElement[bool]) -> Iterator[Found]:
        """Those of the database, in the order of the log; without their texts."""
        for row in self.connection.execute(select(table).where(*where).order_by(table.c.id)):
            yield _found(table, row)

    def later(self, table: Table, entry: int, *where: ColumnElement[bool]) -> Iterator[Found]:
        """The same of what came later than ``entry`` alone: nothing earlier is looked at."""
        query = select(table).where(table.c.entry > entry, *where)
        for row in self.connection.execute(query.order_by(table.c.entry, table.c.id)):
            yield _found(table, row)

    def actor(self, entry: int) -> str:
        body = self.connection.execute(select(schema.entry.c.body).where(schema.entry.c.seq == entry))
        return str(json.loads(body.scalar_one())["actor"]["id"])


@contextmanager
def moment(database: Path, unmerged: Any = None) -> Iterator[Moment]:
    """``unmerged``: from the number of an entry to the drafts not in the log up to there."""
    with reading(database) as connection:
        seq = sealing.last_seq(connection)
        drafts: Sequence[Draft] = unmerged(seq) if unmerged else ()
        yield Moment(connection, seq, list(_late(drafts, seq)))


def _found(table: Table, row: Any) -> Found:
    entry, cells = row[1], tuple(row[2:])
    return Found(entry, cells[0], datetime.fromisoformat(cells[1]), from_row(table.name, cells, _mute))


def _late(drafts: Sequence[Draft], seq: int) -> Iterator[Found]:
    for entry, draft in enumerate(drafts, start=seq + 1):
        at = datetime.fromisoformat(draft.at)
        for place, (table, row) in enumerate(draft.rows):
            if is_fact(table):
                yield Found(entry, place, at, from_row(table, row, _mute), draft.actor)


def _mute(_commitment: str) -> None:
    return None
