"""Who asks, and whether they may: the one dependency through which every route says what it needs."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, params
from fastapi.routing import APIRoute

from controller.api.problems import CrossSite, Unauthorized
from controller.api.service import Service, service_of
from controller.domain.errors import NotPermitted
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission

COOKIE = "__Host-session"
CSRF_HEADER = "X-CSRF-Token"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Needs:
    """A dependency that gives the person who asks, if they may. Raises Unauthorized, NotPermitted,
    CrossSite."""

    also: Permission | None = None
    """Needed instead of the first, where the body decides which."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Person:
        service = service_of(request)
        person = identified(request, service)
        site = service.site
        if not person.may(self.permission, site):
            raise NotPermitted(permission=self.permission.value, site=site)
        return person


class Open:
    """Marks a route that needs nobody to be signed in; ``why`` says so to whoever reviews it."""

    def __init__(self, why: str) -> None:
        self.why = why

    def __call__(self) -> None:
        return None


def rule_of(route: APIRoute) -> Needs | Open | None:
    """What the route was given to hold people to; None where nobody gave it anything."""
    left = [route.dependant]
    while left:
        dependant = left.pop()
        if isinstance(dependant.call, Needs | Open):
            return dependant.call
        left.extend(dependant.dependencies)
    return None


def identified(request: Request, service: Service, csrf: str | None = None) -> Person:
    """``csrf``: the token where a form brought it, else it is in the header. Raises Unauthorized,
    CrossSite."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        person = service.sign_in.bearer(token.strip()) if scheme.lower() == "bearer" and token else None
        if person is None:
            raise Unauthorized
        return person
    cookie = request.cookies.get(COOKIE)
    person = service.sign_in.session(cookie) if cookie else None
    if person is None or cookie is None:
        raise Unauthorized
    if request.method not in _SAFE:
        same_site(request)
        sent = request.headers.get(CSRF_HEADER, "") if csrf is None else csrf
        if not hmac.compare_digest(sent.encode(), csrf_token(cookie).encode()):
            raise CrossSite
    return person


def same_site(request: Request) -> None:
    """Raises CrossSite for a request that a page of another site had a browser make."""
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None and fetched not in ("same-origin", "none"):
        raise CrossSite
    origin = request.headers.get("origin")
    if origin == "null" and fetched == "same-origin":
        return  # how a browser sends a form of a page that asked for no-referrer, as ours do
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise CrossSite


def csrf_token(session: str) -> str:
    """Given to who signs in, sent back with every act: a page elsewhere can have the cookie sent, but cannot
    read this."""
    return hashlib.sha256(b"cordon-csrf-v1\n" + session.encode()).hexdigest()


def reads_accounts(service: Service, person: Person) -> bool:
    """Whether what the person sees of sessions and tokens is everybody's, not one's own."""
    return person.may(Permission.READ_ACCOUNTS, service.site)


def source_of(request: Request) -> str:
    return request.client.host if request.client else ""


def anyone(why: str) -> params.Depends:
    """For routes without a person: ``dependencies=[anyone("…")]``."""
    found: params.Depends = Depends(Open(why))
    return found


Own = Annotated[Person, Depends(Needs(Permission.OWN_ACCOUNT))]
Viewer = Annotated[Person, Depends(Needs(Permission.VIEW))]
