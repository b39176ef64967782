"""Language and theme: kept by the browser, for a year."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controller.api.access import anyone, same_site
from controller.text import LANGUAGES
from controller.web.pages import form
from controller.web.visits import LANGUAGE, THEME, THEMES, own_address

router = APIRouter()

PATH = "/preferences"

_YEAR = 365 * 24 * 3600


@router.post(PATH, dependencies=[anyone("how one wants to read a page says nothing of who one is")])
def prefer(request: Request, sent: Annotated[dict[str, str], Depends(form)]) -> Response:
    same_site(request)
    answer = RedirectResponse(own_address(sent.get("back", "/")), HTTPStatus.SEE_OTHER)
    for cookie, value, allowed in (
        (LANGUAGE, sent.get("language", ""), LANGUAGES),
        (THEME, sent.get("theme", ""), THEMES),
    ):
        if value in allowed:
            answer.set_cookie(
                cookie, value, max_age=_YEAR, secure=True, httponly=True, samesite="strict", path="/"
            )
    return answer
