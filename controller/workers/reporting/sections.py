"""What the words mean, what was cut, what is left open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from controller.domain.lifecycle import OVER
from controller.domain.proof import Proof
from controller.engine.incident.told import Incident, SubjectTold, Unproven
from controller.paper.document import Row, Table, cell
from controller.paper.report import Block, Facts, Part, Points, Sub
from controller.workers.reporting.decisions import acted, capital, cause_of, has_accounts
from controller.workers.reporting.words import Words

_POINTS_NAMED = 8
_UNPROVEN_NAMED = 200


def reading(words: Words) -> Part:
    """What the words mean."""
    terms = ("point", "proven", "confirmed", "claimed", "without", "segment", "entry", "person")
    facts = Facts(tuple((words(f"term.{term}"), words(f"meaning.{term}")) for term in terms))
    return Part(words("title.reading"), (facts, words("reading.source"), words("reading.silence")))


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
        why = cause_of(cause, words) if attempted else words("not-attempted")
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
            yield words("open.run", what=capital(words.run(run)), run=run.run, state=state)
    for run in found.cuts:
        if has_accounts(found) and run.countersigned is None and not run.consents:
            yield words("open.countersign", what=words.run(run), run=run.run)
    for each in found.subjects:
        if each.without:
            yield words("open.unproven", subject=words.subject(each.subject), count=each.without)
        if each.let_go:
            yield words("open.let-go", subject=words.subject(each.subject), count=each.let_go)
        if each.retired:
            yield words("open.retired", subject=words.subject(each.subject), count=each.retired)
    for request in found.consents:
        if request.ended is None and request.asked is not None:
            yield words("open.consent", act=acted(request.asked, words))
    if found.canaries:
        yield words("open.canaries", points=", ".join(map(str, found.canaries)))
