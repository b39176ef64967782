"""Asking for a return: what would come back, what becomes of changes by hand, and the button."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, Response

from controller.api.problems import status_of
from controller.domain.drift import keeping
from controller.domain.errors import AwaitingApproval, CordonError, InvalidInput, InvalidRequest, Refused
from controller.domain.plan import Plan
from controller.engine.execution.marks import Marks
from controller.engine.people.roles import Permission
from controller.engine.planning.plans import Return
from controller.text.costs import subjects_of
from controller.text.sentences import hazard_text, sentence
from controller.web.drift import FIELD, PointShown, Restoring, looks_of, points_shown
from controller.web.inventory import mistakes_of
from controller.web.levels import devices_of
from controller.web.once import act_once
from controller.web.oneself import themselves
from controller.web.pages import go, show
from controller.web.restore import PATH
from controller.web.telling import hazards_told, joined, same_name, title_of
from controller.web.visits import Visit

router = APIRouter()

ASK = f"{PATH}/ask"

OURS, THEIRS, STOP = "ours", "theirs", "stop"
"""What is decided of a device: the cut's doing is undone all the same, what they changed stays, or nothing
comes back."""

_DOUBTS = frozenset({"attribution-assumed", "device-gone", "baseline-unknown"})
"""Hazards that refuse a return until somebody decided it all the same."""

_TOLD = frozenset(
    {
        HTTPStatus.CONFLICT,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""What is told beside the form, where it can be mended."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A device at which a person has to decide. ``why``: what else there is to it; ``offered``: what can be
    decided, ``word``: what was, "" so far."""

    device: str
    points: tuple[PointShown, ...]
    why: tuple[str, ...]
    offered: tuple[str, ...]
    word: str


@router.get(ASK)
def ask(visit: Restoring) -> Response:
    return _page(visit)


@router.post(ASK)
def begin(visit: Restoring) -> Response:
    """What was asked for before and waited for others is asked for again in the same words."""
    service, sent = visit.service, visit.sent

    def act(marks: Marks) -> str:
        wanted, reason, actor = _wanted(visit), sent.get("reason"), visit.person.actor
        if wanted.accept_drift:
            if not reason:
                raise InvalidRequest("drift-reason")
            actor = themselves(visit, Permission.RESTORE).actor
        return service.office.begin_return(wanted, sent.get("plan"), reason, actor, marks).run

    try:
        if not same_name(sent.get("typed"), service.site):
            raise InvalidRequest("wrong-site", site=service.site)
        if STOP in _decided(visit).values():
            raise InvalidRequest("drift-stops")
        run = act_once(visit, act)
    except AwaitingApproval:
        return go(PATH, "asked")
    except CordonError as error:
        if status_of(error) in _TOLD:
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
        refused = hazards_told(error.hazards, words, inventory) if isinstance(error, Refused) else ()
        why = " ".join(text for text, _ in refused) or sentence(error, words)
    doubts = tuple(_doubts(visit, plan)) if plan is not None else ()
    return show(
        visit,
        "restore-ask.html",
        HTTPStatus.OK if error is None else status_of(error),
        plan=plan.hash if plan is not None else "",
        titles=joined((title_of(inventory.subject(name), name, words) for name in names), words),
        points=plan.point_count if plan is not None else 0,
        devices=len(devices_of(plan)) if plan is not None else 0,
        hazards=hazards_told(plan.hazards, words, inventory) if plan is not None else (),
        refused=plan is None or bool(plan.refusals),
        subjects=wanted.subjects,
        towards=wanted.towards,
        chosen=wanted.points,
        named=names,
        doubts=doubts,
        undecided=any(not each.word for each in doubts),
        stops=[each.device for each in doubts if each.word == STOP],
        decided=[(f"{FIELD}{each.device}", each.word) for each in doubts if each.word],
        accepts=bool(wanted.accept_drift),
        typed=visit.sent.get("typed"),
        reason=visit.sent.get("reason"),
        why=why,
        mistakes=mistakes_of(error.problems, "", words) if isinstance(error, InvalidInput) else (),
    )


def _wanted(visit: Visit) -> Return:
    """The next wave, where nothing is named."""
    subjects = tuple(dict.fromkeys(each for each in visit.sent.every("subjects") if each))
    decided = _decided(visit)
    ours = {device for device, word in decided.items() if word == OURS}
    theirs = {keeping(device) for device, word in decided.items() if word == THEIRS}
    return Return(
        next_wave=not subjects,
        subjects=subjects,
        accept_drift=frozenset(ours | theirs),
        towards=_listed(visit, "towards"),
        points=_listed(visit, "points"),
    )


def _listed(visit: Visit, field: str) -> tuple[str, ...]:
    """What was typed with commas between, or came in several fields."""
    parts = (part.strip() for each in visit.sent.every(field) for part in each.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _decided(visit: Visit) -> Mapping[str, str]:
    """Device to the word said of it; of two the first."""
    found = visit.sent.beginning(FIELD)
    return {device: word for device, word in found.items() if device and word in (OURS, THEIRS, STOP)}


def _doubts(visit: Visit, plan: Plan) -> Iterator[Doubt]:
    """What somebody had changed at the last look where something would come back, and what the plan asks of a
    person; a device that was decided on stays among them."""
    words, decided = visit.words, _decided(visit)
    returning = {str(point): point for _, _, point in plan.ends}
    inventory = visit.service.office.documents_in_force().inventory
    changed = looks_of(visit).changed(frozenset(returning.values()))
    asked: dict[str, list[str]] = {}
    for hazard in plan.hazards:
        if hazard.code in _DOUBTS and hazard.culprit in returning:
            asked.setdefault(returning[hazard.culprit].device, []).append(hazard_text(hazard, words))
    known = {point.device for point in returning.values()}
    for device in sorted({each.point.device for each in changed} | asked.keys() | (decided.keys() & known)):
        here = [each for each in changed if each.point.device == device]
        offered = (OURS, STOP) if device in asked else (OURS, THEIRS, STOP)
        word = decided.get(device, "")
        yield Doubt(
            device=device,
            points=points_shown(here, inventory, words),
            why=tuple(asked.get(device, ())),
            offered=offered,
            word=word if word in offered else "",
        )
