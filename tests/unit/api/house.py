"""A service in this process: a real home, real accounts, devices nobody can reach by machine."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path

import pyotp
from fastapi import FastAPI
from starlette.datastructures import State
from starlette.testclient import TestClient

from controller.api.access import COOKIE, csrf_token
from controller.api.app import build_app, open_app
from controller.api.service import Service
from controller.bootstrap import Composition
from controller.domain.facts import Actor, Text
from controller.engine.people.accounts import Grant
from controller.engine.people.roles import Role
from controller.workers.resident import Resident, reside
from tests.fakes.homes import new_home

INVENTORY = """
format: 1
site: ch-exemple
devices:
  box-4g: {platform: manual, role: wan, location: {building: D, rack: R1}}
  modem: {platform: manual, role: wan, location: {building: B, rack: R5}}
segments:
  office:
    title: {fr: Bureaux, en: Offices}
    priority: 3
    ipv6: none
    prefixes: [10.9.0.0/24]
    points: [{device: modem, interface: lan}]
  samu:
    title: {fr: SAMU, en: Emergency calls}
    keep_alive: true
    priority: 1
    ipv6: none
    prefixes: [10.8.0.0/24]
    points: [{device: modem, interface: voice}]
conduits:
  internet: {kind: internet, points: [{device: box-4g, interface: wan}, {device: modem, interface: wan}]}
"""

ROOT = Actor("os:0", Text("root"))
BASE = "https://testserver/api/v1"
PASSWORD = "correct horse battery staple"
NO_LIMIT = 1e6
VERSION = "1.0"

_build_app = cache(build_app)


def unopened(built: FastAPI) -> FastAPI:
    """One of its own, of which only the routes are shared: making them takes longer than all a test asks of
    them."""
    made = copy.copy(built)
    made.state, made.user_middleware = State(), []
    return made


class House:
    """``as_role`` gives a client signed in as somebody with that role alone."""

    def __init__(self, office: Resident) -> None:
        self.office = office
        clock = office.composition.clock()
        self.service = Service(office, VERSION, "AA:BB", rate=NO_LIMIT, clock=clock.now)
        # What a service prepares beside itself imports a lot; meanwhile a library's filter of warnings may
        # not hold, and here every warning is an error.
        for each in threading.enumerate():
            if each.name == "preparing":
                each.join()
        self._sessions: dict[Role, str] = {}

    @cached_property
    def app(self) -> FastAPI:
        made = unopened(_build_app(VERSION))
        open_app(made, self.service)
        return made

    def stranger(self, **headers: str) -> TestClient:
        return TestClient(self.app, BASE, raise_server_exceptions=False, headers=headers)

    def headers(self, role: Role) -> dict[str, str]:
        session = self.session(role)
        return {"Cookie": f"{COOKIE}={session}", "X-CSRF-Token": csrf_token(session)}

    def as_role(self, role: Role, **headers: str) -> TestClient:
        return self.stranger(**self.headers(role), **headers)

    def session(self, role: Role) -> str:
        if role not in self._sessions:
            access = self.office.access()
            made = access.users.create(role.value, (Grant(role),), ROOT)
            factor = access.users.invited(made.token)
            assert factor is not None
            app, now = pyotp.TOTP(factor.secret), datetime.now(UTC)
            access.users.enrol(made.token, PASSWORD, app.at(now, counter_offset=-1))
            opened = access.sign_in.authenticate(factor.name, PASSWORD, app.at(now), "test")
            self._sessions[role] = opened.token
        return self._sessions[role]


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Once more over the same folder is the service restarted."""
    if not (folder / "home").exists():
        (folder / "inventory.yaml").write_text(INVENTORY)
        new_home(folder / "home")
    composition = Composition(
        home=folder / "home",
        inventory=folder / "inventory.yaml",
        argon2_memory_kib=8,
        argon2_passes=1,
        connect_timeout=1,
    )
    with reside(composition) as office:
        yield House(office)
