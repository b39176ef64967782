"""Entries of the log, each told on one line: the facts that matter to a reader, not all that is sealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from controller.domain.facts import (
    Actor,
    Attested,
    CheckpointSigned,
    EvidenceTaken,
    Fact,
    GateChecked,
    GateDecided,
    HoldEnded,
    HoldOpened,
    IntentRecorded,
    Noted,
    OutcomeRecorded,
    PointRead,
    ProbeAnswered,
    RunMoved,
    RunOpened,
    StartupMoved,
    WaveMoved,
)
from controller.domain.logbook import ATTACHED, BY
from controller.workers.office import LogLine


def log_line(
    seq: int, at: datetime, tag: str, actor: Actor, degraded: bool, facts: Iterable[Fact]
) -> LogLine:
    """``data`` holds codes and values only; ``text`` what a person wrote or a device said."""
    told = list(facts)
    runs = [run for fact in told if isinstance(run := getattr(fact, "run", None), str)]
    data: dict[str, str] = {}
    texts: list[str] = []
    for fact in told:
        data.update(_data(fact))
        texts.extend(_texts(fact))
    waves = [str(fact.wave + 1) for fact in told if isinstance(fact, WaveMoved)]
    if waves:
        data["wave"] = ", ".join(waves)
    reads = Counter(fact.proof.value for fact in told if isinstance(fact, PointRead))
    data.update({proof: str(count) for proof, count in sorted(reads.items())})
    if degraded:
        data["evidence"] = "degraded"
    return LogLine(
        seq=seq,
        at=at.isoformat(),
        tag=tag,
        actor=actor.name or actor.id,
        run=runs[0] if runs else None,
        data=data,
        text="\n".join(text for text in texts if text),
    )


def _data(fact: Fact) -> Mapping[str, str]:  # noqa: C901, PLR0911, PLR0912 - one return per kind of fact
    match fact:
        case RunOpened():
            level = {} if fact.level is None else {"level": str(fact.level)}
            return {"action": fact.action.value, "playbook": fact.playbook, "plan": fact.plan[:12], **level}
        case RunMoved():
            return {"state": fact.state.value, **({"cause": fact.cause} if fact.cause else {})}
        case WaveMoved():
            return {"wave": str(fact.wave + 1), "state": fact.state.value}
        case IntentRecorded():
            return {"device": fact.device, "action": fact.action.value, "steps": str(len(fact.steps))}
        case OutcomeRecorded():
            cause = {"cause": fact.cause} if fact.cause else {}
            return {"device": fact.device, "outcome": fact.outcome.value, **cause}
        case PointRead():
            return {"device": fact.point.device}
        case HoldOpened() if fact.attribution.value != "ours":
            return {"attribution": fact.attribution.value}
        case HoldEnded():
            return {"device": fact.point.device, "ending": fact.ending.value}
        case ProbeAnswered():
            answer = "answers" if fact.answered else "silent"
            return {f"{fact.target} {fact.phase}": answer}
        case StartupMoved():
            cause = {"cause": fact.cause} if fact.cause else {}
            return {"device": fact.device, "startup": fact.state.value, **cause}
        case EvidenceTaken():
            kept = {"file": fact.file, "sha256": fact.digest} if fact.file else {"cause": fact.cause}
            return {"device": fact.device, "table": fact.kind.value, **kept}
        case CheckpointSigned():
            return {"entries": str(fact.size)}
        case Attested():
            more = {"dated": fact.dated, "sha256": fact.attachment}
            said = {name: value for name, value in more.items() if value}
            return {"segment": fact.subject, "statement": fact.statement, "id": fact.attestation, **said}
        case GateDecided():
            return {"segment": fact.subject, "decision": "go" if fact.go else "no-go"}
        case GateChecked():
            wants = {"wants": ", ".join(fact.wants)} if fact.wants else {}
            gate = {"gate": "open" if fact.passed else "closed", "plan": fact.plan[:12], **wants}
            return {"wave": str(fact.wave + 1), "segment": fact.subject, **gate}
        case Noted(subject="log"):
            return dict(fact.data)
        case Noted(subject="log-by" | "log-handed-to"):
            name = "by" if fact.subject == BY else "handed_to"
            return {name: fact.text} if fact.text else {}
        case Noted(subject="attachment"):
            return {f"{ATTACHED} {dict(fact.data)['file']}": fact.text}
        case Noted(subject="request"):  # a client's key: what it was for stands beside it
            return {name: value for name, value in fact.data if name == "status"}
        case Noted():
            return {"subject": fact.subject, **dict(fact.data)}
        case _:
            return {}


def _texts(fact: Fact) -> Iterable[str]:
    match fact:
        case RunOpened():
            return (fact.reason,)
        case OutcomeRecorded() | StartupMoved():
            return (fact.transcript,)
        case Noted(subject="log-by" | "log-handed-to" | "attachment"):
            return ()
        case Noted() | Attested() | GateDecided():
            return (fact.text,)
        case _:
            return ()
