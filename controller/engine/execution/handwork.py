"""What people do by hand and say so: a step of a walk-list claimed, or its claim withdrawn.

A claim is a person's word. It counts as ``claimed`` until the point is read, and never as proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from controller.domain.errors import InvalidRequest
from controller.domain.facts import Fact, HoldOpened, Noted, Text
from controller.domain.hold import Attribution, HoldKey
from controller.domain.plan import Plan
from controller.domain.playbook import Action
from controller.domain.proof import Proof, aged
from controller.engine.events import StepResult
from controller.engine.execution.walklist import results_on_record, step_code
from controller.engine.planning.revisions import stored_plan
from controller.engine.points.holds import CLAIMED_BACK, HoldBook
from controller.engine.ports import History, RunRecord


@dataclass(frozen=True, slots=True)
class HandWork:
    """The step ``code`` was done by hand by ``by`` at ``at`` (now, where None); ``withdraw``: it was not,
    after all. ``run`` may be a prefix of the step's run, where two runs share a code."""

    code: str
    by: str
    reason: str = ""
    at: datetime | None = None
    withdraw: bool = False
    run: str = ""


@dataclass(frozen=True, slots=True)
class Located:
    """The step a code names, in its run, with what is on record of it."""

    code: str
    record: RunRecord
    plan: Plan
    result: StepResult


def as_code(said: str) -> str:
    """A code as it may be written or read aloud: case, blanks and hyphens do not matter."""
    return "".join(character for character in said.upper() if character.isalnum())


def locate(history: History, code: str, run: str = "") -> Located:
    """Raises InvalidRequest for a code that names no step, or several."""
    wanted = as_code(code)
    plans: dict[str, Plan] = {}
    found: list[tuple[str, Plan]] = []
    for record in history.runs():
        if not record.run.startswith(run):
            continue
        if record.plan not in plans:
            plans[record.plan] = stored_plan(history, record.plan)
        plan = plans[record.plan]
        points = {step.point.id for _, _, step in (*plan.steps(), *plan.upstream())}
        found.extend((record.run, plan) for point in points if step_code(record.run, point) == wanted)
    if not found:
        raise InvalidRequest("code-unknown", code=wanted)
    if len(found) > 1:
        raise InvalidRequest("code-ambiguous", code=wanted, runs=", ".join(name for name, _ in found))
    name, plan = found[0]
    record = history.run(name)
    [result] = [
        each
        for each in results_on_record(record, plan)
        if step_code(record.run, each.step.point.id) == wanted
    ]
    return Located(wanted, record, plan, result)


def confirmation(history: History, book: HoldBook, work: HandWork, now: datetime) -> list[Fact]:
    """What ``work`` puts on record. Raises InvalidRequest where there is nothing to say of the step: it has
    its proof, it was said already or never, its point is no longer held."""
    located = locate(history, work.code, work.run)
    at = work.at or now
    if at > now:
        raise InvalidRequest("time-ahead", time=at.isoformat())
    result = located.result
    if work.withdraw:
        if result.proof is not Proof.CLAIMED:
            raise _pointless("code-not-claimed", located)
        known = replace(result, proof=Proof.UNKNOWN, state=None, read_at=None, cause="claim-withdrawn")
    else:
        _check(located, history, book, now)
        cause = result.cause if located.plan.action is Action.ISOLATE else CLAIMED_BACK
        known = replace(result, proof=Proof.CLAIMED, state=None, read_at=at, cause=cause)
    said = "withdrawn" if work.withdraw else "made"
    data = (("claim", said), ("code", located.code), ("at", at.isoformat()))
    return [
        known.as_fact(located.record.run, located.plan.action),
        *(() if work.withdraw else _holds(located, book)),
        Noted(str(result.step.point.id), data, Text(f"{work.by}: {work.reason}" if work.reason else work.by)),
    ]


def _check(located: Located, history: History, book: HoldBook, now: datetime) -> None:
    result, point = located.result, located.result.step.point.id
    if result.proof is Proof.CLAIMED:
        raise _pointless("code-claimed", located)
    if result.satisfied:
        raise _pointless("code-proven", located)
    if located.plan.action is Action.RESTORE:
        if not book.holders(point):
            raise _pointless("code-released", located)
        return
    if _attempted(located) and not any(book.hold(key) for key in _keys(located)):
        raise _pointless("code-released", located)
    last = history.last_reads().get(point)
    if last is not None and aged(Proof(last.proof), last.read_at, now).satisfies(Proof.CONFIRMED):
        raise _pointless("code-proven", located)


def _holds(located: Located, book: HoldBook) -> Iterator[Fact]:
    """The run's holds at a point it never came to: what a person cut for it stays held until it is
    released."""
    step = located.result.step
    if located.plan.action is Action.ISOLATE and not _attempted(located):
        for key in _keys(located):
            if book.hold(key) is None:
                yield HoldOpened(key.run, key.subject, step.point, step.rendering.method, Attribution.OURS)


def _attempted(located: Located) -> bool:
    """Whether the run came to the step at all: it then held the point, if only for want of an answer."""
    return any(step.point == located.result.step.point.id for step in located.record.steps)


def _keys(located: Located) -> list[HoldKey]:
    step = located.result.step
    return [HoldKey(located.record.run, subject, step.point.id) for subject in step.subjects]


def _pointless(reason: str, located: Located) -> InvalidRequest:
    point = str(located.result.step.point.id)
    return InvalidRequest(reason, code=located.code, point=point, run=located.record.run)
