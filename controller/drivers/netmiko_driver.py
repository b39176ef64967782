"""Opens sessions through Netmiko: which path, which login, within which time, and why not."""

from __future__ import annotations

import errno
import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import paramiko

from controller.domain.inventory import MANUAL, Device
from controller.domain.path import Path, PathKind
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome
from controller.drivers import platforms
from controller.drivers.channel import ClientRefused, EnableRefused, NoPassword
from controller.drivers.greeting import NoGreeting
from controller.drivers.guard import DeadlinePassed, GuardedSocket, HungUp, SessionEnded
from controller.drivers.redaction import Redactor
from controller.drivers.session import NetmikoSession
from controller.drivers.ssh import Attempt, HostKey, HostKeyDiffers, Line, Phase
from controller.drivers.telnet import TelnetLine
from controller.drivers.volley import Volley
from controller.drivers.waypoints import OUT_OF_FILES, BehindUnreachable, WayFailed, Waypoints
from controller.engine.ports import Block, Login, OpenCause, OpenFailed, Secrets, Session

_FARTHEST_FIRST = (
    OpenCause.HOST_KEY_CHANGED,
    OpenCause.LOGIN_REJECTED,
    OpenCause.SECRET_MISSING,
    OpenCause.NOT_READY,
    OpenCause.HOST_KEY_UNKNOWN,
    OpenCause.ALGORITHMS,
    OpenCause.NO_LINE,
    OpenCause.WAY_FAILED,
    OpenCause.STARVED,
    OpenCause.TIMEOUT,
    OpenCause.UNREACHABLE,
    OpenCause.CREDENTIAL_DROPPED,
)
"""Of several paths and logins, the failure a person should hear of first."""

CONSOLE_ENTER, TELNET_ENTER = "\r", "\r\n"


@dataclass(frozen=True, slots=True)
class _Failure:
    """``rejected``: the device judged the login, and wants none of it."""

    cause: OpenCause
    detail: str
    rejected: bool = False


@dataclass
class _Opening:
    """What one call of open() has used up. ``spent`` are logins that were rejected or went unanswered:
    trying one again, by whatever path, could lock the account for everybody."""

    device: Device
    profile: DeviceProfile
    host_key: HostKey | None
    logins: Sequence[Login]
    redact: Redactor
    untidy: Callable[[], None]
    waypoints: Waypoints
    spent: list[Login] = field(default_factory=list)
    failures: list[_Failure] = field(default_factory=list)

    @property
    def unspent(self) -> list[Login]:
        return [login for login in self.logins if login not in self.spent and _may_begin(login)]

    @property
    def deceived(self) -> bool:
        """Whether something that is not the device answered in its place."""
        return any(failure.cause is OpenCause.HOST_KEY_CHANGED for failure in self.failures)

    def judged(self, login: Login, *, accepted: bool) -> None:
        if login.trial is not None:
            login.trial.ended(accepted=accepted)


class NetmikoDriver:
    """Implements the Driver port. Safe to call from many threads. ``secrets``: for the log-ins of jump hosts
    and console servers; without it no path by one leads anywhere."""

    def __init__(self, secrets: Secrets | None = None) -> None:
        self._waypoints = Waypoints(secrets)
        # Paramiko's reader threads log the end of every session as an error, with a traceback; what of it
        # matters reaches us as an exception.
        self._one_at_a_time: set[str] = set()
        """The devices that did not answer as expected what was typed ahead."""

        noise = logging.getLogger("paramiko")
        noise.addHandler(logging.NullHandler())
        noise.propagate = False

    def open(
        self, device: Device, profile: DeviceProfile, logins: Sequence[Login], deadline: float
    ) -> NetmikoSession:
        """Paths in order, an equal share of the time left for each. On a path, logins in order: the next
        one only after a rejection or no answer. An accepted login may serve again on the next path. Where
        another host key than the pinned one was presented, no path is tried that shows none.

        Raises OpenFailed. Without a pinned host key nothing is contacted by SSH."""
        profile = profile.settled(device.settings)
        if device.careful or device.name in self._one_at_a_time:
            profile = _one_line_at_a_time(profile)
        untidy = partial(self._one_at_a_time.add, device.name)
        key, usable = _pinned(device), _usable(device, logins)
        opening = _Opening(device, profile, key, usable, Redactor(logins), untidy, self._waypoints)
        if not device.paths:
            raise OpenFailed(device.name, OpenCause.UNREACHABLE, "no path")
        for index, path in enumerate(device.paths):
            if not opening.unspent:
                break
            now = time.monotonic()
            session = _by_path(opening, path, now + (deadline - now) / (len(device.paths) - index))
            if session is not None:
                return session
        opening.failures += [
            _Failure(OpenCause.CREDENTIAL_DROPPED, login.credential)
            for login in opening.logins
            if login not in opening.spent and not _may_begin(login)
        ]
        raise _worst(opening)

    def fire(self, volley: Sequence[tuple[Session, Block]]) -> tuple[Outcome, ...]:
        """See :class:`Volley`. A session of another driver is sent nothing."""
        ours = [
            (index, session, block)
            for index, (session, block) in enumerate(volley)
            if isinstance(session, NetmikoSession)
        ]
        outcomes = [Outcome.NOT_SENT] * len(volley)
        fired = Volley([(session, block) for _, session, block in ours]).fire()
        for (index, _, _), outcome in zip(ours, fired, strict=True):
            outcomes[index] = outcome
        return tuple(outcomes)


def _one_line_at_a_time(profile: DeviceProfile) -> DeviceProfile:
    return replace(profile, session=replace(profile.session, type_ahead=0, at_once=None))


def _may_begin(login: Login) -> bool:
    return login.trial is None or login.trial.may_begin()


def _pinned(device: Device) -> HostKey | None:
    if device.platform == MANUAL:
        raise OpenFailed(device.name, OpenCause.MANUAL)
    if device.host_key is None:
        if any(path.kind is not PathKind.SSH for path in device.paths):
            return None
        raise OpenFailed(device.name, OpenCause.HOST_KEY_UNKNOWN)
    try:
        return HostKey.parse(device.host_key)
    except ValueError:
        raise OpenFailed(device.name, OpenCause.HOST_KEY_UNKNOWN, "unreadable") from None


def _usable(device: Device, logins: Sequence[Login]) -> list[Login]:
    usable = [login for login in logins if login.password or login.key]
    if not usable:
        raise OpenFailed(device.name, OpenCause.SECRET_MISSING, "no login")
    return usable


def _by_path(opening: _Opening, path: Path, deadline: float) -> NetmikoSession | None:
    """Notes every failure; None when this path leads nowhere."""
    if path.kind is PathKind.SSH and opening.host_key is None:
        opening.failures.append(_Failure(OpenCause.HOST_KEY_UNKNOWN, str(path)))
        return None
    if path.kind is PathKind.TELNET and opening.deceived:
        opening.failures.append(_Failure(OpenCause.HOST_KEY_CHANGED, f"{path} not tried"))
        return None
    while opening.unspent:
        try:
            sock, line = _reached(opening.waypoints, path, deadline)
        except WayFailed as error:
            opening.failures.append(_Failure(OpenCause.WAY_FAILED, f"{path}: {error}"))
            return None
        except OSError as error:
            opening.failures.append(_failure_to_connect(path, error))
            return None
        left = opening.unspent
        if not left:  # the last one was dropped while this device took its time
            sock.close()
            return None
        login = left[0]
        attempt = Attempt(sock, login, opening.host_key, opening.device.legacy_ssh, 1 / len(left), line)
        try:
            session = _log_in(opening, path, attempt, deadline)
            session.came_by = (path, login)
        except Exception as error:  # noqa: BLE001 - Netmiko and Paramiko raise what they like; all mean no session
            sock.close()
            failure = _failure(opening, path, attempt, attempt.failure or error)
            opening.failures.append(failure)
        else:
            opening.judged(login, accepted=True)
            return session
        if attempt.phase is Phase.PREPARATION:
            opening.judged(login, accepted=True)
        elif failure.rejected:
            opening.judged(login, accepted=False)
        if attempt.phase is not Phase.LOGIN:
            # The login was not judged, or accepted and the session failed: another login changes nothing.
            return None
        opening.spent.append(login)
    return None


def _reached(waypoints: Waypoints, path: Path, deadline: float) -> tuple[GuardedSocket, Line | None]:
    """A connection to the device by ``path``, and the line it is where it is none to its SSH server."""
    if path.kind is PathKind.CONSOLE:
        client, sock = waypoints.console(path, deadline)
        return sock, Line(partial(_shell, client), CONSOLE_ENTER, stays=True)
    sock = waypoints.reach(path, deadline)
    if path.kind is PathKind.TELNET:
        return sock, Line(lambda _width, _height: TelnetLine(sock), TELNET_ENTER, stays=False)
    return sock, None


def _shell(client: paramiko.SSHClient, width: int, height: int) -> paramiko.Channel:
    return client.invoke_shell(term="vt100", width=width, height=height)


def _log_in(opening: _Opening, path: Path, attempt: Attempt, deadline: float) -> NetmikoSession:
    connection = platforms.connect(
        opening.profile.session, path.address, path.port, attempt, stock=opening.device.careful
    )
    try:
        profile = opening.profile
        if attempt.line is not None:
            # A serial line may lose what comes before it was asked for.
            profile = _one_line_at_a_time(profile)
        session = NetmikoSession(connection, attempt.sock, profile, opening.redact, opening.untidy)
        session.make_ready(deadline)
    except BaseException:
        connection.log_out()
        connection.disconnect()
        raise
    return session


def _failure_to_connect(path: Path, error: OSError) -> _Failure:
    where = str(path)
    if isinstance(error, BehindUnreachable):
        return _Failure(OpenCause.UNREACHABLE, f"{where} {error}")
    if isinstance(error, socket.gaierror):
        return _Failure(OpenCause.UNREACHABLE, f"{where} not an address")
    if isinstance(error, TimeoutError):
        return _Failure(OpenCause.TIMEOUT, where)
    reason = errno.errorcode.get(error.errno or 0, "") or os.strerror(error.errno or 0)
    cause = OpenCause.STARVED if error.errno in OUT_OF_FILES else OpenCause.UNREACHABLE
    return _Failure(cause, f"{where} {reason}")


def _failure(opening: _Opening, path: Path, attempt: Attempt, error: BaseException) -> _Failure:
    where = str(path)
    cause, reason = _JUDGES[attempt.phase](attempt, error)
    # A device that wants another way of log-in has not looked at the secret.
    judged = cause is OpenCause.LOGIN_REJECTED and not isinstance(error, paramiko.BadAuthenticationType)
    return _Failure(cause, opening.redact(f"{where} {reason}".strip()), rejected=judged)


def _in_handshake(attempt: Attempt, error: BaseException) -> tuple[OpenCause, str]:
    if attempt.line is not None and isinstance(error, NoGreeting | SessionEnded | paramiko.SSHException):
        return OpenCause.NOT_READY, "hung up" if isinstance(error, HungUp) else "no log-in prompt"
    if isinstance(error, HostKeyDiffers):
        return OpenCause.HOST_KEY_CHANGED, f"{error.presented.kind} {error.presented.fingerprint}"
    if isinstance(error, KeyError):
        return OpenCause.NOT_READY, f"unknown device type {error}"
    if isinstance(error, ValueError):
        return OpenCause.SECRET_MISSING, f"private key of {attempt.login.username} {error}"
    if attempt.sock.timed_out:
        return OpenCause.TIMEOUT, "handshake"
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return OpenCause.ALGORITHMS, str(error)
    if not attempt.banner_seen:
        return OpenCause.NO_LINE, str(error)
    return OpenCause.UNREACHABLE, str(error) or type(error).__name__


def _in_login(attempt: Attempt, error: BaseException) -> tuple[OpenCause, str]:
    username = attempt.login.username
    if attempt.sock.timed_out or isinstance(error, DeadlinePassed):
        return OpenCause.TIMEOUT, f"log-in of {username}"
    if isinstance(error, NoPassword):
        return OpenCause.SECRET_MISSING, f"password of {username}"
    if isinstance(error, paramiko.BadAuthenticationType):
        return OpenCause.LOGIN_REJECTED, f"{username} (device wants {', '.join(error.allowed_types)})"
    return OpenCause.LOGIN_REJECTED, username


def _in_preparation(attempt: Attempt, error: BaseException) -> tuple[OpenCause, str]:
    if isinstance(error, paramiko.ChannelException):
        return OpenCause.NO_LINE, error.text
    if isinstance(error, NoPassword):
        return OpenCause.SECRET_MISSING, f"password of {attempt.login.username}"
    if isinstance(error, ClientRefused):
        return OpenCause.NOT_READY, "command line refused"
    if isinstance(error, EnableRefused) and not attempt.login.enable:
        return OpenCause.SECRET_MISSING, f"enable secret of {attempt.login.username}"
    if isinstance(error, EnableRefused | ValueError):
        return OpenCause.NOT_READY, "enable refused"
    if attempt.sock.timed_out or isinstance(error, DeadlinePassed):
        return OpenCause.NOT_READY, "no prompt"
    if isinstance(error, HungUp | EOFError | paramiko.SSHException):
        return OpenCause.NOT_READY, "hung up"
    return OpenCause.NOT_READY, type(error).__name__


_JUDGES = {
    Phase.HANDSHAKE: _in_handshake,
    Phase.LOGIN: _in_login,
    Phase.PREPARATION: _in_preparation,
}


def _worst(opening: _Opening) -> OpenFailed:
    """The cause that came farthest; the detail names every path and login in the order tried."""
    causes = [failure.cause for failure in opening.failures]
    cause = next((cause for cause in _FARTHEST_FIRST if cause in causes), causes[-1])
    several = len(set(causes)) > 1
    detail = "; ".join(
        f"{failure.detail} ({failure.cause.value})" if several else failure.detail
        for failure in opening.failures
    )
    return OpenFailed(opening.device.name, cause, detail)
