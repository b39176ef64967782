"""What faces ask of a leader and what it answers, as lines of JSON between processes."""

from __future__ import annotations

from typing import Any

from controller.domain.codec import from_plain, to_plain
from controller.domain.errors import (
    AwaitingApproval,
    CordonError,
    InvalidRequest,
    JournalUnavailable,
    JournalUnreadable,
    NotFound,
    NotPermitted,
    Refused,
    SignInBusy,
    SignInDelayed,
    SignInFailed,
    StaleEpoch,
)
from controller.domain.plan import Hazard
from controller.engine.events import (
    CredentialDropped,
    Event,
    JournalDegraded,
    ProbationMoved,
    RehearsalEnded,
    RunEnded,
    RunStarted,
    StepsSettled,
    WaveStarted,
)
from controller.workers.requests import (
    Abort,
    AgreeRhythm,
    Arm,
    AskAccounts,
    AskArmed,
    AskVault,
    Confirm,
    Erase,
    Isolate,
    IsolateByLeader,
    LendVaultKey,
    LetPass,
    MoveHolds,
    Neutralise,
    RecordDiscovery,
    RecordDrift,
    RecordExport,
    RecordReadiness,
    RecordVault,
    RecordWitness,
    Rehearse,
    Request,
    Restore,
    Resume,
    SealLog,
    WriteLog,
)

_REQUESTS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Isolate,
        IsolateByLeader,
        Restore,
        MoveHolds,
        Resume,
        Rehearse,
        Abort,
        WriteLog,
        AgreeRhythm,
        Confirm,
        LetPass,
        AskAccounts,
        AskArmed,
        Arm,
        LendVaultKey,
        AskVault,
        SealLog,
        RecordWitness,
        Erase,
        RecordExport,
        RecordVault,
        RecordReadiness,
        RecordDiscovery,
        RecordDrift,
        Neutralise,
    )
}
_EVENTS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        RunStarted,
        WaveStarted,
        StepsSettled,
        JournalDegraded,
        CredentialDropped,
        ProbationMoved,
        RunEnded,
        RehearsalEnded,
    )
}
_ERRORS: dict[str, type[CordonError]] = {
    kind.code: kind
    for kind in (
        AwaitingApproval,
        JournalUnavailable,
        JournalUnreadable,
        NotFound,
        NotPermitted,
        SignInBusy,
        SignInDelayed,
        SignInFailed,
        StaleEpoch,
    )
}

Line = dict[str, Any]


def request_to_line(request: Request | AskAccounts | AskArmed) -> Line:
    return {"request": type(request).__name__, **to_plain(request)}


def request_from_line(line: Line) -> Request | IsolateByLeader | AskAccounts | AskArmed:
    """Raises InvalidRequest for what is no request of this version."""
    try:
        values = dict(line)
        built: Request | IsolateByLeader | AskAccounts | AskArmed = from_plain(
            _REQUESTS[values.pop("request")], values
        )
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
