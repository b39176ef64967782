"""Signing in and out, users, sessions, tokens. Secrets are in the answer to whoever made them, and nowhere
else."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, StringConstraints

from controller.api.access import COOKIE, Needs, anyone, csrf_token, same_site, source_of
from controller.api.models import Asked, Name
from controller.api.once import ActsOnce
from controller.api.problems import Changed, PreconditionNeeded, documented
from controller.api.service import Serving
from controller.domain.errors import NotFound
from controller.engine.accounts import (
    EVERY_SITE,
    Grant,
    Invitation,
    Person,
    Session,
    SessionShown,
    TokenShown,
    User,
)
from controller.engine.marks import Marks
from controller.engine.roles import Permission, Role

router = APIRouter(tags=["accounts"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503))

Own = Annotated[Person, Depends(Needs(Permission.OWN_ACCOUNT))]
Reader = Annotated[Person, Depends(Needs(Permission.READ_ACCOUNTS))]
Manager = Annotated[Person, Depends(Needs(Permission.MANAGE_ACCOUNTS))]
UserName = Annotated[str, Path(max_length=200, description="A user's id (user:7) or name.")]
PublicId = Annotated[str, Path(pattern=r"^[0-9a-f]{4,40}$")]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=100)]


class GrantShown(Asked):
    """``site``: a site's name, or ``*`` for all."""

    role: Role
    site: Name = EVERY_SITE


class PersonShown(BaseModel):
    id: str
    name: str
    roles: list[GrantShown]
    permissions: list[Permission]
    via: str


class SignInAsked(Asked):
    """``code``: of the authenticator app; with ``recovery``, one of the printed ones."""

    name: Name
    password: Secret
    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    recovery: bool = False


class SignedIn(BaseModel):
    """``csrf``: to be sent as ``X-CSRF-Token`` with every act of this session. ``idle``: seconds."""

    person: PersonShown
    csrf: str
    idle: int
    ends_at: datetime


class Present(BaseModel):
    """Who asks; ``csrf`` is null for a token."""

    person: PersonShown
    csrf: str | None


class SessionListed(BaseModel):
    id: str
    user: str
    name: str
    source: str
    opened_at: datetime
    seen_at: datetime


class TokenAsked(Asked):
    label: Name
    scope: list[Permission] = Field(min_length=1, max_length=50)
    days: int = Field(default=30, ge=1, le=365)


class TokenListed(BaseModel):
    id: str
    user: str
    label: str
    scope: list[Permission]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class TokenIssued(TokenListed):
    """``secret`` is shown this once; null where the request is repeated."""

    secret: str | None


class UserListed(BaseModel):
    id: str
    name: str
    roles: list[GrantShown]
    disabled: bool
    enrolled: bool
    codes: int
    created_at: datetime


class UserAsked(Asked):
    name: Name
    roles: list[GrantShown] = Field(max_length=50)


class RolesAsked(Asked):
    roles: list[GrantShown] = Field(max_length=50)
    disabled: bool = False


class Invited(BaseModel):
    """``token`` is shown this once: the person sets password and second factor with it."""

    user: UserListed
    token: str | None
    expires_at: datetime


class EnrolmentAsked(Asked):
    token: Secret


class FactorShown(BaseModel):
    name: str
    uri: str
    secret: str
    svg: str


class Enrolment(Asked):
    token: Secret
    password: Secret
    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Codes(BaseModel):
    """Ten one-time codes, shown this once."""

    codes: list[str]


# --- oneself -----------------------------------------------------------------------------------------


@router.post(
    "/sessions",
    status_code=201,
    summary="Sign in",
    dependencies=[anyone("this is how one signs in")],
)
def sign_in(serving: Serving, request: Request, response: Response, asked: SignInAsked) -> SignedIn:
    """Sets the session's cookie. Wrong attempts are answered more and more slowly; nobody is locked out."""
    same_site(request)
    session = serving.sign_in.authenticate(
        asked.name, asked.password, asked.code, source_of(request), recovery=asked.recovery
    )
    set_session(response, session)
    person = shown_person(session.person, serving.site)
    return SignedIn(person=person, csrf=csrf_token(session.token), idle=session.idle, ends_at=session.ends_at)


@router.get("/sessions/current", summary="Who asks, and what they may")
def current(serving: Serving, request: Request, person: Own) -> Present:
    cookie = request.cookies.get(COOKIE) if person.key and "authorization" not in request.headers else None
    return Present(person=shown_person(person, serving.site), csrf=csrf_token(cookie) if cookie else None)


@router.delete("/sessions/current", status_code=204, summary="Sign out")
def sign_out(serving: Serving, request: Request, response: Response, _: Own) -> None:
    cookie = request.cookies.get(COOKIE)
    if cookie and "authorization" not in request.headers:
        serving.sign_in.sign_out(cookie)
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict", path="/")


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


# --- sessions and tokens -----------------------------------------------------------------------------


@router.get("/sessions", summary="Sessions: one's own, or with the permission everybody's")
def sessions(serving: Serving, person: Own) -> list[SessionListed]:
    whose = None if _reads_accounts(serving, person) else person.id
    return [_session(each) for each in serving.sign_in.sessions(whose)]


@router.delete("/sessions/{session}", status_code=204, summary="End a session")
def revoke_session(serving: Serving, person: Own, session: PublicId) -> None:
    mine = {each.id for each in serving.sign_in.sessions(person.id)}
    if session not in mine and not person.may(Permission.MANAGE_ACCOUNTS, serving.site):
        raise NotFound(kind="session", name=session)
    serving.sign_in.revoke_session(session, person.actor)


@router.get("/tokens", summary="API tokens: one's own, or with the permission everybody's")
def tokens(serving: Serving, person: Own) -> list[TokenListed]:
    whose = None if _reads_accounts(serving, person) else person.id
    return [_token(each) for each in serving.users.tokens(whose)]


@router.post("/tokens", status_code=201, summary="Make an API token", response_model=TokenIssued)
def issue_token(serving: Serving, person: Own, once: ActsOnce, asked: TokenAsked) -> JSONResponse:
    """For oneself, for part of what one may. The secret is in this answer only."""

    def act(_marks: Marks) -> TokenIssued:
        made = serving.users.issue_token(person.id, asked.label, tuple(asked.scope), asked.days, person.actor)
        return TokenIssued(**_token(made.shown).model_dump(), secret=made.secret)

    return once.answer(person, 201, act, secret=lambda given: {**given, "secret": None})


@router.delete("/tokens/{token}", status_code=204, summary="Revoke an API token")
def revoke_token(serving: Serving, person: Own, token: PublicId) -> None:
    mine = {each.id for each in serving.users.tokens(person.id)}
    if token not in mine and not person.may(Permission.MANAGE_ACCOUNTS, serving.site):
        raise NotFound(kind="token", name=token)
    serving.users.revoke_token(token, person.actor)


# --- users -------------------------------------------------------------------------------------------


@router.get("/users", summary="Accounts")
def users(serving: Serving, _: Reader) -> list[UserListed]:
    return [_user(each) for each in serving.users.users()]


@router.get("/users/{user}", summary="One account")
def user(serving: Serving, response: Response, _: Reader, user: UserName) -> UserListed:
    found = serving.users.user(user)
    response.headers["ETag"] = _etag(found)
    return _user(found)


@router.post("/users", status_code=201, summary="Make an account", response_model=Invited)
def create(serving: Serving, person: Manager, once: ActsOnce, asked: UserAsked) -> JSONResponse:
    """Nobody can use it before the invitation is taken up."""

    def act(_marks: Marks) -> Invited:
        return _invited(serving.users.create(asked.name, _grants(asked.roles), person.actor))

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
    if if_match.strip() not in (_etag(found), "*"):
        raise Changed(expected=if_match.strip(), found=_etag(found))
    if set(_grants(asked.roles)) != set(found.grants):
        serving.users.grant(found.id, _grants(asked.roles), person.actor)
    if asked.disabled and not found.disabled:
        serving.users.disable(found.id, person.actor)
    if found.disabled and not asked.disabled:
        serving.users.enable(found.id, person.actor)
    found = serving.users.user(found.id)
    response.headers["ETag"] = _etag(found)
    return _user(found)


@router.post("/users/{user}/invitation", status_code=201, summary="Invite anew", response_model=Invited)
def invite(serving: Serving, person: Manager, once: ActsOnce, user: UserName) -> JSONResponse:
    """For who lost password or second factor: both are set anew when the invitation is taken up."""

    def act(_marks: Marks) -> Invited:
        return _invited(serving.users.invite(user, person.actor))

    return once.answer(person, 201, act, secret=lambda given: {**given, "token": None})


def set_session(response: Response, session: Session) -> None:
    """A cookie of this service alone, over TLS alone, that no script reads and no other page has sent."""
    response.set_cookie(COOKIE, session.token, secure=True, httponly=True, samesite="strict", path="/")


# --- shapes ------------------------------------------------------------------------------------------


def _reads_accounts(serving: Serving, person: Person) -> bool:
    return person.may(Permission.READ_ACCOUNTS, serving.site)


def shown_person(found: Person, site: str) -> PersonShown:
    return PersonShown(
        id=found.id,
        name=found.name,
        roles=_roles(found.grants),
        permissions=[each for each in Permission if found.may(each, site)],
        via=found.via.value,
    )


def _roles(grants: tuple[Grant, ...]) -> list[GrantShown]:
    return [GrantShown(role=each.role, site=each.site) for each in sorted(grants)]


def _grants(roles: list[GrantShown]) -> tuple[Grant, ...]:
    return tuple(Grant(each.role, each.site) for each in roles)


def _session(found: SessionShown) -> SessionListed:
    return SessionListed(
        id=found.id,
        user=found.user,
        name=found.name,
        source=found.source,
        opened_at=found.opened_at,
        seen_at=found.seen_at,
    )


def _token(found: TokenShown) -> TokenListed:
    return TokenListed(
        id=found.id,
        user=found.user,
        label=found.label,
        scope=list(found.scope),
        created_at=found.created_at,
        expires_at=found.expires_at,
        used_at=found.used_at,
    )


def _user(found: User) -> UserListed:
    return UserListed(
        id=found.id,
        name=found.name,
        roles=_roles(found.grants),
        disabled=found.disabled,
        enrolled=found.enrolled,
        codes=found.codes,
        created_at=found.created_at,
    )


def _invited(found: Invitation) -> Invited:
    return Invited(user=_user(found.user), token=found.token, expires_at=found.expires_at)


def _etag(found: User) -> str:
    roles = ",".join(f"{each.role}@{each.site}" for each in sorted(found.grants))
    return '"' + sha256(f"{found.id}|{found.name}|{roles}|{found.disabled}".encode()).hexdigest()[:32] + '"'
