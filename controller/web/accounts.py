"""Accounts: who may do what, invited, changed and ended. Secrets are on the one page that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from controller.api.accounts import etag
from controller.api.models.accounts import PublicId
from controller.api.problems import Changed, status_of
from controller.domain.errors import CordonError, InvalidRequest
from controller.engine.people.accounts import EVERY_SITE, Grant, Invitation, SessionShown, TokenShown, User
from controller.engine.people.roles import Permission, Role
from controller.text import Catalogue
from controller.text.sentences import sentence
from controller.text.times import age
from controller.web.enrolment import link
from controller.web.pages import day_time, go, show
from controller.web.parts import part
from controller.web.visits import For, Visit

router = APIRouter()

PATH = "/accounts"
ONE = f"{PATH}/{{user}}"
ROWS = 100

Reading = Annotated[Visit, Depends(For(Permission.READ_ACCOUNTS))]
Managing = Annotated[Visit, Depends(For(Permission.MANAGE_ACCOUNTS))]
UserName = Annotated[str, Path(max_length=200)]


@dataclass(frozen=True, slots=True)
class Row:
    """``kind``, ``word``: its state. ``seen``: when a session of it was last used, "" without one."""

    id: str
    name: str
    roles: str
    kind: str
    word: str
    codes: str
    seen: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    id: str
    source: str
    opened: str
    seen: str
    own: bool


@dataclass(frozen=True, slots=True)
class TokenRow:
    id: str
    label: str
    scope: str
    until: str
    used: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A role that may be given; ``value`` as the form sends it."""

    value: str
    said: str
    given: bool


@router.get(PATH)
def accounts(visit: Reading) -> Response:
    return _listed(visit)


@router.post(PATH)
def create(visit: Managing) -> Response:
    try:
        made = visit.service.users.create(visit.sent.get("name"), _grants(visit), visit.person.actor)
    except CordonError as error:
        return _listed(visit, _shown_beside(error))
    return _invited(visit, made)


@router.get(ONE)
def account(visit: Reading, user: UserName) -> Response:
    return _one(visit, user)


@router.post(f"{ONE}/roles")
def change_roles(visit: Managing, user: UserName) -> Response:
    def act(found: User) -> None:
        if visit.sent.get("seen") != etag(found):
            raise Changed(expected=visit.sent.get("seen"), found=etag(found))
        visit.service.users.grant(found.id, _grants(visit), visit.person.actor)

    return _acted(visit, user, "roles-changed", act)


@router.post(f"{ONE}/disable")
def disable(visit: Managing, user: UserName) -> Response:
    return _acted(
        visit, user, "disabled", lambda found: visit.service.users.disable(found.id, visit.person.actor)
    )


@router.post(f"{ONE}/enable")
def enable(visit: Managing, user: UserName) -> Response:
    return _acted(
        visit, user, "enabled", lambda found: visit.service.users.enable(found.id, visit.person.actor)
    )


@router.post(f"{ONE}/invitation")
def invite(visit: Managing, user: UserName) -> Response:
    return _invited(visit, visit.service.users.invite(user, visit.person.actor))


@router.post(f"{ONE}/sessions/{{session}}/end")
def end_session(visit: Managing, user: UserName, session: PublicId) -> Response:
    visit.service.sign_in.revoke_session(session, visit.person.actor)
    return go(ONE.format(user=visit.service.users.user(user).id), "session-ended")


@router.post(f"{ONE}/tokens/{{token}}/revoke")
def revoke_token(visit: Managing, user: UserName, token: PublicId) -> Response:
    visit.service.users.revoke_token(token, visit.person.actor)
    return go(ONE.format(user=visit.service.users.user(user).id), "token-revoked")


def session_rows(visit: Visit, sessions: Iterable[SessionShown]) -> list[SessionRow]:
    return [
        SessionRow(
            each.id,
            each.source,
            day_time(each.opened_at),
            age(visit.words, each.seen_at, visit.now),
            each.id == visit.person.key,
        )
        for each in sessions
    ]


def token_rows(visit: Visit, tokens: Iterable[TokenShown]) -> list[TokenRow]:
    return [
        TokenRow(
            each.id,
            each.label,
            ", ".join(visit.words.text(f"permission.{scope}") for scope in each.scope),
            day_time(each.expires_at),
            age(visit.words, each.used_at, visit.now) if each.used_at else "",
        )
        for each in tokens
    ]


def roles_told(grants: Iterable[Grant], words: Catalogue) -> str:
    return ", ".join(_told(each, words) for each in sorted(grants))


def _told(grant: Grant, words: Catalogue) -> str:
    role = words.text(f"role.{grant.role}")
    return role if grant.site == EVERY_SITE else words.text("accounts.at-site", role=role, site=grant.site)


def _listed(visit: Visit, error: CordonError | None = None) -> Response:
    words, users = visit.words, visit.service.users.users()
    seen: dict[str, datetime] = {}
    for each in visit.service.sign_in.sessions():
        seen[each.user] = max(each.seen_at, seen.get(each.user, each.seen_at))
    rows = [_row(each, seen, visit) for each in sorted(users, key=lambda one: (one.disabled, one.name))]
    administrators = sum(
        each.enrolled and not each.disabled and Grant(Role.ADMINISTRATOR) in each.grants for each in users
    )
    return show(
        visit,
        "accounts.html",
        HTTPStatus.OK if error is None else status_of(error),
        part=part(rows, visit, ROWS),
        count=len(users),
        administrators=administrators,
        choices=_choices((), words, visit.sent.every("role") if error else ()),
        typed=visit.sent.get("name") if error else "",
        why=sentence(error, words) if error else "",
        may_manage=visit.may(Permission.MANAGE_ACCOUNTS),
    )


def _row(user: User, seen: dict[str, datetime], visit: Visit) -> Row:
    kind, code = _state(user)
    return Row(
        id=user.id,
        name=user.name,
        roles=roles_told(user.grants, visit.words),
        kind=kind,
        word=visit.words.text(f"user.{code}"),
        codes=visit.words.text("user.codes-left", count=user.codes) if user.enrolled else "–",
        seen=visit.words.text("accounts.seen-ago", age=age(visit.words, seen[user.id], visit.now))
        if user.id in seen
        else "",
    )


def _state(user: User) -> tuple[str, str]:
    if user.disabled:
        return "failed", "disabled"
    return ("connected", "ready") if user.enrolled else ("todo", "invited")


def _one(visit: Visit, name: str, error: CordonError | None = None) -> Response:
    words, service = visit.words, visit.service
    user = service.users.user(name)
    _, code = _state(user)
    return show(
        visit,
        "account-of.html",
        HTTPStatus.OK if error is None else status_of(error),
        user=user,
        word=words.text(f"user.{code}"),
        roles=roles_told(user.grants, words),
        since=day_time(user.created_at),
        seen=etag(user),
        choices=_choices(user.grants, words),
        sessions=session_rows(visit, service.sign_in.sessions(user.id)),
        tokens=token_rows(visit, service.users.tokens(user.id)),
        why=sentence(error, words) if error else "",
        may_manage=visit.may(Permission.MANAGE_ACCOUNTS),
    )


def _choices(grants: Iterable[Grant], words: Catalogue, ticked: Iterable[str] = ()) -> list[Choice]:
    """Each role for every site of the home, and whatever was given for one of them."""
    given = set(grants)
    offered = [*(Grant(role) for role in Role), *sorted(each for each in given if each.site != EVERY_SITE)]
    chosen = {_value(each) for each in given} | set(ticked)
    return [Choice(_value(each), _told(each, words), _value(each) in chosen) for each in offered]


def _value(grant: Grant) -> str:
    return f"{grant.role}@{grant.site}"


def _grants(visit: Visit) -> tuple[Grant, ...]:
    found = []
    for each in visit.sent.every("role"):
        role, _, site = each.partition("@")
        try:
            found.append(Grant(Role(role), site or EVERY_SITE))
        except ValueError:
            raise InvalidRequest("no-role") from None
    return tuple(found)


def _acted(visit: Visit, name: str, said: str, act: Callable[[User], None]) -> Response:
    user = visit.service.users.user(name)
    try:
        act(user)
    except CordonError as error:
        return _one(visit, user.id, _shown_beside(error))
    return go(ONE.format(user=user.id), said, name=user.name)


def _shown_beside(error: CordonError) -> CordonError:
    """What a person can mend is told beside the form; raises what else went wrong."""
    if not isinstance(error, InvalidRequest | Changed):
        raise error
    return error


def _invited(visit: Visit, made: Invitation) -> Response:
    """The one page that shows it: in no address, in no log."""
    reached = str(visit.request.base_url).rstrip("/")
    return show(
        visit,
        "invited.html",
        HTTPStatus.CREATED,
        invited=made.user,
        link=link(reached, made.token),
        until=day_time(made.expires_at),
        fingerprint=visit.service.fingerprint,
    )
