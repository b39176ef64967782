"""What was noted, subject by subject, folded once from the log: a look reads only what came since."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from threading import Lock

from controller.domain.facts import Noted
from controller.store import schema
from controller.store.moment import Moment

Note = tuple[datetime, Noted]


class Notes:
    """Without their texts, which may be erased. Safe to call from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[frozenset[str], tuple[int, list[Note]]] = {}

    def of(self, moment: Moment, subjects: Collection[str]) -> list[Note]:
        """Those of the database, in the order of the log."""
        table, which = schema.note, frozenset(subjects)
        with self._lock:
            through, known = self._known.get(which, (0, []))
            if moment.seq > through:
                new = moment.later(table, through, table.c.subject.in_(sorted(which)))
                known += _notes(((one.at, one.fact) for one in new), which)
                self._known[which] = (moment.seq, known)
            return list(known)


def late_notes(moment: Moment, subjects: Collection[str]) -> Iterator[Note]:
    return _notes(((one.at, one.fact) for one in moment.late), subjects)


def _notes(found: Iterator[tuple[datetime, object]], subjects: Collection[str]) -> Iterator[Note]:
    for at, fact in found:
        if isinstance(fact, Noted) and fact.subject in subjects:
            yield at, fact
