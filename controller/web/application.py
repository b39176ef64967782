"""The whole application: the API, and the pages in front of it."""

from __future__ import annotations

from fastapi import FastAPI

from controller.api.app import build_app, open_app
from controller.api.problems import CATALOGUES
from controller.api.service import Service
from controller.domain.bulk import settled
from controller.web import (
    account,
    accounts,
    assets,
    devices,
    drift,
    editing,
    enrolment,
    gates,
    handing,
    holds,
    inventory,
    isolate,
    live,
    logbook,
    pages,
    plans,
    playbooks,
    preferences,
    problems,
    projector,
    readiness,
    reference,
    restore,
    returning,
    runs,
    signing,
    site_map,
    situation,
    walking,
)
from controller.web.candidates import Candidates
from controller.web.levels import Levels
from controller.web.looks import Looks
from controller.web.progress import Courses
from controller.workers.resident import Resident

PARTS = (
    enrolment,
    reference,
    assets,
    preferences,
    signing,
    live,
    situation,
    isolate,
    runs,
    walking,
    plans,
    restore,
    returning,
    drift,
    holds,
    gates,
    site_map,
    devices,
    logbook,
    handing,
    readiness,
    projector,
    inventory,
    playbooks,
    editing,
    accounts,
    account,
)


_NOWHERE = {"type": "http", "method": "GET", "path": "/.", "root_path": "", "headers": []}


def application(service: Service) -> FastAPI:
    """One for one service."""
    return opened(built(service.version), service)


def built(version: str) -> FastAPI:
    """An application that is :func:`opened` later. Pages are not in the API's description."""
    app = build_app(version)
    for part in PARTS:
        app.include_router(part.router, include_in_schema=False)
    problems.install(app)
    # FastAPI makes its routes when first looked at: here, while there is one thread, and in no answer's time.
    for route in app.routes:
        route.matches(dict(_NOWHERE))
    return app


def opened(app: FastAPI, service: Service) -> FastAPI:
    """From now on it answers for ``service``."""
    open_app(app, service)
    app.state.levels = Levels(service.office)
    app.state.courses = Courses()
    app.state.candidates = Candidates(service.office)
    app.state.looks = Looks(service.office, service.clock)
    return app


def at_hand(app: FastAPI, office: Resident) -> None:
    """For :func:`controller.workers.resident.reside`: pages too, and the API's description, are made before
    anybody waits for them."""
    if office.large:
        pages.at_hand()
        site_map.at_hand(office, office.composition.clock().now(), CATALOGUES.values())
        app.openapi()
    settled()
