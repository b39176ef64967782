"""Whether the log is what was written: every entry, every row and every text, from the first on.

Entries, covered rows and payloads are walked side by side in the order of the log, so memory does not
grow with it, save for a root a checkpoint. Verification stops at the first bad entry: what follows it rests
on it. A text that is gone while no erasure names it is the fault of the entry it belonged to. Where a signed
root is not that of the entries, the first bad one is after the last that agreed: that one is named.

Hashes and signatures are worked out by :mod:`controller.store.recomputed` and
:mod:`controller.store.signatures`, never by what writes them.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from controller.domain.logbook import ATTACHED
from controller.domain.retention import ERASED_FILE
from controller.domain.tags import Tag
from controller.store import evidence, recomputed, schema, triggers
from controller.store.database import reading
from controller.store.places import Places
from controller.store.signatures import Signatures, Unsound, Witness, size_of
from controller.store.stored import Row, StoredEntry, StoredRows, read_any_text, stored_entries

_PLAN = "plan"
"""The one kind of revision whose digest is not the SHA-256 of its content."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, by code: ``triggers``, ``unreadable``; with an ``entry``: ``missing`` (or out of place),
    ``not-canonical``, ``contradicts`` (body and entry differ), ``leaf``, ``chain``, ``epoch``, ``rows``,
    ``texts``, ``erased``, ``revision``, ``not-covered`` (rows that no entry seals), ``key`` (one that did not
    get the old one's word), ``checkpoint`` (not in its form), ``signature``, ``root`` (what was signed is
    another log; one of the entries in ``detail`` is bad); of files the log cites ``evidence-missing``,
    ``evidence-altered``, ``evidence-unreadable``; against a witness ``witness-longer`` (the log was cut off,
    or is an older copy), ``witness-differs``, ``witness-other`` (of another log), ``witness-unsigned``.
    ``detail`` names the table, field, files, or how many entries the witness saw."""

    entry: int | None
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """Entries between which the database did not answer; ``until`` None: it still did not at the end."""

    first: int
    last: int | None
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Verification:
    """``faults`` holds at most one with an ``entry``: the first bad one. ``seq`` and ``chain`` are the end of
    the good part, ``degraded`` the intervals in it.

    Texts were erased from the entries ``erased_in``, ``erased_files`` files are gone as well; the entries
    ``erasures`` say so.

    ``origin`` names the log; ``root`` is the Merkle root over all of it, where it is sound; its first
    ``signed`` entries are under one of ``checkpoints`` signatures. ``keys`` are the verifier keys that
    signed, in order; at the entries ``replaced`` one followed without the old one's word."""

    faults: tuple[Fault, ...]
    seq: int
    chain: bytes
    epochs: int
    erased: int
    degraded: tuple[Interval, ...]
    origin: str = ""
    root: bytes = b""
    signed: int = 0
    checkpoints: int = 0
    keys: tuple[str, ...] = ()
    replaced: tuple[int, ...] = ()
    erased_in: tuple[int, ...] = ()
    erased_files: tuple[str, ...] = ()
    erasures: tuple[int, ...] = ()

    @property
    def sound(self) -> bool:
        return not self.faults

    @property
    def first_bad(self) -> int | None:
        return next((fault.entry for fault in self.faults if fault.entry is not None), None)


class _Bad(Exception):
    def __init__(self, entry: int, code: str, detail: str = "") -> None:
        self.fault = Fault(entry, code, detail)
        super().__init__(code)


@dataclass(slots=True)
class _State:
    """Where the walk is."""

    signatures: Signatures
    seq: int = 0
    chain: bytes = recomputed.START
    epoch: int = 0
    epochs: int = 0
    erased: int = 0
    degraded: list[Interval] = field(default_factory=list)
    evidence: dict[tuple[str, str], int] = field(default_factory=dict)
    erased_in: list[int] = field(default_factory=list)
    erased_files: dict[str, int] = field(default_factory=dict)
    erasures: list[int] = field(default_factory=list)

    def back_to(self, good: int) -> None:
        """Only so many are good for certain: those under the last root that agreed."""
        self.seq = good
        self.chain = self.signatures.heads[good][1] if good else recomputed.START
        self.degraded = [each for each in self.degraded if each.first <= good]


def verify(places: Places, witnesses: Sequence[Witness] = ()) -> Verification:
    """Reads everything, changes nothing; while it reads, the leader may go on writing. ``witnesses`` are what
    others kept of this log. Raises Malformed for a witness that is no note."""
    faults: list[Fault] = []
    state = _State(Signatures({size_of(each) for each in witnesses}))
    signatures = state.signatures
    try:
        with reading(places.database) as connection:
            read_any_text(connection)
            absent = triggers.missing(connection)
            if absent:
                faults.append(Fault(None, "triggers", ", ".join(absent)))
            sizes = connection.execute(select(schema.checkpoint.c.size).distinct()).scalars()
            signatures.sizes |= {size for size in sizes if isinstance(size, int)}
            _walk(connection, state)
        for wrong in signatures.compare(witnesses, state.seq):
            raise wrong
        faults.extend(_evidence(places, state))
    except _Bad as bad:
        faults.append(bad.fault)
    except Unsound as bad:
        faults.append(Fault(bad.entry, bad.code, bad.detail))
        if bad.good is not None and bad.good < state.seq:
            state.back_to(bad.good)
    except (SQLAlchemyError, sqlite3.Error) as error:
        faults.append(Fault(None, "unreadable", str(error)))
    return Verification(
        faults=tuple(faults),
        seq=state.seq,
        chain=state.chain,
        epochs=state.epochs,
        erased=state.erased,
        degraded=tuple(state.degraded),
        origin=signatures.origin,
        root=signatures.root(),
        signed=min(signatures.signed, state.seq),
        checkpoints=signatures.checkpoints,
        keys=tuple(map(str, signatures.keys)),
        replaced=tuple(signatures.replaced),
        erased_in=tuple(state.erased_in),
        erased_files=tuple(sorted(state.erased_files)),
        erasures=tuple(state.erasures),
    )


def _walk(connection: Connection, state: _State) -> None:
    tables = [(table.name, StoredRows(connection, table, table.c.id)) for table in schema.COVERED]
    payloads = StoredRows(connection, schema.payload, schema.payload.c.commitment)
    erased = set(connection.execute(select(schema.erasure.c.commitment)).scalars())
    for entry in stored_entries(connection):
        body = _sealed(entry, state)
        seq = entry.seq
        covered = {name: _taken(source, seq) for name, source in tables if source.due <= seq}
        _check_rows(seq, body, covered)
        _check_epoch(entry, covered.get("epoch"), state)
        texts = _taken(payloads, seq) if payloads.due <= seq else []
        _check_payloads(seq, body, texts, erased, state)
        state.seq, state.chain = seq, entry.chain
        state.signatures.grow(seq, entry.leaf, entry.chain)
        _check_signatures(seq, body, covered, state)
        _note_degraded(seq, body, state)
        _note_evidence(seq, covered, state)
        if body["tag"] == Tag.PAYLOAD_ERASED:
            state.erasures.append(seq)
            _note_erased_files(seq, covered.get("note", []), state)
    for name, source in (*tables, (schema.payload.name, payloads)):
        if source.due < math.inf or source.strays:
            raise _Bad(int(source.due) if source.due < math.inf else state.seq, "not-covered", name)


def _taken(source: StoredRows, seq: int) -> list[Row]:
    if source.due < seq:
        raise _Bad(int(source.due), "not-covered")
    return source.take()


_KEYS = ("v", "seq", "epoch", "at", "tag", "rows", "texts")
_KINDS = [int, int, int, str, str, dict, list]


def _sealed(entry: StoredEntry, state: _State) -> dict[str, Any]:
    """The body, if it is what was sealed here."""
    seq = state.seq + 1
    if entry.seq != seq:
        raise _Bad(min(seq, entry.seq), "missing")
    try:
        body = recomputed.body(entry.body)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _Bad(seq, "not-canonical") from error
    if [type(body.get(name)) for name in _KEYS] != _KINDS:
        raise _Bad(seq, "not-canonical")
    leaf = recomputed.leaf(entry.body)
    if entry.leaf != leaf:
        raise _Bad(seq, "leaf")
    if entry.chain != recomputed.chain(state.chain, leaf):
        raise _Bad(seq, "chain")
    if body["seq"] != seq:
        raise _Bad(seq, "contradicts", "seq")
    if body["epoch"] != entry.epoch:
        raise _Bad(seq, "contradicts", "epoch")
    return body


def _check_rows(seq: int, body: dict[str, Any], covered: dict[str, list[Row]]) -> None:
    sealed = body["rows"]
    for name in covered if sealed.keys() == covered.keys() else sorted(sealed.keys() | covered.keys()):
        rows = covered.get(name, [])
        if sealed.get(name) != [len(rows), _digest(rows)]:
            raise _Bad(seq, "rows", name)
    for row in covered.get("revision", []):
        cells = dict(zip(schema.revision.c.keys(), row, strict=True))
        if cells["kind"] != _PLAN and recomputed.document(cells["content"]) != cells["digest"]:
            raise _Bad(seq, "revision", cells["digest"])


def _digest(rows: Sequence[Row]) -> str:
    try:
        return recomputed.rows(rows)
    except (TypeError, ValueError):
        # Bytes where text belongs, or no Unicode: never written by us.
        return ""


_EPOCH = schema.epoch.c.keys().index("epoch")


def _check_epoch(entry: StoredEntry, begun: list[Row] | None, state: _State) -> None:
    """An epoch begins with the entry that covers its row, and only once; it never goes back."""
    if begun:
        if [row[_EPOCH] for row in begun] != [entry.epoch] or entry.epoch <= state.epoch:
            raise _Bad(entry.seq, "epoch", str(entry.epoch))
        state.epoch, state.epochs = entry.epoch, state.epochs + 1
    elif entry.epoch != state.epoch:
        raise _Bad(entry.seq, "epoch", str(entry.epoch))


def _check_payloads(
    seq: int, body: dict[str, Any], payloads: list[Row], erased: set[str], state: _State
) -> None:
    if sorted(str(row[0]) for row in payloads) != body["texts"]:
        raise _Bad(seq, "texts")
    for name, _entry, salt, content in payloads:
        if name in erased:
            if salt is not None or content is not None:
                raise _Bad(seq, "erased", name)
            state.erased += 1
            if state.erased_in[-1:] != [seq]:
                state.erased_in.append(seq)
        elif (
            not (isinstance(salt, bytes) and isinstance(content, bytes))
            or recomputed.text(salt, content) != name
        ):
            raise _Bad(seq, "texts", name)


def _check_signatures(seq: int, body: dict[str, Any], covered: dict[str, list[Row]], state: _State) -> None:
    tables = (schema.note, schema.checkpoint)
    if not any(table.name in covered for table in tables):
        return
    notes, signed = (
        [dict(zip(table.c.keys(), row, strict=True)) for row in covered.get(table.name, [])]
        for table in tables
    )
    try:
        state.signatures.read(seq, body["tag"], notes, signed)
    except Unsound as bad:
        if bad.good is None:
            state.seq = seq - 1
        raise


def _note_erased_files(seq: int, notes: list[Row], state: _State) -> None:
    for row in notes:
        cells = dict(zip(schema.note.c.keys(), row, strict=True))
        if cells["subject"] == ERASED_FILE:
            try:
                state.erased_files[str(dict(json.loads(cells["data"]))["file"])] = seq
            except (ValueError, TypeError, KeyError) as error:
                raise _Bad(seq, "rows", "note") from error


def _note_evidence(seq: int, covered: dict[str, list[Row]], state: _State) -> None:
    for row in covered.get("evidence", []):
        cells = dict(zip(schema.evidence.c.keys(), row, strict=True))
        if cells["file"]:
            state.evidence[cells["file"], cells["digest"]] = seq
    for cited in filter(None, map(_attached, covered.get("note", []))):
        state.evidence[cited] = seq


def _attached(row: Row) -> tuple[str, str] | None:
    """File and digest, where the note is that a file was attached to an entry of the logbook."""
    cells = dict(zip(schema.note.c.keys(), row, strict=True))
    if cells["subject"] != ATTACHED:
        return None
    try:
        said = dict(json.loads(cells["data"]))
        return str(said["file"]), str(said["sha256"])
    except (ValueError, TypeError, KeyError) as error:
        raise _Bad(cells["entry"], "rows", "note") from error


def _evidence(places: Places, state: _State) -> Iterator[Fault]:
    """One fault a kind: the log itself is whole. A file erased after it was last cited is no fault."""
    found: dict[str, list[str]] = defaultdict(list)
    for (file, digest), cited in state.evidence.items():
        wrong = evidence.fault_of(places, file, digest)
        if wrong and not (wrong == "evidence-missing" and state.erased_files.get(file, 0) > cited):
            found[wrong].append(file)
    for wrong, files in sorted(found.items()):
        yield Fault(None, wrong, ", ".join(files))


def _note_degraded(seq: int, body: dict[str, Any], state: _State) -> None:
    if body["tag"] not in _DEGRADED:
        return
    try:
        at = datetime.fromisoformat(body["at"])
    except ValueError as error:
        raise _Bad(seq, "not-canonical") from error
    open_ = state.degraded[-1] if state.degraded and state.degraded[-1].last is None else None
    if body["tag"] == Tag.JOURNAL_DEGRADED and open_ is None:
        state.degraded.append(Interval(seq, None, at, None))
    elif body["tag"] == Tag.JOURNAL_RESTORED and open_ is not None:
        state.degraded[-1] = Interval(open_.first, seq, open_.since, at)


_DEGRADED = {Tag.JOURNAL_DEGRADED.value, Tag.JOURNAL_RESTORED.value}
