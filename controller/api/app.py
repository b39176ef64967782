"""The application: its routes under ``/api/v1``, and what stands around them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from controller.api import (
    accounts,
    armed,
    consents,
    events,
    gates,
    health,
    holds,
    inventory,
    log,
    metrics,
    plans,
    probations,
    problems,
    proofs,
    report,
    runs,
    sessions,
    site,
    tokens,
)
from controller.api.access import Needs, Open, rule_of
from controller.api.service import Service
from controller.api.shell import Shell

PREFIX = "/api/v1"

PARTS = (
    health,
    sessions,
    tokens,
    accounts,
    site,
    plans,
    runs,
    consents,
    gates,
    holds,
    probations,
    armed,
    log,
    proofs,
    report,
    inventory,
    events,
)

_DESCRIPTION = """
What the command line of Cordon does, for programs: the situation, plans, cuts and returns, the log.

Sign in with a session (`POST /sessions`) or send `Authorization: Bearer …` with an API token. Whatever acts
takes an `Idempotency-Key`; whatever is edited an `If-Match`. Errors are problem documents (RFC 9457) in
French or English, by `Accept-Language`. A 5xx is never a judgement on what devices do: look at the run.
"""


def create_app(service: Service) -> FastAPI:
    """One application for one service."""
    app = build_app(service.version)
    open_app(app, service)
    return app


def open_app(app: FastAPI, service: Service) -> None:
    """From now on the application answers for ``service``."""
    app.state.service = service
    app.add_middleware(Shell, rate=service.rate, acts=service.office.acts)


def build_app(version: str) -> FastAPI:
    """An application that is opened later. FastAPI's pages of documentation are left out: they would load
    scripts from elsewhere."""
    app = FastAPI(
        title="Cordon",
        version=version,
        description=_DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=True,
    )
    api = APIRouter(prefix=PREFIX)
    for part in PARTS:
        api.include_router(part.router)
    app.include_router(api)
    app.include_router(metrics.router)  # where monitors look for it
    problems.install(app)
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    """Says of every operation how one signs in and who may, and of problems that they are such documents."""
    generated = app.openapi
    rules = _rules()

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            whole = generated()
            schemes = whole.setdefault("components", {}).setdefault("securitySchemes", {})
            schemes["token"] = {"type": "http", "scheme": "bearer"}
            schemes["session"] = {"type": "apiKey", "in": "cookie", "name": "__Host-session"}
            whole["security"] = [{"token": []}, {"session": []}]
            for path, operations in whole["paths"].items():
                for method, operation in operations.items():
                    _as_problems(operation)
                    _as_permitted(operation, rules[method.upper(), path])
            app.openapi_schema = whole
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # how FastAPI says it is done


def _as_problems(operation: dict[str, Any]) -> None:
    for answer in operation["responses"].values():
        content = answer.get("content", {})
        for kind in list(content):
            if str(content[kind].get("schema", {}).get("$ref", "")).endswith("/ProblemDocument"):
                content[problems.MEDIA_TYPE] = content.pop(kind)


def _rules() -> dict[tuple[str, str], Needs | Open | None]:
    """By method and path."""
    placed = [(PREFIX, part.router) for part in PARTS] + [("", metrics.router)]
    return {
        (method, prefix + route.path): rule_of(route)
        for prefix, router in placed
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def _as_permitted(operation: dict[str, Any], rule: Needs | Open | None) -> None:
    """``x-permissions``: what one needs, the first or, as the body says, the second; ``x-open``: why a route
    needs nobody to be signed in."""
    if isinstance(rule, Needs):
        operation["x-permissions"] = [each.value for each in (rule.permission, rule.also) if each]
    elif rule is not None:
        operation["x-open"] = rule.why
        operation["security"] = []
