"""Moments as the store writes them. On its own, for who reaches the leader before anything else is loaded."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def utc(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds; raises ValueError for a naive time."""
    if moment.tzinfo is None:
        raise ValueError("a time without zone cannot be recorded")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
