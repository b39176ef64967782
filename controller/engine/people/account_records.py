"""What is kept of accounts, one record a row: hashes, never a secret in clear, save the second factors.

An app's code can only be checked by who knows the same secret: ``factor`` is as good as the app for whoever
reads the file, and worth nothing without the password.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from controller.domain.playbook import Action
from controller.engine.people.accounts import Grant, RequestState
from controller.engine.people.roles import Permission


@dataclass(frozen=True, slots=True)
class Account:
    """``key``: the name as it is looked up. ``step``: the time step of the last code that counted."""

    id: int
    name: str
    key: str
    grants: tuple[Grant, ...]
    disabled: bool
    password: str | None
    factor: str | None
    step: int
    created_at: datetime

    @property
    def person(self) -> str:
        return f"user:{self.id}"

    @property
    def usable(self) -> bool:
        return not self.disabled and self.password is not None and self.factor is not None


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    hash: str
    user: int


@dataclass(frozen=True, slots=True)
class Invited:
    """``factor`` becomes the account's when the invitation is taken up. ``lasts``: seconds."""

    hash: str
    user: int
    factor: str
    made_at: datetime
    lasts: int


@dataclass(frozen=True, slots=True)
class OpenSession:
    """``user`` is None for who came in by the break-glass code ``glass``, and ``name`` what they said."""

    hash: str
    id: str
    user: int | None
    glass: int | None
    name: str
    source: str
    opened_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    hash: str
    id: str
    user: int
    label: str
    scope: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Request:
    """A request for the consent of others to exactly ``plan``, by the hash they sign."""

    id: str
    site: str
    action: Action
    playbook: str
    plan: str
    revision: str
    accept_drift: tuple[str, ...]
    cause: str
    requester: str
    requester_name: str
    reason: str
    needed: int
    roles: tuple[str, ...]
    state: RequestState
    opened_at: datetime
    run: str


@dataclass(frozen=True, slots=True)
class Consent:
    request: str
    person: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Countersignature:
    run: str
    person: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Seal:
    """A break-glass code; ``void``: another was printed since, or it was used."""

    id: int
    hash: str
    sealed_at: datetime
    sealed_by: str
    void: bool
    broken_at: datetime | None
    broken_by: str
