"""NAPALM's ``eos`` over eAPI: HTTPS to a device that must show the one pinned certificate.

Arista EOS "Command API Guide": JSON-RPC over HTTP, a log-in with every request. What NAPALM's ``eos`` does
beyond what is asked of it: it copies the startup configuration to ``flash:rollback-0`` before a commit,
writes it after one without a timer, and takes a commit under a timer back when it is closed. So it is never
closed.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import socket
import ssl
from http.client import HTTPConnection
from threading import Lock
from typing import Any

from napalm.base.exceptions import SessionLockedException
from napalm.eos import EOSDriver
from pyeapi.eapilib import ConnectionError as NoAnswer
from pyeapi.eapilib import EapiConnection

from controller.domain.path import Path
from controller.drivers.candidate import NotEntered, quiet
from controller.drivers.guard import connected
from controller.drivers.waypoints import Waypoints
from controller.engine.ports import Login

_SILENCE = 3600
"""Seconds for time-outs on the wall clock: whoever waits shuts the connection long before."""


class EosConnection:
    """Implements Connection."""

    locks: tuple[type[Exception], ...] = (SessionLockedException,)
    losses: tuple[type[Exception], ...] = (NoAnswer,)

    def __init__(self, path: Path, login: Login, certificate: str) -> None:
        self._https = _PinnedHttps(path, certificate)
        self._login = login
        self.napalm = EOSDriver(
            path.address,
            login.username,
            login.password or "",
            timeout=_SILENCE,
            optional_args={
                "transport": _Eapi,
                "https": self._https,
                "enable_password": login.enable or "",
            },
        )

    @property
    def deadline(self) -> float:
        return self._https.deadline

    @deadline.setter
    def deadline(self, deadline: float) -> None:
        self._https.deadline = deadline

    def enter(self, name: str, deadline: float) -> None:
        if self._https.path.via is not None:
            raise NotEntered("eAPI is not reached by a jump host")
        if not self._login.password:
            raise NotEntered(f"password of {self._login.username} is missing: eAPI takes no key")
        self._https.deadline = deadline
        self.napalm.config_session = None
        try:
            self.napalm.open()
        except NoAnswer as error:
            if self._https.differs:
                raise NotEntered(f"certificate differs: SHA-256 {self._https.differs}") from None
            judged = self._https.status == _UNAUTHORIZED
            reason = "log-in rejected" if judged else " ".join(str(error).split())
            raise NotEntered(f"{self._https.path} {reason}", rejected=judged) from None
        # Otherwise NAPALM calls it by the microsecond.
        self.napalm.config_session = name

    def end(self) -> None:
        # What is collected as garbage closes itself, which would abort the session it names.
        self.napalm.config_session = None
        self._https.end()


_UNAUTHORIZED = 401


class _Eapi(EapiConnection):  # type: ignore[misc] # pyeapi ships no types
    """What pyeapi speaks through. NAPALM hands on only the arguments this one names."""

    def __init__(self, host: str, username: str, password: str, timeout: int, https: _PinnedHttps) -> None:
        super().__init__()
        del host, timeout
        self.transport = https
        self.authentication(username, password)


class _PinnedHttps(HTTPConnection):
    """Checks the certificate before anything is sent. ``differs``: the one that was shown instead."""

    def __init__(self, path: Path, certificate: str) -> None:
        super().__init__(path.address, path.port)
        self.path, self._certificate = path, certificate
        self.deadline = 0.0
        self.differs = ""
        self.status = 0
        self._open: socket.socket | None = None
        self._ended = False
        self._lock = Lock()

    def connect(self) -> None:
        raw = connected(self.path, self.deadline)
        with self._lock:
            if self._ended:
                raw.close()
                raise OSError("the connection was ended")
            self._open = raw
        # Not by a name or an authority: by the certificate itself, below.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        raw.settimeout(_SILENCE)
        try:
            secured = context.wrap_socket(raw)
        except BaseException:
            raw.close()
            raise
        with self._lock:
            self._open = secured
        shown = hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()
        if shown != self._certificate:
            self.differs = shown
            secured.close()
            raise OSError("certificate differs")
        self.sock = secured

    def getresponse(self) -> Any:
        response = super().getresponse()
        self.status = response.status
        return response

    def end(self) -> None:
        with self._lock:
            self._ended = True
            if self._open is not None:
                with contextlib.suppress(OSError):
                    self._open.shutdown(socket.SHUT_RDWR)


def connection(path: Path, login: Login, waypoints: Waypoints, certificate: str) -> EosConnection:
    """Nothing is contacted yet."""
    del waypoints
    return EosConnection(path, login, certificate)


quiet("pyeapi")
# Importing it opened a socket to the local syslog, for a log of every request.
_pyeapi = logging.getLogger("pyeapi.utils")
for _handler in list(_pyeapi.handlers):
    _pyeapi.removeHandler(_handler)
    _handler.close()
