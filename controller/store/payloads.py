"""What a home holds beside its log, kind by kind, and what was asked to be erased of it."""

from __future__ import annotations

import json
import typing
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from controller.domain.facts import Text
from controller.domain.logbook import ATTACHED, BY, HANDED_TO, LOGBOOK
from controller.domain.retention import (
    ERASED_FILE,
    ERASURE,
    ERASURE_DENIED,
    ERASURE_REQUEST,
    Payload,
    PayloadKind,
)
from controller.domain.tags import Tag
from controller.store import schema
from controller.store.audit import readable
from controller.store.places import Places
from controller.store.rows import TABLES

_SPAN = 2000
"""Entries looked at together."""

_TRANSCRIPTS = frozenset({"outcome", "startup"})
_SUBJECTS = {
    LOGBOOK: PayloadKind.LOGBOOK,
    BY: PayloadKind.NAMES,
    HANDED_TO: PayloadKind.NAMES,
    "witness": PayloadKind.NAMES,
    ATTACHED: PayloadKind.ATTACHMENTS,
}

_TEXTS: Mapping[str, Sequence[str]] = {
    table.name: [name for name, hint in typing.get_type_hints(kind).items() if hint is Text]
    for kind, table in TABLES.items()
}
"""By table, the columns that hold commitments."""


@dataclass(frozen=True, slots=True)
class Requested:
    """An erasure that was asked for in entry ``entry``; ``data`` as its note has it. ``over``: it was carried
    out to its end, denied or taken back since."""

    entry: int
    at: datetime
    data: Mapping[str, str]
    reason: str
    over: bool


def payloads(places: Places, through: int) -> Iterator[Payload]:
    """Those of entries up to ``through``, in order of the log. Raises JournalUnreadable."""
    with readable(places) as connection:
        gone = _erased_files(connection)
    for first in range(1, through + 1, _SPAN):
        with readable(places) as connection:
            yield from sorted(_of_span(connection, first, min(through, first + _SPAN - 1), gone))


def citations(places: Places) -> Mapping[str, Sequence[int]]:
    """By evidence file, the entries that cite it. Raises JournalUnreadable."""
    found: dict[str, list[int]] = defaultdict(list)
    with readable(places) as connection:
        evidence, note = schema.evidence.c, schema.note.c
        for entry, file in connection.execute(select(evidence.entry, evidence.file)):
            if file:
                found[file].append(entry)
        attached = select(note.entry, note.data).where(note.subject == ATTACHED)
        for entry, data in connection.execute(attached):
            found[dict(json.loads(data))["file"]].append(entry)
    return found


def erased_files(places: Places) -> Mapping[str, int]:
    """By evidence file, the last entry that says it was erased. Raises JournalUnreadable."""
    with readable(places) as connection:
        return _erased_files(connection)


def first_entry_of(places: Places, runs: Sequence[str]) -> int | None:
    """Of these runs; None without any. Raises JournalUnreadable."""
    run = schema.run.c
    with readable(places) as connection:
        found: int | None = connection.execute(
            select(func.min(run.entry)).where(run.run.in_(runs))
        ).scalar_one()
    return found


def requested(places: Places) -> Sequence[Requested]:
    """Every erasure that was asked for, oldest first. Raises JournalUnreadable."""
    note, payload = schema.note, schema.payload
    wanted = (
        select(note.c.entry, note.c.recorded_at, note.c.subject, note.c.data, payload.c.content)
        .outerjoin(payload, payload.c.commitment == note.c.text)
        .where(note.c.subject.in_((ERASURE_REQUEST, ERASURE_DENIED, ERASURE)))
        .order_by(note.c.id)
    )
    with readable(places) as connection:
        rows = connection.execute(wanted).all()
    over: dict[str, int] = {}
    for row in rows:
        data = dict(json.loads(row.data))
        if row.subject == ERASURE_DENIED or (row.subject == ERASURE and data.get("left") == "0"):
            over[data.get("request", "")] = row.entry
    return [
        Requested(
            row.entry,
            datetime.fromisoformat(row.recorded_at),
            data,
            "" if row.content is None else row.content.decode(),
            over.get(data["digest"], 0) > row.entry,
        )
        for row in rows
        if row.subject == ERASURE_REQUEST and (data := dict(json.loads(row.data)))
    ]


def _erased_files(connection: Connection) -> Mapping[str, int]:
    note = schema.note.c
    rows = connection.execute(
        select(note.entry, note.data).where(note.subject == ERASED_FILE).order_by(note.id)
    )
    return {dict(json.loads(data))["file"]: entry for entry, data in rows}


def _of_span(connection: Connection, first: int, last: int, gone: Mapping[str, int]) -> Iterator[Payload]:
    entry, payload = schema.entry.c, schema.payload.c
    texts = connection.execute(
        select(payload.entry, payload.commitment, payload.content.is_(None)).where(
            payload.entry.between(first, last)
        )
    ).all()
    files = list(_files(connection, first, last))
    concerned = {row[0] for row in texts} | {row[0] for row in files}
    if not concerned:
        return
    bodies: dict[int, dict[str, Any]] = {
        seq: json.loads(body)
        for seq, body in connection.execute(
            select(entry.seq, entry.body).where(entry.seq.between(first, last))
        )
        if seq in concerned
    }
    times = {seq: datetime.fromisoformat(body["at"]) for seq, body in bodies.items()}
    kinds = _kinds(connection, first, last, bodies)
    for seq, commitment, erased in texts:
        kind = kinds.get(commitment, PayloadKind.NOTES)
        yield Payload(seq, kind, commitment, "", times[seq], bool(erased))
    for seq, kind, file, digest in files:
        yield Payload(seq, kind, file, digest, times[seq], gone.get(file, 0) > seq)


def _files(connection: Connection, first: int, last: int) -> Iterator[tuple[int, PayloadKind, str, str]]:
    evidence, note = schema.evidence.c, schema.note.c
    kept = select(evidence.entry, evidence.file, evidence.digest).where(evidence.entry.between(first, last))
    for seq, file, digest in connection.execute(kept):
        if file:
            yield seq, PayloadKind.TABLES, file, digest
    attached = select(note.entry, note.data).where(note.entry.between(first, last), note.subject == ATTACHED)
    for seq, said in connection.execute(attached):
        data = dict(json.loads(said))
        yield seq, PayloadKind.ATTACHMENTS, data["file"], data["sha256"]


def _kinds(
    connection: Connection, first: int, last: int, bodies: Mapping[int, dict[str, Any]]
) -> Mapping[str, PayloadKind]:
    """By commitment; whatever stands nowhere else names who acted."""
    found = {
        str(body["actor"]["name"]): PayloadKind.NAMES for body in bodies.values() if body["actor"]["name"]
    }
    for table in TABLES.values():
        for column in _TEXTS[table.name]:
            cells = [table.c.entry, table.c[column]]
            if table is schema.note:
                cells.append(table.c.subject)
            rows = connection.execute(
                select(*cells).where(table.c.entry.between(first, last), table.c[column].is_not(None))
            )
            for seq, commitment, *subject in rows:
                found[commitment] = _kind(table.name, str(*subject), bodies[seq]["tag"])
    return found


def _kind(table: str, subject: str, tag: str) -> PayloadKind:
    if table in _TRANSCRIPTS:
        return PayloadKind.TRANSCRIPTS
    if table == schema.run.name:
        return PayloadKind.REASONS
    if tag == Tag.ACCOUNT_CREATED:
        return PayloadKind.NAMES
    return _SUBJECTS.get(subject, PayloadKind.NOTES)
