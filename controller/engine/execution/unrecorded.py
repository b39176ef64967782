"""A cut without a journal: the last resort when neither database nor spool takes a record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

from controller.domain.errors import JournalUnavailable
from controller.domain.facts import SYSTEM, Actor, Fact, Noted
from controller.domain.tags import Tag
from controller.engine.ports import Committed, Journal

JOURNAL = "journal"
"""The subject of the note about records that are missing."""

Missed = Callable[[Tag, Sequence[Fact]], None]


class LastResortJournal:
    """A journal that, once a person has permitted it, lets acts go on that it cannot record.

    ``missed`` is told what was not put on disk, for whoever can still write it down."""

    def __init__(self, journal: Journal, missed: Missed) -> None:
        self._journal = journal
        self._missed = missed
        self._permitted = False
        self._unsaid = 0
        self._lock = Lock()

    def permit_unrecorded(self) -> None:
        self._permitted = True

    def commit(self, tag: Tag, facts: Sequence[Fact], actor: Actor) -> Committed:
        try:
            if self._unsaid:
                self._say()
            return self._journal.commit(tag, facts, actor)
        except JournalUnavailable:
            if not self._permitted:
                raise
            with self._lock:
                self._unsaid += 1
            self._missed(tag, facts)
            return Committed(None, degraded=True, unrecorded=True)

    def _say(self) -> None:
        """Before anything else can be recorded again: how many records are missing here."""
        with self._lock:
            if self._unsaid:
                note = Noted(JOURNAL, (("missing", str(self._unsaid)),))
                self._journal.commit(Tag.JOURNAL_BYPASSED, [note], SYSTEM)
                self._unsaid = 0

    @property
    def degraded(self) -> bool:
        return self._journal.degraded
