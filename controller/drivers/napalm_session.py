"""A session in which returns go through NAPALM, and everything else is typed as ever.

What is read is read over the command line, by the same lines and parsers as a cut: what a candidate became is
told by somebody else than who committed it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import groupby

from controller.domain import napalm
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import CommitSpec
from controller.domain.proof import Outcome
from controller.drivers.candidate import Candidate, Failed
from controller.drivers.guard import SessionEnded
from controller.drivers.redaction import Redactor
from controller.drivers.session import NetmikoSession
from controller.engine.points.blocks import Course
from controller.engine.ports import Answer, Block, Command, Purpose


class NapalmSession:
    """Implements the Session port. ``candidates`` makes a candidate, not yet opened: one for each block that
    asks for it. ``profile``: the device's, as returns use it."""

    def __init__(
        self,
        typed: NetmikoSession,
        profile: DeviceProfile,
        candidates: Callable[[], Candidate],
        redact: Redactor,
    ) -> None:
        self.typed = typed
        self._profile = profile
        self._candidates = candidates
        self._redact = redact
        self._candidate: Candidate | None = None
        self._pending: Block | None = None
        self._lines: list[str] = []

    @property
    def is_open(self) -> bool:
        return self.typed.is_open

    def write(self, block: Block) -> Outcome:
        """A block with a candidate begins with :meth:`collect`: its first byte is not a line."""
        if not any(command.text.startswith(napalm.OPEN) for command in block.commands):
            return self.typed.write(block)
        if self._pending is not None or not self.is_open:
            return Outcome.NOT_SENT
        self._pending = block
        return Outcome.SENT

    def collect(self, deadline: float) -> tuple[Answer, ...]:
        block, self._pending = self._pending, None
        if block is None:
            return self.typed.collect(deadline)
        course = Course(self._profile, block.commit)
        answers: list[Answer] = []
        self._lines = []
        for reads, some in groupby(block.commands, lambda command: command.purpose is Purpose.READ):
            if answers and answers[-1].sent and not answers[-1].complete:
                break
            if reads:
                answers += self._told(tuple(some), deadline)
            else:
                answers += self._carried_out(tuple(some), course, block.commit, deadline)
        left = block.commands[len(answers) :]
        self._end_candidate()
        return (*answers, *(Answer(command, "", complete=False, sent=False) for command in left))

    def close(self) -> None:
        self._end_candidate()
        self.typed.close()

    def _end_candidate(self) -> None:
        """What is not committed goes with its lock and its connection, or is thrown away by name in the next
        log-in: see ``abandoned`` in the profile."""
        candidate, self._candidate = self._candidate, None
        if candidate is not None:
            candidate.end()

    def _told(self, commands: Sequence[Command], deadline: float) -> Sequence[Answer]:
        if self.typed.write(Block(tuple(commands))) is Outcome.NOT_SENT:
            return [Answer(commands[0], "", complete=False)]
        return self.typed.collect(deadline)

    def _carried_out(
        self, commands: Sequence[Command], course: Course, commit: CommitSpec | None, deadline: float
    ) -> list[Answer]:
        answers: list[Answer] = []
        for command in commands:
            if not course.sends(command):
                answers.append(Answer(command, "", complete=False, sent=False))
                continue
            until = min(deadline, time.monotonic() + commit.within) if commit else deadline
            try:
                said = self._act(command, until)
            except Failed as failed:
                said = f"{napalm.SAID}{'locked: ' if failed.locked else ''}{failed}"
            except SessionEnded:
                answers.append(Answer(command, "", complete=False))
                break
            answers.append(Answer(command, self._redact(said), complete=True))
            course.told(command, said)
        return answers

    def _act(self, command: Command, deadline: float) -> str:
        """What the device says to it. Raises Failed and SessionEnded."""
        text, candidate = command.text, self._candidate
        if text.startswith(napalm.OPEN):
            self._candidate = self._candidates()
            self._candidate.open(text.removeprefix(napalm.OPEN).strip(), deadline)
        elif command.purpose is Purpose.CHANGE:
            self._lines.append(text)
        elif candidate is None:
            raise Failed("no candidate is open")
        elif text == napalm.LOAD:
            candidate.load(self._lines, deadline)
        elif text == napalm.COMPARE:
            return candidate.compare(deadline)
        elif text == napalm.DISCARD:
            candidate.discard(deadline)
        elif text == napalm.COMMIT_UNTIMED:
            candidate.commit(None, deadline)
        elif text.startswith(napalm.COMMIT):
            candidate.commit(int(text.removeprefix(napalm.COMMIT)), deadline)
        else:
            raise Failed(f"not a step of a candidate: {text}")
        return ""
