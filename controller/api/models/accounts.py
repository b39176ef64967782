"""People as the API shows them: accounts with their roles, sessions, tokens, invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from controller.api.models import Asked, Name
from controller.engine.people.accounts import (
    EVERY_SITE,
    Grant,
    Invitation,
    Person,
    User,
)
from controller.engine.people.roles import Permission, Role

PublicId = Annotated[str, Path(pattern=r"^[0-9a-f]{4,40}$")]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class GrantShown(Asked):
    """``site``: a site's name, or ``*`` for all."""

    role: Role
    site: Name = EVERY_SITE


class PersonShown(BaseModel):
    id: str
    name: str
    roles: list[GrantShown]
    permissions: list[Permission]
    via: str


class SignInAsked(Asked):
    """``code``: of the authenticator app; with ``recovery``, one of the printed ones."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Zoé", "password": "correct horse battery staple", "code": "492039"}]
        }
    )

    name: Name
    password: Secret
    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    recovery: bool = False


class SignedIn(BaseModel):
    """``csrf``: to be sent as ``X-CSRF-Token`` with every act of this session. ``idle``: seconds."""

    person: PersonShown
    csrf: str
    idle: int
    ends_at: datetime


class Present(BaseModel):
    """Who asks; ``csrf`` is null for a token."""

    person: PersonShown
    csrf: str | None


class SessionListed(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    user: str
    name: str
    source: str
    opened_at: datetime
    seen_at: datetime


class TokenAsked(Asked):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"label": "monitor", "scope": ["view"], "days": 90}]}
    )

    label: Name
    scope: list[Permission] = Field(min_length=1, max_length=50)
    days: int = Field(default=30, ge=1, le=365)


class TokenListed(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    user: str
    label: str
    scope: list[Permission]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class TokenIssued(TokenListed):
    """``secret`` is shown this once; null where the request is repeated."""

    secret: str | None


class UserListed(BaseModel):
    id: str
    name: str
    roles: list[GrantShown]
    disabled: bool
    enrolled: bool
    codes: int
    created_at: datetime


class UserAsked(Asked):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Zoé", "roles": [{"role": "responder"}]}]}
    )

    name: Name
    roles: list[GrantShown] = Field(max_length=50)


class RolesAsked(Asked):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"roles": [{"role": "restorer", "site": "ch-exemple"}], "disabled": False}]
        }
    )

    roles: list[GrantShown] = Field(max_length=50)
    disabled: bool = False


class Invited(BaseModel):
    """``token`` is shown this once: the person sets password and second factor with it."""

    user: UserListed
    token: str | None
    expires_at: datetime


class EnrolmentAsked(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"token": "TOKEN"}]})

    token: Secret


class FactorShown(BaseModel):
    name: str
    uri: str
    secret: str
    svg: str


class Enrolment(Asked):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"token": "TOKEN", "password": "correct horse battery staple", "code": "492039"}]
        }
    )

    token: Secret
    password: Secret
    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Codes(BaseModel):
    """Ten one-time codes, shown this once."""

    codes: list[str]


def person_shown(found: Person, site: str) -> PersonShown:
    return PersonShown(
        id=found.id,
        name=found.name,
        roles=roles_shown(found.grants),
        permissions=[each for each in Permission if found.may(each, site)],
        via=found.via.value,
    )


def roles_shown(grants: tuple[Grant, ...]) -> list[GrantShown]:
    return [GrantShown(role=each.role, site=each.site) for each in sorted(grants)]


def grants_of(roles: list[GrantShown]) -> tuple[Grant, ...]:
    return tuple(Grant(each.role, each.site) for each in roles)


def user_listed(found: User) -> UserListed:
    return UserListed(
        id=found.id,
        name=found.name,
        roles=roles_shown(found.grants),
        disabled=found.disabled,
        enrolled=found.enrolled,
        codes=found.codes,
        created_at=found.created_at,
    )


def invited_shown(found: Invitation) -> Invited:
    return Invited(user=user_listed(found.user), token=found.token, expires_at=found.expires_at)
