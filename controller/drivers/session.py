"""An authenticated session: blocks out, answers back, line by line."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from controller.domain.path import Path
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import Question
from controller.domain.proof import Outcome
from controller.drivers.channel import NothingSent
from controller.drivers.gate import LONGEST, Gate
from controller.drivers.guard import DeadlinePassed, GuardedSocket, SessionEnded
from controller.drivers.platforms import GuardedConnection
from controller.drivers.redaction import Redactor
from controller.drivers.reply import Reply
from controller.engine.points.at_once import size_of
from controller.engine.points.blocks import Course
from controller.engine.points.shell_line import TOKEN, ShellLine
from controller.engine.ports import Answer, Block, Command, Login, Purpose

WRITE_PATIENCE = 5.0
"""Seconds a device may refuse to take a line in before :meth:`NetmikoSession.write` gives up."""

LINE_PATIENCE = 5.0
"""Seconds a line may take at least, where a commit has used up others."""

_ASKED_AGAIN = 2

_MOST_QUESTIONS = 4
"""A device that asks more after one line is not answered any more."""


class NetmikoSession:
    """Implements the Session port over a prepared Netmiko connection.

    The pace is one line at a time: the next goes out when the prompt is back. Lines that only read are typed
    ahead where the profile says how much the device takes; :meth:`fire` types a whole block. A session that
    missed a deadline is ended, since the late answer would be taken for that of the next line.
    ``one_at_a_time`` is told when something was not as it should be with what was typed ahead: this session
    types nothing ahead any more.
    """

    def __init__(
        self,
        connection: GuardedConnection,
        sock: GuardedSocket,
        profile: DeviceProfile,
        redact: Redactor,
        one_at_a_time: Callable[[], None] = lambda: None,
    ) -> None:
        self._connection = connection
        self._channel = connection.channel
        self._dialogue = connection.dialogue
        self._sock = sock
        self._profile = profile
        self._redact = redact
        self._one_at_a_time = one_at_a_time
        self.came_by: tuple[Path, Login] | None = None
        """The path and the login that led here, once they did."""
        self._pending: Block | None = None
        self._begun = False
        self._amid = False
        """Whether a block was begun and not answered to its end: some mode may be open."""

        self._typed = 1
        spec = profile.session
        # Where nothing is echoed, only the count of prompts tells which answer belongs to which line.
        self._ahead = spec.type_ahead if spec.echo else 0
        self._at_once = spec.at_once.bytes if spec.at_once and spec.echo else 0
        self._shell = spec.at_once is not None and spec.at_once.shell_line
        self._line: ShellLine | None = None
        self._fired = False

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
        """Sends the first line, or those that may be typed ahead; :meth:`collect` sends the others as the
        prompt comes back."""
        if self._pending is not None or not self.is_open:
            return Outcome.NOT_SENT
        self._pending = block
        self._begun = self._fired = False
        self._amid = True
        if not block.commands:
            return Outcome.SENT
        self._sock.deadline = time.monotonic() + WRITE_PATIENCE
        first = self._typed_ahead(block, 0)
        self._typed = len(first)
        try:
            if self._typed > 1:
                self._dialogue.send_ahead(first)
            else:
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
        if self._fired:
            return self._collect_fired(block, deadline)
        commit = block.commit or self._profile.session.commit
        patience = _patience(deadline - time.monotonic(), commit.within if commit else 0)
        answers: list[Answer] = []
        course = Course(self._profile, commit)
        known: dict[int, Answer] = {}
        for index, command in enumerate(block.commands):
            known = known or self._read_ahead(
                block, index, lambda: min(deadline, time.monotonic() + patience)
            )
            if index in known:
                answers.append(known.pop(index))
                continue
            if not course.sends(command):
                answers.append(Answer(command, "", complete=False, sent=False))
                continue
            long = commit is not None and command.purpose is Purpose.COMMIT
            until = min(deadline, time.monotonic() + (commit.within if commit and long else patience))
            begun = index == 0 and self._begun and self._typed < 2
            answer = self._exchange(command, until, begun=begun)
            answers.append(answer)
            if answer.complete:
                course.told(command, answer.text)
        if not self._in_step(deadline):
            answers = [replace(answer, complete=False) for answer in answers]
        self._amid = False
        self._sock.rest()
        return tuple(answers)

    def _in_step(self, deadline: float) -> bool:
        """Whether each answer is certainly that of its line. Ends the session where it is not."""
        kept = self._dialogue.in_step(deadline)
        if not kept:
            self.close()
        return kept

    def close(self) -> None:
        spec = self._profile.session
        discard = spec.commit.discard if spec.commit else ()
        begun = (*discard, *spec.leave) if self._amid else ()
        self._connection.log_out((*begun, spec.client.leave) if spec.client else begun)
        self._connection.disconnect()

    # --- a whole block -------------------------------------------------------------------------------

    def shut_gate(self, until: float) -> None:
        """What comes waits until :meth:`open_gate`, at most until then."""
        self._sock.gate = Gate(until)

    def open_gate(self) -> None:
        gate, self._sock.gate = self._sock.gate, None
        if gate is not None:
            gate.open()

    def fire(self, block: Block, until: float) -> Outcome | None:
        """As :meth:`write`, all of it in one write, which has until then. None where it would have to wait
        for the device: nothing went out, and the gate is open."""
        size = size_of(block, self._profile.session.at_once)
        if self._pending is not None or not self.is_open or not 0 < size <= self._at_once:
            return Outcome.NOT_SENT
        if not self._channel.takes(size):
            self.open_gate()
            return None
        self._pending, self._fired, self._amid = block, True, True
        self._line = ShellLine(block, secrets.token_hex(TOKEN // 2)) if self._shell else None
        lines = [self._line.text] if self._line else [command.text for command in block.commands]
        self._sock.deadline = max(until, time.monotonic() + LONGEST)
        try:
            self._dialogue.send_ahead(lines)
        except NothingSent:
            self._pending = None
            self.close()
            return Outcome.NOT_SENT
        except SessionEnded:
            self.close()
        finally:
            self._sock.rest()
        return Outcome.SENT

    def _collect_fired(self, block: Block, deadline: float) -> tuple[Answer, ...]:
        """Every answer, or none that counts: then nobody knows which line was taken as what, and the session
        is ended with whatever it still holds."""
        self._fired = False
        answers: tuple[Answer, ...] | None = None
        ended: SessionEnded | None = None
        try:
            answers = self._answers_to(block, deadline)
        except SessionEnded as error:
            ended = error
        if answers is None:
            if ended is None or isinstance(ended, DeadlinePassed):
                self._one_at_a_time()
            self.close()
            return tuple(Answer(command, "", complete=False) for command in block.commands)
        self._amid = False
        self._sock.rest()
        return tuple(replace(answer, text=self._redact(answer.text)) for answer in answers)

    def _answers_to(self, block: Block, deadline: float) -> tuple[Answer, ...] | None:
        """None where they are not certain."""
        line, self._line = self._line, None
        if line is not None:
            return line.answers() if self._dialogue.answered(line, deadline) else None
        texts = self._dialogue.answers_ahead([command.text for command in block.commands], lambda: deadline)
        if texts is None:
            return None
        return tuple(
            Answer(command, text, complete=True) for command, text in zip(block.commands, texts, strict=True)
        )

    # --- several lines -------------------------------------------------------------------------------

    def _typed_ahead(self, block: Block, index: int) -> list[str]:
        """The lines from there on that go out together: of those that may, no more bytes than the device
        takes unread. Never a change: one that is refused must keep back those after it."""
        lines: list[str] = []
        size = 0
        for command in block.commands[index:]:
            size += len(command.text.encode()) + 1
            if not command.ahead or command.purpose is not Purpose.READ or size > self._ahead:
                break
            lines.append(command.text)
        return lines

    def _read_ahead(self, block: Block, index: int, until: Callable[[], float]) -> dict[int, Answer]:
        """By place in the block, the answers of what is typed ahead from ``index`` on; none where it has to
        be asked a line at a time, as everything is in this session once something was not as it should."""
        lines = self._typed_ahead(block, index)
        if index == 0 and self._begun:
            lines = lines[: self._typed]
        if len(lines) < 2 or not self.is_open:
            return {}
        commands = block.commands[index : index + len(lines)]
        try:
            if index or not self._begun:
                self._dialogue.send_ahead(lines)
            texts = self._dialogue.answers_ahead(lines, until)
            if texts is None:
                # An empty line ends what may be left of one that was not taken whole.
                self._dialogue.find_prompt(until())
        except NothingSent:
            self.close()
            return {}
        except SessionEnded as ended:
            if isinstance(ended, DeadlinePassed):
                self._one_at_a_time()
            self.close()
            return {index + at: Answer(each, "", complete=False) for at, each in enumerate(commands)}
        if texts is None:
            self._ahead = 0
            self._one_at_a_time()
            return {}
        return {
            index + at: Answer(command, self._redact(text), complete=True)
            for at, (command, text) in enumerate(zip(commands, texts, strict=True))
        }

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


def _patience(left: float, commits: float) -> float:
    """Seconds a line that is no commit may take, of those left, ``commits`` of which are for one. A device
    that hangs at one line leaves half for another session; one that is slow at every line keeps the whole."""
    return max((left - commits) / 2, min(left / 2, LINE_PATIENCE))


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
