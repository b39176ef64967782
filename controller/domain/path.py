"""How a device is reached: the ways to it, the hosts on them, and where the secrets are that open it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SecretSource(StrEnum):
    ENV = "env"
    FILE = "file"
    VAULT = "vault"


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is, never the secret."""

    source: SecretSource
    name: str


@dataclass(frozen=True, slots=True)
class Credential:
    name: str
    username: str
    password: SecretRef | None = None
    key: SecretRef | None = None
    enable: SecretRef | None = None
    fallback: str | None = None


class PathKind(StrEnum):
    """``console``: a serial port, by a console server. Only ``ssh`` shows that it is the right device."""

    SSH = "ssh"
    CONSOLE = "console"
    TELNET = "telnet"


SSH_PORT, TELNET_PORT = 22, 23


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A host on the way to devices, entered by SSH: a jump host or a console server. ``credentials`` are
    tried in order; ``host_key`` is pinned, without it nothing is contacted."""

    name: str
    address: str
    port: int
    credentials: tuple[Credential, ...]
    host_key: str
    legacy_ssh: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """One way to a device: an address, never a name. Of kind ``console`` it is the address of ``console``,
    the server, and ``port`` (TCP) or ``line`` (added to the user name: ``cordon:port05``) choose the serial
    port. ``via``: the jump host the connection is made from."""

    address: str
    port: int = SSH_PORT
    kind: PathKind = PathKind.SSH
    via: Waypoint | None = None
    console: Waypoint | None = None
    line: str = ""

    @property
    def waypoints(self) -> tuple[Waypoint, ...]:
        """Those on it, in the order they are entered."""
        return tuple(each for each in (self.via, self.console) if each is not None)

    def __str__(self) -> str:
        where = f"{self.address}:{self.port}"
        if self.console is not None:
            where = f"console {self.console.name} {where}" + (f" {self.line}" if self.line else "")
        elif self.kind is not PathKind.SSH:
            where = f"{self.kind} {where}"
        return where + (f" via {self.via.name}" if self.via is not None else "")
