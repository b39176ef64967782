"""Users and their invitations. Secrets are in the answer to whoever made them, and nowhere else."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.responses import JSONResponse

from controller.api.access import Needs, anyone, same_site
from controller.api.models.accounts import (
    Codes,
    Enrolment,
    EnrolmentAsked,
    FactorShown,
    Invited,
    RolesAsked,
    UserAsked,
    UserListed,
    grants_of,
    invited_shown,
    user_listed,
)
from controller.api.once import ActsOnce
from controller.api.problems import Changed, PreconditionNeeded, documented
from controller.api.service import Serving
from controller.domain.errors import NotFound
from controller.engine.execution.marks import Marks
from controller.engine.people.accounts import Person, User
from controller.engine.people.roles import Permission

router = APIRouter(tags=["accounts"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503))

Reader = Annotated[Person, Depends(Needs(Permission.READ_ACCOUNTS))]
Manager = Annotated[Person, Depends(Needs(Permission.MANAGE_ACCOUNTS))]
UserName = Annotated[str, Path(max_length=200, description="A user's id (user:7) or name.")]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=100)]


@router.post(
    "/enrolments/factor",
    summary="What an invited person has to set up",
    dependencies=[anyone("who is invited has no account yet; the token says who it is")],
)
def invited(serving: Serving, request: Request, asked: EnrolmentAsked) -> FactorShown:
    same_site(request)
    factor = serving.users.invited(asked.token)
    if factor is None:
        raise NotFound(kind="invitation", name="")
    return FactorShown(name=factor.name, uri=factor.uri, secret=factor.secret, svg=factor.svg)


@router.post(
    "/enrolments",
    status_code=201,
    summary="Take an invitation up",
    dependencies=[anyone("who is invited has no account yet; the token says who it is")],
)
def enrol(serving: Serving, request: Request, asked: Enrolment) -> Codes:
    """Sets the password and the second factor."""
    same_site(request)
    return Codes(codes=list(serving.users.enrol(asked.token, asked.password, asked.code)))


@router.get("/users", summary="Accounts")
def users(serving: Serving, _: Reader) -> list[UserListed]:
    return [user_listed(each) for each in serving.users.users()]


@router.get("/users/{user}", summary="One account")
def user(serving: Serving, response: Response, _: Reader, user: UserName) -> UserListed:
    found = serving.users.user(user)
    response.headers["ETag"] = etag(found)
    return user_listed(found)


@router.post("/users", status_code=201, summary="Make an account", response_model=Invited)
def create(serving: Serving, person: Manager, once: ActsOnce, asked: UserAsked) -> JSONResponse:
    """Nobody can use it before the invitation is taken up."""

    def act(_marks: Marks) -> Invited:
        return invited_shown(serving.users.create(asked.name, grants_of(asked.roles), person.actor))

    return once.answer(person, 201, act, secret=lambda given: {**given, "token": None})


@router.put("/users/{user}", summary="Give and take roles, disable, enable", responses=documented(412, 428))
def change(
    serving: Serving,
    response: Response,
    person: Manager,
    user: UserName,
    asked: RolesAsked,
    if_match: IfMatch = None,
) -> UserListed:
    found = serving.users.user(user)
    if if_match is None:
        raise PreconditionNeeded(header="If-Match")
    if if_match.strip() not in (etag(found), "*"):
        raise Changed(expected=if_match.strip(), found=etag(found))
    if set(grants_of(asked.roles)) != set(found.grants):
        serving.users.grant(found.id, grants_of(asked.roles), person.actor)
    if asked.disabled and not found.disabled:
        serving.users.disable(found.id, person.actor)
    if found.disabled and not asked.disabled:
        serving.users.enable(found.id, person.actor)
    found = serving.users.user(found.id)
    response.headers["ETag"] = etag(found)
    return user_listed(found)


@router.post("/users/{user}/invitation", status_code=201, summary="Invite anew", response_model=Invited)
def invite(serving: Serving, person: Manager, once: ActsOnce, user: UserName) -> JSONResponse:
    """For who lost password or second factor: both are set anew when the invitation is taken up."""

    def act(_marks: Marks) -> Invited:
        return invited_shown(serving.users.invite(user, person.actor))

    return once.answer(person, 201, act, secret=lambda given: {**given, "token": None})


def etag(found: User) -> str:
    """Of what may be changed of an account."""
    roles = ",".join(f"{each.role}@{each.site}" for each in sorted(found.grants))
    return '"' + sha256(f"{found.id}|{found.name}|{roles}|{found.disabled}".encode()).hexdigest()[:32] + '"'
