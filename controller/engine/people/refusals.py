"""Failed attempts on record without letting whoever makes them write the log full."""

from __future__ import annotations

from threading import Lock

from controller.domain.errors import JournalUnavailable
from controller.domain.facts import SYSTEM, Noted
from controller.domain.tags import Tag
from controller.engine.ports import Clock, Journal

BURST = 20.0
"""Entries at once; after that one a second, each telling how many were left out before it."""


class RefusalLog:
    """What was typed is never recorded: it may be a password in the wrong field."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._allowance = BURST
        self._since = clock.monotonic()
        self._left_out = 0
        self._lock = Lock()

    def tell(self, tag: Tag, person: str, source: str, failed: int) -> None:
        """``person``: whose account it was, "" where there is no such account. ``failed``: attempts there."""
        with self._lock:
            now = self._clock.monotonic()
            self._allowance = min(BURST, self._allowance + now - self._since)
            self._since = now
            if self._allowance < 1:
                self._left_out += 1
                return
            self._allowance -= 1
            left_out, self._left_out = self._left_out, 0
        data = [("source", source), ("failed", str(failed))]
        if left_out:
            data.append(("left-out", str(left_out)))
        try:
            self._journal.commit(tag, [Noted(person or "unknown", tuple(data))], SYSTEM)
        except JournalUnavailable:
            return
