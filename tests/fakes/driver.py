"""The Driver port over :class:`~tests.fakes.switch.Switch` objects in memory: no network, no time.

A hanging device answers at once as one whose deadline has passed, so that a test with thousands of cases
waits for none of them. Sessions are counted, and one switch may hold several.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from controller.domain.inventory import Device
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome
from controller.engine.points.blocks import Course
from controller.engine.ports import Answer, Block, Command, Login, OpenCause, OpenFailed, Session
from tests.fakes.switch import CommandLine, Drops, Hangs, Switch


class FakeDriver:
    """``switches`` may be changed between runs: a device is looked up by its name when it is opened.

    ``opened`` are the device names of all sessions had, ``sessions`` those still open."""

    def __init__(self, switches: Iterable[Switch]) -> None:
        self.switches = {switch.name: switch for switch in switches}
        self.opened: list[str] = []
        self.sessions: list[FakeSession] = []
        self._lock = threading.Lock()

    def open(
        self, device: Device, profile: DeviceProfile, logins: Sequence[Login], deadline: float
    ) -> FakeSession:
        switch = self.switches.get(device.name)
        if switch is None:
            raise OpenFailed(device.name, OpenCause.UNREACHABLE)
        if device.host_key is None:
            raise OpenFailed(device.name, OpenCause.HOST_KEY_UNKNOWN)
        if not logins:
            raise OpenFailed(device.name, OpenCause.SECRET_MISSING)
        if switch.closed_to is not None:
            raise OpenFailed(device.name, switch.closed_to)
        session = FakeSession(self, switch, profile)
        with self._lock:
            self.opened.append(device.name)
            self.sessions.append(session)
        return session

    def fire(self, volley: Sequence[tuple[Session, Block]]) -> tuple[Outcome, ...]:
        """The devices take all of it before anybody hears what they say."""
        return tuple(
            session.fire(block) if isinstance(session, FakeSession) else Outcome.NOT_SENT
            for session, block in volley
        )

    def forget(self, session: FakeSession) -> None:
        with self._lock:
            if session in self.sessions:
                self.sessions.remove(session)


class FakeSession:
    def __init__(self, driver: FakeDriver, switch: Switch, profile: DeviceProfile) -> None:
        self._driver = driver
        self._profile = profile
        self._command_line = CommandLine(switch)
        self._open = True
        self._pending: Block | None = None
        self._first: Answer | None = None
        self._fired: list[Answer] | None = None

    @property
    def is_open(self) -> bool:
        return self._open

    def write(self, block: Block) -> Outcome:
        if not self._open or self._pending is not None:
            return Outcome.NOT_SENT
        self._pending = block
        self._first = self._exchange(block.commands[0]) if block.commands else None
        return Outcome.SENT

    def fire(self, block: Block) -> Outcome:
        if not self._open or self._pending is not None:
            return Outcome.NOT_SENT
        self._pending = block
        self._fired = [self._exchange(command) for command in block.commands]
        return Outcome.SENT

    def collect(self, deadline: float) -> tuple[Answer, ...]:
        block, self._pending = self._pending, None
        if block is None:
            return ()
        if self._fired is not None:
            fired, self._fired = self._fired, None
            return tuple(fired)
        answers: list[Answer] = []
        course = Course(self._profile)
        for index, command in enumerate(block.commands):
            if not course.sends(command):
                answers.append(Answer(command, "", complete=False, sent=False))
                continue
            answer = self._first if index == 0 and self._first else self._exchange(command)
            answers.append(answer)
            if answer.complete:
                course.told(command, answer.text)
        return tuple(answers)

    def close(self) -> None:
        self._open = False
        self._driver.forget(self)

    def _exchange(self, command: Command) -> Answer:
        if not self._open:
            return Answer(command, "", complete=False, sent=False)
        try:
            return Answer(command, self._command_line.run(command.text).rstrip("\n"), complete=True)
        except (Hangs, Drops):
            self.close()
            return Answer(command, "", complete=False)
