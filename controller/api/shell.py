"""What stands around every request: how large and how often, and what a browser may do with the answer."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controller.api.problems import TooLarge, TooMany, problem, words_of

MOST = 1024 * 1024
MOST_OF_A_DOCUMENT = 8 * 1024 * 1024
_DOCUMENTS = ("/inventory/", "/logbook/attachments")
"""Bytes of a request; an inventory of a large hospital has some millions."""

_SOURCES = 10_000
_BURST = 10

_COMING_IN = frozenset(
    {
        "/api/v1/sessions",
        "/api/v1/sessions/break-glass",
        "/api/v1/enrolments",
        "/api/v1/enrolments/factor",
        "/sign-in",
        "/sign-in/break-glass",
        "/enrol",
    }
)
"""Where strangers may send something: what they send costs the most to answer."""

_STRANGERS = 3.0
"""Such requests a second and source while a run acts; at other times they count as all others do."""

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class Shell:
    """An ASGI application around another. ``acts``: whether a run does."""

    def __init__(self, app: ASGIApp, rate: float, acts: Callable[[], bool]) -> None:
        self._app = app
        self._acts = acts
        self._rates = _Rates(rate)
        self._strangers = _Rates(_STRANGERS, 2)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope)
        source = scope["client"][0] if scope.get("client") else ""
        wait = self._rates.wait(source)
        if scope["method"] == "POST" and scope["path"] in _COMING_IN and self._acts():
            wait = max(wait, self._strangers.wait(source))
        if wait > 0:
            refusal = problem(TooMany(seconds=max(1, round(wait))), words_of(request))
            await refusal(scope, receive, answer)
            return
        most = MOST_OF_A_DOCUMENT if any(each in scope["path"] for each in _DOCUMENTS) else MOST
        if _announced(Headers(scope=scope)) > most:
            await problem(TooLarge(most=most), words_of(request))(scope, receive, answer)
            return
        await self._app(scope, _bounded(receive, most), answer)


def _announced(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else 0


def _bounded(receive: Receive, most: int) -> Receive:
    """For bodies that do not say how long they are."""
    seen = 0

    async def bounded() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise TooLarge(most=most)
        return message

    return bounded


class _Rates:
    """Requests by source: ``rate`` a second, ``burst`` seconds' worth at once."""

    def __init__(self, rate: float, burst: int = _BURST) -> None:
        self._rate = rate
        self._burst = burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, source: str) -> float:
        """Seconds the source has to wait; 0 where the request counts."""
        now = time.monotonic()
        most = self._rate * self._burst
        left, then = self._left.pop(source, (most, now))
        left = min(most, left + (now - then) * self._rate)
        waits = left < 1
        self._left[source] = (left if waits else left - 1, now)
        while len(self._left) > _SOURCES:
            self._left.popitem(last=False)
        return (1 - left) / self._rate if waits else 0.0
