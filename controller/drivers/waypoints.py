"""What lies between the controller and a device: jump hosts, console servers, and the connections by them."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from typing import Any

import paramiko

from controller.domain.errors import OpenCause, OpenFailed
from controller.domain.path import Path, Waypoint
from controller.drivers.guard import GuardedSocket, connect
from controller.drivers.ssh import NEVER, Attempt, HostKey, HostKeyDiffers, Phase, PinnedClient, private_key
from controller.engine.ports import Login, Secrets

AT_ONCE = 6
"""Log-ins at one waypoint at the same time: OpenSSH turns away at random from 10 on (MaxStartups), and counts
some that are over already."""

_KNOCKS, _PAUSE = 3, 0.2
"""How often one that hangs up without a word is asked, and the seconds between."""

REFUSED_FOR = 60.0
"""Seconds for which a login that a waypoint rejected is not offered to it again: every device behind it would
otherwise cost one attempt, and the account might be locked for everybody."""

MOST_REJECTS = 3
"""Serial ports for which a login may be rejected before it is offered for no other."""

OUT_OF_FILES = frozenset({errno.EMFILE, errno.ENFILE})
"""This machine's own want, nothing of the network's."""

_PROHIBITED = 1
"""SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, RFC 4254 §5.1."""


HUNG_UP = "hung-up"


class WayFailed(Exception):
    """A waypoint did not let us through; the text says which, and how."""


class BehindUnreachable(OSError):
    """The waypoint could not reach what is behind it."""


class Waypoints:
    """Safe to call from many threads. ``secrets`` resolves the waypoints' credentials when needed."""

    def __init__(self, secrets: Secrets | None) -> None:
        self._secrets = secrets
        self._doors: dict[Waypoint, Door] = {}
        self._lock = threading.Lock()

    def reach(self, path: Path, deadline: float) -> GuardedSocket:
        """A connection to the address and port of ``path``, by its jump host where it has one.

        Raises WayFailed, TimeoutError and OSError, as :func:`connect`."""
        if path.via is None:
            return connect(path, deadline)
        client, under = self._enter(path.via, None, "", deadline)
        transport = client.get_transport()
        try:
            channel = transport.open_channel(
                "direct-tcpip", (path.address, path.port), ("127.0.0.1", 0), timeout=NEVER
            )
        except (paramiko.SSHException, EOFError, OSError) as error:
            under.end()
            raise _not_behind(path.via, under, error) from error
        under.rest()
        return GuardedSocket(_Tunnel(channel, under, client), deadline)

    def console(self, path: Path, deadline: float) -> tuple[paramiko.SSHClient, GuardedSocket]:
        """A client logged in to the console server of ``path``, at its port; its shell is the serial line.

        Raises as :meth:`reach`."""
        if path.console is None:
            raise ValueError(path)
        return self._enter(path.console, path, path.line, deadline)

    def _enter(
        self, waypoint: Waypoint, path: Path | None, line: str, deadline: float
    ) -> tuple[PinnedClient, GuardedSocket]:
        said: list[str] = []
        door = self._door(waypoint)
        where = path or Path(waypoint.address, waypoint.port)
        with door.turn(deadline) as has_turn:
            if not has_turn:
                raise WayFailed(_at(waypoint, "timeout, others are being let in"))
            for login in self._logins(waypoint, said):
                if door.remembers(login, line):
                    said.append(f"login-rejected {login.username}, not offered again")
                    continue
                named = replace(login, username=f"{login.username}:{line}") if line else login
                entered = self._try(waypoint, where, named, deadline)
                if not isinstance(entered, str):
                    door.open()
                    return entered
                said.append(entered)
                if entered.startswith("login-rejected"):
                    door.note(login, line)
                elif not entered.startswith(("login-", "secret-")):
                    break  # another login changes nothing
        raise WayFailed(_at(waypoint, ", ".join(said)))

    def _try(
        self, waypoint: Waypoint, where: Path, login: Login, deadline: float
    ) -> tuple[PinnedClient, GuardedSocket] | str:
        """A client that is logged in, or why there is none."""
        reason = ""
        for knock in range(_KNOCKS):
            try:
                sock = self.reach(where, deadline)
            except TimeoutError:
                return f"timeout {Phase.HANDSHAKE.value}"
            except OSError as error:
                if error.errno in OUT_OF_FILES:
                    raise
                return f"unreachable {errno.errorcode.get(error.errno or 0, str(error))}"
            attempt = Attempt(sock, login, HostKey.parse(waypoint.host_key), waypoint.legacy_ssh, 1.0)
            try:
                return _logged_in(where, attempt), sock
            except Exception as error:  # noqa: BLE001 - Paramiko raises what it likes; all mean not entered
                sock.close()
                reason = _why(attempt, attempt.failure or error)
            again = reason == HUNG_UP and not attempt.banner_seen and knock + 1 < _KNOCKS
            if not again or time.monotonic() + _PAUSE >= deadline:
                break
            time.sleep(_PAUSE)
        return reason

    def _logins(self, waypoint: Waypoint, said: list[str]) -> Iterator[Login]:
        for credential in waypoint.credentials:
            if self._secrets is None:
                said.append(f"{OpenCause.SECRET_MISSING.value} {credential.name}")
                continue
            try:
                login = self._secrets.login(credential)
            except OpenFailed as failure:
                said.append(f"{failure.cause.value} {failure.data.get('detail', '')}".strip())
            else:
                yield login

    def _door(self, waypoint: Waypoint) -> Door:
        with self._lock:
            return self._doors.setdefault(waypoint, Door())


class Door:
    """One waypoint, as it has answered so far. Until somebody was let in, one goes in at a time."""

    def __init__(self) -> None:
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._first = threading.Lock()
        self._opened = False
        self._refused: list[tuple[Login, str, float]] = []

    @contextmanager
    def turn(self, deadline: float) -> Iterator[bool]:
        """Gives whether there is one before the deadline."""
        lock = self._turns if self._opened else self._first
        has_it = _acquired(lock, deadline)
        if has_it and self._opened and lock is self._first:
            lock.release()
            lock = self._turns
            has_it = _acquired(lock, deadline)
        try:
            yield has_it
        finally:
            if has_it:
                lock.release()

    def open(self) -> None:
        self._opened = True

    def note(self, login: Login, line: str) -> None:
        self._refused.append((login, line, time.monotonic() + REFUSED_FOR))

    def remembers(self, login: Login, line: str) -> bool:
        """A wrong ``line`` is rejected as a wrong password is: it speaks for the others only in company."""
        now = time.monotonic()
        self._refused = [each for each in self._refused if each[2] > now]
        lines = {known for by, known, _ in self._refused if by == login}
        return line in lines or len(lines) >= MOST_REJECTS


def _acquired(lock: threading.Lock | threading.Semaphore, deadline: float) -> bool:
    return lock.acquire(timeout=max(0.0, deadline - time.monotonic()))


class _Tunnel:
    """A jump host's channel as the socket below a guarded one; its end is the end of the connection to the
    jump host, which serves this one session."""

    def __init__(self, channel: paramiko.Channel, under: GuardedSocket, client: PinnedClient) -> None:
        self._channel = channel
        self._under = under
        self._client = client  # Paramiko ends a connection whose client is forgotten
        self._timeout: float | None = None
        # Paramiko's own wait counts its time on the wall clock.
        self._arrived = Event()
        channel.in_buffer.set_event(self._arrived)

    def recv(self, size: int) -> bytes:
        if not self._arrived.wait(self._timeout):
            raise TimeoutError
        data: bytes = self._channel.recv(size)
        return data

    def send(self, data: bytes) -> int:
        return int(self._channel.send(data))

    def settimeout(self, seconds: float | None) -> None:
        self._timeout = seconds
        self._channel.settimeout(seconds)

    def getpeername(self) -> Any:
        return self._under.getpeername()

    def shutdown(self, how: int) -> None:
        del how
        self._under.end()

    def close(self) -> None:
        self._under.close()

    def fileno(self) -> int:
        return self._under.fileno()


def _logged_in(where: Path, attempt: Attempt) -> PinnedClient:
    key, password = private_key(attempt.login)
    client = PinnedClient(attempt)
    client.connect(
        where.address,
        port=where.port,
        username=attempt.login.username,
        password=password,
        pkey=key,
        sock=attempt.sock,
        timeout=NEVER,
        banner_timeout=NEVER,
        auth_timeout=NEVER,
        channel_timeout=NEVER,
    )
    return client


def _why(attempt: Attempt, error: BaseException) -> str:
    """One word as the causes of a device are called, and what is known beside."""
    username = attempt.login.username
    if isinstance(error, HostKeyDiffers):
        return f"host-key-changed {error.presented.kind} {error.presented.fingerprint}"
    if attempt.sock.timed_out:
        return f"timeout {attempt.phase.value}"
    if attempt.phase is Phase.LOGIN:
        if isinstance(error, paramiko.BadAuthenticationType):
            return f"login-refused {username} (wants {', '.join(error.allowed_types)})"
        return f"login-rejected {username}"
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return f"algorithms {error}"
    if isinstance(error, ValueError):
        return f"secret-missing private key of {username}"
    return HUNG_UP


def _not_behind(waypoint: Waypoint, under: GuardedSocket, error: Exception) -> Exception:
    if under.timed_out:
        return TimeoutError()
    if isinstance(error, paramiko.ChannelException) and error.code != _PROHIBITED:
        return BehindUnreachable(error.text)
    said = error.text if isinstance(error, paramiko.ChannelException) else HUNG_UP
    return WayFailed(_at(waypoint, f"forwarding {said}"))


def _at(waypoint: Waypoint, reason: str) -> str:
    return f"{waypoint.name} {waypoint.address}:{waypoint.port} {reason}"
