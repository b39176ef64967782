"""A cut without a journal: the last resort when neither database nor spool takes a record."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from controller.domain.errors import JournalUnavailable
from controller.domain.facts import Actor, Fact
from controller.domain.tags import Tag
from controller.engine.ports import Committed, Journal

Missed = Callable[[Tag, Sequence[Fact]], None]


class LastResortJournal:
    """A journal that, once a person has permitted it, lets acts go on that it cannot record.

    ``missed`` is told what was not put on disk, for whoever can still write it down."""

    def __init__(self, journal: Journal, missed: Missed) -> None:
        self._journal = journal
        self._missed = missed
        self._permitted = False

    def permit_unrecorded(self) -> None:
        self._permitted = True

    def commit(self, tag: Tag, facts: Sequence[Fact], actor: Actor) -> Committed:
        try:
            return self._journal.commit(tag, facts, actor)
        except JournalUnavailable:
            if not self._permitted:
                raise
            self._missed(tag, facts)
            return Committed(None, degraded=True)

    @property
    def degraded(self) -> bool:
        return self._journal.degraded
