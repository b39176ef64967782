"""NAPALM's ``junos``: Juniper's PyEZ over NETCONF, over a connection of our own.

Juniper, "Junos XML Management Protocol Developer Guide": the configuration is locked, the lines are loaded
into the candidate, compared, committed with ``confirmed``, unlocked. A candidate under a lock goes with the
session that holds it.
"""

from __future__ import annotations

from typing import Any

from jnpr.junos import Device as PyEz
from jnpr.junos.device import DeviceSessionListener
from jnpr.junos.exception import ConnectClosedError
from jnpr.junos.exception import LockError as PyEzLockError
from napalm.base.exceptions import LockError
from napalm.junos import JunOSDriver
from ncclient.transport.errors import TransportError

from controller.domain.path import Path
from controller.drivers.candidate import quiet
from controller.drivers.netconf import Netconf
from controller.drivers.ssh import NEVER, HostKey
from controller.drivers.waypoints import Waypoints
from controller.engine.ports import Login

_HARMLESS = ("statement not found",)
"""Of what a line deletes: what is not there need not go."""


class _Entered(PyEz):  # type: ignore[misc] # PyEZ ships no types
    """PyEZ's device over a session that is there already; its own ``open`` checks no host key."""

    def begin(self, opened: Any) -> None:
        self._conn = opened
        self._conn._session.add_listener(DeviceSessionListener(self))  # noqa: SLF001 - as its own ``open`` does
        self._nc_transform = self.transform
        self.connected = True

    def open(self, *_: object, **__: object) -> _Entered:
        return self


class JunosConnection:
    """Implements Connection."""

    locks: tuple[type[Exception], ...] = (LockError, PyEzLockError)
    losses: tuple[type[Exception], ...] = (ConnectClosedError, TransportError)

    def __init__(self, netconf: Netconf, login: Login) -> None:
        self._netconf = netconf
        # The address is of no use to it: nothing of it connects.
        self.napalm = JunOSDriver(
            "device", login.username, "", timeout=NEVER, optional_args={"ignore_warning": list(_HARMLESS)}
        )
        self.napalm.device = _Entered("device", user=login.username, gather_facts=False)

    @property
    def deadline(self) -> float:
        return self._netconf.deadline

    @deadline.setter
    def deadline(self, deadline: float) -> None:
        self._netconf.deadline = deadline

    def enter(self, name: str, deadline: float) -> None:
        """Junos has one candidate, without a name."""
        del name
        self.napalm.device.begin(self._netconf.enter(deadline, "junos"))
        self.napalm.open()

    def end(self) -> None:
        self._netconf.end()


def connection(
    path: Path, login: Login, waypoints: Waypoints, host_key: HostKey, legacy: bool
) -> JunosConnection:
    """Nothing is contacted yet."""
    return JunosConnection(Netconf(path, login, waypoints, host_key, legacy), login)


quiet("jnpr")
