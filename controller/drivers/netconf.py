"""NETCONF over SSH (RFC 6242) as Cordon wants SSH: one accepted host key, checked before anything is offered,
by a jump host where the path goes by one, and over a socket that ends at its deadline."""

from __future__ import annotations

import paramiko
from ncclient import manager
from ncclient.transport import SSHSession

from controller.domain.path import Path
from controller.drivers.candidate import NotEntered, quiet
from controller.drivers.guard import GuardedSocket
from controller.drivers.ssh import NEVER, Attempt, HostKey, HostKeyDiffers, Phase, PinnedClient, private_key
from controller.drivers.waypoints import WayFailed, Waypoints
from controller.engine.ports import Login

SUBSYSTEM = "netconf"


class NetconfSession(SSHSession):  # type: ignore[misc] # ncclient ships no types
    """ncclient's session over a client that is logged in. Its own ``connect`` takes any key it does not
    know how to judge, and reads files of the user."""

    def begin(self, client: PinnedClient) -> None:
        """Opens the subsystem and exchanges what either side can do."""
        self._client = client  # Paramiko ends a connection whose client is forgotten
        self._transport = client.get_transport()
        self._connected = True
        self._closing.clear()
        self._channel = self._transport.open_session()
        self._channel.set_name(SUBSYSTEM)
        self._channel_id, self._channel_name = self._channel.get_id(), SUBSYSTEM
        self._channel.invoke_subsystem(SUBSYSTEM)
        self._post_connect(NEVER)
        self.parser = self._device_handler.get_xml_parser(self)


class Netconf:
    """A connection, and once it is entered the :class:`ncclient.manager.Manager` on it. ``kind``: what
    ncclient calls the device (``junos``; ``default`` for any)."""

    def __init__(
        self, path: Path, login: Login, waypoints: Waypoints, host_key: HostKey, legacy: bool
    ) -> None:
        self._path, self._login, self._waypoints = path, login, waypoints
        self._host_key, self._legacy = host_key, legacy
        self._sock: GuardedSocket | None = None

    @property
    def deadline(self) -> float:
        return self._sock.deadline if self._sock else 0.0

    @deadline.setter
    def deadline(self, deadline: float) -> None:
        if self._sock is not None:
            self._sock.deadline = deadline

    def enter(self, deadline: float, kind: str = "default") -> manager.Manager:
        """Raises NotEntered."""
        try:
            sock = self._waypoints.reach(self._path, deadline)
        except (WayFailed, OSError) as error:
            raise NotEntered(f"{self._path} {str(error) or type(error).__name__}") from None
        self._sock = sock
        attempt = Attempt(sock, self._login, self._host_key, self._legacy, 1.0)
        try:
            return self._entered(attempt, kind)
        except Exception as error:  # noqa: BLE001 - Paramiko and ncclient raise what they like; all mean not entered
            sock.close()
            raise _refused(self._path, attempt, attempt.failure or error) from None

    def _entered(self, attempt: Attempt, kind: str) -> manager.Manager:
        key, password = private_key(self._login)
        client = PinnedClient(attempt)
        client.connect(
            self._path.address,
            port=self._path.port,
            username=self._login.username,
            password=password,
            pkey=key,
            sock=attempt.sock,
            timeout=NEVER,
            banner_timeout=NEVER,
            auth_timeout=NEVER,
            channel_timeout=NEVER,
        )
        handler = manager.make_device_handler({"name": kind})
        session = NetconfSession(handler)
        session.begin(client)
        return manager.Manager(session, handler, timeout=NEVER)

    def end(self) -> None:
        if self._sock is not None:
            self._sock.end()


def _refused(path: Path, attempt: Attempt, error: BaseException) -> NotEntered:
    if isinstance(error, HostKeyDiffers):
        return NotEntered(f"{path} host key differs: {error.presented.fingerprint}")
    rejected = attempt.phase is Phase.LOGIN and isinstance(error, paramiko.AuthenticationException)
    if rejected:
        return NotEntered(f"{path} log-in of {attempt.login.username} rejected", rejected=True)
    if isinstance(error, paramiko.SSHException) and attempt.phase is Phase.PREPARATION:
        return NotEntered(f"{path} has no NETCONF: {error}")
    return NotEntered(f"{path} {' '.join(str(error).split()) or type(error).__name__}")


quiet("ncclient")
