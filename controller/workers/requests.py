"""What faces ask of a leader and what it answers, as values and as lines of JSON between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.domain.codec import from_plain, to_plain
from controller.domain.errors import (
    AwaitingApproval,
    CordonError,
    InvalidRequest,
    JournalUnavailable,
    JournalUnreadable,
    NotFound,
    Refused,
    StaleEpoch,
)
from controller.domain.facts import Actor
from controller.domain.plan import Hazard, Plan
from controller.engine.events import (
    CredentialDropped,
    Event,
    JournalDegraded,
    RunEnded,
    RunStarted,
    StepsSettled,
    WaveStarted,
)
from controller.engine.handwork import HandWork
from controller.engine.plans import Return


@dataclass(frozen=True, slots=True)
class Isolate:
    """Exactly this plan. ``sources``: digest → text of the inventory, profiles and playbook it rests on, so
    that a leader with other revisions carries out what was shown. ``unrecorded``: go on without a journal."""

    plan: Plan
    sources: Mapping[str, str]
    reason: str
    actor: Actor
    unrecorded: bool = False


@dataclass(frozen=True, slots=True)
class Restore:
    """``plan`` is the hash of what was shown: a leader that would do anything else refuses."""

    wanted: Return
    plan: str
    reason: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Resume:
    run: str
    accept_drift: frozenset[str]
    actor: Actor


@dataclass(frozen=True, slots=True)
class Abort:
    run: str
    reason: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class WriteLog:
    text: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Confirm:
    work: HandWork
    actor: Actor


Request = Isolate | Restore | Resume | Abort | WriteLog | Confirm

_REQUESTS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Isolate, Restore, Resume, Abort, WriteLog, Confirm)
}
_EVENTS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (RunStarted, WaveStarted, StepsSettled, JournalDegraded, CredentialDropped, RunEnded)
}
_ERRORS: dict[str, type[CordonError]] = {
    kind.code: kind
    for kind in (AwaitingApproval, JournalUnavailable, JournalUnreadable, NotFound, StaleEpoch)
}

Line = dict[str, Any]


def request_to_line(request: Request) -> Line:
    return {"request": type(request).__name__, **to_plain(request)}


def request_from_line(line: Line) -> Request:
    """Raises InvalidRequest for what is no request of this version."""
    try:
        values = dict(line)
        built: Request = from_plain(_REQUESTS[values.pop("request")], values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidRequest("request-not-understood") from error
    return built


def event_to_line(event: Event) -> Line:
    return {"event": type(event).__name__, **to_plain(event)}


def event_from_line(line: Line) -> Event:
    values = dict(line)
    built: Event = from_plain(_EVENTS[values.pop("event")], values)
    return built


def error_to_line(error: CordonError) -> Line:
    data = {name: str(value) for name, value in error.data.items()}
    line: Line = {"error": error.code, "data": data}
    if isinstance(error, Refused):
        line["hazards"] = to_plain(error.hazards)
    return line


def error_from_line(line: Line) -> CordonError:
    data = {str(name): str(value) for name, value in line["data"].items()}
    code = str(line["error"])
    if code == Refused.code:
        return Refused([from_plain(Hazard, hazard) for hazard in line["hazards"]])
    if code == InvalidRequest.code:
        data.pop("count", None)
        return InvalidRequest(**data)
    if code in _ERRORS:
        return _ERRORS[code](**data)
    return CordonError(**data)
