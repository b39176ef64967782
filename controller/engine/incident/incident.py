"""An incident put together from entries, one after the other. What is kept grows with points, runs and what
people wrote, not with the number of entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from controller.domain.facts import (
    Attested,
    Fact,
    GateChecked,
    GateDecided,
    HoldEnded,
    HoldOpened,
    IntentRecorded,
    Noted,
    OutcomeRecorded,
    PointRead,
    RevisionStored,
    RunMoved,
    RunOpened,
)
from controller.domain.inventory import PointId
from controller.domain.playbook import Action
from controller.domain.probation import PROBATION
from controller.domain.tags import Tag
from controller.engine.incident.cuts import CutBook
from controller.engine.incident.machine import MachineBook
from controller.engine.incident.runs import RunBook
from controller.engine.incident.timeline import TimeLine, data_of
from controller.engine.incident.told import (
    Act,
    GateTold,
    Incident,
    Kind,
    Line,
    PersonTold,
    Record,
    RunTold,
    TagTold,
    Watched,
    Word,
)

_LACKS_NAMED = 30
"""Devices of a run that have a line of their own for want of a proof."""


@dataclass(slots=True)
class _Seen:
    name: str
    entries: int
    first: datetime
    last: datetime


def incident(records: Iterable[Record]) -> Incident:
    """``records`` in the order of the log, all of it or a part."""
    book = IncidentBook()
    for record in records:
        book.take(record)
    return book.told()


class IncidentBook:
    def __init__(self) -> None:
        self._runs = RunBook()
        self._cuts = CutBook()
        self._line = TimeLine()
        self._machine = MachineBook()
        self._persons: dict[str, _Seen] = {}
        self._tags: dict[str, _Seen] = {}
        self._documents: dict[tuple[str, str], None] = {}
        self._site = ""
        self._entries = 0
        self._first: Record | None = None
        self._last: Record | None = None

    def take(self, record: Record) -> None:
        self._entries += 1
        _see(self._tags, record.tag, "", record.at)
        if record.actor.id != "system":
            _see(self._persons, record.actor.id, record.actor.name, record.at)
        self._machine.take(record)
        for fact in record.facts:
            self._fact(fact, record)
        self._tell(record)
        bare = replace(record, facts=())
        self._first, self._last = self._first or bare, bare

    def told(self) -> Incident:
        runs = self._runs.told()
        lines, left_out = self._line.told(list(_lines_of(runs)))
        points, held = self._cuts.points()
        return Incident(
            site=self._site,
            entries=self._entries,
            first=self._first,
            last=self._last,
            runs=runs,
            consents=self._runs.consents(),
            glass=self._runs.broken(),
            subjects=self._cuts.told(),
            points=points,
            held=held,
            canaries=self._cuts.canaries(),
            lines=tuple(lines),
            left_out=left_out,
            persons=tuple(
                PersonTold(name, each.name, each.entries, each.first, each.last)
                for name, each in self._persons.items()
            ),
            tags=tuple(
                TagTold(name, each.entries, each.first, each.last)
                for name, each in sorted(self._tags.items())
            ),
            steps=self._machine.steps(),
            restarts=self._machine.restarts(),
            degraded=self._machine.degraded(),
            unrecorded=self._machine.unrecorded,
            undecided=self._line.undecided(),
            documents=tuple(self._documents),
        )

    # --- one entry -------------------------------------------------------------------------------------

    def _fact(self, fact: Fact, record: Record) -> None:
        at, seq = record.at, record.seq
        match fact:
            case RevisionStored():
                self._runs.revision(fact)
            case RunOpened():
                self._opened(fact, record)
            case RunMoved():
                self._runs.moved(fact.run, fact.state, fact.cause, at, seq)
            case IntentRecorded():
                self._runs.intended(fact, at, seq)
            case OutcomeRecorded():
                self._runs.settled(fact, at, seq)
            case HoldOpened():
                self._cuts.opened(fact, at)
            case HoldEnded():
                if self._cuts.ended(fact, at):
                    self._runs.let_go(fact.by, fact.ending)
            case PointRead():
                self._cuts.read(fact)
                self._runs.read(fact, at, seq)
            case Noted(subject="found-open"):
                data = dict(fact.data)
                vlan = int(data["vlan"]) if data.get("vlan", "").isdigit() else None
                self._cuts.reopened(PointId(data.get("device", ""), data.get("object", ""), vlan))
            case Noted() if fact.subject != PROBATION:
                self._noted(fact, record)
            case _:
                self._of_return(fact, record)

    def _of_return(self, fact: Fact, record: Record) -> None:
        """What was asked before a subject came back, and how it fared."""
        match fact:
            case Attested():
                word = Word(fact.subject, _act(record, fact.text), fact.statement, fact.dated, fact.given)
                self._runs.word(word)
            case GateDecided():
                self._runs.word(Word(fact.subject, _act(record, fact.text), go=fact.go))
            case GateChecked():
                gate = GateTold(fact.subject, fact.wave, fact.passed, fact.wants, record.at, record.seq)
                self._runs.gate(fact.run, gate)
            case Noted(subject=subject) if subject == PROBATION:
                data = dict(fact.data)
                watched = Watched(data.get("subject", ""), data.get("state", ""), record.at, record.seq)
                self._runs.watched(data.get("run", ""), watched)
            case _:
                pass

    def _opened(self, fact: RunOpened, record: Record) -> None:
        plan = self._runs.opened(fact, _act(record, fact.reason))
        documents = (fact.inventory, fact.profiles)
        self._documents.pop(documents, None)
        self._documents[documents] = None
        if plan is not None:
            self._site = plan.site
            if fact.action is Action.ISOLATE:
                self._cuts.plan(fact.run, plan.points)

    def _noted(self, fact: Noted, record: Record) -> None:
        data, act = dict(fact.data), _act(record, fact.text)
        run = self._runs.run(fact.subject)
        if record.tag.startswith("approval:request:") and fact.subject.startswith("request:"):
            self._runs.consent(fact.subject, record.tag.rpartition(":")[2], data, act)
        elif record.tag == Tag.GLASS_BROKEN:
            number = fact.subject.partition(":")[2]
            self._runs.glass(data.get("for", ""), replace(act, number=number))
        elif run is None:
            return
        elif record.tag == Tag.RUN_JOINED:
            run.joined.append(act)
        elif record.tag == Tag.RUN_COUNTERSIGNED:
            run.countersigned = act
        elif data.get("wanted") == "abort":
            run.aborted.append(act)
        elif data.get("documents") == "last-valid":
            run.lapse = data

    def _tell(self, record: Record) -> None:
        """The entry's line, unless it is told with its run."""
        tag = record.tag
        if tag == Tag.LOG_WRITTEN:
            self._line.note(record)
            return
        named = [run for fact in record.facts if isinstance(run := getattr(fact, "run", None), str)]
        run = named[0] if named else ""
        found = self._runs.run(run)
        if found and tag in (Tag.POINT_CLAIMED, Tag.CLAIM_WITHDRAWN):
            found.claimed.append(_act(record, data_of(record.facts)[1]))
        if tag in (Tag.RUN_OPENED, Tag.RUN_RESUMED, Tag.RUN_JOINED):
            if found and tag == Tag.RUN_RESUMED:
                found.resumed.append(_act(record))
            self._decision(record, run)
            return
        aborts = tag == Tag.RUN_MOVED and any(
            isinstance(fact, Noted) and ("wanted", "abort") in fact.data for fact in record.facts
        )
        if aborts:
            self._decision(record, run)
            return
        self._line.entry(record, run)

    def _decision(self, record: Record, run: str) -> None:
        data, text = data_of(record.facts)
        reasons = [fact.reason for fact in record.facts if isinstance(fact, RunOpened)]
        said = reasons[0] if reasons else text
        noted = run or data.get("subject", "")
        self._line.add(
            Line(
                Kind.DECISION,
                record.seq,
                record.at,
                record.tag,
                record.actor,
                noted,
                data,
                said,
                degraded=record.degraded,
                through=record.seq,
            )
        )


def _lines_of(runs: Iterable[RunTold]) -> Iterator[Line]:
    """What a run did: its waves, what lacked its proof, its end."""
    for run in runs:
        actor = run.decided.actor
        for wave in run.waves:
            yield Line(
                Kind.WAVE, wave.seq, wave.first, "", actor, run.run, wave=wave,
                through=wave.through, until=wave.last,
            )  # fmt: skip
        for lack in run.lacking[:_LACKS_NAMED]:
            yield Line(Kind.LACK, lack.seq, lack.at, "", actor, run.run, lack=lack, through=lack.seq)
        if run.ended_at is not None:
            tag = Tag.RUN_MOVED.value
            yield Line(Kind.ENDED, run.ended_seq, run.ended_at, tag, actor, run.run, through=run.ended_seq)


def _act(record: Record, text: str = "") -> Act:
    return Act(record.actor, record.at, record.seq, text)


def _see(book: dict[str, _Seen], name: str, said: str, at: datetime) -> None:
    seen = book.setdefault(name, _Seen(said, 0, at, at))
    seen.entries += 1
    seen.first, seen.last = min(seen.first, at), max(seen.last, at)
    seen.name = said or seen.name
