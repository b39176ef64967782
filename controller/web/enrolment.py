"""The page behind an enrolment link: an invited person sets password and second factor, and is given the
recovery codes this once.

The token is in the address of the first page, for want of scripts that could read it elsewhere; it opens
nothing any more once it was used. It is in no log and, by ``Referrer-Policy``, in no other request.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from controller.api.access import anyone, same_site
from controller.api.problems import status_of
from controller.api.service import Service, Serving
from controller.domain.errors import CordonError, InvalidRequest, SignInFailed
from controller.engine.people.accounts import EVERY_SITE, Factor
from controller.engine.people.roles import Permission, Role, allows
from controller.text import LANGUAGES, Catalogue
from controller.text.sentences import sentence
from controller.web.pages import chosen, form, page

router = APIRouter()

PATH = "/enrol"


def link(reached: str, token: str) -> str:
    """The address of the page for who has ``token``; ``reached`` is the service's."""
    return f"{reached}{PATH}?{urlencode({'token': token})}"


Token = Annotated[str, Query(max_length=1000)]
Lang = Annotated[str | None, Query(max_length=20)]
Form = Annotated[dict[str, str], Depends(form)]

_WHY = "who is invited has no account yet; the token says who it is"


@router.get(PATH, dependencies=[anyone(_WHY)])
def invitation(serving: Serving, request: Request, token: Token = "", lang: Lang = None) -> HTMLResponse:
    words = chosen(request, lang)
    factor = serving.users.invited(token)
    if factor is None:
        return _over(serving, words, token)
    return _asked(serving, words, factor, token)


@router.post(PATH, dependencies=[anyone(_WHY)])
def enrol(serving: Serving, request: Request, sent: Form) -> HTMLResponse:
    words = chosen(request, sent.get("lang"))
    token, password = sent.get("token", ""), sent.get("password", "")
    factor = None
    try:
        same_site(request)
        factor = serving.users.invited(token)
        if factor is None:
            return _over(serving, words, token)
        if password != sent.get("again", ""):
            raise InvalidRequest("passwords-differ")
        codes = serving.users.enrol(token, password, sent.get("code", ""))
    except CordonError as error:
        if status_of(error) is HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        if factor is None:
            return page(
                "refused.html", words, status_of(error), site=serving.site, why=sentence(error, words)
            )
        return _asked(serving, words, factor, token, error)
    user = serving.users.user(factor.name)
    roles = {grant.role for grant in user.grants if grant.site in (EVERY_SITE, serving.site)}
    return page(
        "enrolled.html",
        words,
        HTTPStatus.CREATED,
        site=serving.site,
        name=user.name,
        codes=codes,
        administrator=Role.ADMINISTRATOR in roles,
        plans=allows(roles, Permission.PLAN),
        address=str(request.base_url).rstrip("/"),
        fingerprint=serving.fingerprint,
    )


def _asked(
    serving: Service, words: Catalogue, factor: Factor, token: str, error: CordonError | None = None
) -> HTMLResponse:
    return page(
        "enrol.html",
        words,
        HTTPStatus.OK if error is None else status_of(error),
        site=serving.site,
        factor=factor,
        token=token,
        action=PATH,
        clock=f"{serving.clock():%H:%M:%S} UTC",
        why=_said(error, words) if error is not None else "",
        switch=_switch(token),
    )


def _said(error: CordonError, words: Catalogue) -> str:
    """An enrolment refused though the invitation is good is a code that does not fit."""
    if isinstance(error, SignInFailed):
        return words.text("enrolment.code-wrong", **error.data)
    return sentence(error, words)


def _switch(token: str) -> list[tuple[str, str]]:
    return [(lang, f"{PATH}?{urlencode({'token': token, 'lang': lang})}") for lang in LANGUAGES]


def _over(serving: Service, words: Catalogue, token: str) -> HTMLResponse:
    """One answer to a link used, too old, replaced or made up: who guesses learns nothing."""
    return page("over.html", words, HTTPStatus.NOT_FOUND, site=serving.site, switch=_switch(token))
