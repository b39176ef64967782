"""How a page is made: its template, its language, its theme, and what a browser may do with it.

How to add a page
-----------------
1. A module of its own in this package, named for what it shows, with ``router = APIRouter()``; it goes into
   ``PARTS`` of :mod:`controller.web.application` and, if people go there by the bar on top, into ``PLACES``
   of :mod:`controller.web.navigation`.
2. Each route is a plain function that takes a :class:`~controller.web.visits.Visit`; its annotation says who
   may: ``Viewing`` for whoever may look, ``Annotated[Visit, Depends(For(Permission.X))]`` for anything else.
   A route without a rule fails the suite. Who is not signed in is sent to sign in and comes back.
3. It asks the same objects as the API (``visit.service.office``) and puts what it found into a frozen
   dataclass: numbers counted, texts chosen, states named. A template only places them; no rule of the domain
   stands there, and no page asks once for each row.
4. ``return show(visit, "name.html", found=…)``. The template extends ``console.html`` and uses the macros of
   ``parts.html``: ``parts.state``, ``proofs``, ``key``, ``note``, ``hazards``, ``field``, ``site_typed``,
   ``act`` (a button that is a form), ``nothing``; every form begins with ``parts.guards()`` (token, and a key
   so that it counts once: :mod:`controller.web.once`). What changes by itself stands in an element with an
   ``id`` and ``data-live``: ``console.js`` fetches the same page again when something happened and puts these
   elements in place of the old. Fields that people fill in stay outside of them.
5. A form is sent with POST and answered with ``go("/where", "code", **data)``: a redirect, and the text
   ``said.<code>`` on the page it leads to. What is refused raises; the person gets a page that says what
   happened and what to do. To show a mistake beside the form itself, catch the CordonError and
   ``show(visit, …, status=status_of(error), why=sentence(error, visit.words))``.
6. Texts: ``text('page.key')`` in the template, the key in both catalogues. No ``style=``, no ``on…=``, no
   inline script: the policy below forbids them. Widths are attributes of SVG.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import cast
from urllib.parse import parse_qs

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from controller.api.problems import CATALOGUES
from controller.engine.people.roles import Permission
from controller.text import LANGUAGES, Catalogue
from controller.text.times import duration
from controller.web import flash
from controller.web.assets import SCRIPT, STYLE
from controller.web.navigation import places
from controller.web.once import fresh_key
from controller.web.visits import THEMES, Visit, language, theme

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
"""Content-Security-Policy of a page: its own stylesheet, forms that come back here, nothing else."""

LIVE_POLICY = f"{POLICY}; script-src 'self'; connect-src 'self'"
"""The same with our own script, which listens to this service and to nobody else."""

_FIELDS = 20

_templates = Environment(
    loader=PackageLoader("controller.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def at_hand() -> None:
    """Has every template made, so that nobody waits for it."""
    for name in _templates.list_templates():
        _templates.get_template(name)


def piece(template: str, macro: str, shown: object) -> Markup:
    """What one macro of a template makes of ``shown`` alone: it knows neither the visit nor its language, so
    that a page may keep what it made."""
    return cast("Markup", getattr(_templates.get_template(template).module, macro)(shown))


def page(
    template: str,
    words: Catalogue,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    look: str = "auto",
    **shown: object,
) -> HTMLResponse:
    """``shown`` are values for the template, escaped there. Texts come from the catalogue by ``text``."""
    content = _templates.get_template(template).render(
        lang=words.lang,
        text=words.text,
        style=STYLE,
        theme=look,
        **{"site": "", "switch": (), "here": "", **shown},
    )
    return _answer(content, words, status, POLICY)


def show(
    visit: Visit,
    template: str,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    refresh: int = 0,
    **shown: object,
) -> HTMLResponse:
    """A page of the console. ``refresh``: seconds after which a browser without scripts loads it again; 0 for
    pages with a form that matters."""
    words, request = visit.words, visit.request
    content = _templates.get_template(template).render(
        lang=words.lang,
        text=words.text,
        words=words,
        style=STYLE,
        script=SCRIPT,
        theme=visit.theme,
        themes=THEMES,
        languages=LANGUAGES,
        site=visit.service.site,
        visit=visit,
        name=visit.person.name,
        own_account=visit.may(Permission.OWN_ACCOUNT),
        places=places(visit),
        here=request.url.path,
        address=_address(request),
        said=flash.said(visit),
        made_at=clock_time(visit.now),
        csrf=visit.csrf,
        fresh=fresh_key,
        refresh=refresh,
        clock=clock_time,
        day=day_time,
        lasting=lambda seconds: duration(words, seconds),
        **shown,
    )
    answer = _answer(content, words, status, LIVE_POLICY)
    if status < HTTPStatus.BAD_REQUEST:
        flash.forget(visit.request, answer)
    return answer


def again(answer: HTMLResponse, seconds: int) -> HTMLResponse:
    """The browser loads the page again by itself, with scripts or without: for what is made meanwhile and
    nobody hears of."""
    answer.headers["Refresh"] = str(seconds)
    return answer


def go(where: str, code: str = "", /, **data: str | int) -> Response:
    """After a form: to another page, which says ``said.<code>`` once."""
    answer = RedirectResponse(where, HTTPStatus.SEE_OTHER)
    if code:
        flash.put(answer, code, data)
    return answer


def clock_time(at: datetime | None) -> str:
    """Local, as on the wall."""
    return f"{at.astimezone():%H:%M:%S}" if at else ""


def day_time(at: datetime | None) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}" if at else ""


def chosen(request: Request, lang: str | None) -> Catalogue:
    """The language a person switched to, else the one their browser asks for."""
    return CATALOGUES.get(lang or "") or language(request)


def look_of(request: Request) -> str:
    return theme(request)


async def form(request: Request) -> dict[str, str]:
    """The fields of a form as browsers send it (``application/x-www-form-urlencoded``); none where what came
    is no form. Of a field sent twice the first counts."""
    body = await request.body()
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _answer(content: str, words: Catalogue, status: HTTPStatus, policy: str) -> HTMLResponse:
    headers = {
        "Content-Security-Policy": policy,
        "Content-Language": words.lang,
        "Vary": "Accept-Language, Cookie",
    }
    return HTMLResponse(content, status, headers)
