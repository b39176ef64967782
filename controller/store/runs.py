"""Runs as their facts tell them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

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


@dataclass(slots=True)
class _Story:
    """What is known of one run so far."""

    opened: RunOpened | None = None
    opened_at: datetime | None = None
    actor: str = ""
    state: RunState = RunState.RUNNING
    moved_at: datetime | None = None
    waves: dict[int, WaveState] = field(default_factory=dict)
    pending: dict[tuple[str, int], PendingIntent] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    steps: dict[PointId, StepRecord] = field(default_factory=dict)
    startups: list[Told] = field(default_factory=list)
    evidence: list[EvidenceTaken] = field(default_factory=list)

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


def records(moment: Moment, run: str | None = None) -> tuple[RunRecord, ...]:
    """All runs in the order of their opening, without steps; or that one run, with them."""
    stories: dict[str, _Story] = defaultdict(_Story)
    order: list[_Story] = []
    if run is not None:
        stories[run].attempts = _attempts(moment, run)
    for found in (*_on_record(moment, run), *moment.late):
        fact = found.fact
        if isinstance(fact, RunOpened):
            story = stories[fact.run]
            if story.opened is None:
                story.opened, story.opened_at = fact, found.at
                story.actor = found.actor or moment.actor(found.entry)
                order.append(story)
        elif name := getattr(fact, "run", None):
            stories[name].learn(found)
    return tuple(
        _record(story, whole=run is not None)
        for story in order
        if story.opened is not None and run in (None, story.opened.run)
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
        attempts=story.attempts if whole else {},
        startups=last_told(story.startups) if whole else {},
        evidence=tuple(story.evidence) if whole else (),
    )
