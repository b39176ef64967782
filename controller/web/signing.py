"""Signing in and out by a page: the same sessions as the API's."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from controller.api.access import COOKIE, anyone, same_site, source_of
from controller.api.problems import status_of
from controller.api.service import Service, Serving
from controller.api.sessions import give_cookie, take_cookie
from controller.domain.errors import CordonError
from controller.engine.people.accounts import Session
from controller.text.sentences import sentence
from controller.web.pages import clock_time, form, look_of, page
from controller.web.visits import Owning, language, own_address

router = APIRouter()

PATH = "/sign-in"
GLASS = "/sign-in/break-glass"
OUT = "/sign-out"
HOME = "/situation"

Form = Annotated[dict[str, str], Depends(form)]
Next = Annotated[str, Query(max_length=2000)]

_WHY = "this is how one signs in"


@router.get("/", dependencies=[anyone("it shows nothing, and leads to the situation")])
def entrance() -> Response:
    return RedirectResponse(HOME, HTTPStatus.SEE_OTHER)


@router.get(PATH, dependencies=[anyone(_WHY)])
def asked(serving: Serving, request: Request, next: Next = "") -> Response:  # noqa: A002 - the address's word
    return _page(serving, request, "sign-in.html", {"next": next})


@router.get(GLASS, dependencies=[anyone("the sealed code says who may: it is for when nobody can sign in")])
def glass_asked(serving: Serving, request: Request) -> Response:
    return _page(serving, request, "break-glass.html", {})


@router.post(PATH, dependencies=[anyone(_WHY)])
def sign_in(serving: Serving, request: Request, sent: Form) -> Response:
    try:
        same_site(request)
        session = serving.sign_in.authenticate(
            sent.get("name", "").strip(),
            sent.get("password", ""),
            "".join(sent.get("code", "").split()),
            source_of(request),
            recovery="recovery" in sent,
        )
    except CordonError as error:
        return _refused(serving, request, "sign-in.html", sent, error)
    return _in(session, sent.get("next", ""))


@router.post(GLASS, dependencies=[anyone("the sealed code says who may: it is for when nobody can sign in")])
def break_glass(serving: Serving, request: Request, sent: Form) -> Response:
    """Loud: everybody sees it until a new code is sealed."""
    try:
        same_site(request)
        session = serving.office.access().glass.enter(
            sent.get("code", "").strip(), sent.get("name", "").strip(), sent.get("reason", "").strip(),
            source_of(request),
        )  # fmt: skip
    except CordonError as error:
        return _refused(serving, request, "break-glass.html", sent, error)
    return _in(session, "")


@router.post(OUT)
def sign_out(visit: Owning) -> Response:
    cookie = visit.request.cookies.get(COOKIE)
    if cookie:
        visit.service.sign_in.sign_out(cookie)
    answer = RedirectResponse(PATH, HTTPStatus.SEE_OTHER)
    take_cookie(answer)
    return answer


def _in(session: Session, where: str) -> Response:
    answer = RedirectResponse(own_address(where, HOME), HTTPStatus.SEE_OTHER)
    give_cookie(answer, session)
    return answer


def _refused(
    serving: Service, request: Request, template: str, sent: dict[str, str], error: CordonError
) -> Response:
    """Of what was typed all comes back but the secrets."""
    if status_of(error) is HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error
    return _page(serving, request, template, sent, error)


def _page(
    serving: Service, request: Request, template: str, sent: dict[str, str], error: CordonError | None = None
) -> Response:
    words = language(request)
    answer = page(
        template,
        words,
        HTTPStatus.OK if error is None else status_of(error),
        look=look_of(request),
        site=serving.site,
        typed={name: sent.get(name, "") for name in ("name", "reason", "next")},
        recovery="recovery" in sent,
        why=sentence(error, words) if error is not None else "",
        at=clock_time(serving.clock()),
        fingerprint=serving.fingerprint,
        here=request.url.path + (f"?{urlencode({'next': sent['next']})}" if sent.get("next") else ""),
    )
    seconds = error.data.get("seconds") if error is not None else None
    if seconds is not None:
        answer.headers["Retry-After"] = str(seconds)
    return answer
