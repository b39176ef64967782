"""One's own account: sessions, tokens, recovery codes, password."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Response

from controller.api.access import source_of
from controller.api.models.accounts import PublicId
from controller.api.problems import status_of
from controller.domain.errors import CordonError, InvalidRequest, NotFound, NotPermitted, SignInFailed
from controller.engine.people.roles import Permission
from controller.engine.people.users import IN_PERSON, LONGEST, SHORTEST
from controller.text.sentences import sentence
from controller.web.accounts import roles_told, session_rows, token_rows
from controller.web.pages import go, show
from controller.web.visits import Owning, Visit

router = APIRouter()

PATH = "/account"
DAYS = (30, 90, 365)


@router.get(PATH)
def own(visit: Owning) -> Response:
    return _page(visit)


@router.post(f"{PATH}/sessions/{{session}}/end")
def end_session(visit: Owning, session: PublicId) -> Response:
    service = visit.service
    if session not in {each.id for each in service.sign_in.sessions(visit.person.id)}:
        raise NotFound(kind="session", name=session)
    service.sign_in.revoke_session(session, visit.person.actor)
    return go(PATH, "session-ended")


@router.post(f"{PATH}/tokens")
def issue_token(visit: Owning) -> Response:
    sent, person = visit.sent, visit.person
    days = sent.get("days")
    try:
        made = visit.service.users.issue_token(
            person.id,
            sent.get("label"),
            tuple(each for each in Permission if each.value in sent.every("scope")),
            int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0,
            person.actor,
        )
    except InvalidRequest as error:
        return _page(visit, error)
    return _once(visit, "token", (made.secret,), made.shown.label)


@router.post(f"{PATH}/tokens/{{token}}/revoke")
def revoke_token(visit: Owning, token: PublicId) -> Response:
    users = visit.service.users
    if token not in {each.id for each in users.tokens(visit.person.id)}:
        raise NotFound(kind="token", name=token)
    users.revoke_token(token, visit.person.actor)
    return go(PATH, "token-revoked")


@router.post(f"{PATH}/codes")
def renew_codes(visit: Owning) -> Response:
    try:
        _themselves(visit)
    except SignInFailed as error:
        return _page(visit, error)
    return _once(visit, "codes", visit.service.users.renew_codes(visit.person.id, visit.person.actor))


@router.post(f"{PATH}/password")
def change_password(visit: Owning) -> Response:
    """Ends every session of the account, this one too: whoever else had the password is out."""
    sent = visit.sent
    if sent.raw("new") != sent.raw("again"):
        return _page(visit, InvalidRequest("passwords-differ"))
    try:
        _themselves(visit)
        visit.service.users.set_password(visit.person.id, sent.raw("new"), visit.person.actor)
    except (SignInFailed, InvalidRequest) as error:
        return _page(visit, error)
    return go("/sign-in")


def _themselves(visit: Visit) -> None:
    """Password and code once more: an unlocked screen changes nobody's account."""
    sent = visit.sent
    person = visit.service.sign_in.identify(
        visit.person.name, sent.raw("password"), "".join(sent.get("code").split()), source_of(visit.request)
    )
    if person.id != visit.person.id:
        raise NotPermitted(permission=Permission.OWN_ACCOUNT.value, site=visit.service.site)


def _page(visit: Visit, error: CordonError | None = None) -> Response:
    """Of what was typed wrongly no secret comes back."""
    words, service, person = visit.words, visit.service, visit.person
    user = service.users.user(person.id)
    return show(
        visit,
        "account.html",
        HTTPStatus.OK if error is None else status_of(error),
        user=user,
        roles=roles_told(user.grants, words),
        sessions=session_rows(visit, service.sign_in.sessions(user.id)),
        tokens=token_rows(visit, service.users.tokens(user.id)),
        scopes=[
            (each.value, words.text(f"permission.{each}"))
            for each in Permission
            if each not in IN_PERSON and visit.may(each)
        ],
        days=DAYS,
        shortest=SHORTEST,
        longest=LONGEST,
        why=sentence(error, words) if error else "",
    )


def _once(visit: Visit, what: str, secrets: tuple[str, ...], label: str = "") -> Response:
    """The one page that shows them."""
    return show(visit, "shown-once.html", HTTPStatus.CREATED, what=what, secrets=secrets, label=label)
