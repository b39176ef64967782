"""What went wrong, as a page: a person who asked for one does not get a document for programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import structlog
from anyio.to_thread import run_sync
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from controller.api.app import PREFIX
from controller.api.problems import CrossSite, Unauthorized, status_of
from controller.api.service import service_of
from controller.domain.errors import (
    AwaitingApproval,
    CordonError,
    InvalidInput,
    InvalidRequest,
    Refused,
    SignInDelayed,
)
from controller.text.sentences import hazard_text, problem_text, sentence
from controller.web.pages import look_of, page
from controller.web.visits import SignInFirst, language

_log = structlog.get_logger(__name__)

_PROGRAMS = (f"{PREFIX}/", "/metrics")

_HEADS = {
    HTTPStatus.NOT_FOUND: "nothing-here",
    HTTPStatus.METHOD_NOT_ALLOWED: "nothing-here",
    HTTPStatus.FORBIDDEN: "not-you",
    HTTPStatus.CONFLICT: "refused",
    HTTPStatus.UNPROCESSABLE_ENTITY: "not-so",
    HTTPStatus.TOO_MANY_REQUESTS: "slower",
    HTTPStatus.SERVICE_UNAVAILABLE: "not-now",
}
"""By status, the head of the page: ``wrong.<this>``."""


def install(app: FastAPI) -> None:
    """Errors at addresses of pages become pages; those of the API stay as they are."""
    for kind in (CordonError, RequestValidationError, HTTPException, Exception):
        _in_front_of(app, kind)


Handler = Callable[[Request, Any], Response | Awaitable[Response]]


def _in_front_of(app: FastAPI, kind: type[Exception]) -> None:
    behind: Handler = app.exception_handlers[kind]

    async def told(request: Request, error: Exception) -> Response:
        if _for_programs(request):
            answer = await run_sync(behind, request, error)
            return answer if isinstance(answer, Response) else await answer
        return await run_sync(_page_of, request, error)

    app.add_exception_handler(kind, told)


def _for_programs(request: Request) -> bool:
    return request.url.path.startswith(_PROGRAMS)


def _page_of(request: Request, error: Exception) -> Response:
    if isinstance(error, SignInFirst):
        query = f"?{urlencode({'next': error.place})}" if error.place not in ("", "/") else ""
        return RedirectResponse(f"/sign-in{query}", HTTPStatus.SEE_OTHER)
    words = language(request)
    head, why, status = _told(request, error)
    more: list[str] = []
    if isinstance(error, Refused):
        more = [hazard_text(each, words) for each in error.hazards]
    elif isinstance(error, InvalidInput):
        more = [f"{each.file}:{each.line}: {problem_text(each, words)}" for each in error.problems]
    site = ""
    with suppress(Exception):
        site = service_of(request).site
    answer = page(
        "problem.html",
        words,
        status,
        look=look_of(request),
        site=site,
        head=words.text(f"wrong.{head}"),
        why=why,
        more=more,
        acted=request.method == "POST",
    )
    if isinstance(error, SignInDelayed):
        answer.headers["Retry-After"] = str(error.data.get("seconds", 1))
    return answer


def _told(request: Request, error: Exception) -> tuple[str, str, HTTPStatus]:
    """The head's code, the sentence, the status."""
    words = language(request)
    match error:
        case CordonError() if status_of(error) is not HTTPStatus.INTERNAL_SERVER_ERROR:
            status = status_of(error)
            if isinstance(error, AwaitingApproval):
                head = "waits"
            elif isinstance(error, CrossSite | Unauthorized):
                head = "not-from-here"
            elif isinstance(error, InvalidRequest) and status is HTTPStatus.CONFLICT:
                head = "not-now"
            else:
                head = _HEADS.get(status, "not-so")
            return head, sentence(error, words), status
        case RequestValidationError():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return "not-so", words.text("error.request-invalid", count=len(error.errors())), status
        case HTTPException():
            status = HTTPStatus(error.status_code)
            return _HEADS.get(status, "not-so"), words.text("wrong.no-such-page"), status
        case _:
            _log.error("page failed", path=request.url.path, exc_info=error)
            return "defect", words.text("error.service-defect"), HTTPStatus.INTERNAL_SERVER_ERROR
