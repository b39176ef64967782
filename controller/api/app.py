"""The application: its routes under ``/api/v1``, and what stands around them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI

from controller.api import (
    accounts,
    consents,
    events,
    health,
    inventory,
    log,
    metrics,
    plans,
    problems,
    runs,
    sessions,
    site,
    tokens,
)
from controller.api.service import Service
from controller.api.shell import Shell

PREFIX = "/api/v1"

PARTS = (health, sessions, tokens, accounts, site, plans, runs, consents, log, inventory, events)

_DESCRIPTION = """
What the command line of Cordon does, for programs: the situation, plans, cuts and returns, the log.

Sign in with a session (`POST /sessions`) or send `Authorization: Bearer …` with an API token. Whatever acts
takes an `Idempotency-Key`; whatever is edited an `If-Match`. Errors are problem documents (RFC 9457) in
French or English, by `Accept-Language`. A 5xx is never a judgement on what devices do: look at the run.
"""


def create_app(service: Service) -> FastAPI:
    """One application for one service. Its own pages of documentation are left out: they would load scripts
    from elsewhere; ``openapi.json`` says the same."""
    app = FastAPI(
        title="Cordon",
        version=service.version,
        description=_DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=True,
    )
    app.state.service = service
    api = APIRouter(prefix=PREFIX)
    for part in PARTS:
        api.include_router(part.router)
    app.include_router(api)
    app.include_router(metrics.router)  # where monitors look for it
    problems.install(app)
    app.add_middleware(Shell, rate=service.rate)
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    """Says of every operation how one signs in, and of problems that they are problem documents."""
    generated = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            whole = generated()
            schemes = whole.setdefault("components", {}).setdefault("securitySchemes", {})
            schemes["token"] = {"type": "http", "scheme": "bearer"}
            schemes["session"] = {"type": "apiKey", "in": "cookie", "name": "__Host-session"}
            whole["security"] = [{"token": []}, {"session": []}]
            for path in whole["paths"].values():
                for operation in path.values():
                    _as_problems(operation)
            app.openapi_schema = whole
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # how FastAPI says it is done


def _as_problems(operation: dict[str, Any]) -> None:
    for answer in operation["responses"].values():
        content = answer.get("content", {})
        for kind in list(content):
            if str(content[kind].get("schema", {}).get("$ref", "")).endswith("/ProblemDocument"):
                content[problems.MEDIA_TYPE] = content.pop(kind)
    if any(dependency in operation.get("tags", ()) for dependency in ("service",)):
        operation["security"] = []
