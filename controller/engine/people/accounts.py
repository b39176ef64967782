"""Accounts of a home: what faces ask of them, and what they need from the world.

Persons are ``user:<number>`` in the log; names are erasable. Secrets (passwords, codes, tokens) exist in
clear only in the answer to whoever made them and in the hands of whoever presents them; what is kept is a
hash. Nothing here needs a network.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from controller.domain.facts import Actor, Text
from controller.engine.people.roles import Permission, Role, allows

EVERY_SITE = "*"

CONSOLE = "console"
"""The source of what is asked at the machine itself."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role at one site, or at all of the home's."""

    role: Role
    site: str = EVERY_SITE


class Via(StrEnum):
    """How a person came in."""

    SESSION = "session"
    CONSOLE = "console"
    TOKEN = "token"  # noqa: S105 - the name of a way in, not a secret
    BREAK_GLASS = "break-glass"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who showed who they are. ``id``: ``user:7``, or ``glass:3`` for who came in by the third
    break-glass code. ``scope`` narrows what the roles allow. ``key``: the session or token, by its public
    id."""

    id: str
    name: str
    grants: tuple[Grant, ...]
    via: Via
    key: str
    scope: frozenset[Permission] | None = None

    def may(self, permission: Permission, site: str) -> bool:
        roles = {grant.role for grant in self.grants if grant.site in (EVERY_SITE, site)}
        return (self.scope is None or permission in self.scope) and allows(roles, permission)

    @property
    def actor(self) -> Actor:
        return Actor(self.id, Text(self.name))

    @property
    def present(self) -> bool:
        """Whether it is the person themselves: neither a machine with their token, nor whoever held the
        break-glass code."""
        return self.via in (Via.SESSION, Via.CONSOLE)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person shows at the console for one act; ``recovery``: ``code`` is one of the printed ones."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    recovery: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A session just opened. ``token`` is shown this once; ``idle`` are seconds."""

    token: str = field(repr=False)
    person: Person
    idle: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    """An account as others see it. ``enrolled``: has password and second factor. ``codes``: recovery codes
    left."""

    id: str
    name: str
    grants: tuple[Grant, ...]
    disabled: bool
    enrolled: bool
    codes: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SessionShown:
    id: str
    user: str
    name: str
    source: str
    opened_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class TokenShown:
    id: str
    user: str
    label: str
    scope: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenMade:
    """``secret`` is shown this once."""

    secret: str = field(repr=False)
    shown: TokenShown


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time enrolment: whoever has ``token`` sets the password and second factor of ``user``."""

    token: str = field(repr=False)
    user: User
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor to be set up. ``uri``: for an authenticator app, ``secret`` the same to be typed;
    ``picture`` the QR code as text for a terminal, ``svg`` for a page."""

    name: str
    uri: str = field(repr=False)
    secret: str = field(repr=False)
    picture: str = field(repr=False)
    svg: str = field(repr=False)


class SignIn(Protocol):
    """Who is this? Attempts from one source are delayed more and more, nobody is ever locked out."""

    def authenticate(
        self, name: str, password: str, code: str, source: str, *, recovery: bool = False
    ) -> Session:
        """``code`` is the app's, or with ``recovery`` one of the printed ones. Always a new session. Blocks
        for the time of a password hash: call it in a thread. Raises SignInFailed, SignInDelayed,
        SignInBusy."""
        ...

    def identify(self, name: str, password: str, code: str, source: str, *, recovery: bool = False) -> Person:
        """The same without a session, for one act at the console."""
        ...

    def session(self, token: str) -> Person | None:
        """Whose session it is, and that they are there; None where it is over or never was."""
        ...

    def bearer(self, token: str) -> Person | None:
        """The person behind an API token; None where it expired, was revoked or never was."""
        ...

    def sign_out(self, token: str) -> None: ...

    def sessions(self, user: str | None = None) -> tuple[SessionShown, ...]: ...

    def revoke_session(self, session: str, actor: Actor) -> None:
        """By its public id. Raises NotFound."""
        ...


class Users(Protocol):
    """Accounts made, changed and ended. Faces check the permission; ``actor`` goes on record."""

    def users(self) -> tuple[User, ...]: ...

    def user(self, user: str) -> User:
        """By id or name. Raises NotFound."""
        ...

    def create(self, name: str, grants: tuple[Grant, ...], actor: Actor) -> Invitation:
        """An account that nobody can use before it is enrolled. Raises InvalidRequest (name-taken,
        name-invalid, no-role)."""
        ...

    def invite(self, user: str, actor: Actor) -> Invitation:
        """A new enrolment: password and second factor are set anew when it is used, not before."""
        ...

    def first_invitation(self) -> Invitation | None:
        """For the first start of a service: the administrator's, while nobody at all is enrolled."""
        ...

    def invited(self, token: str) -> Factor | None:
        """What the invited person has to set up; None where the invitation is over or never was."""
        ...

    def enrol(self, token: str, password: str, code: str) -> tuple[str, ...]:
        """Takes the invitation up; the ten recovery codes, shown this once. Raises SignInFailed for an
        invitation or code that is not good, InvalidRequest for the password."""
        ...

    def grant(self, user: str, grants: tuple[Grant, ...], actor: Actor) -> User:
        """Exactly these roles from now on. Raises InvalidRequest(last-administrator)."""
        ...

    def disable(self, user: str, actor: Actor) -> None:
        """Ends the account's sessions and tokens. Raises InvalidRequest(last-administrator)."""
        ...

    def enable(self, user: str, actor: Actor) -> None: ...

    def set_password(self, user: str, password: str, actor: Actor) -> None:
        """Ends the account's sessions. Raises InvalidRequest (password-length, password-simple)."""
        ...

    def renew_factor(self, user: str, actor: Actor) -> Factor:
        """A new second factor at once; the old one is void, and the sessions end."""
        ...

    def renew_codes(self, user: str, actor: Actor) -> tuple[str, ...]:
        """Ten new recovery codes; those before are void."""
        ...

    def issue_token(
        self, user: str, label: str, scope: tuple[Permission, ...], days: int, actor: Actor
    ) -> TokenMade:
        """``scope`` must be among what the user's roles allow. Raises InvalidRequest."""
        ...

    def tokens(self, user: str | None = None) -> tuple[TokenShown, ...]: ...

    def revoke_token(self, token: str, actor: Actor) -> None:
        """By its public id. Raises NotFound."""
        ...


# --- what accounts need ------------------------------------------------------------------------------

R = TypeVar("R")


class Look(Protocol):
    """Records of one moment. ``where`` are values of their fields."""

    def one(self, kind: type[R], **where: object) -> R | None: ...

    def every(self, kind: type[R], **where: object) -> tuple[R, ...]:
        """In the order of their keys."""
        ...


class Change(Look, Protocol):
    """A look that also changes; nobody else changes anything meanwhile."""

    def put(self, record: object) -> None:
        """Adds the record, or replaces the one with its key."""
        ...

    def drop(self, kind: type[object], **where: object) -> None: ...

    def number(self, kind: type[object]) -> int:
        """The next free ``id`` of a kind that counts; one that was given is never given again."""
        ...


class AccountStore(Protocol):
    """Raises JournalUnreadable where it does not answer."""

    def look(self) -> AbstractContextManager[Look]: ...

    def change(self) -> AbstractContextManager[Change]:
        """All or nothing: on disk when the block ends, undone when it raises."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """Where somebody stands among those who want a password checked: ``place`` they come from, ``behind`` how
    many others: the fewer, the sooner."""

    place: str
    behind: int


KNOWN = Turn("", -1)
"""Of who is known to belong here: before everybody."""


class Passwords(Protocol):
    """Slow hashes, a few at a time."""

    def hash(self, password: str) -> str:
        """Of who is known. Raises SignInBusy."""
        ...

    def check(self, password: str, known: str | None, turn: Turn = KNOWN) -> tuple[bool, str | None]:
        """Whether it is right, and a new hash where the policy has changed since. Without ``known`` it takes
        the same time and is wrong. Raises SignInBusy."""
        ...


class OneTimeCodes(Protocol):
    """Time-based codes of an authenticator app (RFC 6238)."""

    def secret(self) -> str: ...

    def step(self, secret: str, code: str, now: datetime) -> int | None:
        """The time step ``code`` belongs to, the present one or a neighbour; None where it is wrong."""
        ...

    def factor(self, name: str, secret: str) -> Factor: ...


class RequestState(StrEnum):
    """Of a request for consent. Only ``open`` moves, to one of the others. The text a person reads is
    ``request.<value>``."""

    OPEN = "open"
    DENIED = "denied"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: how long a session may rest and last, an invitation and a request for consent wait, what came
    in by break-glass lasts."""

    idle: int = 3600
    session: int = 12 * 3600
    invitation: int = 24 * 3600
    request: int = 4 * 3600
    glass: int = 3600
