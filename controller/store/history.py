"""What is on record, read without the lead: from the database, and from the spool what is not there yet."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Table, func, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from controller.domain.errors import JournalUnreadable, NotFound
from controller.domain.facts import (
    Attested,
    GateDecided,
    HoldOpened,
    IntentRecorded,
    Noted,
    RevisionStored,
    RunOpened,
    StartupMoved,
)
from controller.domain.hold import Baseline, Hold
from controller.domain.inventory import Method, PointId
from controller.domain.transfer import TRANSFER, moved
from controller.engine.points.startup import Told, last_told
from controller.engine.ports import RunRecord, Said, StartupRecord, Statements, StepRecord
from controller.store import schema
from controller.store.draft import Draft
from controller.store.holdings import Holdings
from controller.store.moment import Found, Moment, moment
from controller.store.places import Places
from controller.store.readings import Readings
from controller.store.runs import Runs
from controller.store.spooled import spooled
from controller.store.ticks import Ticks

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
            return {point: read for point, read in self._readings.latest(moment).items() if point in held}

    def noted(self, *subjects: str) -> tuple[tuple[datetime, Noted], ...]:
        table = schema.note
        with self._moment() as moment:
            found = [*moment.facts(table, table.c.subject.in_(subjects)), *moment.late]
        return tuple(
            (one.at, one.fact)
            for one in found
            if isinstance(one.fact, Noted) and one.fact.subject in subjects
        )

    def statements(self, subject: str) -> Statements:
        hold, said = schema.hold, (schema.attested, schema.gate_decision)
        with self._moment() as moment:
            moving = _moving(moment)  # who only moves a hold cuts nothing that was not cut
            cut = moment.connection.execute(
                select(func.max(hold.c.entry)).where(hold.c.subject == subject, hold.c.run.not_in(moving))
            ).scalar()
            late = [one for one in moment.late if getattr(one.fact, "subject", None) == subject]
            cuts = (one for one in late if isinstance(one.fact, HoldOpened) and one.fact.run not in moving)
            cut = max((one.entry for one in cuts), default=cut)
            found = [one for table in said for one in moment.facts(table, table.c.subject == subject)]
            ticks = Ticks(moment)
            words = tuple(
                Said(one.fact, one.at, cut is not None and one.entry > cut, ticks.since(one.entry))
                for one in sorted([*found, *late], key=lambda each: (each.entry, each.place))
                if isinstance(one.fact, Attested | GateDecided)
            )
            return Statements(words, ticks.since(cut) if cut is not None else 0.0)

    def startups(self) -> Mapping[str, StartupRecord]:
        intent = schema.intent
        last_intents = select(intent.c.device, func.max(intent.c.entry)).group_by(intent.c.device)
        with self._moment() as moment:
            changed = dict(iter(moment.connection.execute(last_intents)))
            found = [*moment.facts(schema.startup), *moment.late]
            for one in moment.late:
                if isinstance(one.fact, IntentRecorded):
                    changed[one.fact.device] = one.entry
        told = [Told(one.entry, one.at, one.fact) for one in found if isinstance(one.fact, StartupMoved)]
        return last_told(told, changed)

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
    def _moment(self) -> Iterator[Moment]:
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
            new: list[Found] = []
            for table in tables:
                new.extend(moment.facts(table, table.c.entry > self._through))
            for one in sorted(new, key=lambda found: (found.entry, found.place)):
                self._holdings.apply(one.fact, one.at)
            self._through = max(self._through, moment.seq)
            if not moment.late:
                return told(self._holdings)
            holdings = self._holdings.copy()
        for one in moment.late:
            holdings.apply(one.fact, one.at)
        return told(holdings)


def _moving(moment: Moment) -> frozenset[str]:
    """The runs that moved holds from one point to another."""
    found = [*moment.facts(schema.note, schema.note.c.subject == TRANSFER), *moment.late]
    facts = (one.fact for one in found)
    notes = (fact for fact in facts if isinstance(fact, Noted) and fact.subject == TRANSFER)
    return frozenset(each.run for each in moved(notes))


def _the_one(run: str, known: Collection[str]) -> str:
    """The run of that name, or the only one that begins with it."""
    beginning = [one for one in known if one.startswith(run)]
    if run in known or len(beginning) == 1:
        return run if run in known else beginning[0]
    close = difflib.get_close_matches(run, sorted(known), n=1)
    raise NotFound(kind="run", name=run, **({"suggestion": close[0]} if close else {}))
