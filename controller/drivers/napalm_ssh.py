"""What NAPALM's drivers that type are given to type into: a Netmiko session over a connection of our own, by
the path and with the host key of every other session, and ended at its deadline.

Their own way in would take any host key, read the user's files, and wait on the wall clock.
"""

from __future__ import annotations

import re
from threading import Lock
from typing import Any

import paramiko

from controller.domain.path import Path
from controller.domain.profile import DeviceProfile
from controller.drivers import platforms
from controller.drivers.candidate import NotEntered
from controller.drivers.channel import EnableRefused
from controller.drivers.guard import GuardedSocket, SessionEnded
from controller.drivers.ssh import Attempt, HostKey, HostKeyDiffers, Phase, PinnedClient
from controller.drivers.waypoints import WayFailed, Waypoints
from controller.engine.ports import Login

_OPENS = re.compile(r"(?:interface|router|vlan|line|ip access-list|ipv6 access-list) ")


class Locked(Exception):
    """Somebody else has the configuration to himself."""


class Refused(Exception):
    """The device did not take a line; the text is its own."""


class TypedConnection:
    """What the connections of such drivers have in common. ``napalm`` is there once it is entered."""

    locks: tuple[type[Exception], ...] = (Locked,)
    losses: tuple[type[Exception], ...] = (SessionEnded,)

    def __init__(
        self,
        path: Path,
        login: Login,
        waypoints: Waypoints,
        host_key: HostKey,
        legacy: bool,
        profile: DeviceProfile,
    ) -> None:
        self._path, self.login, self._waypoints = path, login, waypoints
        self._host_key, self._legacy = host_key, legacy
        self.profile = profile
        self.napalm: Any = None
        self._deadline = 0.0
        self._socks: list[GuardedSocket] = []
        self._netmiko: Any = None
        self._ended = False
        self._lock = Lock()

    @property
    def deadline(self) -> float:
        return self._deadline

    @deadline.setter
    def deadline(self, deadline: float) -> None:
        self._deadline = deadline
        for sock in self._socks:
            sock.deadline = deadline

    def session(self, deadline: float) -> Any:
        """A Netmiko connection, prepared as Netmiko does it, and enabled. Raises NotEntered."""
        self._deadline = deadline
        try:
            attempt = self._attempt()
        except (WayFailed, OSError) as error:
            raise NotEntered(f"{self._path} {str(error) or type(error).__name__}") from None
        path, session = self._path, self.profile.session
        try:
            made: Any = platforms.connect(session, path.address, path.port, attempt, stock=True)
            self._netmiko = made
            # A file goes over another connection: devices have one channel to each.
            made._build_ssh_client = self._beside  # noqa: SLF001 - where Netmiko asks for its client
            self.before_enabling(made)
            if session.enable:
                made.gain_privileges()
        except NotEntered:
            raise
        except Exception as error:  # noqa: BLE001 - Netmiko and Paramiko raise what they like; all mean not entered
            raise self._refused(attempt, attempt.failure or error) from None
        return made

    def before_enabling(self, made: Any) -> None:
        """What is asked for of a session as the log-in gives it. Raises NotEntered."""

    def enter(self, name: str, deadline: float) -> None:
        """As Connection has it."""
        raise NotImplementedError

    def end(self) -> None:
        with self._lock:
            self._ended = True
            socks = tuple(self._socks)
        for sock in socks:
            sock.end()
        if self._netmiko is not None:
            self._netmiko.disconnect()

    def _attempt(self) -> Attempt:
        sock = self._waypoints.reach(self._path, self._deadline)
        with self._lock:
            self._socks.append(sock)
        if self._ended:
            sock.end()
        return Attempt(sock, self.login, self._host_key, self._legacy, 1.0)

    def _beside(self) -> PinnedClient:
        return _Beside(self._attempt())

    def _refused(self, attempt: Attempt, error: BaseException) -> NotEntered:
        path, username = self._path, self.login.username
        if isinstance(error, HostKeyDiffers):
            return NotEntered(f"{path} host key differs: {error.presented.fingerprint}")
        if attempt.phase is Phase.LOGIN and isinstance(error, paramiko.AuthenticationException):
            return NotEntered(f"{path} log-in of {username} rejected", rejected=True)
        if isinstance(error, EnableRefused):
            return NotEntered(f"{path} enable secret of {username} refused")
        return NotEntered(f"{path} {' '.join(str(error).split()) or type(error).__name__}")


def indented(lines: str, by: str) -> str:
    """As Cisco's devices write a configuration: what is compared goes by it."""
    found: list[str] = []
    inside = False
    for line in lines.splitlines():
        opens = _OPENS.match(line) is not None
        found.append(f"{by}{line}" if inside and not opens else line)
        inside = inside or opens
    return "\n".join(found)


class _Beside(PinnedClient):
    """Logs in over a connection of its own, whichever Netmiko names."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt)
        self._own = attempt.sock

    def connect(self, hostname: str, **options: Any) -> None:
        super().connect(hostname, **{**options, "sock": self._own})
