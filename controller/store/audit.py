"""The log as people read it: entries with their facts, and the texts that were not erased."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, union
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from controller.domain.entry import CHAIN_START, Entry, SealedEntry, SealedText
from controller.domain.errors import JournalUnreadable
from controller.domain.facts import Actor, Fact, Noted, Text
from controller.store import schema
from controller.store.database import reading
from controller.store.locks import boot_id
from controller.store.places import Places
from controller.store.rows import Row, from_row, is_fact

_BATCH = 200


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One entry. ``tag`` is a text: a newer Cordon may have written tags this one does not know.
    ``degraded``: the facts came through the spool. ``erased`` counts the texts that are gone and read as
    empty."""

    entry: Entry
    epoch: int
    at: datetime
    tag: str
    actor: Actor
    degraded: bool
    facts: tuple[Fact, ...]
    erased: int


def entries(
    places: Places,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    tag: str | None = None,
    run: str | None = None,
    device: str | None = None,
    after: int = 0,
) -> Iterator[AuditRecord]:
    """In the order of the log: those at or after ``since``, before ``until``, whose tag is or begins with
    ``tag`` (``engine:run``), that tell of ``run``, and of ``device`` in it, later than entry ``after``."""
    seq = after
    while True:
        with readable(places) as connection:
            batch = _batch(connection, seq, run, device)
        for record in batch:
            if _wanted(record, since, until, tag):
                yield record
        if not batch:
            return
        seq = batch[-1].entry.seq


def sealed(places: Places, through: int) -> Iterator[SealedEntry]:
    """Every entry up to ``through`` with all it seals, as stored. Raises JournalUnreadable."""
    seq = 0
    while seq < through:
        with readable(places) as connection:
            batch = _sealed_batch(connection, seq, through)
        if not batch:
            return
        yield from batch
        seq = batch[-1].entry.seq


def record(sealed: SealedEntry, instead: Mapping[str, str]) -> AuditRecord:
    """The entry as people read it; ``instead``: by commitment, what stands in place of a text."""
    texts: dict[str, str | None] = {
        each.commitment: None if each.content is None else each.content.decode() for each in sealed.texts
    }
    rows = [
        (table, tuple(row[2:])) for table, found in sealed.rows.items() if is_fact(table) for row in found
    ]
    epoch = int(json.loads(sealed.entry.body)["epoch"])
    return _record(sealed.entry, epoch, rows, {**texts, **instead})


def _sealed_batch(connection: Connection, after: int, through: int) -> list[SealedEntry]:
    entry = schema.entry
    wanted = select(entry).where(entry.c.seq > after, entry.c.seq <= through).order_by(entry.c.seq)
    found = connection.execute(wanted.limit(_BATCH)).all()
    if not found:
        return []
    span = (found[0].seq, found[-1].seq)
    rows: dict[int, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for table in schema.COVERED:
        covered = select(table).where(table.c.entry.between(*span)).order_by(table.c.id)
        for row in connection.execute(covered):
            rows[row.entry][table.name].append(tuple(row))
    texts: dict[int, list[SealedText]] = defaultdict(list)
    payload = schema.payload
    kept = select(payload).where(payload.c.entry.between(*span)).order_by(payload.c.commitment)
    for row in connection.execute(kept):
        texts[row.entry].append(SealedText(row.commitment, row.salt, row.content))
    return [
        SealedEntry(Entry(row.seq, row.body, row.leaf, row.chain), rows[row.seq], texts[row.seq])
        for row in found
    ]


@contextmanager
def readable(places: Places) -> Iterator[Connection]:
    """As :func:`controller.store.database.reading`. Raises JournalUnreadable."""
    try:
        with reading(places.database) as connection:
            yield connection
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise JournalUnreadable(home=str(places.home), cause=str(cause)) from error


def head(places: Places) -> tuple[int, bytes]:
    """The sequence and the chain hash of the last entry; 0 and the start of the chain before the first."""
    query = select(schema.entry.c.seq, schema.entry.c.chain).order_by(schema.entry.c.seq.desc()).limit(1)
    with readable(places) as connection:
        row = connection.execute(query).first()
    return (0, CHAIN_START) if row is None else (row.seq, row.chain)


def clocks_before(places: Places, epoch: int) -> tuple[datetime, float] | None:
    """Wall clock and monotonic clock (seconds) at the last entry of an epoch before ``epoch``; None where
    there is none, or where the machine was started anew since. Raises JournalUnreadable."""
    entry = schema.entry.c
    query = select(entry.body).where(entry.epoch < epoch).order_by(entry.seq.desc()).limit(1)
    with readable(places) as connection:
        body = connection.execute(query).scalar()
    said = {} if body is None else json.loads(body)
    if said.get("boot") != boot_id():
        return None
    return datetime.fromisoformat(said["at"]), said["monotonic"] / 1e9


def tag_of(places: Places, seq: int) -> str | None:
    """The tag of one entry; None where there is no such entry. Raises JournalUnreadable."""
    query = select(schema.entry.c.body).where(schema.entry.c.seq == seq)
    with readable(places) as connection:
        body = connection.execute(query).scalar()
    return None if body is None else str(json.loads(body)["tag"])


def _wanted(record: AuditRecord, since: datetime | None, until: datetime | None, tag: str | None) -> bool:
    if since and record.at < since:
        return False
    if until and record.at >= until:
        return False
    return tag is None or record.tag == tag or record.tag.startswith(tag + ":")


def _batch(connection: Connection, after: int, run: str | None, device: str | None) -> list[AuditRecord]:
    wanted = select(schema.entry).where(schema.entry.c.seq > after)
    if run is not None:
        wanted = wanted.where(schema.entry.c.seq.in_(_telling_of(run, device)))
    rows = connection.execute(wanted.order_by(schema.entry.c.seq).limit(_BATCH)).all()
    if not rows:
        return []
    span = (rows[0].seq, rows[-1].seq)
    covered = _covered(connection, span)
    texts = _texts(connection, span)
    return [
        _record(Entry(row.seq, row.body, row.leaf, row.chain), row.epoch, covered[row.seq], texts)
        for row in rows
    ]


def _telling_of(run: str, device: str | None) -> Select[Any]:
    if device is not None:
        tables = (table for table in schema.COVERED if "run" in table.c and "device" in table.c)
        of_device = [
            select(table.c.entry).where(table.c.run == run, table.c.device == device) for table in tables
        ]
        return select(union(*of_device).subquery().c.entry)
    parts = [select(table.c.entry).where(table.c.run == run) for table in schema.COVERED if "run" in table.c]
    parts.append(select(schema.note.c.entry).where(schema.note.c.subject == run))
    return select(union(*parts).subquery().c.entry)


def _covered(connection: Connection, span: tuple[int, int]) -> dict[int, list[tuple[str, Row]]]:
    found: dict[int, list[tuple[str, Row]]] = defaultdict(list)
    for table in schema.COVERED:
        if is_fact(table.name):
            where = table.c.entry.between(*span)
            for _id, entry, *cells in connection.execute(select(table).where(where).order_by(table.c.id)):
                found[entry].append((table.name, tuple(cells)))
    return found


def _texts(connection: Connection, span: tuple[int, int]) -> dict[str, str | None]:
    payload = schema.payload
    rows = connection.execute(
        select(payload.c.commitment, payload.c.content).where(payload.c.entry.between(*span))
    )
    return {name: None if content is None else content.decode() for name, content in rows}


def _record(
    entry: Entry, epoch: int, rows: list[tuple[str, Row]], texts: dict[str, str | None]
) -> AuditRecord:
    body = json.loads(entry.body)
    facts = tuple(
        from_row(table, row, texts.get) for table, row in sorted(rows, key=lambda one: int(one[1][0] or 0))
    )
    name = body["actor"]["name"]
    return AuditRecord(
        entry=entry,
        epoch=epoch,
        at=datetime.fromisoformat(body["at"]),
        tag=body["tag"],
        actor=Actor(body["actor"]["id"], Text(texts.get(name) or "") if name else Text("")),
        degraded=body["degraded"],
        facts=tuple(fact for fact in facts if fact != Noted("")),
        erased=sum(texts.get(one) is None for one in body["texts"]),
    )
