"""What is simulated: the devices, who may log in, what they are configured with, and how they are cabled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from controller.simulator.commandlog import CommandLog
from controller.simulator.configuration import Configuration, Interface, Settings, User, hashed
from controller.simulator.device import Device, Host
from controller.simulator.grammar import Grammar
from controller.simulator.names import interface_name
from controller.simulator.shell import Handler, Mode, Shell

End = tuple[str, str]
"""Device and interface."""


@dataclass(frozen=True, slots=True)
class Account:
    """``key``: a public key that opens the session instead of the password, as ``ip ssh pubkey-chain`` has it
    (OpenSSH's form)."""

    password: str
    privilege: int = 1
    key: str = ""


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """``config`` is typed into the device before it starts and saved. ``unplugged`` ports have nothing at
    their other end. ``host_key``: ``ed25519`` or ``rsa`` (with the old algorithms only). ``port`` 0: any."""

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

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> DeviceSpec:
        users = {name: Account(**account) for name, account in data.get("users", {}).items()}
        hosts = [Host(**host) for host in data.get("hosts", ())]
        return cls(**{**data, "users": users, "hosts": hosts})


class BadSite(ValueError):
    """A line of a device's configuration was refused, or a cable ends nowhere."""


class Site:
    """The devices and the cables between them. A port's partner is up while the port at the other end of
    its cable is; a port without a cable has an end device, which is always up unless it is unplugged."""

    def __init__(self, log: CommandLog, grammars: Mapping[str, Grammar[Handler]]) -> None:
        self.log, self.grammars = log, grammars
        self.devices: dict[str, Device] = {}
        self.unplugged: set[End] = set()
        self._cables: dict[End, End] = {}
        self._started: dict[str, tuple[DeviceSpec, Configuration]] = {}

    def add(self, spec: DeviceSpec) -> Device:
        device = Device(
            spec.name,
            self.log,
            model=spec.model or f"C9300-{spec.ports}P",
            serial="SIM" + hashlib.sha256(spec.name.encode()).hexdigest()[:8].upper(),
            latency=spec.latency_ms / 1000,
            boot=spec.boot_seconds,
            minute=spec.minute_seconds,
            running=self._initial(spec),
        )
        device.public_keys = {name: account.key for name, account in spec.users.items() if account.key}
        device.partner_up = lambda name: self.partner_up((spec.name, name))
        device.far_end = lambda name: self.far_end((spec.name, name))
        device.hosts = tuple(replace(host, port=self._named(host.port)) for host in spec.hosts)
        self.devices[spec.name] = device
        self.unplugged |= {self._end(spec.name, port) for port in spec.unplugged}
        refused = self.configure(device, spec.config)
        if refused:
            raise BadSite(f"{spec.name}: {refused[0]}")
        self._started[spec.name] = (spec, device.running.copy())
        device.save()
        return device

    def restart(self, device: Device) -> None:
        """The device with the configuration, the cables and the latency it was started with."""
        spec, configuration = self._started[device.name]
        device.running = configuration.copy()
        device.save()
        device.latency = spec.latency_ms / 1000
        device.buffer.clear()
        device.heard.clear()
        self.unplugged = {end for end in self.unplugged if end[0] != spec.name}
        self.unplugged |= {self._end(spec.name, port) for port in spec.unplugged}

    def _initial(self, spec: DeviceSpec) -> Configuration:
        names = [f"GigabitEthernet1/0/{index + 1}" for index in range(spec.ports)]
        names += [f"TenGigabitEthernet1/1/{index + 1}" for index in range(4)]
        return Configuration(
            settings=Settings(
                hostname=spec.hostname or spec.name,
                enable_secret=hashed(spec.enable) if spec.enable else "",
                domain_lookup=False,
            ),
            users={
                name: User(account.privilege, hashed(account.password))
                for name, account in spec.users.items()
            },
            interfaces={name: Interface(name) for name in names},
        )

    def configure(self, device: Device, lines: Sequence[str]) -> list[str]:
        """Types lines into global configuration mode at the console; what was refused, with its answer."""
        shell = Shell(device, self.grammars)
        shell.enter(Mode.CONFIG)
        refused: list[str] = []
        for line in lines:
            reply = shell.execute(line.strip())
            if reply.result != "ok" or reply.ask:
                refused.append(f"{line.strip()}: {reply.text.strip()}")
        return refused

    def _end(self, device: str, port: str) -> End:
        name = interface_name(port)
        if device not in self.devices or name not in self.devices[device].running.interfaces:
            raise BadSite(f"no port {port} on {device}")
        return device, name

    def connect(self, one: End, other: End) -> None:
        one, other = self._end(*one), self._end(*other)
        self._cables[one], self._cables[other] = other, one

    def plug(self, device: str, port: str, plugged: bool) -> None:
        end = self._end(device, port)
        (self.unplugged.discard if plugged else self.unplugged.add)(end)

    def far_end(self, end: End) -> tuple[Device, str] | None:
        """The device and port at the other end of the cable, where there is one."""
        other = self._cables.get(end)
        return (self.devices[other[0]], other[1]) if other else None

    @staticmethod
    def _named(port: str) -> str:
        name = interface_name(port)
        if name is None:
            raise BadSite(f"no port {port}")
        return name

    def partner_up(self, end: End) -> bool:
        if end in self.unplugged:
            return False
        other = self._cables.get(end)
        if other is None:
            return True
        device = self.devices[other[0]]
        return (
            other not in self.unplugged
            and not device.booting
            and not device.running.interfaces[other[1]].shutdown
        )


def written(specs: Sequence[DeviceSpec], links: Sequence[tuple[End, End]]) -> dict[str, object]:
    """The site as JSON holds it."""
    return {"devices": [asdict(spec) for spec in specs], "links": [list(map(list, link)) for link in links]}
