"""Two persons: a request bound to exactly what would be sent, and what others say to it.

An approval signs the hash of a plan: its commands, the baselines, inventory, profiles and playbook it rests
on, its hazards. A plan that changed has another hash and no approvals. Whoever asked cannot approve, whatever
their roles; a request counts once, for one run; time, silence or a restart never approve anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from controller.domain.facts import Actor
from controller.domain.playbook import Action
from controller.engine.accounts import Person


class RequestState(StrEnum):
    """Only ``open`` moves, to one of the others. The text a person reads is ``request.<value>``."""

    OPEN = "open"
    DENIED = "denied"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    USED = "used"


@dataclass(frozen=True, slots=True)
class ApprovalShown:
    """``given``: who consented so far, by id and name. ``ready``: the requester may now have it carried
    out."""

    id: str
    site: str
    action: Action
    playbook: str
    plan: str
    cause: str
    """``gate`` (the playbook asks for consent) or ``override`` (it cuts what is kept alive)."""
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
