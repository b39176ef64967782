"""What needs two persons: requests, consents, countersignatures; and the way in when nobody else is there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from controller.api.access import Needs, Viewer, anyone, same_site, source_of
from controller.api.models import A_SHA, Asked, Name, Reason, ReasonAsked, Sha
from controller.api.models.accounts import Secret, SignedIn
from controller.api.once import ActsOnce
from controller.api.problems import documented
from controller.api.service import Serving
from controller.api.sessions import signed_in
from controller.engine.execution.marks import Marks
from controller.engine.people.accounts import Person
from controller.engine.people.approvals import ApprovalShown, RequestState
from controller.engine.people.roles import Permission

router = APIRouter(tags=["consents"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503))

Approver = Annotated[Person, Depends(Needs(Permission.APPROVE))]
Signer = Annotated[Person, Depends(Needs(Permission.COUNTERSIGN))]
RequestId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,40}$")]
Run = Annotated[str, Path(pattern=r"^[0-9a-f-]{1,40}$", max_length=40)]


class ConsentRequest(BaseModel):
    """``plan``: the hash of exactly what would be carried out; ``revision``: that of the plan on record, the
    same but where ``accept_drift`` names devices. ``given``: who consented so far."""

    id: str
    site: str
    action: str
    playbook: str
    plan: str
    revision: str
    accept_drift: list[str]
    cause: str
    requester: str
    requester_name: str
    reason: str
    needed: int
    roles: list[str]
    given: list[str]
    state: RequestState
    opened_at: datetime
    run: str
    ready: bool


class ApproveAsked(Asked):
    """``plan``: the hash that was shown to who consents."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"plan": A_SHA}]})

    plan: Sha


class UnsignedShown(BaseModel):
    run: str
    actor: str
    opened_at: datetime


class Signed(BaseModel):
    run: str
    countersigned: bool


class GlassAsked(Asked):
    """``code``: from the envelope. It counts once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "CODE", "name": "Zoé", "reason": "nobody can sign in"}]}
    )

    code: Secret
    name: Name
    reason: Reason


@router.get("/approvals", summary="Requests that wait for a consent")
def requests(
    serving: Serving,
    _: Viewer,
    every: Annotated[bool, Query(description="Also those that are over.")] = False,
) -> list[ConsentRequest]:
    return [_shown(each) for each in serving.office.access().approvals.requests(every=every)]


@router.get("/approvals/{request}", summary="One request")
def show(serving: Serving, _: Viewer, request: RequestId) -> ConsentRequest:
    return _shown(serving.office.access().approvals.request(request))


@router.post(
    "/approvals/{request}/approve",
    status_code=201,
    summary="Consent to exactly this plan",
    response_model=ConsentRequest,
)
def approve(
    serving: Serving, person: Approver, once: ActsOnce, request: RequestId, asked: ApproveAsked
) -> JSONResponse:
    """Never by who asked, whatever their roles. Asking again for the act then carries it out."""

    def act(_marks: Marks) -> ConsentRequest:
        return _shown(serving.office.access().approvals.approve(request, asked.plan, person))

    return once.answer(person, 201, act)


@router.post("/approvals/{request}/deny", status_code=201, summary="Refuse", response_model=ConsentRequest)
def deny(
    serving: Serving, person: Approver, once: ActsOnce, request: RequestId, asked: ReasonAsked
) -> JSONResponse:
    """One refusal ends the request."""

    def act(_marks: Marks) -> ConsentRequest:
        return _shown(serving.office.access().approvals.deny(request, person, asked.reason))

    return once.answer(person, 201, act)


@router.post(
    "/approvals/{request}/cancel",
    status_code=201,
    summary="Take one's own request back",
    response_model=ConsentRequest,
)
def cancel(serving: Serving, person: Viewer, once: ActsOnce, request: RequestId) -> JSONResponse:
    def act(_marks: Marks) -> ConsentRequest:
        return _shown(serving.office.access().approvals.cancel(request, person.actor))

    return once.answer(person, 201, act)


@router.get("/countersignatures", summary="Cuts one person began and no other has signed yet")
def unsigned(serving: Serving, _: Viewer) -> list[UnsignedShown]:
    found = serving.office.access().approvals.unsigned()
    return [UnsignedShown(run=each.run, actor=each.actor, opened_at=each.opened_at) for each in found]


@router.post(
    "/runs/{run}/countersign",
    status_code=201,
    summary="Countersign another's cut",
    response_model=Signed,
)
def countersign(serving: Serving, person: Signer, once: ActsOnce, run: Run) -> JSONResponse:
    def act(_marks: Marks) -> Signed:
        record, _plan, _errands = serving.office.run(run)
        serving.office.access().approvals.countersign(record.run, person)
        return Signed(run=record.run, countersigned=True)

    return once.answer(person, 201, act)


@router.post(
    "/sessions/break-glass",
    status_code=201,
    summary="Come in by the sealed code",
    dependencies=[anyone("the sealed code says who may: it is for when nobody can sign in")],
)
def break_glass(serving: Serving, request: Request, response: Response, asked: GlassAsked) -> SignedIn:
    """A short session that may cut and watch, never bring back. Loud: everybody sees it until a new code is
    sealed."""
    same_site(request)
    session = serving.office.access().glass.enter(asked.code, asked.name, asked.reason, source_of(request))
    return signed_in(response, session, serving.site)


def _shown(found: ApprovalShown) -> ConsentRequest:
    return ConsentRequest(
        id=found.id,
        site=found.site,
        action=found.action.value,
        playbook=found.playbook,
        plan=found.plan,
        revision=found.revision,
        accept_drift=list(found.accept_drift),
        cause=found.cause,
        requester=found.requester,
        requester_name=found.requester_name,
        reason=found.reason,
        needed=found.needed,
        roles=list(found.roles),
        given=[name for _, name in found.given],
        state=found.state,
        opened_at=found.opened_at,
        run=found.run,
        ready=found.ready,
    )
