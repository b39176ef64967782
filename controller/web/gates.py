"""What one segment's return waits for, and the words persons give: statements, go and no-go, consents."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Response

from controller.domain.drift import decided_on
from controller.domain.errors import NotFound
from controller.domain.plan import Plan
from controller.domain.playbook import Action
from controller.engine.people.approvals import ApprovalShown
from controller.engine.people.roles import Permission
from controller.engine.people.statements import Statement
from controller.engine.planning.gates import merged
from controller.text import Catalogue
from controller.web.drift import FIELD
from controller.web.holds import RETIRE
from controller.web.oneself import themselves
from controller.web.pages import go, show
from controller.web.restore import gate_rows
from controller.web.returning import ASK, OURS, THEIRS
from controller.web.telling import asked_for, hazards_told, names_of, title_of, when
from controller.web.visits import For, Viewing, Visit

router = APIRouter()

Name = Annotated[str, Path(max_length=200)]
RequestId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,40}$")]
Attesting = Annotated[Visit, Depends(For(Permission.ATTEST))]
Approving = Annotated[Visit, Depends(For(Permission.APPROVE))]


@router.get("/restore/segments/{name}")
def gate(visit: Viewing, name: Name) -> Response:
    office, words = visit.service.office, visit.words
    found = next((each for each in office.gates_at_hand() if each.subject == name), None)
    if found is None:
        raise NotFound(kind="gate", name=name)
    stated = {fact.statement for fact in found.attested}
    return show(
        visit,
        "gate.html",
        subject=name,
        heading=title_of(office.documents_in_force().inventory.subject(name), name, words),
        rows=gate_rows(found, names_of(visit), words),
        counting=found.counting,
        statements=[each for each in merged(found.gates).attest if each not in stated],
        request=found.request,
        may_attest=visit.may(Permission.ATTEST),
        may_decide=visit.may(Permission.APPROVE),
        may_restore=visit.may(Permission.RESTORE),
    )


@router.post("/restore/segments/{name}/attest")
def attest(visit: Attesting, name: Name) -> Response:
    sent = visit.sent
    statement = Statement(name, sent.get("statement"), sent.get("text"), sent.get("dated"))
    access, site = visit.service.office.access(), visit.service.site
    access.statements.attest(statement, site, themselves(visit, Permission.ATTEST))
    return go(f"/restore/segments/{name}", "attested", statement=statement.name)


@router.post("/restore/segments/{name}/decide")
def decide(visit: Approving, name: Name) -> Response:
    access, site, person = (
        visit.service.office.access(),
        visit.service.site,
        themselves(visit, Permission.APPROVE),
    )
    yes = visit.sent.get("word") == "go"
    access.statements.decide(name, site, person, visit.sent.get("text"), go=yes)
    return go(f"/restore/segments/{name}", "go" if yes else "no-go")


@router.get("/approvals/{request}")
def asked(visit: Viewing, request: RequestId) -> Response:
    found = visit.service.office.access().approvals.request(request)
    plan = visit.service.office.stored_plan(found.revision)
    inventory = visit.service.office.documents_in_force().inventory
    return show(
        visit,
        "approval.html",
        request=found,
        asked=asked_for(found.playbook, inventory, visit.words),
        state=visit.words.text(f"request.{found.state}"),
        cause=visit.words.text(f"request-cause.{found.cause}"),
        began=when(found.opened_at, visit.now),
        given=[name for _, name in found.given],
        decided=[_decided(each, visit.words) for each in found.accept_drift],
        points=plan.point_count,
        hazards=hazards_told(plan.hazards, visit.words, inventory),
        own=found.requester == visit.person.id,
        retires=plan.retires,
        again=_again(found, plan) if found.ready and visit.may(Permission.RESTORE) else "",
        may_approve=visit.may(Permission.APPROVE),
    )


def _decided(decision: str, words: Catalogue) -> str:
    device = decided_on(decision)
    return words.text(f"drift-page.consent-{'ours' if device == decision else 'theirs'}", device=device)


def _again(found: ApprovalShown, plan: Plan) -> str:
    """Where what others consented to is asked for in the same words; "" for a cut."""
    if plan.action is not Action.RESTORE:
        return ""
    if plan.retires:
        kept = [("subjects", name) for name in dict.fromkeys(name for _, name, _ in plan.ends)]
        at = [("devices", name) for name in dict.fromkeys(point.device for _, _, point in plan.ends)]
        return f"{RETIRE}?{urlencode([*kept, *at])}"
    named = [("subjects", name) for name in plan.brought_back]
    named += [("towards", name) for each in plan.limits[:1] for name in each.towards]
    if any(hazard.code == "partial-points" for hazard in plan.hazards):
        points = dict.fromkeys(f"{point.device} {point.object}" for _, _, point in plan.ends)
        named += [("points", point) for point in points]
    decided = [
        (f"{FIELD}{decided_on(each)}", OURS if decided_on(each) == each else THEIRS)
        for each in found.accept_drift
    ]
    return f"{ASK}?{urlencode([*named, *decided])}"


@router.post("/approvals/{request}/approve")
def approve(visit: Approving, request: RequestId) -> Response:
    """Signs exactly the hash that the page showed."""
    person = themselves(visit, Permission.APPROVE)
    visit.service.office.access().approvals.approve(request, visit.sent.get("plan"), person)
    return go(f"/approvals/{request}", "approved")


@router.post("/approvals/{request}/deny")
def deny(visit: Approving, request: RequestId) -> Response:
    person = themselves(visit, Permission.APPROVE)
    visit.service.office.access().approvals.deny(request, person, visit.sent.get("reason"))
    return go(f"/approvals/{request}", "denied")
