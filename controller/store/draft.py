"""A commit before it has its place in the log: its rows and payloads, ready for the database or the spool."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from controller.domain.canonical import Canonical, canonical_bytes
from controller.domain.entry import Entry, commitment, seal
from controller.domain.facts import Actor, Fact, Noted, RevisionStored
from controller.domain.tags import Tag
from controller.store.locks import boot_id
from controller.store.moments import now, utc
from controller.store.rows import Row, to_row

BODY_VERSION = 1

PLAN = "plan"
"""The one kind of revision whose digest is not the SHA-256 of its content."""


@dataclass(frozen=True, slots=True)
class Payload:
    """Erasable content and the salt that makes its commitment mute once both are gone."""

    commitment: str
    salt: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """``id`` is random: by it a commit that reached both database and spool is recognised. ``actor_name`` is
    a commitment. ``rows`` are in the order of their facts. ``degraded``: it came by way of the spool."""

    id: str
    epoch: int
    tag: str
    actor: str
    actor_name: str | None
    at: str
    monotonic: int
    boot: str
    pid: int
    rows: tuple[tuple[str, Row], ...]
    payloads: tuple[Payload, ...]
    degraded: bool = False


def draft(
    tag: Tag, facts: Sequence[Fact], actor: Actor, epoch: int, clock: Callable[[], datetime] = now
) -> Draft:
    """Raises ValueError or TypeError for facts that cannot be recorded as they are."""
    payloads: list[Payload] = []

    def commit(content: str) -> str:
        payload = _payload(content)
        payloads.append(payload)
        return payload.commitment

    at = utc(clock())
    rows = []
    for place, fact in enumerate(facts):
        if isinstance(fact, RevisionStored):
            _check_digest(fact)
        rows.append(to_row(fact, place, at, commit))
    name = commit(actor.name) if actor.name else None
    return _draft(epoch, tag, actor.id, name, at, tuple(rows), tuple(payloads))


def takeover(facts: Sequence[Noted], actor: Actor, epoch: int, tag: Tag = Tag.LEAD_TAKEN) -> Draft:
    """The first draft of an epoch: its row makes the database refuse every older one."""
    first = draft(tag, facts, actor, epoch)
    row: Row = (len(facts), first.at, epoch, first.pid, first.boot)
    return replace(first, rows=(*first.rows, ("epoch", row)))


def erasure(commitments: Sequence[str], notes: Sequence[Noted], actor: Actor, epoch: int) -> Draft:
    """Salt and content of ``commitments`` go when this draft is written."""
    first = draft(Tag.PAYLOAD_ERASED, notes, actor, epoch)
    rows = [("erasure", (place, first.at, gone)) for place, gone in enumerate(commitments, start=len(notes))]
    return replace(first, rows=(*first.rows, *rows))


def _draft(
    epoch: int,
    tag: Tag,
    actor: str,
    actor_name: str | None,
    at: str,
    rows: tuple[tuple[str, Row], ...],
    payloads: tuple[Payload, ...],
) -> Draft:
    return Draft(
        id=secrets.token_hex(16),
        epoch=epoch,
        tag=tag.value,
        actor=actor,
        actor_name=actor_name,
        at=at,
        monotonic=time.monotonic_ns(),
        boot=boot_id(),
        pid=os.getpid(),
        rows=rows,
        payloads=payloads,
    )


def _payload(content: str) -> Payload:
    salt, plain = secrets.token_bytes(16), content.encode("utf-8", "backslashreplace")
    return Payload(commitment(salt, plain), salt, plain)


def _check_digest(fact: RevisionStored) -> None:
    if fact.kind != PLAN and revision_digest(fact.content) != fact.digest:
        raise ValueError(f"the digest of this {fact.kind} is not that of its content")


def revision_digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def sealed(
    draft: Draft, seq: int, previous: bytes, next_id: Mapping[str, int]
) -> tuple[Entry, Mapping[str, Sequence[Row]]]:
    """The entry of ``draft`` at ``seq``, and the rows it covers by table, with ``id`` and ``entry`` in front.

    ``next_id`` is the first free id of every table the draft has rows for."""
    tables: dict[str, list[Row]] = {}
    for table, row in draft.rows:
        rows = tables.setdefault(table, [])
        rows.append((next_id[table] + len(rows), seq, *row))
    body: Canonical = {
        "v": BODY_VERSION,
        "seq": seq,
        "epoch": draft.epoch,
        "commit": draft.id,
        "at": draft.at,
        "monotonic": draft.monotonic,
        "boot": draft.boot,
        "pid": draft.pid,
        "tag": draft.tag,
        "actor": {"id": draft.actor, "name": draft.actor_name},
        "degraded": draft.degraded,
        "rows": {table: [len(rows), rows_digest(rows)] for table, rows in tables.items()},
        "texts": sorted(payload.commitment for payload in draft.payloads),
    }
    return seal(seq, canonical_bytes(body), previous), tables


def rows_digest(rows: Sequence[Row]) -> str:
    """SHA-256 over the rows of one table in order of id: JSON, a list of the lists of cells in column order.

    Text is taken as it is stored, not normalised: one changed byte is a change."""
    return hashlib.sha256(_encode(rows).encode()).hexdigest()


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def to_bytes(draft: Draft) -> bytes:
    """For the spool: compressed JSON."""
    plain = {name: getattr(draft, name) for name in Draft.__dataclass_fields__ if name != "payloads"}
    plain["payloads"] = [
        [payload.commitment, _ascii(payload.salt), _ascii(payload.content)] for payload in draft.payloads
    ]
    return zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), level=1)


def from_bytes(data: bytes) -> Draft:
    plain = json.loads(zlib.decompress(data))
    plain["rows"] = tuple((table, tuple(row)) for table, row in plain["rows"])
    plain["payloads"] = tuple(
        Payload(name, base64.b64decode(salt), base64.b64decode(content))
        for name, salt, content in plain["payloads"]
    )
    return Draft(**plain)


def _ascii(data: bytes) -> str:
    return base64.b64encode(data).decode()
