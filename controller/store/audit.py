"""The log as people read it: entries with their facts, and the texts that were not erased."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select, union
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from controller.domain.entry import CHAIN_START, Entry, SealedEntry, SealedText
from controller.domain.errors import JournalUnreadable
from controller.domain.facts import Actor, Fact, Noted, Text
from controller.domain.proof import Proof
from controller.domain.tags import Tag
from controller.store import schema
from controller.store.database import reading
from controller.store.locks import boot_id
from controller.store.places import Places
from controller.store.rows import Row, from_row, is_fact

_BATCH = 200
_OPERATIONS = "engine:operation:"


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

    def wanted(head: Head) -> bool:
        if (since and head.at < since) or (until and head.at >= until):
            return False
        return tag is None or head.tag == tag or head.tag.startswith(tag + ":")

    seq = after
    while True:
        with readable(places) as connection:
            heads = _heads(connection, seq, _BATCH, None, run, device)
            batch = _records(connection, [head for head in heads if wanted(head)])
        yield from batch
        if not heads:
            return
        seq = heads[-1].entry.seq


def leaf(places: Places, after: int, through: int, wanted: Callable[[str], bool]) -> list[AuditRecord]:
    """Those later than entry ``after`` up to ``through`` whose tag is ``wanted``, in the order of the log: of
    the others nothing but the tag is looked at. Raises JournalUnreadable."""
    with readable(places) as connection:
        heads = _heads(connection, after, max(0, through - after), through)
        return _records(connection, [head for head in heads if wanted(head.tag)])


def confirmed(places: Places, run: str) -> list[tuple[datetime, int]]:
    """How many points of ``run`` each settled operation confirmed, with its time, in the order of the log.
    Raises JournalUnreadable."""
    read = schema.point_read.c
    counted = (
        select(read.entry, func.count())
        .where(read.run == run, read.proof.in_((Proof.CONFIRMED.value, Proof.PROVEN.value)))
        .group_by(read.entry)
    )
    with readable(places) as connection:
        found = dict(iter(connection.execute(counted)))
        entry, seqs, moments = schema.entry.c, sorted(found), list[tuple[datetime, int]]()
        for at in range(0, len(seqs), _BATCH):
            bodies = select(entry.seq, entry.body).where(entry.seq.in_(seqs[at : at + _BATCH]))
            for seq, body in connection.execute(bodies.order_by(entry.seq)):
                said = json.loads(body)
                if said["tag"].startswith(_OPERATIONS) and said["tag"] != Tag.OPERATION_INTENDED:
                    moments.append((datetime.fromisoformat(said["at"]), found[seq]))
    return moments


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
    said = json.loads(sealed.entry.body)
    at = datetime.fromisoformat(said["at"])
    return _told(Head(sealed.entry, int(said["epoch"]), at, said["tag"], said), rows, {**texts, **instead})


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


@dataclass(frozen=True, slots=True)
class Head:
    """What an entry says of itself, its facts and texts not read."""

    entry: Entry
    epoch: int
    at: datetime
    tag: str
    said: Mapping[str, Any]


def _heads(
    connection: Connection,
    after: int,
    most: int,
    through: int | None,
    run: str | None = None,
    device: str | None = None,
) -> list[Head]:
    wanted = select(schema.entry).where(schema.entry.c.seq > after)
    if through is not None:
        wanted = wanted.where(schema.entry.c.seq <= through)
    if run is not None:
        wanted = wanted.where(schema.entry.c.seq.in_(_telling_of(run, device)))
    heads = []
    for row in connection.execute(wanted.order_by(schema.entry.c.seq).limit(most)):
        said = json.loads(row.body)
        entry = Entry(row.seq, row.body, row.leaf, row.chain)
        heads.append(Head(entry, row.epoch, datetime.fromisoformat(said["at"]), said["tag"], said))
    return heads


def _records(connection: Connection, heads: Sequence[Head]) -> list[AuditRecord]:
    found: list[AuditRecord] = []
    for at in range(0, len(heads), _BATCH):
        some = heads[at : at + _BATCH]
        seqs = [head.entry.seq for head in some]
        covered, texts = _covered(connection, seqs), _texts(connection, seqs)
        found += [_told(head, covered[head.entry.seq], texts) for head in some]
    return found


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


def _covered(connection: Connection, seqs: Sequence[int]) -> dict[int, list[tuple[str, Row]]]:
    found: dict[int, list[tuple[str, Row]]] = defaultdict(list)
    for table in schema.COVERED:
        if is_fact(table.name):
            rows = select(table).where(table.c.entry.in_(seqs)).order_by(table.c.id)
            for _id, entry, *cells in connection.execute(rows):
                found[entry].append((table.name, tuple(cells)))
    return found


def _texts(connection: Connection, seqs: Sequence[int]) -> dict[str, str | None]:
    payload = schema.payload
    rows = connection.execute(
        select(payload.c.commitment, payload.c.content).where(payload.c.entry.in_(seqs))
    )
    return {name: None if content is None else content.decode() for name, content in rows}


def _told(head: Head, rows: list[tuple[str, Row]], texts: dict[str, str | None]) -> AuditRecord:
    facts = tuple(
        from_row(table, row, texts.get) for table, row in sorted(rows, key=lambda one: int(one[1][0] or 0))
    )
    actor = head.said["actor"]
    name = actor["name"]
    return AuditRecord(
        entry=head.entry,
        epoch=head.epoch,
        at=head.at,
        tag=head.tag,
        actor=Actor(actor["id"], Text(texts.get(name) or "") if name else Text("")),
        degraded=head.said["degraded"],
        facts=tuple(fact for fact in facts if fact != Noted("")),
        erased=sum(texts.get(one) is None for one in head.said["texts"]),
    )
