"""The cut of many devices at once, through the sessions held open beforehand.

Everything that takes time is done before: every block is made of what the sessions last read, and all intents
go on disk in one commit. Then the blocks go out, most urgent first, while nobody reads answers; each
operation learns for itself what came of its own. What does not fit goes line by line, as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from controller.domain.bulk import uncollected
from controller.domain.inventory import Device
from controller.domain.plan import Operation, Wave
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.domain.tags import Tag
from controller.engine.execution.fired import FiredRun, Shot
from controller.engine.execution.running import Running
from controller.engine.ports import ArmedSession

FRESH = 180.0
"""Seconds a reading may be old for an operation to go by it: what changed since, the block's own tells."""

MOST = 2000
"""Operations prepared, committed and fired together."""

Planned = Sequence[tuple[Wave, Operation]]


class Fire:
    """Of one run. ``waits``: whether the run's first change at a device waits for something."""

    def __init__(self, running: Running, waits: Callable[[Device], bool]) -> None:
        self._running = running
        self._waits = waits
        self._begun: set[str] = set()
        self._runs: list[FiredRun] = []
        plan = running.plan
        self.possible = (
            running.services.armed is not None and plan.action is Action.ISOLATE and not plan.gives_way
        )
        """A rehearsal's cut gives way at any moment: it goes line by line."""

    def may_take(self, operation: Operation) -> bool:
        """Whether it could be part of a volley, by what is known without its session."""
        device = self._running.inventory.devices.get(operation.device)
        profile = self._running.profiles.get(operation.platform)
        if device is None or profile is None or not self.possible:
            return False
        return profile.session.at_once is not None and not device.careful

    @uncollected()
    def volley(self, planned: Planned) -> Mapping[tuple[int, str], FiredRun]:
        """The operations fired, by wave and device: what came of them they learn when they are carried out.

        ``planned`` in the order of its urgency. Raises JournalUnavailable, StaleEpoch: then nothing was
        sent of what is not on record."""
        if not self.possible:
            return {}
        fired: dict[tuple[int, str], FiredRun] = {}
        for start in range(0, len(planned), MOST):
            shots: dict[str, Shot] = {}
            try:
                for wave, operation in planned[start : start + MOST]:
                    run = self._prepared(wave, operation, shots)
                    if run is not None:
                        fired[wave.index, run.device] = run
                ready = [shot for shot in shots.values() if shot.parts]
                if ready:
                    self._fire(ready)
            finally:
                for shot in shots.values():
                    shot.let_go()
        return fired

    def close(self) -> None:
        """Lets go of the devices of operations that nobody carried out."""
        for run in self._runs:
            run.let_go()

    def _prepared(self, wave: Wave, operation: Operation, shots: dict[str, Shot]) -> FiredRun | None:
        """Joins what goes out to the same device, where something does."""
        running, name = self._running, operation.device
        device = running.inventory.devices.get(name)
        profile = running.profiles.get(operation.platform)
        if device is None or profile is None or running.stopping.is_set() or not self.may_take(operation):
            return None
        shot = shots.get(name)
        if shot is None:
            shot = self._seized(device, profile)
            if shot is None:
                return None
            shots[name] = shot
        run = FiredRun(running, wave, operation, device, profile)
        if not run.join(shot):
            return None
        self._runs.append(run)
        return run

    def _seized(self, device: Device, profile: DeviceProfile) -> Shot | None:
        """Nothing yet, for a device at which nothing was done in this run."""
        running, name, spec = self._running, device.name, profile.session.at_once
        if spec is None or name in self._begun:
            return None
        self._begun.add(name)
        if running.attempts.get(name) or running.unsettled.get(name) or self._waits(device):
            return None
        if not running.slots.seize(name):
            return None
        armed = running.sessions.armed(device)
        if armed is None or not self._fresh(armed):
            running.slots.release(name)
            return None
        return Shot(running, name, armed, spec)

    def _fresh(self, armed: ArmedSession) -> bool:
        age = (self._running.services.clock.now() - armed.read_at).total_seconds()
        return 0 <= age <= FRESH

    def _fire(self, shots: Sequence[Shot]) -> None:
        running = self._running
        parts = [part for shot in shots for part in shot.parts]
        running.commit(Tag.OPERATION_INTENDED, [fact for part in parts for fact in part.facts])
        if running.stopping.is_set():
            return
        running.before_change([track.point for part in parts for track in part.change])
        outcomes = running.services.driver.fire([(shot.armed.session, shot.block) for shot in shots])
        for shot, outcome in zip(shots, outcomes, strict=True):
            shot.outcome = outcome
