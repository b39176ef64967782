"""Every page of the console, as its router has them: a test of all pages cannot forget a new one."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi.routing import APIRoute

from controller.web import assets, live
from controller.web.application import PARTS

_NO_PAGES = (assets, live)


def page_paths() -> tuple[str, ...]:
    """What a browser can open, as the router says it, with parameters (``/runs/{run}``)."""
    return tuple(
        route.path
        for part in PARTS
        if part not in _NO_PAGES
        for route in part.router.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    )


def addresses(known: Mapping[str, str], queries: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """What to open of each page, by the page as it is named to people. ``known``: values of parameters, and
    whole addresses by path; ``queries``: with which a page is opened as well, by path. Raises KeyError for a
    parameter nobody gave a value."""
    found = {}
    for path in page_paths():
        for query in ("", *queries.get(path, ())):
            found[path + query] = (known.get(path) or path.format(**known)) + query
    return found
