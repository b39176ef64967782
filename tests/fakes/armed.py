"""Sessions held open beforehand, as the engine asks for them: opened when the test says so."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from controller.domain.inventory import Inventory
from controller.domain.plan import Operation
from controller.domain.profile import DeviceProfile
from controller.engine.points.blocks import complete_answers, read_block
from controller.engine.points.reading import read_state
from controller.engine.points.renderer import point_context
from controller.engine.ports import ArmedSession, Clock, Driver, Login

PATIENCE = 10.0


@dataclass
class Ready:
    """Implements the Armed port. ``sessions`` by device."""

    sessions: dict[str, ArmedSession] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)

    def take(self, device: str) -> ArmedSession | None:
        found = self.sessions.pop(device, None)
        if found is not None:
            self.taken.append(device)
        return found

    def make_room(self, device: str) -> ArmedSession | None:
        return self.take(device)

    def close(self) -> None:
        while self.sessions:
            self.sessions.popitem()[1].session.close()

    def arm(
        self,
        operations: Iterable[Operation],
        inventory: Inventory,
        profiles: Mapping[str, DeviceProfile],
        driver: Driver,
        login: Login,
        clock: Clock,
        read_at: datetime | None = None,
    ) -> None:
        """Opens a session for each operation's device and reads its points."""
        for operation in operations:
            device, profile = inventory.devices[operation.device], profiles[operation.platform]
            session = driver.open(device, profile, [login], time.monotonic() + PATIENCE)
            at = read_at or clock.now()
            session.write(read_block(operation))
            known = complete_answers(session.collect(time.monotonic() + PATIENCE))
            states = {}
            for step in operation.steps:
                context = point_context(
                    step.point, step.subjects, step.prefixes, device, profile.settled(device.settings)
                )
                if context is not None:
                    states[step.point.id] = read_state(context, known)
            self.sessions[device.name] = ArmedSession(session, states, at)
