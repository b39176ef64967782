"""Signing in and out, and the sessions open."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from controller.api.access import COOKIE, Own, anyone, csrf_token, reads_accounts, same_site, source_of
from controller.api.models.accounts import (
    Present,
    PublicId,
    SessionListed,
    SignedIn,
    SignInAsked,
    person_shown,
)
from controller.api.problems import documented
from controller.api.service import Serving
from controller.domain.errors import NotFound
from controller.engine.people.accounts import Session
from controller.engine.people.roles import Permission

router = APIRouter(tags=["accounts"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503))


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
    return signed_in(response, session, serving.site)


@router.get("/sessions/current", summary="Who asks, and what they may")
def current(serving: Serving, request: Request, person: Own) -> Present:
    cookie = request.cookies.get(COOKIE) if person.key and "authorization" not in request.headers else None
    return Present(person=person_shown(person, serving.site), csrf=csrf_token(cookie) if cookie else None)


@router.delete("/sessions/current", status_code=204, summary="Sign out")
def sign_out(serving: Serving, request: Request, response: Response, _: Own) -> None:
    cookie = request.cookies.get(COOKIE)
    if cookie and "authorization" not in request.headers:
        serving.sign_in.sign_out(cookie)
    take_cookie(response)


@router.get("/sessions", summary="Sessions: one's own, or with the permission everybody's")
def sessions(serving: Serving, person: Own) -> list[SessionListed]:
    whose = None if reads_accounts(serving, person) else person.id
    return [SessionListed.model_validate(each) for each in serving.sign_in.sessions(whose)]


@router.delete("/sessions/{session}", status_code=204, summary="End a session")
def revoke_session(serving: Serving, person: Own, session: PublicId) -> None:
    mine = {each.id for each in serving.sign_in.sessions(person.id)}
    if session not in mine and not person.may(Permission.MANAGE_ACCOUNTS, serving.site):
        raise NotFound(kind="session", name=session)
    serving.sign_in.revoke_session(session, person.actor)


def signed_in(response: Response, session: Session, site: str) -> SignedIn:
    give_cookie(response, session)
    person = person_shown(session.person, site)
    return SignedIn(person=person, csrf=csrf_token(session.token), idle=session.idle, ends_at=session.ends_at)


def give_cookie(response: Response, session: Session) -> None:
    """It is this service's alone, over TLS alone; no script reads it, no other page has it sent."""
    response.set_cookie(COOKIE, session.token, secure=True, httponly=True, samesite="strict", path="/")


def take_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict", path="/")
