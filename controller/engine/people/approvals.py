"""Two persons: a request bound to exactly what would be sent, and what others say to it.

An approval signs the hash of a plan: of a restore the part of one subject (its commands, the baselines and
statements it rests on), of a cut that takes what is kept alive the whole, with its hazards. What changed has
another hash and no approvals. Whoever asked cannot approve, whatever their roles; a request counts once, for
one run; time, silence or a restart never approve anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from controller.domain.canonical import Canonical, canonical_bytes
from controller.domain.errors import InvalidRequest
from controller.domain.facts import Actor
from controller.domain.plan import Plan, Severity
from controller.domain.playbook import Action
from controller.engine.people.accounts import Person
from controller.engine.people.accounts import RequestState as RequestState

OVERRIDES = frozenset({"keep-alive-overridden", "keep-alive-depends"})
"""Hazards that, where they only warn, say that a person lets something kept alive go."""


class Cause(StrEnum):
    """Why two persons. The text a person reads is ``request-cause.<value>``."""

    GATE = "gate"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Need:
    """``needed`` persons beside the one who asks; each holds one of ``roles``, where there are any."""

    cause: Cause
    needed: int
    roles: tuple[str, ...] = ()


def need_of(plan: Plan) -> Need | None:
    """What ``plan`` waits for; a cut for nothing, unless it takes what is kept alive."""
    if plan.action is Action.ISOLATE:
        overridden = any(
            hazard.code in OVERRIDES and hazard.severity is Severity.WARN for hazard in plan.hazards
        )
        return Need(Cause.OVERRIDE, 1) if overridden else None
    gates = [gate for gate in plan.gates if gate.approvals or gate.roles]
    if not gates:
        return None
    roles = sorted({role for gate in gates for role in gate.roles})
    return Need(Cause.GATE, max(1, *(gate.approvals for gate in gates)), tuple(roles))


@dataclass(frozen=True, slots=True)
class ApprovalShown:
    """``plan``: the hash that is signed; ``revision``: that of the plan on record, the same but where a
    restore may overwrite what changed. ``given``: who consented so far, by id and name. ``ready``: the
    requester may now have it carried out."""

    id: str
    site: str
    action: Action
    playbook: str
    plan: str
    revision: str
    accept_drift: tuple[str, ...]
    cause: Cause
    requester: str
    requester_name: str
    reason: str
    needed: int
    roles: tuple[str, ...]
    given: tuple[tuple[str, str], ...]
    state: RequestState
    opened_at: datetime
    run: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants carried out. ``accept_drift``: devices that changed since the cut, to be
    overwritten all the same; ``code``: break-glass."""

    plan: Plan
    accept_drift: frozenset[str] = frozenset()
    code: str = field(repr=False, default="")

    @property
    def signed(self) -> str:
        """The hash others consent to: the plan's, and with it what it may overwrite."""
        if not self.accept_drift:
            return self.plan.hash
        terms: Canonical = {"plan": self.plan.hash, "accept_drift": sorted(self.accept_drift)}
        return hashlib.sha256(b"cordon-approval-v1\n" + canonical_bytes(terms)).hexdigest()


@dataclass(frozen=True, slots=True)
class Unsigned:
    """An isolation that one person began and no other has countersigned yet."""

    run: str
    actor: str
    opened_at: datetime


class Approvals(Protocol):
    """A request is made by asking for the act itself: it raises AwaitingApproval with the request's id.
    Asked again once it is ``ready``, the act is carried out and the request is used."""

    def requests(self, *, every: bool = False) -> tuple[ApprovalShown, ...]:
        """Those still open, or all, oldest first."""
        ...

    def request(self, request: str) -> ApprovalShown:
        """Raises NotFound."""
        ...

    def approve(self, request: str, plan: str, person: Person) -> ApprovalShown:
        """``plan`` is the hash the person was shown. Raises NotPermitted, InvalidRequest (own-request,
        request-over, plan-differs, approved-already)."""
        ...

    def deny(self, request: str, person: Person, reason: str) -> ApprovalShown:
        """One refusal ends the request. Raises NotPermitted, InvalidRequest(request-over)."""
        ...

    def cancel(self, request: str, actor: Actor) -> ApprovalShown:
        """By whoever asked. Raises NotPermitted, InvalidRequest(request-over)."""
        ...

    def unsigned(self) -> tuple[Unsigned, ...]:
        """Nothing while the home has no accounts: nobody could sign."""
        ...

    def countersign(self, run: str, person: Person) -> None:
        """Raises NotFound, NotPermitted, InvalidRequest (own-run, countersigned, not-an-isolation)."""
        ...


@dataclass(frozen=True, slots=True)
class Pledge:
    """What an act that needs two persons rests on, until it is taken: a request others consented to, or a
    break-glass code. Neither: who acts came in by the code."""

    request: str = ""
    code: str = field(repr=False, default="")
    reason: str = ""


class Consents(Protocol):
    """What whoever carries plans out asks before and while doing so."""

    def check(self, act: Act, reason: str, actor: Actor, run: str = "") -> Pledge | None:
        """None where nothing is needed, or ``run`` has used it up already and others than ``actor`` still
        consent. Nothing is used up. Raises AwaitingApproval, having put the request on record;
        InvalidRequest where nobody can be asked."""
        ...

    def present(self, persons: Collection[str]) -> frozenset[str]:
        """Those of ``persons`` whose accounts can still be used."""
        ...

    def take(self, pledge: Pledge, act: Act, run: str, actor: Actor) -> None:
        """Uses it up, for good, for ``run``. Raises as :meth:`check` where it no longer holds."""
        ...


class WithoutAccounts:
    """Implements Consents where there is nobody to ask."""

    def check(self, act: Act, reason: str, actor: Actor, run: str = "") -> Pledge | None:
        del reason, actor, run
        need = need_of(act.plan)
        if need is not None and need.cause is Cause.OVERRIDE:
            raise InvalidRequest("override-unsealed")
        if need is not None:
            raise InvalidRequest("account-needed")
        return None

    def present(self, persons: Collection[str]) -> frozenset[str]:
        del persons
        return frozenset()

    def take(self, pledge: Pledge, act: Act, run: str, actor: Actor) -> None:
        """Nothing was pledged."""
