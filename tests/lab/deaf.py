"""``python -m tests.lab.deaf PATTERN ARGUMENTS…``: ``cordon``, with devices that say OK and do nothing.

Lines that change something and contain PATTERN (a regular expression; ``""`` is all of them) never reach the
device: a comment goes instead, which every device here takes without complaint. All reads are honest.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace

from controller.bootstrap import Composition
from controller.cli.main import main
from controller.domain.inventory import Device
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome
from controller.engine.execution.running import Services
from controller.engine.ports import Answer, Block, Command, Driver, Journal, Login, Purpose, Session
from controller.workers.front import office_of

_COMMENT = "# as you wish"


class DeafSession:
    """Sends the comment in place of the line, and answers as if to the line."""

    def __init__(self, inner: Session, pattern: re.Pattern[str]) -> None:
        self._inner = inner
        self._pattern = pattern
        self._block = Block(())

    @property
    def is_open(self) -> bool:
        return self._inner.is_open

    def write(self, block: Block) -> Outcome:
        self._block = block
        return self._inner.write(Block(tuple(map(self._muffled, block.commands))))

    def collect(self, deadline: float) -> tuple[Answer, ...]:
        answers = self._inner.collect(deadline)
        return tuple(
            replace(answer, command=command)
            for answer, command in zip(answers, self._block.commands, strict=False)
        )

    def close(self) -> None:
        self._inner.close()

    def _muffled(self, command: Command) -> Command:
        heard = command.purpose is not Purpose.CHANGE or not self._pattern.search(command.text)
        return command if heard else replace(command, text=_COMMENT)


class DeafDriver:
    def __init__(self, inner: Driver, pattern: re.Pattern[str]) -> None:
        self._inner = inner
        self._pattern = pattern

    def open(
        self, device: Device, profile: DeviceProfile, logins: Sequence[Login], deadline: float
    ) -> Session:
        return DeafSession(self._inner.open(device, profile, logins, deadline), self._pattern)

    def fire(self, volley: Sequence[tuple[Session, Block]]) -> tuple[Outcome, ...]:
        return tuple(Outcome.NOT_SENT for _ in volley)


def deaf_cordon(pattern: str, arguments: Sequence[str]) -> int:
    class Deaf(Composition):
        def services(self, journal: Journal) -> Services:
            real = super().services(journal)
            return replace(real, driver=DeafDriver(real.driver, re.compile(pattern)))

    return main(arguments, lambda **given: office_of(Deaf(**given)))


if __name__ == "__main__":
    sys.exit(deaf_cordon(sys.argv[1], sys.argv[2:]))
