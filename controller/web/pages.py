"""How a page is made: its template, its language, and what a browser may do with it."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qs

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from controller.api.problems import CATALOGUES, words_of
from controller.text import Catalogue
from controller.web.assets import STYLE

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
"""Content-Security-Policy of a page: its own stylesheet, forms that come back here, nothing else."""

_FIELDS = 20

_templates = Environment(
    loader=PackageLoader("controller.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(
    template: str, words: Catalogue, status: HTTPStatus = HTTPStatus.OK, **shown: object
) -> HTMLResponse:
    """``shown`` are values for the template, escaped there. Texts come from the catalogue by ``text``."""
    content = _templates.get_template(template).render(
        lang=words.lang, text=words.text, style=STYLE, **{"site": "", "switch": (), **shown}
    )
    headers = {"Content-Security-Policy": POLICY, "Content-Language": words.lang, "Vary": "Accept-Language"}
    return HTMLResponse(content, status, headers)


def chosen(request: Request, lang: str | None) -> Catalogue:
    """The language a person switched to, else the one their browser asks for."""
    return CATALOGUES.get(lang or "") or words_of(request)


async def form(request: Request) -> dict[str, str]:
    """The fields of a form as browsers send it (``application/x-www-form-urlencoded``); none where what came
    is no form. Of a field sent twice the first counts."""
    body = await request.body()
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
