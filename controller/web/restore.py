"""The board of return: waves, what each segment waits for and of whom, what is being watched, and the way to
cut again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from controller.domain.drift import PointDrift
from controller.domain.inventory import Inventory, Subject
from controller.domain.plan import Hazard
from controller.domain.probation import Probation, ProbationState
from controller.engine.holding.situation import Situation, SubjectSituation
from controller.engine.holding.waiting import Waiting
from controller.engine.people.approvals import ApprovalShown
from controller.engine.people.roles import Permission
from controller.text import Catalogue
from controller.text.partly import partly_back
from controller.text.sentences import cause_text
from controller.text.timers import timer_lines
from controller.text.times import age, duration
from controller.web.bars import ProofBar, bar_of_proofs
from controller.web.drift import looks_of
from controller.web.pages import show
from controller.web.telling import asked_for, joined, names_of, title_of
from controller.web.visits import Viewing

router = APIRouter()

PATH = "/restore"


@dataclass(frozen=True, slots=True)
class GateRow:
    """``kind``: done, todo or failed. ``more``: who and when."""

    kind: str
    what: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class SegmentCard:
    """``address``: where its gate is worked on, "" without one. ``missing`` counts what it waits for, so far
    as that is known.
    ``changed``: points that somebody changed by hand, as the last look found it, and what of them;
    ``partly``: what of it is back already."""

    name: str
    title: str
    proof: ProofBar
    waits: str
    gates: tuple[GateRow, ...]
    address: str
    missing: int
    changed: tuple[tuple[str, str], ...] = ()
    partly: str = ""


@dataclass(frozen=True, slots=True)
class WaveCard:
    number: int
    title: str
    segments: tuple[SegmentCard, ...]
    missing: int


@dataclass(frozen=True, slots=True)
class Watched:
    """What came back and is observed. ``tripped``: it is being cut again."""

    title: str
    said: str
    again: str
    tripped: bool


@router.get(PATH)
def board(visit: Viewing) -> Response:
    office, words = visit.service.office, visit.words
    found = office.situation()
    gates = {each.subject: each for each in office.gates_at_hand()}
    names = names_of(visit)
    held = [each for each in found.subjects if each.wave is not None]
    looks = looks_of(visit)
    looked = age(words, looks.last.at, visit.now) if looks.last is not None else ""
    changed = looks.changed({hold.key.point for hold in office.open_holds()})
    subjects = {each.subject.name: each.subject for each in found.subjects}
    waves = [
        _wave(number, [each for each in held if each.wave == number], gates, names, changed, subjects, words)
        for number in sorted({each.wave for each in held if each.wave is not None})
    ]
    return show(
        visit,
        "restore.html",
        refresh=5,
        waves=waves,
        counting=any(each.counting for each in gates.values()),
        watched=[_watched(each, found, words) for each in found.probations],
        timers=list(timer_lines(found.timers, words)),
        level=found.level,
        may_restore=visit.may(Permission.RESTORE),
        may_cut=visit.may(Permission.ISOLATE),
        acting=[each for each in found.under_way if each.run in office.under_way()],
        requests=[
            _asked(each, office.documents_in_force().inventory, words)
            for each in office.access().approvals.requests()
        ],
        looked=words.text("drift-page.looked", age=looked) if looked else "",
        looking=looks.under_way,
        may_look=visit.may(Permission.CHECK),
    )


def _asked(each: ApprovalShown, inventory: Inventory, words: Catalogue) -> tuple[str, str, str]:
    asked = asked_for(each.playbook, inventory, words)
    what = words.text("restore-page.request", playbook=asked, requester=each.requester_name)
    given = words.text("to-do.approve-why", given=len(each.given), needed=each.needed)
    return each.id, what, given


def _wave(
    number: int,
    subjects: Sequence[SubjectSituation],
    gates: Mapping[str, Waiting],
    names: Mapping[str, str],
    changed: Sequence[PointDrift],
    known: Mapping[str, Subject],
    words: Catalogue,
) -> WaveCard:
    cards = []
    for each in subjects:
        name, gate = each.subject.name, gates.get(each.subject.name)
        waits = joined((title_of(known.get(other), other, words) for other in each.waits_for), words)
        cards.append(
            SegmentCard(
                name=name,
                title=title_of(each.subject, name, words),
                proof=bar_of_proofs(each.proofs, words),
                partly=" · ".join(partly_back(each.held, each.back, each.towards, words)),
                waits=words.text("restore-page.waits-for", subjects=waits) if waits else "",
                gates=tuple(gate_rows(gate, names, words)) if gate is not None else (),
                address=f"{PATH}/segments/{name}" if gate is not None else "",
                missing=len(gate.wants) + gate.counting if gate is not None else 0,
                changed=tuple(_by_hand(one, words) for one in changed if name in one.subjects),
            )
        )
    title = joined((card.title for card in cards), words)
    return WaveCard(number, title, tuple(cards), sum(card.missing for card in cards))


def _by_hand(found: PointDrift, words: Catalogue) -> tuple[str, str]:
    """What differs of the point, from how Cordon left it to now."""
    unknown = words.text("drift.unknown")
    differs = [
        f"{each.name}: {unknown if each.left is None else each.left} → {each.now}"
        for each in found.fields
        if each.differs
    ]
    return words.text("drift-page.by-hand", point=found.point), " · ".join(differs)


def gate_rows(gate: Waiting, names: Mapping[str, str], words: Catalogue) -> list[GateRow]:
    """What is there first, then what is missing."""
    rows = [
        GateRow(
            "done",
            words.text(f"statement.{fact.statement}")
            if f"statement.{fact.statement}" in words
            else fact.statement,
            words.text("restore-page.attested", name=names.get(fact.person, fact.person), dated=fact.dated),
        )
        for fact in gate.attested
    ]
    for fact in gate.unheard:
        said = {"statement": fact.statement, "name": names.get(fact.person, fact.person)}
        rows.append(GateRow("failed", words.text("gates.unheard", **said)))
    rows += [GateRow("done", words.text("gates.said-go", name=names.get(one, one))) for one in gate.go]
    rows += [
        GateRow("failed" if want.code == "gate-no-go" else "todo", _wanted(want, names, words))
        for want in gate.wants
    ]
    if gate.counting:
        rows.append(GateRow("todo", words.text("restore-page.counting")))
    if not (gate.wants or gate.counting):
        rows.append(GateRow("done", words.text("restore-page.open")))
    if gate.probes:
        rows.append(GateRow("todo", words.text("restore-page.probes")))
    return rows


def _wanted(want: Hazard, names: Mapping[str, str], words: Catalogue) -> str:
    """What is missing, as it stands under the segment's name: the page itself has the way to do it."""
    data = dict(want.data)
    if "persons" in data:
        data["persons"] = joined((names.get(each, each) for each in data["persons"].split(", ")), words)
    if "seconds" in data:
        data["left"] = duration(words, int(data["seconds"]))
    return words.text(f"gate-row.{want.code}", **data)


def _watched(each: Probation, found: Situation, words: Catalogue) -> Watched:
    known = {one.subject.name: one.subject for one in found.subjects}
    tripped = each.state is ProbationState.TRIPPED
    said = (
        words.text("restore-page.tripped", why=cause_text(words, each.cause))
        if tripped
        else words.text(
            "restore-page.watched", left=duration(words, each.left), watch=duration(words, each.watch)
        )
    )
    return Watched(
        title=title_of(known.get(each.subject), each.subject, words),
        said=said,
        again=f"/isolate?{urlencode({'subjects': each.subject})}#confirm",
        tripped=tripped,
    )
