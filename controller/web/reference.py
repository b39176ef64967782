"""The page that documents the API: made of the application's own description, without a script."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from controller.api.access import anyone
from controller.engine.people.roles import ALLOWS, Permission, Role
from controller.text import LANGUAGES
from controller.web.described import described
from controller.web.pages import chosen, page

router = APIRouter()

PATH = "/api/docs"

_ROLES = {
    permission.value: tuple(role.value for role in Role if permission in ALLOWS[role])
    for permission in Permission
}


@router.get(PATH, dependencies=[anyone("it says what openapi.json says, and nothing of this site")])
def reference(request: Request, lang: Annotated[str | None, Query(max_length=20)] = None) -> HTMLResponse:
    return page(
        "reference.html",
        chosen(request, lang),
        api=described(request.app.openapi()),
        description=request.app.openapi_url,
        roles=_ROLES,
        pieces=_pieces,
        switch=[(each, f"{PATH}?lang={each}") for each in LANGUAGES],
    )


def _pieces(note: str) -> list[str]:
    """A text with code between backquotes, cut there: every second piece is code."""
    return re.split(r"`+([^`]+)`+", note)
