"""Everything that goes wrong, as a problem document (RFC 9457) with Cordon's code and a text in the language
asked for."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from controller.domain.errors import (
    AwaitingApproval,
    CordonError,
    HomeFromTheFuture,
    InvalidInput,
    InvalidRequest,
    JournalUnavailable,
    JournalUnreadable,
    LeaderElsewhere,
    LeaderLost,
    NotFound,
    NotPermitted,
    OpenFailed,
    Refused,
    SignInBusy,
    SignInDelayed,
    SignInFailed,
    StaleEpoch,
)
from controller.text import Catalogue
from controller.text.sentences import error_data, name_of, plain_hazard, plain_problem, sentence

MEDIA_TYPE = "application/problem+json"

_log = structlog.get_logger(__name__)


class Unauthorized(CordonError):
    """Nobody is signed in, or the session or token is over."""

    code: ClassVar[str] = "unauthorized"


class CrossSite(CordonError):
    """A browser sent a session's cookie with a request that this service's own pages did not make."""

    code: ClassVar[str] = "cross-site"


class PreconditionNeeded(CordonError):
    """What is edited must be named by the version that was seen. Data: ``header``."""

    code: ClassVar[str] = "precondition-needed"


class Changed(CordonError):
    """Somebody else edited it meanwhile. Data: ``expected``, ``found``."""

    code: ClassVar[str] = "changed-meanwhile"


class TooLarge(CordonError):
    """Data: ``most``, in bytes."""

    code: ClassVar[str] = "too-large"


class TooMany(CordonError):
    """Data: ``seconds`` to wait."""

    code: ClassVar[str] = "too-many-requests"


_STATUSES: tuple[tuple[type[CordonError], HTTPStatus], ...] = (
    (Unauthorized, HTTPStatus.UNAUTHORIZED),
    (SignInFailed, HTTPStatus.UNAUTHORIZED),
    (CrossSite, HTTPStatus.FORBIDDEN),
    (NotPermitted, HTTPStatus.FORBIDDEN),
    (PreconditionNeeded, HTTPStatus.PRECONDITION_REQUIRED),
    (Changed, HTTPStatus.PRECONDITION_FAILED),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (TooMany, HTTPStatus.TOO_MANY_REQUESTS),
    (SignInDelayed, HTTPStatus.TOO_MANY_REQUESTS),
    (SignInBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (Refused, HTTPStatus.CONFLICT),
    (AwaitingApproval, HTTPStatus.CONFLICT),
    (NotFound, HTTPStatus.NOT_FOUND),
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (JournalUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (LeaderElsewhere, HTTPStatus.SERVICE_UNAVAILABLE),
    (LeaderLost, HTTPStatus.SERVICE_UNAVAILABLE),
    (StaleEpoch, HTTPStatus.SERVICE_UNAVAILABLE),
    (HomeFromTheFuture, HTTPStatus.SERVICE_UNAVAILABLE),
    (OpenFailed, HTTPStatus.BAD_GATEWAY),
)

_CONFLICTS = frozenset(
    {
        "request-under-way",
        "run-under-way",
        "run-not-under-way",
        "run-not-resumable",
        "rehearsal-not-now",
        "code-claimed",
        "code-proven",
        "code-released",
        "code-not-claimed",
        "nothing-held",
        "log-not-signed",
        "last-administrator",
        "name-taken",
        "own-request",
        "own-run",
        "request-over",
        "countersigned",
        "approved-already",
    }
)
"""Reasons that say nothing is wrong with the request: things stand otherwise."""


class Mistake(BaseModel):
    """One mistake in a document, or in a request (then ``file`` is the place in it)."""

    file: str
    line: int
    column: int
    code: str
    text: str
    data: dict[str, str]


class HazardShown(BaseModel):
    """``severity``: ``refuse`` stops the plan, ``warn`` does not. ``text`` is for people."""

    code: str = Field(examples=["cuts-keep-alive"])
    severity: str = Field(examples=["warn"])
    culprit: str = Field(examples=["acc-1 GigabitEthernet1/0/1"])
    data: dict[str, str]
    text: str


class ProblemDocument(BaseModel):
    """RFC 9457. ``code`` is stable, ``detail`` is the sentence in the language asked for (fr, en)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:cordon:problem:not-found",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "There is no run “20260101-000000-0000”.",
                    "code": "not-found",
                    "data": {"kind": "run", "name": "20260101-000000-0000"},
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    data: dict[str, str | int] = {}
    hazards: list[HazardShown] | None = None
    problems: list[Mistake] | None = None


def status_of(error: BaseException) -> HTTPStatus:
    if isinstance(error, InvalidRequest) and error.reason in _CONFLICTS:
        return HTTPStatus.CONFLICT
    found = (status for kind, status in _STATUSES if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def words_of(request: Request) -> Catalogue:
    """The catalogue of the language the client prefers among ours; English where it does not say."""
    return CATALOGUES[_preferred(request.headers.get("accept-language", ""))]


CATALOGUES: Mapping[str, Catalogue] = {lang: Catalogue(lang) for lang in ("fr", "en")}


def _preferred(header: str) -> str:
    best, chosen = 0.0, "en"
    for part in header.split(","):
        tag, _, parameters = part.strip().partition(";")
        lang = tag.strip().lower()[:2]
        try:
            quality = float(parameters.strip().removeprefix("q=")) if parameters else 1.0
        except ValueError:
            continue
        if lang in CATALOGUES and quality > best:
            best, chosen = quality, lang
    return chosen


def problem(error: CordonError, words: Catalogue) -> JSONResponse:
    status = status_of(error)
    content: dict[str, Any] = {**_head(name_of(error), status), "detail": sentence(error, words)}
    content["data"] = error_data(error)
    if isinstance(error, Refused):
        content["hazards"] = [plain_hazard(hazard, words) for hazard in error.hazards]
    elif isinstance(error, InvalidInput) and error.problems:
        content["problems"] = [plain_problem(each, words) for each in error.problems]
    return _response(content, status, _headers(error))


def _headers(error: CordonError) -> dict[str, str]:
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": 'Bearer realm="cordon"'}
    if isinstance(error, TooMany | SignInDelayed | SignInBusy | JournalUnreadable):
        return {"Retry-After": str(error.data.get("seconds", 1))}
    return {}


def _head(code: str, status: HTTPStatus) -> dict[str, Any]:
    return {
        "type": f"urn:cordon:problem:{code}",
        "title": status.phrase,
        "status": int(status),
        "code": code,
    }


def _response(
    content: dict[str, Any], status: HTTPStatus, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(content, status, dict(headers or {}), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Every error of ours, of the framework and of nobody's expectation becomes a problem document."""

    @app.exception_handler(CordonError)
    def told(request: Request, error: CordonError) -> JSONResponse:
        if status_of(error) is HTTPStatus.INTERNAL_SERVER_ERROR:
            return defect(request, error)
        return problem(error, words_of(request))

    @app.exception_handler(RequestValidationError)
    def misread(request: Request, error: RequestValidationError) -> JSONResponse:
        words = words_of(request)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        mistakes = [
            {
                "file": "/".join(str(part) for part in found["loc"]),
                "line": 0,
                "column": 0,
                "code": str(found["type"]),
                "text": str(found["msg"]),
                "data": {},
            }
            for found in error.errors()
        ]
        content = {**_head("request-invalid", status), "data": {"count": len(mistakes)}, "problems": mistakes}
        content["detail"] = words.text("error.request-invalid", count=len(mistakes))
        return _response(content, status)

    @app.exception_handler(HTTPException)
    def plain(request: Request, error: HTTPException) -> JSONResponse:
        status = HTTPStatus(error.status_code)
        code = {
            HTTPStatus.NOT_FOUND: "no-such-page",
            HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
            HTTPStatus.BAD_REQUEST: "request-invalid",
        }.get(status, "request-refused")
        text = words_of(request).text(f"error.{code}", count=1, detail=str(error.detail))
        return _response({**_head(code, status), "detail": text, "data": {}}, status, error.headers)

    @app.exception_handler(Exception)
    def defect(request: Request, error: Exception) -> JSONResponse:
        _log.error("request failed", path=request.url.path, exc_info=error)
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        text = words_of(request).text("error.service-defect")
        return _response({**_head("internal", status), "detail": text, "data": {}}, status)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem documents a route may answer with, for its description."""
    return {
        status: {"model": ProblemDocument, "description": HTTPStatus(status).phrase} for status in statuses
    }
