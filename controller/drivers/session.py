"""An authenticated session: blocks out, answers back, line by line."""

from __future__ import annotations

import time

import netmiko

from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome
from controller.drivers.channel import GuardedChannel, NothingSent
from controller.drivers.guard import GuardedSocket, SessionEnded
from controller.drivers.redaction import Redactor
from controller.drivers.terminal import Progress, Prompt, Reply, Terminal, page_break, visible
from controller.engine.ports import Answer, Block, Command, Purpose

WRITE_PATIENCE = 5.0
"""Seconds a device may refuse to take a line in before :meth:`NetmikoSession.write` gives up."""

_JUDGED = frozenset({Purpose.MODE, Purpose.CHANGE})


class NetmikoSession:
    """Implements the Session port over a prepared Netmiko connection.

    The pace is one line at a time: the next goes out when the prompt is back. A session that missed a
    deadline is ended, since the late answer would be taken for that of the next line.
    """

    def __init__(
        self,
        connection: netmiko.BaseConnection,
        sock: GuardedSocket,
        profile: DeviceProfile,
        redact: Redactor,
    ) -> None:
        channel = connection.channel
        if not isinstance(channel, GuardedChannel):
            raise TypeError("the connection is not guarded")
        self._connection = connection
        self._channel = channel
        self._sock = sock
        self._profile = profile
        self._redact = redact
        self._return = connection.RETURN.encode()
        self._terminal = Terminal()
        self._prompt = Prompt("#")
        self._pending: Block | None = None
        self._begun = False

    # --- making ready; raises SessionEnded -----------------------------------------------------------

    def make_ready(self, deadline: float) -> None:
        """Finds the prompt, enables, and sends the profile's own preparation.

        Raises SessionEnded, and ValueError where the device refuses to enable."""
        self._find_prompt(deadline)
        if self._profile.session.enable:
            self._channel.watch_enabling(True)
            self._connection.enable()
            self._channel.watch_enabling(False)
            self._find_prompt(deadline)
        for line in self._profile.session.prepare:
            self._send(line)
            self._find_prompt(deadline, asked=True)
        self._sock.rest()

    def _find_prompt(self, deadline: float, asked: bool = False) -> None:
        """The prompt is what stands, twice in a row, behind an empty line sent: a banner may hold anything,
        but it does not answer."""
        if not asked:
            self._send("")
        previous = self._next_candidate(deadline)
        while True:
            self._send("")
            shown = self._next_candidate(deadline)
            if shown == previous:
                break
            previous = shown
        self._prompt = Prompt(shown)
        self._connection.base_prompt = self._prompt.base or self._prompt.shown

    def _next_candidate(self, deadline: float) -> str:
        self._terminal.drop_tail()
        ended = False
        while True:
            ended = bool(self._terminal.feed(self._channel.receive(deadline))) or ended
            tail = visible(self._terminal.tail)
            if page_break(tail):
                self._terminal.drop_tail()
                self._channel.send(b" ")
            elif ended and Prompt.possible(tail) and not self._channel.waiting:
                return tail.strip()

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
            self._send(block.commands[0].text)
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
        self._sock.rest()
        return tuple(answers)

    def close(self) -> None:
        self._connection.disconnect()

    # --- one line ------------------------------------------------------------------------------------

    def _exchange(self, command: Command, deadline: float, *, begun: bool) -> Answer:
        reply = Reply(command.text, self._prompt)
        try:
            if not begun:
                self._send(command.text)
        except NothingSent:
            self.close()
            return Answer(command, "", complete=False, sent=False)
        except SessionEnded:
            self.close()
            return Answer(command, "", complete=False)
        complete = self._await(reply, deadline)
        return Answer(command, self._redact(reply.text), complete)

    def _await(self, reply: Reply, deadline: float) -> bool:
        """Whether the prompt came back."""
        while True:
            try:
                progress = reply.take(self._terminal, self._channel.receive(deadline))
                if progress is Progress.PAGE:
                    self._channel.send(b" ")
            except SessionEnded:
                self.close()
                return False
            if progress is Progress.DONE:
                return True

    def _send(self, line: str) -> None:
        self._channel.send(line.encode(self._channel.encoding, "replace") + self._return)
