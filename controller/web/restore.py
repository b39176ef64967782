"""The board of return: waves, what each segment waits for and of whom, what is being watched, and the way to
cut again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response

from controller.api.problems import status_of
from controller.domain.errors import AwaitingApproval, CordonError, InvalidRequest, Refused
from controller.domain.probation import Probation, ProbationState
from controller.engine.execution.marks import Marks
from controller.engine.holding.situation import Situation, SubjectSituation
from controller.engine.holding.waiting import Waiting
from controller.engine.people.approvals import ApprovalShown
from controller.engine.people.roles import Permission
from controller.engine.planning.plans import Return
from controller.text import Catalogue
from controller.text.costs import subjects_of
from controller.text.sentences import cause_text, hazard_text, sentence
from controller.text.times import duration
from controller.web.bars import ProofBar, bar_of_proofs
from controller.web.levels import devices_of
from controller.web.once import act_once
from controller.web.pages import go, show
from controller.web.telling import hazards_told, joined, names_of, same_name, title_of
from controller.web.visits import For, Viewing, Visit

router = APIRouter()

PATH = "/restore"
ASK = "/restore/ask"

Restoring = Annotated[Visit, Depends(For(Permission.RESTORE))]


@dataclass(frozen=True, slots=True)
class GateRow:
    """``kind``: done, todo or failed. ``more``: who and when."""

    kind: str
    what: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class SegmentCard:
    """``address``: where its gate is worked on, "" without one. ``missing`` counts what it waits for."""

    name: str
    title: str
    proof: ProofBar
    waits: str
    gates: tuple[GateRow, ...]
    address: str
    missing: int


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
    gates = {each.subject: each for each in office.gates()}
    names = names_of(visit)
    held = [each for each in found.subjects if each.wave is not None]
    waves = [
        _wave(number, [each for each in held if each.wave == number], gates, names, found, words)
        for number in sorted({each.wave for each in held if each.wave is not None})
    ]
    return show(
        visit,
        "restore.html",
        refresh=5,
        waves=waves,
        watched=[_watched(each, found, words) for each in found.probations],
        level=found.level,
        may_restore=visit.may(Permission.RESTORE),
        may_cut=visit.may(Permission.ISOLATE),
        acting=[each for each in found.under_way if each.run in office.under_way()],
        requests=[_asked(each, words) for each in office.access().approvals.requests()],
    )


def _asked(each: ApprovalShown, words: Catalogue) -> tuple[str, str, str]:
    what = words.text("restore-page.request", playbook=each.playbook, requester=each.requester_name)
    given = words.text("to-do.approve-why", given=len(each.given), needed=each.needed)
    return each.id, what, given


@router.get(ASK)
def ask(visit: Restoring) -> Response:
    return _page(visit)


@router.post(ASK)
def begin(visit: Restoring) -> Response:
    """What was asked for before and waited for others is asked for again in the same words."""
    service, sent = visit.service, visit.sent

    def act(marks: Marks) -> str:
        wanted, reason = _wanted(visit), sent.get("reason")
        return service.office.begin_return(wanted, sent.get("plan"), reason, visit.person.actor, marks).run

    try:
        if not same_name(sent.get("typed"), service.site):
            raise InvalidRequest("wrong-site", site=service.site)
        run = act_once(visit, act)
    except AwaitingApproval:
        return go(PATH, "asked")
    except CordonError as error:
        if status_of(error) in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY):
            return _page(visit, error)
        raise
    return go(f"/runs/{run}")


def _page(visit: Visit, error: CordonError | None = None) -> Response:
    office, words, wanted = visit.service.office, visit.words, _wanted(visit)
    plan = None
    try:
        plan = office.plan_return(wanted)
        visit.service.keep_plan(plan)
    except CordonError as problem:
        error = error or problem
    inventory = office.documents_in_force().inventory
    names = subjects_of(plan, inventory) if plan is not None else wanted.subjects
    why = ""
    if error is not None:
        refused = hazards_told(error.hazards, words) if isinstance(error, Refused) else ()
        why = " ".join(text for text, _ in refused) or sentence(error, words)
    return show(
        visit,
        "restore-ask.html",
        HTTPStatus.OK if error is None else status_of(error),
        plan=plan.hash if plan is not None else "",
        titles=joined((title_of(inventory.subject(name), name, words) for name in names), words),
        points=sum(1 for _ in plan.steps()) if plan is not None else 0,
        devices=len(devices_of(plan)) if plan is not None else 0,
        hazards=hazards_told(plan.hazards, words) if plan is not None else (),
        refused=plan is None or bool(plan.refusals),
        subjects=wanted.subjects,
        accepted=sorted(wanted.accept_drift),
        typed=visit.sent.get("typed"),
        reason=visit.sent.get("reason"),
        why=why,
    )


def _wanted(visit: Visit) -> Return:
    """The next wave, where nothing is named."""
    subjects = tuple(dict.fromkeys(each for each in visit.sent.every("subjects") if each))
    drift = frozenset(each for each in visit.sent.every("accept_drift") if each)
    return Return(next_wave=not subjects, subjects=subjects, accept_drift=drift)


def _wave(
    number: int,
    subjects: Sequence[SubjectSituation],
    gates: Mapping[str, Waiting],
    names: Mapping[str, str],
    found: Situation,
    words: Catalogue,
) -> WaveCard:
    known = {each.subject.name: each.subject for each in found.subjects}
    cards = []
    for each in subjects:
        name, gate = each.subject.name, gates.get(each.subject.name)
        waits = joined((title_of(known.get(other), other, words) for other in each.waits_for), words)
        cards.append(
            SegmentCard(
                name=name,
                title=title_of(each.subject, name, words),
                proof=bar_of_proofs(each.proofs, words),
                waits=words.text("restore-page.waits-for", subjects=waits) if waits else "",
                gates=tuple(gate_rows(gate, names, words)) if gate is not None else (),
                address=f"{PATH}/segments/{name}" if gate is not None else "",
                missing=len(gate.wants) if gate is not None else 0,
            )
        )
    title = joined((card.title for card in cards), words)
    return WaveCard(number, title, tuple(cards), sum(card.missing for card in cards))


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
    rows += [GateRow("done", words.text("gates.said-go", name=names.get(one, one))) for one in gate.go]
    rows += [
        GateRow("failed" if want.code == "gate-no-go" else "todo", hazard_text(want, words))
        for want in gate.wants
    ]
    if not gate.wants:
        rows.append(GateRow("done", words.text("restore-page.open")))
    if gate.probes:
        rows.append(GateRow("todo", words.text("restore-page.probes")))
    return rows


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
