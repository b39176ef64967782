"""Opens sessions whose returns go through NAPALM, where the profile and the inventory say so.

NAPALM is imported when the first such candidate is opened: it takes most of a second, which no cut waits for.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from controller.domain.inventory import Device, NapalmAccess
from controller.domain.napalm import by_napalm, returning
from controller.domain.path import Path, PathKind
from controller.domain.profile import DeviceProfile
from controller.domain.profile.returns import NapalmName
from controller.domain.proof import Outcome
from controller.drivers.candidate import Candidate, Connection, Failed
from controller.drivers.napalm_session import NapalmSession
from controller.drivers.netmiko_driver import NetmikoDriver
from controller.drivers.redaction import Redactor
from controller.drivers.ssh import HostKey
from controller.drivers.waypoints import Waypoints
from controller.engine.ports import Block, Login, Secrets, Session

_MODULES = {
    NapalmName.EOS: "controller.drivers.napalm_eos",
    NapalmName.IOS: "controller.drivers.napalm_ios",
    NapalmName.JUNOS: "controller.drivers.napalm_junos",
    NapalmName.NXOS_SSH: "controller.drivers.napalm_nxos",
}
"""Each with its ``connection``."""


class NapalmDriver:
    """Implements the Driver port. Safe to call from many threads. ``secrets`` as :class:`NetmikoDriver`
    wants them."""

    def __init__(self, secrets: Secrets | None = None) -> None:
        self._typed = NetmikoDriver(secrets)
        self._waypoints = Waypoints(secrets)

    def open(
        self, device: Device, profile: DeviceProfile, logins: Sequence[Login], deadline: float
    ) -> Session:
        """As :meth:`NetmikoDriver.open`; the candidate of a return, by the same path and login, is opened
        when the return begins."""
        typed = self._typed.open(device, profile, logins, deadline)
        if not by_napalm(profile, device):
            return typed
        settled = returning(profile.settled(device.settings), device)
        candidates = partial(self._candidate, device, profile, typed.came_by)
        return NapalmSession(typed, settled, candidates, Redactor(logins))

    def fire(self, volley: Sequence[tuple[Session, Block]]) -> tuple[Outcome, ...]:
        """A cut is typed, whatever its device returns by."""
        typed = [
            (session.typed if isinstance(session, NapalmSession) else session, block)
            for session, block in volley
        ]
        return self._typed.fire(typed)

    def _candidate(
        self, device: Device, profile: DeviceProfile, came_by: tuple[Path, Login] | None
    ) -> Candidate:
        """Raises Failed where no way leads there but the one the session came by."""
        access, spec = device.napalm or NapalmAccess(), profile.napalm
        if spec is None or came_by is None:
            raise Failed("not for this platform")
        path, login = came_by
        if path.kind is not PathKind.SSH:
            raise Failed(f"not reached by {path.kind.value}: by ssh only")
        there = replace(path, port=access.port or spec.driver.port or path.port)
        reached: dict[str, Any] = {"path": there, "login": login, "waypoints": self._waypoints}
        if spec.driver.over_tls:
            reached |= {"certificate": access.certificate}
        else:
            reached |= {"host_key": HostKey.parse(device.host_key or ""), "legacy": device.legacy_ssh}
        if spec.driver.types:
            reached["profile"] = profile.settled(device.settings)
        made: Connection = importlib.import_module(_MODULES[spec.driver]).connection(**reached)
        return Candidate(made, login)
