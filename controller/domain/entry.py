"""Audit entries: their canonical bytes, leaf hash (RFC 6962 §2.1) and hash chain."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CHAIN_START = hashlib.sha256(b"cordon-log-v1").digest()
"""The chain hash before entry 1."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One sealed record. ``body`` is canonical JSON; ``leaf`` and ``chain`` are its hashes, 32 bytes each."""

    seq: int
    body: bytes
    leaf: bytes
    chain: bytes


@dataclass(frozen=True, slots=True)
class SealedText:
    """What an entry holds a commitment to. ``salt`` and ``content`` are None once erased."""

    commitment: str
    salt: bytes | None
    content: bytes | None


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry with all it seals, as stored: ``rows`` by table, every row whole, in order of id."""

    entry: Entry
    rows: Mapping[str, Sequence[Sequence[int | str | None]]]
    texts: Sequence[SealedText]


def leaf_hash(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()


def chain_hash(previous: bytes, leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x02" + previous + leaf).digest()


def seal(seq: int, body: bytes, previous: bytes) -> Entry:
    leaf = leaf_hash(body)
    return Entry(seq, body, leaf, chain_hash(previous, leaf))


def commitment(salt: bytes, content: bytes) -> str:
    """What an entry holds in place of a name, free text or device answer: binding, and mute once the
    salt is erased. ``salt`` is 16 random bytes; the result is hexadecimal."""
    return hashlib.sha256(b"\x03" + salt + content).hexdigest()
