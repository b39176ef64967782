"""What is on record, read without the lead: from the database, and from the spool what is not there yet."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Table, func, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from controller.domain.errors import JournalUnreadable, NotFound
from controller.domain.facts import IntentRecorded, Noted, RevisionStored, RunOpened, StartupMoved
from controller.domain.hold import Baseline, Hold
from controller.domain.inventory import Method, PointId
from controller.engine.points.startup import Told, last_told
from controller.engine.ports import RunRecord, StartupRecord, Statements, StepRecord
from controller.store import schema
from controller.store.draft import Draft
from controller.store.holdings import Holdings
from controller.store.moment import Moment, moment
from controller.store.notes import Notes, late_notes
from controller.store.places import Places
from controller.store.readings import Readings
from controller.store.runs import Runs
from controller.store.spooled import spooled
from controller.store.statements import last_told_of, statements_of

T = TypeVar("T")


class StoreHistory:
    """The History of a home. ``unmerged``: what the leader itself knows to be not in the log up to an entry;
    without it, the spool is asked.

    Raises JournalUnreadable where the database cannot be read."""

    def __init__(self, places: Places, unmerged: Callable[[int], Sequence[Draft]] | None = None) -> None:
        self._places = places
        self._unmerged = unmerged
        self._lock = threading.Lock()
        self._holdings = Holdings()
        self._readings = Readings()
        self._runs = Runs()
        self._notes = Notes()
        self._startups: tuple[tuple[object, ...], Mapping[str, StartupRecord]] = ((), {})
        self._open = threading.local()
        self._through = 0

    def runs(self) -> tuple[RunRecord, ...]:
        with self._moment() as moment:
            return self._runs.every(moment)

    def run(self, run: str) -> RunRecord:
        with self._moment() as moment:
            known = set(moment.connection.execute(select(schema.run.c.run)).scalars())
            known |= {one.fact.run for one in moment.late if isinstance(one.fact, RunOpened)}
            return self._runs.one(moment, _the_one(run, known))

    def open_holds(self) -> tuple[Hold, ...]:
        with self._moment() as moment:
            return self._held(moment, Holdings.holds)

    def returned(self) -> Mapping[str, frozenset[PointId]]:
        with self._moment() as moment:
            return self._held(moment, Holdings.returned)

    def baselines(self) -> Mapping[PointId, Baseline]:
        with self._moment() as moment:
            return self._held(moment, Holdings.baselines)

    def methods_sent(self) -> Mapping[PointId, tuple[Method, ...]]:
        with self._moment() as moment:
            return self._held(moment, Holdings.methods)

    def last_reads(self) -> Mapping[PointId, StepRecord]:
        with self._moment() as moment:
            held = self._held(moment, Holdings.held)
            return self._readings.latest(moment, held)

    def noted(self, *subjects: str) -> tuple[tuple[datetime, Noted], ...]:
        with self._moment() as moment:
            found = self._notes.of(moment, subjects)
            return (*found, *late_notes(moment, subjects))

    def statements(self, subject: str) -> Statements:
        return self.statements_of((subject,))[subject]

    def statements_of(self, subjects: Iterable[str]) -> Mapping[str, Statements]:
        wanted = tuple(dict.fromkeys(subjects))
        with self._moment() as moment:
            return statements_of(moment, wanted)

    def changes(self) -> Hashable:
        with self._moment() as moment:
            if moment.late:
                return object()  # nothing is the same as what is not in the log yet
            return (*last_told_of(moment), self._readings.changes(moment))

    def startups(self) -> Mapping[str, StartupRecord]:
        intent, startup = schema.intent, schema.startup
        last = select(select(func.max(intent.c.id)).scalar_subquery(), func.max(startup.c.id))
        last_intents = select(intent.c.device, func.max(intent.c.entry)).group_by(intent.c.device)
        with self._moment() as moment:
            rest_on: tuple[object, ...] = (*moment.connection.execute(last).one(),)
            known, found = self._startups
            if known == rest_on and not moment.late:
                return found
            changed = dict(iter(moment.connection.execute(last_intents)))
            facts = [*moment.facts(startup), *moment.late]
            for one in moment.late:
                if isinstance(one.fact, IntentRecorded):
                    changed[one.fact.device] = one.entry
            told = [Told(one.entry, one.at, one.fact) for one in facts if isinstance(one.fact, StartupMoved)]
            found = last_told(told, changed)
            if not moment.late:
                self._startups = (rest_on, found)
            return found

    def revision(self, kind: str, digest: str) -> str:
        table = schema.revision
        with self._moment() as moment:
            stored = moment.connection.execute(
                select(table.c.content).where(table.c.digest == digest, table.c.kind == kind)
            ).scalar()
            if stored is not None:
                return stored
            for one in moment.late:
                fact = one.fact
                if isinstance(fact, RevisionStored) and (fact.kind, fact.digest) == (kind, digest):
                    return fact.content
        raise NotFound(kind=kind, name=digest)

    @contextmanager
    def together(self) -> Iterator[None]:
        with self._moment() as moment:
            before, self._open.moment = self._at_hand(), moment
            try:
                yield
            finally:
                self._open.moment = before

    def _at_hand(self) -> Moment | None:
        found: Moment | None = getattr(self._open, "moment", None)
        return found

    @contextmanager
    def _moment(self) -> Iterator[Moment]:
        known = self._at_hand()
        if known is not None:
            yield known
            return
        try:
            unmerged = self._unmerged or spooled(self._places)
            with moment(self._places.database, unmerged) as found:
                yield found
        except SQLAlchemyError as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise JournalUnreadable(home=str(self._places.home), cause=str(cause)) from error

    def _held(self, moment: Moment, told: Callable[[Holdings], T]) -> T:
        """What the holdings of that moment tell. What the log says is folded once and kept."""
        tables: tuple[Table, ...] = (schema.hold, schema.hold_end, schema.baseline, schema.intent)
        with self._lock:
            if moment.seq > self._through:
                new = [one for table in tables for one in moment.later(table, self._through)]
                for one in sorted(new, key=lambda found: (found.entry, found.place)):
                    self._holdings.apply(one.fact, one.at)
                self._through = moment.seq
            if not moment.late:
                return told(self._holdings)
            holdings = self._holdings.copy()
        for one in moment.late:
            holdings.apply(one.fact, one.at)
        return told(holdings)


def _the_one(run: str, known: Collection[str]) -> str:
    """The run of that name, or the only one that begins with it."""
    beginning = [one for one in known if one.startswith(run)]
    if run in known or len(beginning) == 1:
        return run if run in known else beginning[0]
    close = difflib.get_close_matches(run, sorted(known), n=1)
    raise NotFound(kind="run", name=run, **({"suggestion": close[0]} if close else {}))
