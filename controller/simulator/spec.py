"""What a simulated site is made of, as it is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from controller.simulator.device import Host

End = tuple[str, str]
"""Device and interface."""


@dataclass(frozen=True, slots=True)
class Account:
    """``privilege``: 15 may do everything, 1 what a user may before more is asked for. ``key``: a public key
    that opens the session instead of the password (OpenSSH's form)."""

    password: str
    privilege: int = 1
    key: str = ""


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """``config`` is typed into the device before it starts and saved. ``unplugged`` ports have nothing at
    their other end. ``host_key``: ``ed25519`` or ``rsa`` (with the old algorithms only). ``port`` 0: any.
    ``api``: whether it offers its platform's API over HTTPS."""

    name: str
    hostname: str = ""
    ports: int = 24
    users: Mapping[str, Account] = field(default_factory=dict)
    enable: str = ""
    config: Sequence[str] = ()
    unplugged: Sequence[str] = ()
    model: str = ""
    host_key: str = "ed25519"
    port: int = 0
    latency_ms: float = 0
    boot_seconds: float = 1.0
    minute_seconds: float = 60.0
    hosts: Sequence[Host] = ()
    platform: str = "cisco_ios"
    api: bool = False

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> DeviceSpec:
        users = {name: Account(**account) for name, account in data.get("users", {}).items()}
        hosts = [Host(**host) for host in data.get("hosts", ())]
        return cls(**{**data, "users": users, "hosts": hosts})


def written(specs: Sequence[DeviceSpec], links: Sequence[tuple[End, End]]) -> dict[str, object]:
    """The site as JSON holds it."""
    return {"devices": [asdict(spec) for spec in specs], "links": [list(map(list, link)) for link in links]}
