"""An authenticated session: blocks out, answers back, line by line."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace

from controller.domain.profile import DeviceProfile, Question
from controller.domain.proof import Outcome
from controller.drivers.channel import NothingSent
from controller.drivers.guard import GuardedSocket, SessionEnded
from controller.drivers.platforms import GuardedConnection
from controller.drivers.redaction import Redactor
from controller.drivers.reply import Reply
from controller.engine.ports import Answer, Block, Command, Purpose

WRITE_PATIENCE = 5.0
"""Seconds a device may refuse to take a line in before :meth:`NetmikoSession.write` gives up."""

_ASKED_AGAIN = 2

_MOST_QUESTIONS = 4
"""A device that asks more after one line is not answered any more."""

_JUDGED = frozenset({Purpose.MODE, Purpose.CHANGE})


class NetmikoSession:
    """Implements the Session port over a prepared Netmiko connection.

    The pace is one line at a time: the next goes out when the prompt is back. A session that missed a
    deadline is ended, since the late answer would be taken for that of the next line.
    """

    def __init__(
        self,
        connection: GuardedConnection,
        sock: GuardedSocket,
        profile: DeviceProfile,
        redact: Redactor,
    ) -> None:
        self._connection = connection
        self._channel = connection.channel
        self._dialogue = connection.dialogue
        self._sock = sock
        self._profile = profile
        self._redact = redact
        self._pending: Block | None = None
        self._begun = False

    def make_ready(self, deadline: float) -> None:
        """Finds the prompt, enables, and sends the profile's own preparation.

        Raises SessionEnded, and ValueError where the device refuses to enable."""
        if self._dialogue.prompt is None:
            self._dialogue.find_prompt(deadline)
        if self._profile.session.enable:
            self._connection.gain_privileges()
        for line in self._profile.session.prepare:
            self._dialogue.send(line)
            self._dialogue.find_prompt(deadline, asked=True)
        self._sock.rest()

    # --- the port ------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return self._channel.is_open

    def write(self, block: Block) -> Outcome:
        """Sends the first line; :meth:`collect` sends the others as the prompt comes back.

        A faster pace, several lines in one write, would begin here."""
        if self._pending is not None or not self.is_open:
            return Outcome.NOT_SENT
        self._pending = block
        self._begun = False
        if not block.commands:
            return Outcome.SENT
        self._sock.deadline = time.monotonic() + WRITE_PATIENCE
        try:
            self._dialogue.send(block.commands[0].text)
            self._begun = True
        except NothingSent:
            self.close()
            return Outcome.NOT_SENT
        except SessionEnded:
            self.close()
            self._begun = True
        finally:
            self._sock.rest()
        return Outcome.SENT

    def collect(self, deadline: float) -> tuple[Answer, ...]:
        block, self._pending = self._pending, None
        if block is None:
            return ()
        self._sock.deadline = deadline
        # A device that hangs at one line leaves half the time for another session; one that is slow at every
        # line keeps the whole.
        patience = (deadline - time.monotonic()) / 2
        answers: list[Answer] = []
        refused: set[int] = set()
        entered = True
        for index, command in enumerate(block.commands):
            if command.purpose is Purpose.CHANGE and (command.group in refused or not entered):
                answers.append(Answer(command, "", complete=False, sent=False))
                continue
            until = min(deadline, time.monotonic() + patience)
            answer = self._exchange(command, until, begun=index == 0 and self._begun)
            answers.append(answer)
            if command.purpose in _JUDGED and self._profile.error_in(answer.text) is not None:
                if command.purpose is Purpose.MODE:
                    entered = False
                elif command.group:
                    refused.add(command.group)
        if not self._in_step(deadline):
            answers = [replace(answer, complete=False) for answer in answers]
        self._sock.rest()
        return tuple(answers)

    def _in_step(self, deadline: float) -> bool:
        """Whether each answer is certainly that of its line. Ends the session where it is not."""
        kept = self._dialogue.in_step(deadline)
        if not kept:
            self.close()
        return kept

    def close(self) -> None:
        self._connection.disconnect()

    # --- one line ------------------------------------------------------------------------------------

    def _exchange(self, command: Command, deadline: float, *, begun: bool) -> Answer:
        question = _any_of(command.answers)
        reply = self._dialogue.reply_to(command.text, question)
        try:
            if not begun:
                self._dialogue.send(command.text)
        except NothingSent:
            self.close()
            return Answer(command, "", complete=False, sent=False)
        except SessionEnded:
            self.close()
            return Answer(command, "", complete=False)
        said: list[str] = []
        try:
            while not self._dialogue.wait(reply, deadline):
                said.append("\n".join(part for part in (reply.text(), reply.asked.strip()) if part))
                told = _told(command, reply.asked, len(said))
                self._dialogue.send(told)
                reply = self._dialogue.reply_to(told, question)
        except SessionEnded:
            self.close()
            return Answer(command, self._redact("\n".join([*said, reply.text()])), complete=False)
        if said:
            return Answer(command, self._redact("\n".join([*said, reply.text()])), complete=True)
        text = self._undoubted(command, reply, deadline) if command.purpose is Purpose.READ else reply.text()
        return Answer(command, self._redact(text), complete=True, paged=reply.paged)

    def _undoubted(self, command: Command, reply: Reply, deadline: float) -> str:
        """The answer, asked for again while a log message may have cut one of its lines in two: to ask
        changes nothing, and a message does not come back word for word."""
        known: frozenset[str] = frozenset()
        for _ in range(_ASKED_AGAIN):
            if not reply.doubtful(known):
                break
            known |= reply.lines
            try:
                reply = self._dialogue.say(command.text, deadline)
            except SessionEnded:
                self.close()
                break
        return reply.text(known)


def _told(command: Command, asked: str, times: int) -> str:
    """What the device is answered. Raises SessionEnded where it asks for ever, or something else."""
    for question in command.answers if times <= _MOST_QUESTIONS else ():
        if question.asked.search(asked):
            return question.reply
    raise SessionEnded


def _any_of(questions: Sequence[Question]) -> re.Pattern[str] | None:
    """One pattern for all of them, each as it was compiled."""
    if not questions:
        return None
    return re.compile("|".join(f"(?:{each.asked.pattern})" for each in questions), re.MULTILINE)
