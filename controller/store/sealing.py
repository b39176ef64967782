"""Drafts into the log: their places, their entries and their rows, inside a transaction of the writer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, func, insert, select, update
from sqlalchemy.dialects import sqlite

from controller.domain.entry import CHAIN_START
from controller.store import schema
from controller.store.draft import Draft, sealed
from controller.store.rows import COLUMNS, Cell

_TABLES: Mapping[str, Table] = {table.name: table for table in schema.COVERED}


@dataclass(slots=True)
class _Ends:
    """Where the log and the tables end, as this transaction goes along."""

    seq: int
    chain: bytes
    next_id: dict[str, int]


def write(connection: Connection, drafts: Iterable[Draft]) -> list[int]:
    """Seals ``drafts`` in order; returns their sequence numbers. The caller's transaction makes them last."""
    last = connection.exec_driver_sql(_LAST).one_or_none()
    ends = _Ends(last[0], last[1], {}) if last else _Ends(0, CHAIN_START, {})
    return [_write(connection, draft, ends) for draft in drafts]


def recorded(connection: Connection, after: int, through: int | None = None) -> set[str]:
    """The ids of the commits in entries later than ``after``, none later than ``through``."""
    entry = schema.entry.c
    wanted = select(entry.body).where(entry.seq > after)
    bodies = connection.execute(wanted if through is None else wanted.where(entry.seq <= through)).scalars()
    return {json.loads(body)["commit"] for body in bodies}


def last_seq(connection: Connection) -> int:
    return connection.execute(select(func.coalesce(func.max(schema.entry.c.seq), 0))).scalar_one()


def last_epoch(connection: Connection) -> int:
    return connection.execute(select(func.coalesce(func.max(schema.epoch.c.epoch), 0))).scalar_one()


def _write(connection: Connection, draft: Draft, ends: _Ends) -> int:
    draft = _not_empty(_without_known_revisions(connection, draft))
    for name in {name for name, _ in draft.rows} - ends.next_id.keys():
        ends.next_id[name] = _next_id(connection, _TABLES[name])
    entry, tables = sealed(draft, ends.seq + 1, ends.chain, ends.next_id)
    _insert(connection, schema.entry, [(entry.seq, draft.epoch, entry.body, entry.leaf, entry.chain)])
    for name, rows in tables.items():
        _insert(connection, _TABLES[name], rows)
        ends.next_id[name] += len(rows)
    if draft.payloads:
        _insert(
            connection,
            schema.payload,
            [(one.commitment, entry.seq, one.salt, one.content) for one in draft.payloads],
        )
    for name, row in draft.rows:
        if name == schema.erasure.name:
            commitment = row[COLUMNS[name].index("commitment")]
            connection.execute(
                update(schema.payload)
                .where(schema.payload.c.commitment == commitment)
                .values(salt=None, content=None)
            )
    ends.seq, ends.chain = entry.seq, entry.chain
    return entry.seq


def _without_known_revisions(connection: Connection, draft: Draft) -> Draft:
    """A revision is stored once, by the first commit that brings it."""
    table = schema.revision
    seen: set[tuple[object, object]] = set()
    kept = []
    for name, row in draft.rows:
        if name == table.name:
            cells = dict(zip(COLUMNS[name], row, strict=True))
            key = (cells["kind"], cells["digest"])
            known = (
                key in seen
                or connection.execute(
                    select(table.c.id).where(table.c.kind == key[0], table.c.digest == key[1])
                ).first()
            )
            seen.add(key)
            if known:
                continue
        kept.append((name, row))
    return replace(draft, rows=tuple(kept))


def _not_empty(draft: Draft) -> Draft:
    """Every entry covers a row, so that not even the last one can go unnoticed."""
    if draft.rows:
        return draft
    values: dict[str, Cell] = {"place": 0, "recorded_at": draft.at, "subject": "", "data": "[]", "text": None}
    return replace(draft, rows=((schema.note.name, tuple(values[name] for name in COLUMNS["note"])),))


def _next_id(connection: Connection, table: Table) -> int:
    found: int = connection.exec_driver_sql(_highest_id(table)).scalar_one()
    return found + 1


def _insert(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    # The driver takes rows as they are; naming every cell of a thousand of them would cost more than writing.
    connection.exec_driver_sql(_insert_statement(table), list(rows))


# What every commit says is made into text once: making it anew costs several times what carrying it out does.


@cache
def _insert_statement(table: Table) -> str:
    return str(insert(table).compile(dialect=sqlite.dialect()))


@cache
def _highest_id(table: Table) -> str:
    return _text(select(func.coalesce(func.max(table.c.id), 0)))


def _text(statement: Select[*tuple[Any, ...]]) -> str:
    return str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))


_LAST = _text(select(schema.entry.c.seq, schema.entry.c.chain).order_by(schema.entry.c.seq.desc()).limit(1))
