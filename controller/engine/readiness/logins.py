"""The log-ins of one device, each credential tried once: which opens a session, and which could instead."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from controller.domain.errors import OpenCause, OpenFailed
from controller.domain.inventory import Device, Inventory
from controller.domain.plan import Severity
from controller.domain.profile import DeviceProfile
from controller.domain.readiness import Obstacle
from controller.engine.execution.credentials import CredentialRecord
from controller.engine.execution.running import Limits
from controller.engine.findings import Findings
from controller.engine.ports import Clock, Driver, Login, Secrets, Session

LINE_FREED = 1.0
"""Seconds a device is given to free the line of a session that was closed, before its next log-in."""

_ANOTHER_CREDENTIAL_MAY_DO = frozenset(
    {
        OpenCause.LOGIN_REJECTED,
        OpenCause.CREDENTIAL_DROPPED,
        OpenCause.SECRET_MISSING,
        OpenCause.TIMEOUT,
        OpenCause.NOT_READY,
    }
)
"""A rejection, a server that does not answer, an enable secret that is wrong."""

_ANOTHER_PATH_MAY_DO = frozenset(OpenCause) - {
    OpenCause.LOGIN_REJECTED,
    OpenCause.CREDENTIAL_DROPPED,
    OpenCause.SECRET_MISSING,
}


@dataclass(frozen=True, slots=True)
class Eyes:
    """What a live check looks through. There is no journal among it: it changes nothing."""

    clock: Clock
    driver: Driver
    secrets: Secrets
    limits: Limits


@dataclass(frozen=True, slots=True)
class Opened:
    session: Session
    path: str
    credential: str


@dataclass
class LogIns(Findings):
    """``obstacles`` says why no session could be had."""

    device: Device
    profile: DeviceProfile
    inventory: Inventory
    eyes: Eyes
    record: CredentialRecord
    obstacles: list[Obstacle] = field(default_factory=list)

    @property
    def chain(self) -> tuple[str, ...]:
        """The device's credential, then its fallbacks."""
        names: list[str] = []
        name = self.device.credentials
        while name is not None:
            names.append(name)
            name = self.inventory.credentials[name].fallback
        return tuple(names)

    def open(self) -> Opened | None:
        """With the first credential that opens a session; those before it are told."""
        failed: list[tuple[str, OpenFailed]] = []
        for name in self.chain:
            try:
                opened = self._open(name)
            except OpenFailed as error:
                failed.append((name, error))
                if error.cause not in _ANOTHER_CREDENTIAL_MAY_DO:
                    break
            else:
                for credential, before in failed:
                    self._warn("login-by-fallback", credential=credential, used=name, **why(before))
                return opened
        if not failed:
            failed = [("", OpenFailed(self.device.name, OpenCause.SECRET_MISSING))]
        told = {each.cause: each for _, each in reversed(failed)}
        self.obstacles.extend(
            Obstacle("no-session", tuple(sorted(why(each).items()))) for each in reversed(told.values())
        )
        return None

    def try_fallbacks(self, used: str) -> None:
        """The credentials after the one that worked: what is left when the AAA server is gone."""
        chain = self.chain
        rest = chain[chain.index(used) + 1 :]
        if not rest and used == chain[0]:
            self._warn("fallback-missing")
        for name in rest:
            try:
                self._open(name, patient=True).session.close()
            except OpenFailed as failure:
                self._warn("fallback-fails", credential=name, **why(failure))

    def _open(self, credential: str, *, patient: bool = False) -> Opened:
        """One attempt of the credential; the paths in order. Raises OpenFailed."""
        clock, paths = self.eyes.clock, self.device.paths
        login = self._login(credential)
        deadline = clock.monotonic() + self.eyes.limits.connect
        dead: list[tuple[str, OpenFailed]] = []
        for index, path in enumerate(paths):
            now = clock.monotonic()
            until = now + (deadline - now) / (len(paths) - index)
            where = str(path)
            try:
                session = self._open_by(replace(self.device, paths=(path,)), login, until, patient=patient)
            except OpenFailed as failure:
                dead.append((where, failure))
                if failure.cause not in _ANOTHER_PATH_MAY_DO:
                    break
            else:
                for place, before in dead:
                    self._warn("path-dead", path=place, **why(before))
                return Opened(session, where, credential)
        raise dead[0][1] if dead else OpenFailed(self.device.name, OpenCause.UNREACHABLE, "no path")

    def _login(self, credential: str) -> Login:
        login = self.eyes.secrets.login(self.inventory.credentials[credential])
        trial = self.record.trial(self.device.name, credential, self.chain)
        return replace(login, credential=credential, trial=trial)

    def _open_by(self, alone: Device, login: Login, until: float, *, patient: bool) -> Session:
        """``patient``: the line of the session before may not be free yet; nothing was offered then."""
        open_ = self.eyes.driver.open
        try:
            return open_(alone, self.profile, [login], until)
        except OpenFailed as failure:
            if not patient or failure.cause is not OpenCause.NO_LINE:
                raise
        self.eyes.clock.pause(LINE_FREED)
        return open_(alone, self.profile, [login], until)

    def _warn(self, code: str, **data: str) -> None:
        self.hazard(code, Severity.WARN, self.device.name, **data)


def why(failure: OpenFailed) -> dict[str, str]:
    return {"cause": failure.cause.value, "detail": str(failure.data.get("detail", ""))}
