"""A gated site with the people who may return it: for tests of gates and of every way around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from controller.domain.errors import AwaitingApproval, Refused
from controller.domain.facts import Actor, IntentRecorded
from controller.domain.playbook import STANDING, Action, Gate, Stage
from controller.engine.events import RunEnded
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Role
from controller.engine.people.statements import Statement
from controller.engine.planning.plans import Return
from tests.fakes.board import Board, Port
from tests.fakes.site import Site, device, documents, inventory, playbook, port, segment, stage
from tests.unit.accounts.house import SITE, House

PORTS = ("dns", "er", "office", "shared")
NEXT = Return(next_wave=True)
ALL = Return(everything=True)
CLEAN = "edr-clean"

Night = Callable[..., Site]


def gated(gate: Gate, *names: str) -> Stage:
    return replace(stage(*names, name="clinic"), action=Action.RESTORE, method=(), gate=gate)


def gated_night(house: House) -> Night:
    """``er`` depends on ``dns``; where it is asked for, ``shared`` is a port of ``er`` and ``office``. The
    gates are the standing ones."""

    def made(*stages: Stage, shared: bool = False, **probes: object) -> Site:
        also = [port("a", "shared")] if shared else []
        subjects = [
            segment("dns", [port("a", "dns")], 1, **probes),
            segment("er", [port("a", "er"), *also], 2, depends_on=("dns",)),
            segment("office", [port("a", "office"), *also], 4),
        ]
        books = [
            playbook(STANDING, *stages),
            playbook("lax", gated(Gate())),
            playbook("five", stage(attributes={"keep_alive": ("false",)}), level=5),
        ]
        known = inventory([device("a")], subjects)
        site = Site(documents(known, books), [Board("a", {name: Port() for name in PORTS})])
        house.journal, house.history = site.journal, site.history
        house.clock.wall = site.clock.start - timedelta(days=1)
        house.again()
        site.controller.ask_others(house.access.approvals)
        for name, role in (("rita", Role.RESTORER), ("anna", Role.APPROVER), ("aldo", Role.APPROVER)):
            house.add(name, role)
        house.add("adam", Role.ADMINISTRATOR)
        return site

    return made


def down(site: Site) -> set[str]:
    return {name for name, found in site.board("a").ports.items() if found.admin == "down"}


def back(site: Site, who: Person | Actor, wanted: Return = NEXT) -> RunEnded:
    actor = who.actor if isinstance(who, Person) else who
    plan = site.controller.plan_return(wanted)
    return site.controller.restore(wanted, plan.hash, "clean", actor, site.events.append)


def wants(site: Site, who: Person | Actor, wanted: Return = NEXT) -> set[str]:
    before = len(site.facts(IntentRecorded))
    with pytest.raises(Refused) as caught:
        back(site, who, wanted)
    assert len(site.facts(IntentRecorded)) == before
    return {hazard.code for hazard in caught.value.hazards}


def state(house: House, person: Person, name: str = CLEAN, subject: str = "office") -> str:
    return house.access.statements.attest(Statement(subject, name), SITE, person).attestation


def asked(site: Site, who: Person, wanted: Return = NEXT) -> tuple[str, str]:
    with pytest.raises(AwaitingApproval) as caught:
        back(site, who, wanted)
    return str(caught.value.data["request"]), str(caught.value.data["plan"])


def agree(house: House, person: Person, request: tuple[str, str]) -> None:
    house.access.approvals.approve(*request, person)
