"""A connection to a service elsewhere: its certificate checked before anything is said, its errors raised."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from controller.cli.exits import Exit
from controller.domain.errors import CordonError, InvalidRequest, LeaderLost

PATIENCE = 20.0
"""Seconds a service that is just coming or going is asked again."""

_TIMEOUT = 30.0
_FINGERPRINT = re.compile(r"^(?:[0-9A-Fa-f]{2}:?){32}$")

_EXITS = {
    "awaiting-approval": Exit.WAITING,
    "journal-unavailable": Exit.NOT_JOURNALLED,
    "journal-unreadable": Exit.NOT_JOURNALLED,
    "leader-elsewhere": Exit.LED_ELSEWHERE,
    "stale-epoch": Exit.LED_ELSEWHERE,
}


class Told(CordonError):
    """What the service answered instead of doing it; ``problem`` is its problem document."""

    code = "told-by-server"

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        super().__init__(code=problem.get("code", ""), detail=problem.get("detail", ""))

    @property
    def exit(self) -> Exit:
        if self.problem.get("hazards"):
            return Exit.REFUSED
        known = _EXITS.get(str(self.problem.get("code")))
        if known is not None:
            return known
        return Exit.INTERNAL if self.problem.get("status", 500) >= 500 else Exit.INVALID


class ServerLost(LeaderLost):
    """No answer came: what was asked may have begun. Data: ``url``, ``cause``."""

    code = "server-lost"


@dataclass
class Server:
    """``pin``: the certificate's SHA-256 fingerprint, or a file with the authorities to trust; without it,
    those of the machine. ``headers`` say who asks."""

    url: str
    pin: str | None
    lang: str
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: Any) -> Any:
        """Raises Told, InvalidRequest (server-unreachable, server-certificate)."""
        wanted = f"{path}?{urlencode(query)}" if query else path
        return self._again("GET", wanted, None, {})

    def post(self, path: str, body: Any, key: str = "") -> Any:
        """With ``key`` it acts, and the same is asked again while no answer comes: it counts once. Raises as
        :meth:`get`, and ServerLost."""
        return self._again("POST", path, body, {"Idempotency-Key": key} if key else {})

    def send(self, path: str, content: bytes, **query: Any) -> Any:
        """A file as it is, under what the service knows it by from then on: sent again while no answer comes,
        it is the same. Raises as :meth:`get`."""
        extra = {"Content-Type": "application/octet-stream"}
        return self._again("POST", f"{path}?{urlencode(query)}", content, extra)

    def sign_in(self, name: str, password: str, code: str, *, recovery: bool) -> None:
        """From now on as that person."""
        asked = {"name": name, "password": password, "code": code, "recovery": recovery}
        answer, cookie = self._once("POST", "/sessions", asked, {})
        self.headers = {"Cookie": cookie, "X-CSRF-Token": str(answer["csrf"])}

    def sign_out(self) -> None:
        """Ends the session of :meth:`sign_in`, if there is one; where the service cannot be asked, its own
        limits end it."""
        if "Cookie" in self.headers:
            with suppress(Told, InvalidRequest, OSError, http.client.HTTPException):
                self._once("DELETE", "/sessions/current", None, {})

    def _again(self, method: str, path: str, body: Any, extra: dict[str, str]) -> Any:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self._once(method, path, body, extra)[0]
            except (OSError, http.client.HTTPException) as error:
                if time.monotonic() < until and (method == "GET" or extra):
                    time.sleep(0.5)
                    continue
                if method == "GET" or not extra:
                    raise InvalidRequest("server-unreachable", url=self.url, cause=str(error)) from None
                raise ServerLost(url=self.url, cause=str(error)) from None

    def _once(self, method: str, path: str, body: Any, extra: dict[str, str]) -> tuple[Any, str]:
        connection = self._connect()
        try:
            headers = {"Accept-Language": self.lang, "Accept": "application/json", **self.headers, **extra}
            content = None
            if isinstance(body, bytes):
                content = body
            elif body is not None:
                content = json.dumps(body).encode()
                headers["Content-Type"] = "application/json"
            connection.request(method, f"/api/v1{path}", content, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        try:
            found = json.loads(text) if text else None
        except ValueError:
            raise InvalidRequest("server-strange", url=self.url, status=answer.status) from None
        if answer.status >= 400:
            raise Told(found if isinstance(found, dict) else {"status": answer.status})
        return found, (answer.headers.get("Set-Cookie") or "").partition(";")[0]

    def _connect(self) -> http.client.HTTPSConnection:
        parts = urlsplit(self.url if "//" in self.url else f"https://{self.url}")
        if parts.scheme != "https" or not parts.hostname:
            raise InvalidRequest("server-url", url=self.url)
        pinned = self.pin if self.pin and _FINGERPRINT.match(self.pin) else None
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port or 443, timeout=_TIMEOUT, context=self._trust(pinned)
        )
        try:
            connection.connect()
        except ssl.SSLError as error:
            raise InvalidRequest("server-certificate", url=self.url, cause=str(error)) from None
        if pinned:
            der = connection.sock.getpeercert(binary_form=True) or b""
            found = hashlib.sha256(der).hexdigest()
            if found != pinned.replace(":", "").lower():
                connection.close()
                raise InvalidRequest("server-certificate", url=self.url, cause=found)
        return connection

    def _trust(self, pinned: str | None) -> ssl.SSLContext:
        if pinned:
            # The one certificate is recognised by itself: no authority and no name says more than that.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        if self.pin and not Path(self.pin).is_file():
            raise InvalidRequest("server-pin", pin=self.pin)
        return ssl.create_default_context(cafile=self.pin)


def token() -> str:
    """``CORDON_TOKEN``, or what stands in the file ``CORDON_TOKEN_FILE``; "" without either. Raises
    InvalidRequest for a file that cannot be read."""
    given, file = os.environ.get("CORDON_TOKEN", ""), os.environ.get("CORDON_TOKEN_FILE", "")
    if given or not file:
        return given.strip()
    try:
        return Path(file).read_text("utf-8").strip()
    except OSError as error:
        raise InvalidRequest("token-file", file=file, cause=error.strerror or str(error)) from None
