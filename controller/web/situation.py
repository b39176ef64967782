"""The situation: one sentence of truth, then segment by segment in the order of return."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Response

from controller.domain.inventory import Conduit, Segment, Subject
from controller.domain.lifecycle import RunState
from controller.domain.proof import Proof
from controller.engine.holding.situation import Situation, SubjectSituation, SubjectState
from controller.engine.people.roles import Permission
from controller.text import Catalogue
from controller.text.partly import partly_back
from controller.text.times import age
from controller.web.bars import ProofBar, bar_of_proofs
from controller.web.pages import show
from controller.web.people import to_do
from controller.web.recent import recent
from controller.web.telling import joined, title_of, when
from controller.web.visits import Viewing

router = APIRouter()

PATH = "/situation"

_CUT = frozenset(
    {SubjectState.ISOLATED, SubjectState.PARTLY_BACK, SubjectState.PARTIAL, SubjectState.UNKNOWN}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One segment or conduit. ``state`` is its shape, ``word`` says it; ``proof`` is None while it is
    connected; ``read`` how old the oldest reading is."""

    name: str
    title: str
    sub: str
    priority: int
    state: str
    word: str
    proof: ProofBar | None
    read: str
    waits: str


@dataclass(frozen=True, slots=True)
class Board:
    """``lacking``: the held points whose proof is not what a cut wants; "" where none lacks it."""

    head: str
    lead: str
    lacking: str
    kept: str
    proof: ProofBar | None
    segments: tuple[Row, ...]
    conduits: tuple[Row, ...]
    level: int | None
    cut: bool


@router.get(PATH)
def situation(visit: Viewing) -> Response:
    found = visit.service.office.situation()
    listed, by_hand = to_do(visit, found)
    return show(
        visit,
        "situation.html",
        refresh=5,
        board=board_of(found, visit.words),
        acting=[
            (
                each.run,
                visit.words.text(f"run-page.{each.action}-acting"),
                visit.words.text(f"state.{each.state}"),
            )
            for each in found.under_way
            if each.state in (RunState.RUNNING, RunState.WAITING, RunState.STOPPING)
        ],
        listed=listed,
        by_hand=by_hand,
        lines=recent(visit),
        entries=visit.service.office.entries(),
        may_cut=visit.may(Permission.ISOLATE),
    )


def board_of(found: Situation, words: Catalogue) -> Board:
    cut = [each for each in found.subjects if each.state in _CUT]
    points = sum(found.proofs.values())
    known = sum(count for proof, count in found.proofs.items() if proof.satisfies(Proof.CONFIRMED))
    ordered = sorted(found.subjects, key=_order)
    names = {each.subject.name: each.subject for each in found.subjects}
    rows = [(each, _row(each, found.at, names, words)) for each in ordered]
    return Board(
        head=_head(found, cut, words),
        lead=_lead(found, cut, points, known, words),
        lacking=words.text("situation.lacking", count=points - known) if points > known else "",
        kept=_kept(found, words),
        proof=bar_of_proofs(found.proofs, words) if points else None,
        segments=tuple(row for each, row in rows if isinstance(each.subject, Segment)),
        conduits=tuple(row for each, row in rows if isinstance(each.subject, Conduit)),
        level=found.level,
        cut=bool(cut),
    )


def _order(each: SubjectSituation) -> tuple[int, int, str]:
    return (each.wave or each.subject.priority, each.subject.priority, each.subject.name)


def _head(found: Situation, cut: list[SubjectSituation], words: Catalogue) -> str:
    if not cut or found.since is None:
        return words.text("situation.nothing-cut")
    since = when(found.since, found.at)
    if found.level is not None:
        return words.text("situation.level", level=found.level, since=since)
    return words.text("situation.cut", count=len(cut), since=since)


def _lead(found: Situation, cut: list[SubjectSituation], points: int, known: int, words: Catalogue) -> str:
    if cut:
        return words.text("situation.known", count=known, total=words.text("count.points", count=points))
    states = Counter(each.state for each in found.subjects)
    return words.text("situation.connected", count=states[SubjectState.CONNECTED])


def _kept(found: Situation, words: Catalogue) -> str:
    names = [
        title_of(each.subject, each.subject.name, words)
        for each in found.subjects
        if each.state is SubjectState.KEPT_ALIVE
    ]
    return words.text("situation.kept", subjects=joined(names, words)) if names else ""


def _row(each: SubjectSituation, now: datetime, names: Mapping[str, Subject], words: Catalogue) -> Row:
    subject = each.subject
    impact = words.pick(subject.impact) if isinstance(subject, Segment) else ""
    word = words.text(f"subject-state.{each.state}")
    known = sum(count for proof, count in each.proofs.items() if proof.satisfies(Proof.CONFIRMED))
    if each.state in (SubjectState.PARTIAL, SubjectState.UNKNOWN):
        word = f"{word} · {words.text('situation.unproven', count=each.held - known)}"
    word = " · ".join((word, *partly_back(each.held, each.back, each.towards, words)))
    read = ""
    if each.held:
        read = (
            words.text("situation.read", age=age(words, each.oldest_read, now))
            if each.oldest_read
            else words.text("situation.never-read")
        )
    return Row(
        name=subject.name,
        title=title_of(subject, subject.name, words),
        sub=impact,
        priority=subject.priority,
        state=each.state.value,
        word=word,
        proof=bar_of_proofs(each.proofs, words) if each.held else None,
        read=read,
        waits=", ".join(title_of(names.get(name), name, words) for name in each.waits_for),
    )
