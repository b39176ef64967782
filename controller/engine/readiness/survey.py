"""Many devices asked side by side, in peace time, with commands that change nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

from controller.domain.errors import OpenFailed
from controller.domain.inventory import Device, Inventory
from controller.domain.profile import DeviceProfile
from controller.engine.execution.crew import Crew
from controller.engine.execution.running import Services
from controller.engine.execution.sessions import Sessions
from controller.engine.points.blocks import complete_answers, interrupted
from controller.engine.ports import Block, Command, Purpose

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """Command to its complete answer; ``cause`` is the code of what stood in the way, or ""."""

    answers: Mapping[str, str] = field(default_factory=dict)
    cause: str = ""


def ask(
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
    services: Services,
    questions: Mapping[str, Sequence[str]],
) -> Mapping[str, Told]:
    """What each device said to its questions. One session a device, closed at once; nothing is raised for
    what a device does."""
    sessions = Sessions(
        inventory, profiles, services.driver, services.secrets, services.clock, services.limits.connect
    )
    told: dict[str, Told] = {}
    lock = Lock()

    def visit(device: Device) -> None:
        try:
            found = _ask(sessions, services, device, questions[device.name])
        except Exception:  # noqa: BLE001 - a defect in one driver must not end the others' survey
            _log.exception("survey failed", extra={"device": device.name})
            found = Told(cause="internal")
        with lock:
            told[device.name] = found

    try:
        with Crew(services.limits.threads, services.clock) as crew:
            jobs = [crew.start(partial(visit, inventory.devices[name])) for name in questions]
            crew.join(jobs)
            for job in jobs:
                job.result()
    finally:
        sessions.close()
    return {name: told[name] for name in questions}


def _ask(sessions: Sessions, services: Services, device: Device, commands: Sequence[str]) -> Told:
    try:
        session = sessions.get(device)
    except OpenFailed as failure:
        return Told(cause=f"open.{failure.cause}")
    deadline = services.clock.monotonic() + services.limits.operation
    session.write(Block(tuple(Command(text, Purpose.READ) for text in dict.fromkeys(commands))))
    answers = session.collect(deadline)
    late = services.clock.monotonic() >= deadline
    sessions.drop(device.name)
    cause = ("deadline" if late else "hung-up") if commands and interrupted(answers) else ""
    return Told(complete_answers(answers), cause)
