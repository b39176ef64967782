"""Accounts as faces ask for them, whoever leads: each use case by its name and plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from controller.domain.codec import from_plain, to_plain
from controller.domain.errors import CordonError, InvalidRequest, JournalUnavailable, NotPermitted
from controller.domain.facts import Actor
from controller.domain.tags import Tag
from controller.engine.people.access import Access
from controller.engine.people.accounts import (
    CONSOLE,
    Credentials,
    Factor,
    Grant,
    Invitation,
    Person,
    TokenMade,
    User,
)
from controller.engine.people.approvals import ApprovalShown
from controller.engine.people.breakglass import Sealed
from controller.engine.people.roles import Permission
from controller.engine.people.statements import Statement
from controller.engine.people.users import check_password
from controller.engine.ports import Clock, Committed

PATIENCE = 5.0
_AGAIN_AFTER = 0.25
"""Seconds for which, and after which again, a first invitation is tried to be put on record."""


@dataclass(frozen=True, slots=True)
class Added:
    """What is shown once and then never again."""

    user: User
    factor: Factor = field(repr=False)
    codes: tuple[str, ...] = field(repr=False)


class Accounting:
    """What may be asked from the console of the machine; it changes something, so only the leader does it.

    Who may speak to the leader is who owns the home, or root: no permission is asked for accounts. What needs
    a person takes their credentials."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def create(self, name: str, grants: tuple[Grant, ...], actor: Actor) -> Invitation:
        return self._access.users.create(name, grants, actor)

    def add(self, name: str, grants: tuple[Grant, ...], password: str, actor: Actor) -> Added:
        """An account ready for use, made by who sits at the machine with the person."""
        users = self._access.users
        check_password(password, name)
        user = users.create(name, grants, actor).user.id
        users.set_password(user, password, actor)
        factor, codes = users.renew_factor(user, actor), users.renew_codes(user, actor)
        return Added(users.user(user), factor, codes)

    def invite(self, user: str, actor: Actor) -> Invitation:
        return self._access.users.invite(user, actor)

    def grant(self, user: str, grants: tuple[Grant, ...], actor: Actor) -> User:
        return self._access.users.grant(user, grants, actor)

    def disable(self, user: str, actor: Actor) -> None:
        self._access.users.disable(user, actor)

    def enable(self, user: str, actor: Actor) -> None:
        self._access.users.enable(user, actor)

    def set_password(self, user: str, password: str, actor: Actor) -> None:
        self._access.users.set_password(user, password, actor)

    def renew_factor(self, user: str, actor: Actor) -> Factor:
        return self._access.users.renew_factor(user, actor)

    def renew_codes(self, user: str, actor: Actor) -> tuple[str, ...]:
        return self._access.users.renew_codes(user, actor)

    def issue_token(
        self, user: str, label: str, scope: tuple[Permission, ...], days: int, actor: Actor
    ) -> TokenMade:
        return self._access.users.issue_token(user, label, scope, days, actor)

    def revoke_token(self, token: str, actor: Actor) -> None:
        self._access.users.revoke_token(token, actor)

    def revoke_session(self, session: str, actor: Actor) -> None:
        self._access.sign_in.revoke_session(session, actor)

    def seal(self, actor: Actor) -> Sealed:
        return self._access.glass.seal(actor)

    def deny(self, request: str, reason: str, credentials: Credentials) -> ApprovalShown:
        return self._access.approvals.deny(request, identified(self._access, credentials), reason)

    def cancel(self, request: str, credentials: Credentials) -> ApprovalShown:
        return self._access.approvals.cancel(request, identified(self._access, credentials).actor)

    def approve_each(
        self, requests: tuple[tuple[str, str], ...], credentials: Credentials
    ) -> tuple[ApprovalShown, ...]:
        """Each a request and the hash that was shown of it; the person shows who they are once."""
        person = identified(self._access, credentials)
        return tuple(self._access.approvals.approve(request, plan, person) for request, plan in requests)

    def attest(self, statement: Statement, site: str, credentials: Credentials) -> str:
        """The id of what was stated."""
        person = identified(self._access, credentials)
        return self._access.statements.attest(statement, site, person).attestation

    def withdraw(self, subject: str, name: str, site: str, reason: str, credentials: Credentials) -> str:
        person = identified(self._access, credentials)
        return self._access.statements.withdraw(subject, name, site, person, reason).attestation

    def decide(self, subject: str, site: str, reason: str, go: bool, credentials: Credentials) -> None:
        person = identified(self._access, credentials)
        self._access.statements.decide(subject, site, person, reason, go=go)

    def countersign(self, run: str, credentials: Credentials) -> None:
        self._access.approvals.countersign(run, identified(self._access, credentials))


def first_invitation(access: Access, clock: Clock) -> Invitation | CordonError | None:
    """For the start of a service: the first administrator's, while nobody is enrolled. A disk that is slow to
    take it is waited for; what it failed for then is given back: a service without accounts watches and cuts
    all the same."""
    until = clock.monotonic() + PATIENCE
    while True:
        try:
            return access.users.first_invitation()
        except JournalUnavailable as error:
            if clock.monotonic() >= until:
                return error
            clock.pause(_AGAIN_AFTER)
        except CordonError as error:
            return error


def identified(access: Access, credentials: Credentials) -> Person:
    """Raises SignInFailed, SignInDelayed, SignInBusy."""
    shown = credentials
    return access.sign_in.identify(shown.name, shown.password, shown.code, CONSOLE, recovery=shown.recovery)


def permitted(access: Access, credentials: Credentials, permission: Permission, site: str) -> Actor:
    """The person behind ``credentials``, if they may. Raises NotPermitted and as :func:`identified`."""
    person = identified(access, credentials)
    if not person.may(permission, site):
        raise NotPermitted(permission=permission.value, site=site)
    return person.actor


def answer(access: Access, call: str, given: str) -> str:
    """The answer to ``call`` with the JSON ``given`` as JSON. Raises InvalidRequest for what is no call of
    this version."""
    if call not in _HINTS:
        raise InvalidRequest("request-not-understood")
    hints = _HINTS[call]
    try:
        values = json.loads(given)
        arguments = {name: from_plain(hints[name], value) for name, value in values.items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidRequest("request-not-understood") from error
    if arguments.keys() != hints.keys() - {"return"}:
        raise InvalidRequest("request-not-understood")
    done = getattr(Accounting(access), call)(**arguments)
    return json.dumps(to_plain(done))


def asked(given: Mapping[str, Any]) -> str:
    return json.dumps({name: to_plain(value) for name, value in given.items()})


def answered(call: str, text: str) -> Any:
    """The inverse of :func:`answer`'s end."""
    return from_plain(_HINTS[call]["return"], json.loads(text))


_HINTS: Mapping[str, Mapping[str, Any]] = {
    name: get_type_hints(method)
    for name, method in vars(Accounting).items()
    if not name.startswith("_") and callable(method)
}


class NotLeading:
    """The journal of who only looks."""

    def __init__(self, home: str) -> None:
        self._home = home

    def commit(self, tag: Tag, facts: object, actor: Actor) -> Committed:
        del tag, facts, actor
        raise JournalUnavailable(home=self._home, cause="not-leading")

    @property
    def degraded(self) -> bool:
        return False
