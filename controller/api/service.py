"""What the routes work with: one service, given to the application when it is made."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Annotated, Literal

from fastapi import Depends, Request

from controller.api.receipts import Receipts
from controller.domain.errors import CordonError, NotFound
from controller.domain.plan import Plan
from controller.engine.people.accounts import SignIn, Users
from controller.workers.resident import Resident

PLANS_KEPT = 64
"""Plans made for faces and not carried out yet; one that is gone is compiled again from the same question."""

_WHOLE = 64
"""Digits of a whole hash."""


@dataclass
class Service:
    """``fingerprint``: of the TLS certificate, "" without TLS. ``rate``: requests a second and source, with
    ten times as many at once. ``quiet_after``: seconds of silence on an event stream before a comment says
    that it lives."""

    office: Resident
    version: str
    fingerprint: str = ""
    rate: float = 50.0
    quiet_after: float = 15.0
    clock: Callable[[], datetime] = field(kw_only=True)
    receipts: Receipts = field(init=False)
    _plans: OrderedDict[str, Plan] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.receipts = Receipts(self.office)

    @property
    def sign_in(self) -> SignIn:
        return self.office.access().sign_in

    @property
    def users(self) -> Users:
        return self.office.access().users

    @property
    def site(self) -> str:
        """The site's name; "" while nobody knows it."""
        try:
            return self.office.documents_in_force().inventory.site
        except CordonError:
            return ""

    def forwarding(self) -> Literal["off", "sending", "stuck"]:
        """Whether the log goes on to its receiver."""
        try:
            states = self.office.forwarding().states()
        except CordonError:
            return "stuck"
        return "stuck" if any(each.trouble for each in states) else "sending" if states else "off"

    def keep_plan(self, plan: Plan) -> None:
        with self._lock:
            self._plans[plan.hash] = plan
            self._plans.move_to_end(plan.hash)
            while len(self._plans) > PLANS_KEPT:
                self._plans.popitem(last=False)

    def plan(self, plan_hash: str) -> Plan:
        """One made for a face, one that a run was opened with, or, by its whole hash, one that others are
        asked to consent to. Raises NotFound."""
        with self._lock:
            for known, plan in self._plans.items():
                if known.startswith(plan_hash):
                    return plan
        for record in self.office.runs():
            if record.plan.startswith(plan_hash):
                return self.office.run(record.run)[1]
        if len(plan_hash) == _WHOLE:
            return self.office.stored_plan(plan_hash)
        raise NotFound(kind="plan", name=plan_hash)


def service_of(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


Serving = Annotated[Service, Depends(service_of)]
