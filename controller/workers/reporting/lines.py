"""The time line in words: what people wrote beside what machines did, told apart at first sight."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from controller.domain.tags import Tag
from controller.engine.incident.told import Incident, Kind, Line, Note, RunTold
from controller.paper.document import Cell, Row, Said, Table, cell
from controller.paper.report import Block, Part, Sub
from controller.text.sentences import cause_text
from controller.workers.reporting.words import Words

_UNSHOWN = frozenset(
    {
        "subject", "plan", "requester", "token", "session", "digest", "epoch", "pid", "after", "verifier",
        "for", "cause", "monotonic", "should", "says", "object", "vlan", "failed", "source", "left-out",
        "signature", "root", "run", "code", "claim", "needed", "generation", "from", "to", "boot",
    }
)  # fmt: skip
"""Data that says nothing to who reads a time line; all of it is in the export."""


def time_line(found: Incident, words: Words) -> Part:
    blocks: list[Block] = [words("line.intro")]
    runs = {run.run: run for run in found.runs}
    if not found.lines:
        blocks.append(words("line.none"))
    for _, lines in groupby(found.lines, key=_day):
        shown = list(lines)
        at = shown[0].at
        blocks.append(Sub(_capital(words("line.day", day=words.day(at), zone=words.zone(at)))))
        blocks.append(
            Table(
                widths=(0.12, 0.1, 0.16, 0.62),
                heads=tuple(words(f"column.{name}") for name in ("time", "entry", "who", "what")),
                rows=tuple(_row(line, runs, words) for line in shown),
            )
        )
    if found.left_out:
        blocks.append(words("line.left-out", count=found.left_out))
    return Part(words("title.line"), tuple(blocks))


def _day(line: Line) -> date:
    return line.at.astimezone().date()


def _row(line: Line, runs: dict[str, RunTold], words: Words) -> Row:
    until = line.until or line.at
    entry = str(line.seq) if line.through == line.seq else f"{line.seq}–{line.through}"
    what: Cell = tuple(Said(text, bold) for text, bold in _what(line, runs, words) if text)
    if line.degraded:
        what = (*what, Said(words("line.degraded")))
    time = words.between(line.at, until)
    bar = line.kind is Kind.NOTE or line.tag in _SAID
    return Row((cell(time), cell(entry), cell(_who(line, words)), what), bar=bar)


def _who(line: Line, words: Words) -> str:
    if line.note is not None and line.note.by:
        return words("line.by", by=line.note.by, actor=words.who(line.actor))
    if line.kind in (Kind.WAVE, Kind.LACK, Kind.ENDED):
        return words("system")
    return words.who(line.actor)


def _what(line: Line, runs: dict[str, RunTold], words: Words) -> Iterator[tuple[str, bool]]:
    if line.note is not None:
        yield from _note(line, line.note, words)
    elif line.wave is not None:
        yield from _wave(line, runs, words)
    elif line.lack is not None:
        lack = line.lack
        why = cause_text(words.catalogue, lack.cause) if lack.cause else words("no-cause")
        proof = words.plain(f"proof.{lack.proof}")
        yield (
            words("line.lack", device=lack.device, points=words.points(lack.points), proof=proof, why=why),
            False,
        )
    elif line.kind is Kind.ENDED:
        yield from _ended(runs[line.run], words)
    elif line.kind is Kind.DECISION:
        yield from _decision(line, runs, words)
    else:
        yield from _event(line, words)


def _note(line: Line, note: Note, words: Words) -> Iterator[tuple[str, bool]]:
    parts = [words("line.logbook")]
    if note.status is not None:
        parts.append(words.plain(f"fact-status.{note.status}").upper())
    if note.corrects is not None:
        parts.append(words("line.corrects", seq=note.corrects))
    if line.corrected is not None:
        parts.append(words("line.corrected", seq=line.corrected))
    yield " — ".join(parts), True
    if note.at is not None:
        yield words("line.happened", moment=words.moment(note.at)), False
    yield (words("line.nothing") if note.nothing else note.text or words("line.erased")), False
    if note.handed_to:
        yield words("line.handed-over", to=note.handed_to), False
    for name, digest in note.files:
        yield words("line.file", name=name, digest=digest), False


def _wave(line: Line, runs: dict[str, RunTold], words: Words) -> Iterator[tuple[str, bool]]:
    wave, run = line.wave, runs[line.run]
    if wave is None:
        return
    total = len(run.waves)
    code = "line.wave-cut" if run.action.value == "isolate" else "line.wave-back"
    yield (
        words(
            code,
            number=wave.index + 1,
            total=total,
            devices=words.plain("count.devices", count=len(wave.devices)),
            points=words.points(sum(wave.proofs.values())),
            proofs=words.proofs(wave.proofs.items()) or words("line.no-result"),
        ),
        False,
    )


def _ended(run: RunTold, words: Words) -> Iterator[tuple[str, bool]]:
    why = f" — {cause_text(words.catalogue, run.cause)}" if run.cause else ""
    state = words.plain(f"state.{run.state}")
    yield _capital(words("line.ended", what=words.run(run), state=state)) + why, True
    if run.proofs:
        yield words.proofs(run.proofs.items()), False


def _decision(line: Line, runs: dict[str, RunTold], words: Words) -> Iterator[tuple[str, bool]]:
    run = runs.get(line.run)
    what = words.run(run) if run else line.run
    code = {Tag.RUN_OPENED: "decided", Tag.RUN_RESUMED: "resumed", Tag.RUN_JOINED: "joined"}.get(
        Tag(line.tag), "aborted"
    )
    yield words(f"line.{code}", what=what), True
    if line.text:
        yield words("line.reason", reason=line.text), False
    yield words("line.run", run=line.run), False


def _event(line: Line, words: Words) -> Iterator[tuple[str, bool]]:
    data = line.data
    name = _capital(words.plain(f"tag.{line.tag.replace(':', '.')}"))
    head = words("line.times", what=name, count=line.count) if line.count > 1 else name
    loud = line.tag.startswith(("approval:", "glass:", "home:journal:")) or line.tag in _LOUD
    if "escalated" not in data and "not-escalated" not in data:
        yield head, loud
    if "escalated" in data:
        yield words("line.upstream", device=data.get("subject", ""), ports=data["escalated"]), False
    elif "not-escalated" in data:
        cause = f"upstream-{data['not-escalated']}:{data.get('because', '')}"
        what = cause_text(words.catalogue, cause)
        yield words("line.of", subject=data.get("subject", ""), what=what), False
    elif line.tag == Tag.POINT_REOPENED and line.count == 1:
        left = data.get("decision") != "cut-again"
        point = " ".join(data[name] for name in ("device", "object") if name in data)
        yield words("line.left-open" if left else "line.cut-again", point=point), False
    elif line.tag == Tag.CLOCK_STEPPED and line.count == 1:
        yield (
            words("line.step", seconds=data.get("step", "?").replace(".", words.plain("unit.decimal"))),
            False,
        )
    elif "segment" in data:
        yield _of_return(line, words), False
    elif line.tag.startswith("watch:probation:") and line.count == 1:
        state = words.plain(f"probation-state.{data.get('state', '')}")
        yield words("line.of", subject=words.subject(data.get("subject", "")), what=state), False
    elif line.tag in _SUBJECT_SAID:
        yield data.get("subject", ""), False
    elif line.count == 1:
        shown = [f"{name}: {value}" for name, value in data.items() if name not in _UNSHOWN and value]
        yield ", ".join(shown), False
    if line.devices and line.count > 1:
        yield words("line.devices", devices=", ".join(line.devices)), False
    if line.text and line.count == 1:
        yield line.text, False


def _of_return(line: Line, words: Words) -> str:
    data, subject = line.data, words.subject(line.data["segment"])
    if "statement" in data:
        return words("line.statement", subject=subject, statement=data["statement"], dated=data["dated"])
    if "go" in data:
        return words("line.go" if data["go"] == "yes" else "line.no-go", subject=subject)
    wants = words.wants(data.get("wants", "").split())
    return words("line.open" if data.get("passed") == "yes" else "line.closed", subject=subject, wants=wants)


_SAID = frozenset({Tag.ATTESTATION_GIVEN, Tag.ATTESTATION_WITHDRAWN, Tag.GATE_DECIDED})
"""Beside the logbook, what persons said in words of their own."""

_LOUD = frozenset(
    {
        Tag.PROBATION_TRIPPED,
        Tag.GATE_DECIDED,
        Tag.POINT_REOPENED,
        Tag.RUN_COUNTERSIGNED,
        Tag.CLOCK_STEPPED,
        Tag.LOG_KEY_REPLACED,
    }
)

_SUBJECT_SAID = frozenset({Tag.POINT_CLAIMED, Tag.CLAIM_WITHDRAWN})


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
