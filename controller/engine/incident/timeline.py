"""The time line: every word of a person and every decision on a line of its own, what machines repeat
gathered until something else happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from controller.domain.facts import Attested, Fact, GateChecked, GateDecided, Noted
from controller.domain.logbook import ATTACHED, BY, HANDED_TO, LOGBOOK, FactStatus
from controller.domain.tags import Tag
from controller.engine.incident.told import Kind, Line, Note, Record

MOST_LINES = 3000
"""Of a time line; where there are more, what is in the middle is left out and that is said."""

DEVICES_NAMED = 5

UNTOLD = frozenset(
    {
        Tag.RUN_MOVED,
        Tag.WAVE_MOVED,
        Tag.OPERATION_INTENDED,
        Tag.OPERATION_SETTLED,
        Tag.OPERATION_RECOVERED,
        Tag.HOLD_ENDED,
        Tag.CHECKPOINT_SIGNED,
        Tag.LEAD_TAKEN,
        Tag.REQUEST_ANSWERED,
        Tag.REHEARSAL_RECORDED,
    }
)
"""Entries told as parts of a run, or counted only: each is in the table of all entries."""

_ALONE = frozenset(
    {
        Tag.HOME_CREATED,
        Tag.RUN_COUNTERSIGNED,
        Tag.ATTESTATION_GIVEN,
        Tag.ATTESTATION_WITHDRAWN,
        Tag.GATE_CHECKED,
        Tag.GATE_DECIDED,
        Tag.PROBATION_TRIPPED,
        Tag.PROBATION_PASSED,
        Tag.ERASURE_REQUESTED,
        Tag.ERASURE_DENIED,
        Tag.LOG_EXPORTED,
        Tag.POINT_CLAIMED,
        Tag.CLAIM_WITHDRAWN,
        Tag.HAZARD_OVERRIDDEN,
        Tag.DRIFT_ACCEPTED,
        Tag.DRIFT_STOPPED,
        Tag.LEADER_KILLED,
        Tag.JOURNAL_DEGRADED,
        Tag.JOURNAL_RESTORED,
        Tag.JOURNAL_BYPASSED,
        Tag.CLOCK_STEPPED,
        Tag.PAYLOAD_ERASED,
        Tag.LOG_WITNESSED,
        Tag.LOG_KEY_MADE,
        Tag.LOG_KEY_ROTATED,
        Tag.LOG_KEY_REPLACED,
        Tag.REVERT_INTENDED,
        Tag.GLASS_SEALED,
        Tag.GLASS_BROKEN,
    }
)
"""Entries never gathered, beside those of people and decisions."""

_SECRET_LIKE = frozenset({"undo"})
"""Data too long for a line."""


class TimeLine:
    """Takes entries in the order of the log."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._gathered: dict[tuple[str, str, str], Line] = {}
        self._corrections: dict[int, int] = {}

    def add(self, line: Line) -> Line:
        """One that stands alone: what is gathered begins anew after it."""
        self._gathered.clear()
        self._lines.append(line)
        return line

    def entry(self, record: Record, run: str) -> None:
        """Anything that is not told otherwise."""
        if record.tag in UNTOLD:
            return
        data, text = data_of(record.facts)
        line = Line(
            Kind.EVENT,
            record.seq,
            record.at,
            record.tag,
            record.actor,
            run,
            data,
            text,
            degraded=record.degraded,
            through=record.seq,
        )
        if record.tag in _ALONE or record.tag.startswith("approval:"):
            self.add(line)
            return
        key = (record.tag, run, record.actor.id)
        known = self._gathered.get(key)
        if known is None:
            line.devices = _devices(data)
            self._gathered[key] = line
            self._lines.append(line)
            return
        known.count += 1
        known.through, known.until = record.seq, record.at
        known.degraded = known.degraded or record.degraded
        for device in _devices(data):
            if device not in known.devices and len(known.devices) <= DEVICES_NAMED:
                known.devices.append(device)

    def note(self, record: Record) -> None:
        note = note_of(record.facts)
        if note.corrects is not None:
            self._corrections[note.corrects] = record.seq
        self.add(
            Line(
                Kind.NOTE,
                record.seq,
                record.at,
                record.tag,
                record.actor,
                note=note,
                degraded=record.degraded,
                through=record.seq,
            )
        )

    def told(self, more: Sequence[Line] = ()) -> tuple[list[Line], int]:
        """In the order of the log, with ``more``; how many lines are left out."""
        for line in self._lines:
            line.corrected = self._corrections.get(line.seq)
        lines = sorted((*self._lines, *more), key=lambda line: line.seq)
        left_out = max(0, len(lines) - MOST_LINES)
        if left_out:
            half = MOST_LINES // 2
            lines[half : half + left_out] = []
        return lines, left_out

    def undecided(self) -> tuple[Line, ...]:
        """What was written down as not sure and never corrected."""
        doubtful = (FactStatus.UNCONFIRMED, FactStatus.HYPOTHESIS)
        return tuple(
            line
            for line in self._lines
            if line.note and line.note.status in doubtful and line.seq not in self._corrections
        )


def note_of(facts: Sequence[Fact]) -> Note:
    """The logbook's entry in these facts."""
    data: Mapping[str, str] = {}
    text = by = to = ""
    files: list[tuple[str, str]] = []
    for fact in facts:
        match fact:
            case Noted(subject=subject) if subject == LOGBOOK:
                data, text = dict(fact.data), fact.text
            case Noted(subject=subject) if subject == BY:
                by = fact.text
            case Noted(subject=subject) if subject == HANDED_TO:
                to = fact.text
            case Noted(subject=subject) if subject == ATTACHED:
                files.append((fact.text, dict(fact.data).get("sha256", "")))
    return Note(
        text=text,
        status=_status(data.get("status")),
        by=by,
        at=datetime.fromisoformat(data["happened"]) if "happened" in data else None,
        corrects=int(data["corrects"]) if data.get("corrects", "").isdigit() else None,
        nothing="nothing" in data,
        handed_to=to,
        files=tuple(files),
    )


def data_of(facts: Sequence[Fact]) -> tuple[Mapping[str, str], str]:
    """Codes and values of an entry, and what a person wrote of it."""
    data: dict[str, str] = {}
    texts: list[str] = []
    for fact in facts:
        if isinstance(fact, Noted):
            if fact.subject != "request":  # the key of a client
                data |= {"subject": fact.subject, **dict(fact.data)}
            texts.append(fact.text)
        elif isinstance(fact, Attested):
            data |= {"segment": fact.subject, "statement": fact.statement, "dated": fact.dated}
            texts.append(fact.text)
        elif isinstance(fact, GateDecided):
            data |= {"segment": fact.subject, "go": "yes" if fact.go else "no"}
            texts.append(fact.text)
        elif isinstance(fact, GateChecked):
            data |= {"segment": fact.subject, "passed": "yes" if fact.passed else "no"}
            data["wants"] = " ".join(fact.wants)
        elif (device := getattr(fact, "device", None)) and isinstance(device, str):
            data.setdefault("device", device)
        elif (point := getattr(fact, "point", None)) is not None:
            data.setdefault("device", str(getattr(point, "device", "")))
    kept = {name: value for name, value in data.items() if name not in _SECRET_LIKE}
    return kept, "\n".join(text for text in texts if text)


def _devices(data: Mapping[str, str]) -> list[str]:
    return [data["device"]] if data.get("device") else []


def _status(said: str | None) -> FactStatus | None:
    """None also for one that a newer Cordon knows."""
    return FactStatus(said) if said in set(FactStatus) else None
