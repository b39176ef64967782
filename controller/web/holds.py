"""Holds that outlive their points: moved to the points that took their place, or ended without a return."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, Response

from controller.api.problems import status_of
from controller.domain.errors import AwaitingApproval, CordonError, InvalidRequest, Refused
from controller.domain.inventory import Inventory
from controller.domain.plan import Hazard
from controller.domain.profile.reading import State
from controller.engine.execution.marks import Marks
from controller.engine.people.roles import Permission
from controller.engine.planning.plans import Return
from controller.engine.planning.transfer import Transfer, Transferral
from controller.engine.readiness.newpoints import NewPoint
from controller.text import Catalogue
from controller.text.sentences import cause_text, sentence
from controller.web.drift import Restoring
from controller.web.once import act_once
from controller.web.oneself import themselves
from controller.web.pages import go, show
from controller.web.telling import hazards_told, joined, same_name, title_of
from controller.web.visits import Viewing, Visit

router = APIRouter()

PATH = "/restore/holds"
MOVE = f"{PATH}/transfer"
RETIRE = f"{PATH}/retire"


@dataclass(frozen=True, slots=True)
class DeviceHolds:
    """``listed``: the inventory still has the device."""

    device: str
    points: int
    listed: bool


@dataclass(frozen=True, slots=True)
class MoveShown:
    """One point: ``now`` is what the new one is, ``back`` what it returns to; ``differs`` or ""."""

    old: str
    new: str
    subjects: str
    now: str
    back: str
    differs: str


@router.get(PATH)
def holds(visit: Viewing) -> Response:
    held = visit.service.office.open_holds()
    inventory = visit.service.office.documents_in_force().inventory
    points = Counter(device for device, _ in {(each.key.point.device, each.key.point) for each in held})
    names = sorted({each.key.subject for each in held})
    return show(
        visit,
        "holds.html",
        devices=[DeviceHolds(name, points[name], name in inventory.devices) for name in sorted(points)],
        subjects=[(name, title_of(inventory.subject(name), name, visit.words)) for name in names],
        may_restore=visit.may(Permission.RESTORE),
    )


# --- moved to other points ---------------------------------------------------------------------------


@router.get(MOVE)
def look(visit: Restoring) -> Response:
    """Reads the new points at their devices; changes nothing."""
    return _moves(visit)


@router.post(MOVE)
def move(visit: Restoring) -> Response:
    service, sent = visit.service, visit.sent

    def act(marks: Marks) -> str:
        plans = tuple(each for each in sent.every("plans") if each)
        person, reason = visit.person, sent.get("reason")
        return service.office.begin_transfer(_transfer(visit), plans, reason, person.actor, marks).run

    try:
        if not same_name(sent.get("typed"), service.site):
            raise InvalidRequest("wrong-site", site=service.site)
        if not sent.get("reason"):
            raise InvalidRequest("reason-needed", option=visit.words.text("isolate.reason"))
        run = act_once(visit, act)
    except CordonError as error:
        return _moves(visit, error)
    return go(f"/runs/{run}")


def _moves(visit: Visit, error: CordonError | None = None) -> Response:
    words, sent = visit.words, visit.sent
    found: Sequence[Transferral] = ()
    points: Sequence[NewPoint] = ()
    hazards: list[Hazard] = []
    try:
        found, points, silent = visit.service.office.transfers().shown(_transfer(visit))
        hazards = sorted({*silent, *(each for one in found for each in one.plan.hazards)})
        for each in found:
            visit.service.keep_plan(each.plan)
    except CordonError as problem:
        error = error or problem
    inventory = visit.service.office.documents_in_force().inventory
    told = hazards_told(hazards, words, inventory)
    refused = not points or any(refuses for _, refuses in told)
    plans = [each.plan.hash for each in found]
    asked = [(name, sent.get(name)) for name in ("device", "to", "ports", "as_found")]
    return show(
        visit,
        "hold-transfer.html",
        HTTPStatus.OK if error is None else status_of(error),
        action=MOVE,
        failed="holds-page.not-moved",
        plans=plans,
        moves=[_shown(each, words) for each in points],
        count=len(points),
        hazards=told,
        refused=refused,
        device=sent.get("device"),
        to=sent.get("to"),
        sent=[*(("plans", each) for each in plans), *asked],
        typed=sent.get("typed"),
        reason=sent.get("reason"),
        why=_why(error, words, inventory),
    )


def _transfer(visit: Visit) -> Transfer:
    """Raises InvalidRequest where a pair of ports is none."""
    sent = visit.sent
    pairs = []
    for each in filter(None, (part.strip() for part in sent.get("ports").split(","))):
        old, sign, new = (part.strip() for part in each.partition("="))
        if not (old and sign and new):
            raise InvalidRequest("port-pair", value=each)
        pairs.append((old, new))
    return Transfer(sent.get("device"), sent.get("to"), tuple(pairs), bool(sent.get("as_found")))


def _shown(found: NewPoint, words: Catalogue) -> MoveShown:
    now = (
        words.text("hold.unread", why=cause_text(words, found.cause))
        if found.now is None
        else words.text("hold.now", state=_state(found.now))
    )
    back = (
        words.text("hold.returns-as-found")
        if found.returns_to is None
        else words.text("hold.returns-to", state=_state(found.returns_to))
    )
    differs = words.text("holds-page.differs", fields=", ".join(found.differs)) if found.differs else ""
    return MoveShown(str(found.old), str(found.new), ", ".join(found.subjects), now, back, differs)


def _state(state: State) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(state.items()))


# --- ended without a return ----------------------------------------------------------------------------


@router.get(RETIRE)
def ask(visit: Restoring) -> Response:
    return _ends(visit)


@router.post(RETIRE)
def retire(visit: Restoring) -> Response:
    """Asked twice: once another person consented, it is done. What asked for it says who they are."""
    service, sent = visit.service, visit.sent

    def act(marks: Marks) -> str:
        actor = themselves(visit, Permission.RESTORE).actor
        return service.office.begin_return(
            _retired(visit), sent.get("plan"), sent.get("reason"), actor, marks
        ).run

    try:
        if not same_name(sent.get("typed"), service.site):
            raise InvalidRequest("wrong-site", site=service.site)
        if not sent.get("reason"):
            raise InvalidRequest("reason-needed", option=visit.words.text("isolate.reason"))
        run = act_once(visit, act)
    except AwaitingApproval:
        return go("/restore", "retire-asked")
    except CordonError as error:
        return _ends(visit, error)
    return go(f"/runs/{run}")


def _ends(visit: Visit, error: CordonError | None = None) -> Response:
    office, words, wanted = visit.service.office, visit.words, _retired(visit)
    plan = None
    try:
        if not wanted.subjects:
            raise InvalidRequest("nothing-held")
        plan = office.plan_return(wanted)
        visit.service.keep_plan(plan)
    except CordonError as problem:
        error = error or problem
    inventory = office.documents_in_force().inventory
    titles = joined((title_of(inventory.subject(name), name, words) for name in wanted.subjects), words)
    points = [str(point) for point in dict.fromkeys(point for _, _, point in plan.ends)] if plan else []
    return show(
        visit,
        "hold-retire.html",
        HTTPStatus.OK if error is None else status_of(error),
        action=RETIRE,
        failed="holds-page.not-retired",
        titles=titles,
        points=points,
        count=len(points),
        hazards=hazards_told(plan.hazards, words, inventory) if plan is not None else (),
        refused=plan is None or bool(plan.refusals),
        sent=[
            ("plan", plan.hash if plan is not None else ""),
            *(("subjects", each) for each in wanted.subjects),
            *(("devices", each) for each in wanted.devices),
        ],
        typed=visit.sent.get("typed"),
        reason=visit.sent.get("reason"),
        why=_why(error, words, inventory),
    )


def _retired(visit: Visit) -> Return:
    return Return(subjects=_listed(visit, "subjects"), retire=True, devices=_listed(visit, "devices"))


def _listed(visit: Visit, field: str) -> tuple[str, ...]:
    parts = (part.strip() for each in visit.sent.every(field) for part in each.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _why(error: CordonError | None, words: Catalogue, inventory: Inventory) -> str:
    if error is None:
        return ""
    told = hazards_told(error.hazards, words, inventory) if isinstance(error, Refused) else ()
    return " ".join(text for text, _ in told) or sentence(error, words)
