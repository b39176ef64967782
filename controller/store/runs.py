"""Runs as their facts tell them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from sqlalchemy import and_, exists, func, or_, select

from controller.domain.facts import (
    EvidenceTaken,
    IntentRecorded,
    OutcomeRecorded,
    PointRead,
    RunMoved,
    RunOpened,
    StartupMoved,
    WaveMoved,
)
from controller.domain.inventory import PointId
from controller.domain.lifecycle import RunState, WaveState
from controller.engine.points.startup import Told, last_told
from controller.engine.ports import PendingIntent, RunRecord, StepRecord
from controller.store import schema
from controller.store.moment import Found, Moment

AT_HAND = 4
"""Runs that are kept with their steps."""


@dataclass(slots=True)
class _Story:
    """What is known of one run so far."""

    opened: RunOpened | None = None
    opened_at: datetime | None = None
    entry: int = 0
    place: int = 0
    actor: str = ""
    state: RunState = RunState.RUNNING
    moved_at: datetime | None = None
    waves: dict[int, WaveState] = field(default_factory=dict)
    pending: dict[tuple[str, int], PendingIntent] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    steps: dict[PointId, StepRecord] = field(default_factory=dict)
    startups: list[Told] = field(default_factory=list)
    evidence: list[EvidenceTaken] = field(default_factory=list)

    def copy(self) -> _Story:
        return replace(
            self,
            waves=dict(self.waves),
            pending=dict(self.pending),
            attempts=dict(self.attempts),
            steps=dict(self.steps),
            startups=list(self.startups),
            evidence=list(self.evidence),
        )

    def learn(self, found: Found) -> None:
        match found.fact:
            case RunMoved(state=state):
                self.state, self.moved_at = state, found.at
            case WaveMoved(wave=wave, state=moved):
                self.waves[wave] = moved
            case IntentRecorded() as intent:
                self.pending[intent.device, intent.attempt] = _pending(intent)
                self.attempts[intent.device] = max(self.attempts.get(intent.device, 0), intent.attempt)
            case OutcomeRecorded(device=device, attempt=attempt):
                self.pending.pop((device, attempt), None)
            case PointRead() as read:
                self.steps[read.point] = step(read)
            case StartupMoved() as moved_startup:
                self.startups.append(Told(found.entry, found.at, moved_startup))
            case EvidenceTaken() as taken:
                self.evidence.append(taken)
            case _:
                pass


@dataclass(slots=True)
class _Whole:
    """One run with its steps, as the log tells it up to the entry ``through``."""

    story: _Story
    through: int = 0
    record: RunRecord | None = None


class Runs:
    """Runs as the log tells them. What it says is folded once: a look reads only what came since, and a run
    of which nothing came is the same record as before. Safe to call from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stories: dict[str, _Story] = {}
        self._through = 0
        self._whole: OrderedDict[str, _Whole] = OrderedDict()

    def every(self, moment: Moment) -> tuple[RunRecord, ...]:
        """All runs in the order of their opening, without steps."""
        with self._lock:
            since = self._through
            if moment.seq > since:
                _learn(self._stories, _since(moment, since) if since else _on_record(moment, None), moment)
                self._through = moment.seq
            stories = self._stories
            if not moment.late:
                return _records(stories)
            stories = {name: story.copy() for name, story in stories.items()}
        _learn(stories, moment.late, moment)
        return _records(stories)

    def one(self, moment: Moment, run: str) -> RunRecord:
        """With its steps. ``run`` is one that was opened."""
        late = [found for found in moment.late if getattr(found.fact, "run", None) == run]
        with self._lock:
            whole = self._followed(moment, run)
            if not late and whole.record is not None:
                return whole.record
            story = whole.story.copy() if late else whole.story
        _learn({run: story}, late, moment)
        return _record(story, whole=True)

    def _followed(self, moment: Moment, run: str) -> _Whole:
        """Called with the lock held."""
        whole = self._whole.get(run)
        if whole is None:
            whole = _Whole(_Story(attempts=_attempts(moment, run)))
            found = list(_on_record(moment, run))
            self._whole[run] = whole
        else:
            found = list(_since(moment, whole.through, run)) if moment.seq > whole.through else []
        if found:
            _learn({run: whole.story}, found, moment)
            whole.record = _record(whole.story, whole=True) if whole.story.opened else None
        whole.through = max(whole.through, moment.seq)
        self._whole.move_to_end(run)
        while len(self._whole) > AT_HAND:
            self._whole.popitem(last=False)
        return whole


def _learn(stories: dict[str, _Story], found: Iterable[Found], moment: Moment) -> None:
    for one in found:
        fact = one.fact
        if isinstance(fact, RunOpened):
            story = stories.setdefault(fact.run, _Story())
            if story.opened is None:
                story.opened, story.opened_at = fact, one.at
                story.entry, story.place = one.entry, one.place
                story.actor = one.actor or moment.actor(one.entry)
        elif name := getattr(fact, "run", None):
            stories.setdefault(name, _Story()).learn(one)


def _records(stories: Mapping[str, _Story]) -> tuple[RunRecord, ...]:
    opened = (story for story in stories.values() if story.opened is not None)
    return tuple(
        _record(story, whole=False) for story in sorted(opened, key=lambda story: (story.entry, story.place))
    )


def step(read: PointRead) -> StepRecord:
    return StepRecord(
        point=read.point,
        device=read.point.device,
        outcome=read.outcome,
        proof=read.proof.value,
        state=read.state,
        read_at=read.read_at,
        cause=read.cause,
        method=read.method.value,
    )


_TOLD = (schema.run, schema.run_move, schema.wave_move, schema.intent, schema.outcome)
_TOLD_OF_STEPS = (schema.point_read, schema.startup, schema.evidence)


def _since(moment: Moment, entry: int, run: str | None = None) -> Iterator[Found]:
    """All that came later than ``entry``, in the order of the log; steps only of that one run."""
    found: list[Found] = []
    for table in _TOLD if run is None else (*_TOLD, *_TOLD_OF_STEPS):
        found.extend(moment.later(table, entry, *([] if run is None else [table.c.run == run])))
    yield from sorted(found, key=lambda one: (one.entry, one.place))


def _on_record(moment: Moment, run: str | None) -> Iterator[Found]:
    """Openings first, and of intents and readings only those that still count."""
    for table in (schema.run, schema.run_move, schema.wave_move):
        yield from moment.facts(table, *([] if run is None else [table.c.run == run]))
    intent, outcome = schema.intent, schema.outcome
    answered = exists().where(
        outcome.c.run == intent.c.run,
        outcome.c.device == intent.c.device,
        outcome.c.attempt == intent.c.attempt,
        or_(
            outcome.c.entry > intent.c.entry,
            and_(outcome.c.entry == intent.c.entry, outcome.c.place > intent.c.place),
        ),
    )
    yield from moment.facts(intent, ~answered, *([] if run is None else [intent.c.run == run]))
    if run is not None:
        read = schema.point_read
        latest = (
            select(func.max(read.c.id))
            .where(read.c.run == run)
            .group_by(read.c.device, read.c.object, read.c.vlan)
        )
        yield from moment.facts(read, read.c.id.in_(latest))
        yield from moment.facts(schema.startup, schema.startup.c.run == run)
        yield from moment.facts(schema.evidence, schema.evidence.c.run == run)


def _attempts(moment: Moment, run: str) -> dict[str, int]:
    intent = schema.intent
    highest = func.max(intent.c.attempt)
    found = select(intent.c.device, highest).where(intent.c.run == run).group_by(intent.c.device)
    return dict(iter(moment.connection.execute(found)))


def _pending(intent: IntentRecorded) -> PendingIntent:
    return PendingIntent(
        run=intent.run,
        wave=intent.wave,
        device=intent.device,
        attempt=intent.attempt,
        action=intent.action,
        steps=tuple((point, method.value) for point, method in intent.steps),
    )


def _record(story: _Story, *, whole: bool) -> RunRecord:
    opened, opened_at = story.opened, story.opened_at
    if opened is None or opened_at is None:
        raise ValueError("a run that was never opened")
    steps = sorted(story.steps.values(), key=lambda one: one.point.order) if whole else ()
    return RunRecord(
        run=opened.run,
        action=opened.action,
        plan=opened.plan,
        playbook=opened.playbook,
        level=opened.level,
        inventory=opened.inventory,
        profiles=opened.profiles,
        state=story.state,
        opened_at=opened_at,
        moved_at=story.moved_at or opened_at,
        actor=story.actor,
        joins=opened.joins,
        steps=tuple(steps),
        waves_done=frozenset(wave for wave, state in story.waves.items() if state is WaveState.DONE),
        pending=tuple(story.pending.values()),
        attempts=dict(story.attempts) if whole else {},
        startups=last_told(story.startups) if whole else {},
        evidence=tuple(story.evidence) if whole else (),
    )
