"""How far an operation went (Outcome) and what is known of a point afterwards (Proof)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

CAUSES_JOINED_BY = " + "
"""Between two causes of one result: what the device did, and what came of it."""

PROOF_EXPIRES_AFTER = timedelta(minutes=15)


class Outcome(StrEnum):
    """How far the commands of one operation went. ``sent`` is never called a cut."""

    NOT_ATTEMPTED = "not_attempted"
    NOT_SENT = "not_sent"
    SENT = "sent"
    REJECTED = "rejected"
    ACCEPTED = "accepted"


class Proof(StrEnum):
    """What is known of a point, weakest first; compare with :meth:`rank` or :meth:`satisfies`."""

    CONTRADICTED = "contradicted"
    UNKNOWN = "unknown"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    PROVEN = "proven"

    @property
    def rank(self) -> int:
        return _RANK[self]

    def satisfies(self, wanted: Proof) -> bool:
        return _RANK[self] >= _RANK[wanted]


_RANK = {proof: rank for rank, proof in enumerate(Proof)}


def worst(proofs: Iterable[Proof]) -> Proof:
    """A segment is as isolated as its worst point; no points at all is ``unknown``, never good news."""
    return min(proofs, key=lambda proof: proof.rank, default=Proof.UNKNOWN)


def aged(
    proof: Proof, read_at: datetime | None, now: datetime, expires_after: timedelta = PROOF_EXPIRES_AFTER
) -> Proof:
    """``proof`` as it counts at ``now``: what rests on a read-back expires to ``unknown``.

    A claim does not expire (a person, not a reading, stands for it) and a contradiction stays one.
    A reading from the future (a stepped clock) has expired: its age cannot be known.
    """
    if _RANK[proof] < _RANK[Proof.ACCEPTED]:
        return proof
    if read_at is None or read_at > now or now - read_at > expires_after:
        return Proof.UNKNOWN
    return proof


def turns(
    proof: Proof, read_at: datetime | None, expires_after: timedelta = PROOF_EXPIRES_AFTER
) -> tuple[datetime, ...]:
    """When what :func:`aged` says of it changes; nothing between two of them."""
    if _RANK[proof] < _RANK[Proof.ACCEPTED] or read_at is None:
        return ()
    return (read_at, read_at + expires_after)
