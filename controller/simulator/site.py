"""What is simulated: the devices, who may log in, what they are configured with, and how they are cabled."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from controller.simulator.commandlog import CommandLog
from controller.simulator.device import Device
from controller.simulator.faults import NAMES, Faults
from controller.simulator.platform import Platform, UnknownPlatform, platform
from controller.simulator.spec import Account, DeviceSpec, End, written

__all__ = ["Account", "BadSite", "DeviceSpec", "End", "Site", "written"]


class BadSite(ValueError):
    """A line of a device's configuration was refused, or a cable ends nowhere."""


class Site:
    """The devices and the cables between them. A port's partner is up while the port at the other end of
    its cable is; a port without a cable has an end device, which is always up unless it is unplugged."""

    def __init__(self, log: CommandLog) -> None:
        self.log = log
        self.devices: dict[str, Device[Any]] = {}
        self.platforms: dict[str, Platform] = {}
        self.unplugged: set[End] = set()
        self._cables: dict[End, End] = {}
        self._started: dict[str, tuple[DeviceSpec, Any]] = {}

    def add(self, spec: DeviceSpec) -> Device[Any]:
        try:
            kind = platform(spec.platform)
        except UnknownPlatform as unknown:
            raise BadSite(f"{spec.name}: {unknown}") from None
        device = kind.device(spec, self.log)
        device.serial = "SIM" + hashlib.sha256(spec.name.encode()).hexdigest()[:8].upper()
        device.latency = spec.latency_ms / 1000
        device.boot, device.minute = spec.boot_seconds, spec.minute_seconds
        device.faults = Faults(NAMES | kind.faults)
        device.public_keys = {name: account.key for name, account in spec.users.items() if account.key}
        device.partner_up = lambda name: self.partner_up((spec.name, name))
        device.far_end = lambda name: self.far_end((spec.name, name))
        self.devices[spec.name], self.platforms[spec.name] = device, kind
        device.hosts = tuple(replace(host, port=self._end(spec.name, host.port)[1]) for host in spec.hosts)
        self.unplugged |= {self._end(spec.name, port) for port in spec.unplugged}
        refused = self.configure(device, spec.config)
        if refused:
            raise BadSite(f"{spec.name}: {refused[0]}")
        self._started[spec.name] = (spec, device.running.copy())
        device.save()
        return device

    def restart(self, device: Device[Any]) -> None:
        """The device with the configuration, the cables and the latency it was started with."""
        spec, configuration = self._started[device.name]
        device.running = configuration.copy()
        device.drafts.clear()
        device.save()
        device.latency = spec.latency_ms / 1000
        device.buffer.clear()
        device.heard.clear()
        device.counted.clear()
        device.forget()
        self.unplugged = {end for end in self.unplugged if end[0] != spec.name}
        self.unplugged |= {self._end(spec.name, port) for port in spec.unplugged}

    def configure(self, device: Device[Any], lines: Sequence[str]) -> list[str]:
        """Types lines of configuration at the console; what was refused, with its answer."""
        kind = self.platforms[device.name]
        shell = kind.console(device)
        refused: list[str] = []
        for line in (*lines, *(kind.settle if lines else ())):
            reply = shell.execute(line.strip())
            if reply.then:
                reply.then()
            if reply.result != "ok" or reply.ask:
                refused.append(f"{line.strip()}: {reply.text.strip()}")
        shell.ended()
        return refused

    def _end(self, device: str, port: str) -> End:
        name = self.devices[device].port_named(port) if device in self.devices else None
        if name is None:
            raise BadSite(f"no port {port} on {device}")
        return device, name

    def connect(self, one: End, other: End) -> None:
        one, other = self._end(*one), self._end(*other)
        self._cables[one], self._cables[other] = other, one

    def plug(self, device: str, port: str, plugged: bool) -> None:
        end = self._end(device, port)
        (self.unplugged.discard if plugged else self.unplugged.add)(end)

    def far_end(self, end: End) -> tuple[Device[Any], str] | None:
        """The device and port at the other end of the cable, where there is one."""
        other = self._cables.get(end)
        return (self.devices[other[0]], other[1]) if other else None

    def partner_up(self, end: End) -> bool:
        if end in self.unplugged:
            return False
        other = self._cables.get(end)
        if other is None:
            return True
        device = self.devices[other[0]]
        return other not in self.unplugged and not device.booting and device.enabled(other[1])
