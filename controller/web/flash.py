"""What a form has to say on the page that follows it: carried by the browser, shown once.

Only a code of the catalogue and its data travel; whoever forged it could only fool themselves.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from fastapi import Request, Response

from controller.web.visits import Visit

COOKIE = "__Host-said"

_MOST = 2000
_SECONDS = 60


def put(answer: Response, code: str, data: Mapping[str, str | int]) -> None:
    value = base64.urlsafe_b64encode(json.dumps([code, dict(data)]).encode()).decode()
    if len(value) <= _MOST:
        answer.set_cookie(
            COOKIE, value, max_age=_SECONDS, secure=True, httponly=True, samesite="strict", path="/"
        )


def said(visit: Visit) -> str:
    """The sentence in the language of the visit; "" where there is none."""
    try:
        code, data = json.loads(base64.urlsafe_b64decode(visit.request.cookies.get(COOKIE, "")))
        known = f"said.{code}"
        return visit.words.text(known, **data) if known in visit.words else ""
    except (ValueError, TypeError):
        return ""


def forget(request: Request, answer: Response) -> None:
    if COOKIE in request.cookies:
        answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict", path="/")
