"""Probes asked once, from wherever they come: the controller itself, or a device by a session of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from controller.domain.errors import OpenFailed
from controller.domain.inventory import Inventory
from controller.domain.probe import CONTROLLER, Probe, ProbeTarget
from controller.domain.profile import DeviceProfile
from controller.engine.execution.running import Services
from controller.engine.execution.sessions import Sessions
from controller.engine.ports import Block, Command, ProbeResult, Purpose


@dataclass
class Asking:
    """Safe to call from many threads. ``sessions`` are apart from those that change anything."""

    inventory: Inventory
    profiles: Mapping[str, DeviceProfile]
    services: Services
    sessions: Sessions
    _at: dict[str, Lock] = field(default_factory=lambda: defaultdict(Lock))

    def ask(self, probe: Probe) -> ProbeResult:
        """Target and control, once each; never raises for a device or a network."""
        services = self.services
        deadline = services.clock.monotonic() + services.limits.probe
        if probe.source == CONTROLLER:
            return services.prober.ask(probe, deadline)
        answered = self._ask_device(probe.source, probe.target, deadline)
        control = self._ask_device(probe.source, probe.control, deadline)
        return ProbeResult(probe, answered, control, services.clock.monotonic())

    def read(self, name: str, text: str) -> str | None:
        """What the device answers to a command that changes nothing; None where it does not. Never raises for
        a device or a network."""
        return self._said(name, text, self.services.clock.monotonic() + self.services.limits.probe)

    def _ask_device(self, name: str, target: ProbeTarget, deadline: float) -> bool | None:
        """None where the device cannot be asked: no session, or a platform without such a probe."""
        device = self.inventory.devices[name]
        profile = self.profiles.get(device.platform)
        spec = profile.probes.get(target.kind) if profile else None
        if spec is None:
            return None
        text = spec.send.fill({**device.settings, "address": target.address, "port": str(target.port or "")})
        said = self._said(name, text, deadline)
        return None if said is None else spec.answered.search(said) is not None

    def _said(self, name: str, text: str, deadline: float) -> str | None:
        with self._at[name]:
            try:
                session = self.sessions.get(self.inventory.devices[name])
            except OpenFailed:
                return None
            session.write(Block((Command(text, Purpose.READ),)))
            answers = session.collect(deadline + self.services.limits.probe)
        if not answers or not answers[0].complete:
            self.sessions.drop(name)
            return None
        return answers[0].text
