"""Who looks at a page or sends a form: the one dependency through which every page says what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import Depends, Request

from controller.api.access import COOKIE, Needs, csrf_token, identified
from controller.api.problems import CATALOGUES, Unauthorized, words_of
from controller.api.service import Service, service_of
from controller.domain.errors import NotPermitted
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission
from controller.text import Catalogue
from controller.web.sent import Sent, sent_as, sent_in

LANGUAGE = "__Host-language"
THEME = "__Host-theme"
THEMES = ("auto", "light", "dark", "contrast")
CSRF_FIELD = "csrf"

_SAFE = frozenset({"GET", "HEAD"})


class SignInFirst(Unauthorized):
    """A page somebody asked for before signing in; they come back to ``place``, its address here."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place


@dataclass(frozen=True, slots=True)
class Visit:
    """A person at a page. ``words`` is the language they chose; ``csrf`` goes into every form; ``sent`` is
    the form, or the address's query where there is none; ``body`` the form as it came; ``site`` the name of
    the one in force as the visit began."""

    request: Request
    service: Service
    person: Person
    words: Catalogue
    theme: str
    csrf: str
    sent: Sent
    body: bytes = b""
    site: str = ""

    def may(self, permission: Permission) -> bool:
        return self.person.may(permission, self.site)

    @property
    def now(self) -> datetime:
        return self.service.clock()


class For(Needs):
    """A dependency that gives the visit, if the person may. Who is not signed in is sent to sign in; a form
    without the page's token is refused. Raises SignInFirst, NotPermitted, CrossSite."""

    async def __call__(self, request: Request) -> Visit:  # type: ignore[override]  # a form has to be awaited
        service = service_of(request)
        safe = request.method in _SAFE
        body = b"" if safe else await request.body()
        kind = request.headers.get("content-type", "")
        sent = sent_in(request.url.query) if safe else sent_as(body, kind)
        try:
            person, site = await run_sync(
                lambda: (identified(request, service, sent.get(CSRF_FIELD)), service.site)
            )
        except Unauthorized:
            raise SignInFirst(_here(request) if safe else "") from None
        if not person.may(self.permission, site):
            raise NotPermitted(permission=self.permission.value, site=site)
        return Visit(
            request=request,
            service=service,
            person=person,
            words=language(request),
            theme=theme(request),
            csrf=csrf_token(request.cookies.get(COOKIE, "")),
            sent=sent,
            body=body,
            site=site,
        )


def language(request: Request) -> Catalogue:
    """The one a person switched to, else the one their browser asks for."""
    return CATALOGUES.get(request.cookies.get(LANGUAGE, "")) or words_of(request)


def theme(request: Request) -> str:
    chosen = request.cookies.get(THEME, "")
    return chosen if chosen in THEMES else THEMES[0]


def own_address(address: str, fallback: str = "/") -> str:
    """``address`` if it is one of this service's pages: a link from elsewhere sends nobody away."""
    plain = address.isprintable() and "\\" not in address
    return address if address.startswith("/") and not address.startswith("//") and plain else fallback


def _here(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(request.url.path) + query


Viewing = Annotated[Visit, Depends(For(Permission.VIEW))]
Owning = Annotated[Visit, Depends(For(Permission.OWN_ACCOUNT))]
