"""The sections after the first page: decisions, what was cut, what came back, what is left open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from controller.domain.lifecycle import OVER
from controller.domain.plan import Hazard
from controller.domain.playbook import Action, Gate
from controller.domain.proof import Proof
from controller.engine.incident.told import (
    Act,
    Consent,
    GateTold,
    Incident,
    RunTold,
    SubjectTold,
    Unproven,
    Watched,
    Word,
)
from controller.paper.document import Row, Table, cell
from controller.paper.report import Block, Facts, Part, Points, Sub
from controller.text.sentences import cause_text
from controller.text.times import duration
from controller.workers.reporting.summary import reason
from controller.workers.reporting.words import Words, grouped

_POINTS_NAMED = 8
_UNPROVEN_NAMED = 200


def reading(words: Words) -> Part:
    """What the words mean."""
    terms = ("point", "proven", "confirmed", "claimed", "without", "segment", "entry", "person")
    facts = Facts(tuple((words(f"term.{term}"), words(f"meaning.{term}")) for term in terms))
    return Part(words("title.reading"), (facts, words("reading.source"), words("reading.silence")))


def decisions(found: Incident, words: Words) -> Part:
    blocks: list[Block] = [words("decisions.intro")]
    if not found.cuts:
        blocks.append(words("no-cut"))
    for number, run in enumerate(found.cuts, start=1):
        blocks += [Sub(f"{number}. {_capital(words.run(run))}"), Facts(tuple(_run(run, found, words)))]
    unused = [each for each in found.consents if not each.run]
    if unused:
        texts = tuple(" ".join(consent(each, words).splitlines()) for each in unused)
        blocks += [Sub(words("decisions.unused")), Points(texts)]
    if found.glass:
        blocks += [Sub(words("decisions.glass")), Points(tuple(_glass(each, words) for each in found.glass))]
    return Part(words("title.decisions"), tuple(blocks))


def returns(found: Incident, words: Words) -> Part:
    blocks: list[Block] = [words("returns.intro")]
    if not found.returns:
        blocks.append(words("no-return"))
    for number, run in enumerate(found.returns, start=1):
        blocks += [Sub(f"{number}. {_capital(words.run(run))}"), Facts(tuple(_run(run, found, words)))]
    return Part(words("title.returns"), tuple(blocks))


# --- one run -------------------------------------------------------------------------------------------


def _run(run: RunTold, found: Incident, words: Words) -> Iterator[tuple[str, str]]:
    decided = run.decided
    yield words("row.when"), words("row.when-said", moment=words.moment(decided.at), seq=decided.seq)
    yield words("row.who"), words.who(decided.actor)
    yield words("row.why"), reason(decided, words)
    if run.subjects:
        what = words.subjects(run.subjects, most=40)
        devices = words.plain("count.devices", count=run.devices)
        said = words("row.what-said", what=what, points=words.points(run.planned), devices=devices)
        yield words("row.what"), said
    plan = grouped(run.plan)
    yield words("row.plan"), words("row.plan-said", playbook=run.playbook, hash=plan, run=run.run)
    for label, acts in (("joined", run.joined), ("resumed", run.resumed), ("aborted", run.aborted)):
        for act in acts:
            yield words(f"row.{label}"), _act(act, words)
    yield words("row.consent"), _consents(run, found, words)
    if run.gates:
        yield words("row.conditions"), "\n".join(_gate(gate, words) for gate in run.gates)
    if run.words:
        yield words("row.words"), "\n".join(_word(word, words) for word in run.words)
    if run.checked:
        yield words("row.gates"), "\n".join(_checked(gate, words) for gate in run.checked)
    if run.overridden:
        yield words("row.overridden"), "\n".join(_override(each, words) for each in run.overridden)
    if run.glass:
        yield words("row.glass"), _glass(run.glass, words)
    if run.lapse:
        yield words("row.lapse"), words("row.lapse-said", **dict(run.lapse))
    yield words("row.result"), _result(run, words)
    if run.watched:
        yield words("row.watched"), "\n".join(_watched(each, words) for each in run.watched.values())
    if run.claimed:
        yield words("row.claimed"), "\n".join(_act(act, words) for act in run.claimed)


def _override(hazard: Hazard, words: Words) -> str:
    data = dict(hazard.data)
    culprit = words.subject(hazard.culprit)
    return words(
        f"override.{hazard.code}", **{"some": "", "also": "", "lost": "", **data, "culprit": culprit}
    )


def _word(word: Word, words: Words) -> str:
    code = ("statement" if word.given else "taken-back") if word.statement else "go" if word.go else "no-go"
    dated = words("word.dated", day=word.dated) if word.dated else ""
    return words(
        f"word.{code}",
        subject=words.subject(word.subject),
        statement=word.statement,
        dated=dated,
        act=_act(word.act, words),
    )


def _checked(gate: GateTold, words: Words) -> str:
    return words(
        "gate.passed" if gate.passed else "gate.closed",
        subject=words.subject(gate.subject),
        wave=gate.wave + 1,
        time=words.stamp(gate.at),
        seq=gate.seq,
        wants=words.wants(gate.wants),
    )


def _watched(watched: Watched, words: Words) -> str:
    return words(
        "watched",
        subject=words.subject(watched.subject),
        state=words.plain(f"probation-state.{watched.state}"),
        time=words.stamp(watched.at),
        seq=watched.seq,
    )


def _consents(run: RunTold, found: Incident, words: Words) -> str:
    if run.consents:
        return "\n".join(consent(each, words) for each in run.consents)
    if run.countersigned is not None:
        return words("countersigned", act=_act(run.countersigned, words))
    if run.action is Action.ISOLATE and _has_accounts(found):
        return words("not-countersigned")
    return words("no-consent")


def _has_accounts(found: Incident) -> bool:
    return bool(found.consents) or any(person.id.startswith("user:") for person in found.persons)


def consent(found: Consent, words: Words) -> str:
    said = []
    if found.asked is not None:
        said.append(words("consent.asked", act=_act(found.asked, words)))
        cause = f"consent.cause-{found.cause}"
        if found.cause in ("override", "gate"):
            said.append(words(cause, count=int(found.needed) if found.needed.isdigit() else 1))
    said += [words("consent.given", act=_act(act, words)) for act in found.given]
    if found.ended is not None:
        known = ("used", "denied", "cancelled", "lapsed")
        code = found.end if found.end in known else "other"
        said.append(words(f"consent.{code}", act=_act(found.ended, words), run=found.run))
    else:
        said.append(words("consent.open"))
    return "\n".join(said)


def _act(act: Act, words: Words) -> str:
    text = " ".join(act.text.split())
    said = words("act", who=words.who(act.actor), moment=words.moment(act.at), seq=act.seq)
    return words("act-saying", act=said, text=text) if text else said


def _glass(act: Act, words: Words) -> str:
    return words("glass", number=act.number, act=_act(act, words))


def _gate(gate: Gate, words: Words) -> str:
    parts = []
    if gate.approvals:
        parts.append(words("gate.approvals", count=gate.approvals))
    if gate.roles:
        roles = ", ".join(words.plain(f"role.{role}") for role in gate.roles)
        parts.append(words("gate.roles", roles=roles))
    if gate.attest:
        parts.append(words("gate.attest", statements=", ".join(gate.attest)))
    if gate.probes:
        parts.append(words("gate.probes"))
    for name, seconds in (("hold", gate.hold), ("watch", gate.watch)):
        if seconds:
            parts.append(words(f"gate.{name}", duration=duration(words.catalogue, seconds)))
    if gate.go:
        parts.append(words("gate.go"))
    return _capital(words.plain("list.semicolon").join(parts))


def _result(run: RunTold, words: Words) -> str:
    state = words.plain(f"state.{run.state}")
    said = [
        words("result.ended", state=state, moment=words.moment(run.ended_at), seq=run.ended_seq)
        if run.ended_at
        else words("result.not-over", state=state)
    ]
    if run.cause:
        said.append(_capital(cause_text(words.catalogue, run.cause)) + ".")
    if run.proofs:
        code = "result.cut" if run.action is Action.ISOLATE else "result.back"
        said.append(words(code, proofs=words.proofs(run.proofs.items())))
    if run.last_proof and run.first_proof:
        said.append(
            words(
                "result.between",
                times=words.between(run.first_proof, run.last_proof),
                after=words.lasted(run.decided.at, run.last_proof),
            )
        )
    if run.action is Action.RESTORE:
        said.append(words("result.let-go", points=words.points(run.let_go)))
    said += [
        words(
            "result.lack",
            device=lack.device,
            points=words.points(lack.points),
            proof=words.plain(f"proof.{lack.proof}"),
            why=_why(lack.cause, words),
        )
        for lack in run.lacking[:_POINTS_NAMED]
    ]
    if len(run.lacking) > _POINTS_NAMED:
        said.append(words("result.more-lacks", count=len(run.lacking) - _POINTS_NAMED))
    return "\n".join(said)


def _why(cause: str, words: Words) -> str:
    return cause_text(words.catalogue, cause) if cause else words("no-cause")


# --- what was cut --------------------------------------------------------------------------------------


def cuts(found: Incident, words: Words) -> Part:
    blocks: list[Block] = [words("cuts.intro")]
    day = min((each.first for each in found.subjects if each.first), default=None)
    if day is not None:
        blocks.append(words("cuts.day", day=words.day(day)))
    if not found.subjects:
        return Part(words("title.cuts"), (words("no-cut"),))
    columns = ("segment", "points", "proven", "confirmed", "claimed", "without", "first", "complete", "seen")
    blocks.append(
        Table(
            widths=(0.225, 0.075, 0.085, 0.11, 0.07, 0.09, 0.115, 0.115, 0.115),
            heads=tuple(words(f"column.{name}") for name in columns),
            rows=tuple(_subject(each, day, words) for each in found.subjects),
            right=frozenset(range(1, 9)),
        )
    )
    blocks += _remarks(found, words)
    unproven = [line for each in found.subjects for line in _unproven(each.subject, each.unproven, words)]
    lost = [line for each in found.subjects for line in _unproven(each.subject, each.lost_proof, words)]
    blocks.append(Sub(words("cuts.never")))
    blocks.append(_points(unproven, words) if unproven else words("cuts.none-never"))
    if lost:
        blocks += [Sub(words("cuts.lost")), _points(lost, words)]
    return Part(words("title.cuts"), tuple(blocks))


def _subject(each: SubjectTold, day: datetime | None, words: Words) -> Row:
    counts = [each.best.get(proof, 0) for proof in (Proof.PROVEN, Proof.CONFIRMED, Proof.CLAIMED)]
    whole = not each.unproven and not each.best.get(Proof.CLAIMED, 0)
    times = (each.first, each.complete if whole else None, each.seen)
    numbers = [str(number) if number else "·" for number in (*counts, each.without)]
    if each.without:
        numbers[-1] = str(each.without)
    cells = (
        cell(words.subject(each.subject)),
        cell(str(each.points)),
        *(cell(number) for number in numbers[:-1]),
        cell(numbers[-1], bold=bool(each.without)),
        *(cell(words.stamp(at, day)) for at in times),
    )
    return Row(cells)


def _remarks(found: Incident, words: Words) -> Iterator[Block]:
    said = []
    for each in found.subjects:
        name = words.subject(each.subject)
        if each.upstream:
            said.append(words("remark.upstream", subject=name, count=each.upstream))
        if each.foreign:
            said.append(words("remark.foreign", subject=name, count=each.foreign))
        if each.reopened:
            said.append(words("remark.reopened", subject=name, count=each.reopened))
    if said:
        yield Sub(words("cuts.remarks"))
        yield Points(tuple(said))


def _unproven(subject: str, found: Sequence[Unproven], words: Words) -> Iterator[str]:
    """By device and cause."""
    groups: dict[tuple[str, Proof, str, bool], list[Unproven]] = defaultdict(list)
    for each in found:
        groups[each.point.device, each.proof, each.cause, each.attempted].append(each)
    for (device, proof, cause, attempted), points in groups.items():
        named = [_object(each) for each in points[:_POINTS_NAMED]]
        if len(points) > _POINTS_NAMED:
            named.append(words("more", count=len(points) - _POINTS_NAMED))
        why = _why(cause, words) if attempted else words("not-attempted")
        yield words(
            "unproven",
            subject=words.subject(subject),
            device=device,
            points=words.points(len(points)),
            named=", ".join(named),
            proof=words.plain(f"proof.{proof}"),
            why=why,
        )


def _object(each: Unproven) -> str:
    point = each.point
    return point.object + (f" vlan {point.vlan}" if point.vlan is not None else "")


def _points(lines: Sequence[str], words: Words) -> Points:
    shown = list(lines[:_UNPROVEN_NAMED])
    if len(lines) > _UNPROVEN_NAMED:
        shown.append(words("in-the-export", count=len(lines) - _UNPROVEN_NAMED))
    return Points(tuple(shown))


# --- what is left --------------------------------------------------------------------------------------


def open_points(found: Incident, words: Words) -> Part:
    blocks: list[Block] = []
    held = [each for each in found.subjects if each.held]
    blocks.append(Sub(words("open.held")))
    if held:
        blocks.append(words("open.held-intro", count=sum(found.held.values())))
        blocks.append(
            Points(
                tuple(
                    words(
                        "open.held-subject",
                        subject=words.subject(each.subject),
                        points=words.points(each.held),
                        seen=words.moment(each.seen) if each.seen else words("never"),
                    )
                    for each in held
                )
            )
        )
    else:
        blocks.append(words("open.none-held"))
    others = [*_others(found, words)]
    blocks.append(Sub(words("open.others")))
    blocks.append(Points(tuple(others)) if others else words("open.none"))
    blocks.append(Sub(words("open.facts")))
    facts = [
        words(
            "open.fact",
            status=words.plain(f"fact-status.{line.note.status}"),
            text=" ".join(line.note.text.split()),
            seq=line.seq,
            moment=words.moment(line.at),
        )
        for line in found.undecided
        if line.note is not None
    ]
    blocks.append(_points(facts, words) if facts else words("open.no-facts"))
    return Part(words("title.open"), tuple(blocks))


def _others(found: Incident, words: Words) -> Iterator[str]:
    for run in found.runs:
        if run.state not in OVER:
            state = words.plain(f"state.{run.state}")
            yield words("open.run", what=_capital(words.run(run)), run=run.run, state=state)
    for run in found.cuts:
        if _has_accounts(found) and run.countersigned is None and not run.consents:
            yield words("open.countersign", what=words.run(run), run=run.run)
    for each in found.subjects:
        if each.without:
            yield words("open.unproven", subject=words.subject(each.subject), count=each.without)
        if each.let_go:
            yield words("open.let-go", subject=words.subject(each.subject), count=each.let_go)
    for request in found.consents:
        if request.ended is None and request.asked is not None:
            yield words("open.consent", act=_act(request.asked, words))
    if found.canaries:
        yield words("open.canaries", points=", ".join(map(str, found.canaries)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
