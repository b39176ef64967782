"""The conversation on one channel: lines out, replies in, and the prompt between them."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Sequence

from controller.domain.profile.session import ClientSpec, Question, SessionSpec
from controller.drivers.ahead import Ahead
from controller.drivers.channel import ClientRefused, EnableRefused, GuardedChannel, NoPassword
from controller.drivers.guard import DeadlinePassed, SessionEnded
from controller.drivers.messages import Messages
from controller.drivers.prompt import Prompt, page_break
from controller.drivers.reply import Progress, Reply
from controller.drivers.screen import Terminal, visible
from controller.engine.points.shell_line import ShellLine

QUIET = 1.0
"""Seconds of silence after which something that may be a prompt is put to the test by an empty line."""

_TESTS = 3
_SETTLED = 0.3
_MOMENT = 0.05
_PASSWORD = re.compile(r"pass(?:word|code|phrase)[^:]{0,60}: ?\Z", re.IGNORECASE)


class Dialogue:
    """Its methods raise SessionEnded when the connection ends or the deadline passes."""

    def __init__(self, channel: GuardedChannel, spec: SessionSpec, line_end: str) -> None:
        self._channel = channel
        self._messages = Messages(spec.noise)
        self._echo = spec.echo
        self._line_end = line_end.encode()
        self._terminal = Terminal()
        self._surplus = False
        self.prompt: Prompt | None = None

    def send(self, line: str) -> None:
        if not self._echo:
            # What stands there would be taken for the beginning of the answer.
            self._surplus = self._read_waiting() or self._surplus
            self._terminal.drop_tail()
        self._channel.send(line.encode(self._channel.encoding, "replace") + self._line_end)

    def reply_to(self, line: str, question: re.Pattern[str] | None = None) -> Reply:
        """What to wait for once ``line`` is sent. The prompt must have been found before."""
        return Reply(line, self._known_prompt, self._messages, echo=self._echo, question=question)

    def say(self, line: str, deadline: float) -> Reply:
        self.send(line)
        reply = self.reply_to(line)
        self.wait(reply, deadline)
        return reply

    def wait(self, reply: Reply, deadline: float) -> bool:
        """Until the prompt is back, or False where the device asks the question of ``reply``."""
        suspect: str | None = None
        tests = 0
        while True:
            data = self._receive(deadline)
            if data is None:
                suspect = reply.stalled_at(self._terminal)
                if suspect is not None and tests < _TESTS:
                    tests += 1
                    self._channel.send(self._line_end)
                continue
            progress = reply.take(self._terminal, data)
            if progress is Progress.PAGE:
                self._channel.send(b" ")
            elif progress is not Progress.WAITING:
                self._surplus = bool(reply.behind) or self._surplus
                return progress is Progress.DONE
            elif suspect and reply.repeats(self._terminal, suspect):
                # The device was renamed, by us or by somebody else.
                self.prompt = Prompt(suspect)
                return True

    def send_ahead(self, lines: Sequence[str]) -> None:
        """All of them in one write."""
        said = "".join(f"{line}{self._line_end.decode()}" for line in lines)
        self._channel.send(said.encode(self._channel.encoding, "replace"))

    def answers_ahead(self, lines: Sequence[str], until: Callable[[], float]) -> list[str] | None:
        """What each of the lines sent that way printed; None where it is not certain, and the lines have to
        be asked one at a time. ``until``: how long to wait for the next one's answer from now on."""
        ahead = Ahead(lines, self._known_prompt, self._messages)
        deadline = until()
        while True:
            data = self._receive(deadline, QUIET if ahead.tidy else _SETTLED)
            if data is None:
                if page_break(self._terminal.tail):
                    self._channel.send(b" ")
                elif ahead.stuck_at(self._terminal):
                    return None
                continue
            before = ahead.echoed
            if ahead.take(self._terminal, data) and ahead.tidy:
                return ahead.texts
            if ahead.echoed > before:
                deadline = until()

    def answered(self, line: ShellLine, deadline: float) -> bool:
        """Waits until a shell is through with it and its prompt is back. False where it is not certain which
        answer belongs to what, and where the shell does not even begin."""
        silent = 0
        while True:
            data = self._receive(deadline)
            if data is None:
                silent += 1
                refused = self._known_prompt.matches(self._terminal.tail) or silent > 1
                if line.ended or (refused and not line.begun):
                    return False
                continue
            for ended in self._terminal.feed(data):
                if line.begun and self._messages.before(ended) is not None:
                    line.tidy = False
                line.take(visible(ended))
            if line.ended and self._known_prompt.matches(self._terminal.tail):
                return line.tidy

    @property
    def _known_prompt(self) -> Prompt:
        if self.prompt is None:
            raise RuntimeError("no prompt was found yet")
        return self.prompt

    def _receive(self, deadline: float, quiet: float = QUIET) -> bytes | None:
        """None after a moment of silence."""
        try:
            return self._channel.receive(min(deadline, time.monotonic() + quiet))
        except DeadlinePassed:
            if not self._channel.is_open or time.monotonic() >= deadline:
                raise
            return None

    def greet(self, question: Question, deadline: float) -> None:
        """Answers what a session may begin with, where it does."""
        if self._asked_at_once(question.asked, deadline):
            self._terminal.drop_tail()
            self._channel.send(question.reply.encode(self._channel.encoding, "replace") + self._line_end)

    # --- a program in which the lines are typed -------------------------------------------------------

    def enter(self, client: ClientSpec, secret: str | None, deadline: float) -> None:
        """Starts it and answers its question, the password's only place; nothing where the session is inside
        already. Raises NoPassword where there is none, ClientRefused where its prompt does not come."""
        if not self._asked_at_once(client.asked, deadline):
            if client.prompt.search(self.find_prompt(deadline)):
                return
            if self.wait(self._begun(client), deadline):
                raise ClientRefused
        if secret is None:
            raise NoPassword
        self._terminal.drop_tail()
        self._channel.send(secret.encode(self._channel.encoding, "replace") + self._line_end)
        if not client.prompt.search(self.find_prompt(deadline, asked=True)):
            raise ClientRefused

    def _begun(self, client: ClientSpec) -> Reply:
        self.send(client.start)
        return self.reply_to(client.start, client.asked)

    def _asked_at_once(self, asked: re.Pattern[str], deadline: float) -> bool:
        """Whether that is what a session begins with: an empty line would be an answer."""
        while not asked.search(visible(self._terminal.tail)):
            data = self._receive(deadline, _MOMENT if Prompt.possible(self._terminal.tail) else QUIET)
            if data is None:
                return False
            self._terminal.feed(data)
        return True

    # --- the prompt ----------------------------------------------------------------------------------

    def find_prompt(self, deadline: float, *, asked: bool = False) -> str:
        """The prompt is what stands, again and again, behind an empty line sent: a banner may hold anything,
        but it does not answer. ``asked``: a line was sent already."""
        if not asked:
            self.send("")
        candidates = [self._next_candidate(deadline)]
        found = None
        while found is None:
            self.send("")
            candidates.append(self._next_candidate(deadline))
            found = Prompt.of(candidates)
        self.prompt = found
        if not self._echo:
            self._settle(deadline)
        return found.shown

    def _next_candidate(self, deadline: float) -> str:
        self._terminal.drop_tail()
        ended = not self._echo
        stood = said = ""
        while True:
            data = self._receive(deadline)
            if data is None:
                if said and not Prompt.possible(said) and not self._terminal.tail.strip():
                    # The prompt scrolled away before something that was not recognised as a message.
                    said = ""
                    self.send("")
                continue
            for line in self._terminal.feed(data):
                ended = True
                before = self._messages.before(line)
                shown = visible(line if before is None else before).strip()
                said = shown or said
                # A message behind a prompt leaves no other prompt.
                stood = (shown or said) if before is not None else "" if shown else stood
            tail = visible(self._terminal.tail).strip()
            if page_break(tail):
                self._terminal.drop_tail()
                self._channel.send(b" ")
            elif not self._channel.waiting:
                if ended and Prompt.possible(tail):
                    return tail
                if not tail and Prompt.possible(stood):
                    return stood

    def enable(self, secret: str | None, deadline: float) -> None:
        """As Cisco's do it and those who follow them. Raises EnableRefused."""
        if self._known_prompt.shown.endswith("#"):
            return
        self.send("enable")
        reply = self.reply_to("enable", _PASSWORD)
        if not self.wait(reply, deadline):
            if not secret:
                raise EnableRefused("no secret")
            self._channel.send(secret.encode(self._channel.encoding, "replace") + self._line_end)
            if not self.wait(self.reply_to("", _PASSWORD), deadline):
                raise EnableRefused
        if not self.find_prompt(deadline).endswith("#"):
            raise EnableRefused

    # --- where nothing is echoed ---------------------------------------------------------------------

    def in_step(self, deadline: float) -> bool:
        """False where more came than lines were sent for: without echoes only the count tells which answer
        belongs to which line."""
        if self._echo:
            return True
        with contextlib.suppress(SessionEnded):
            self._surplus = self._settle(deadline) or self._surplus
        return not self._surplus

    def _settle(self, deadline: float) -> bool:
        """Reads until nothing more comes; whether a prompt was among it."""
        self._terminal.drop_tail()
        seen = False
        while True:
            try:
                data = self._channel.receive(min(deadline, time.monotonic() + _SETTLED))
            except DeadlinePassed:
                self._terminal.drop_tail()
                return seen
            seen = self._prompts_in(data) or seen

    def _read_waiting(self) -> bool:
        seen = False
        while self._channel.waiting:
            seen = self._prompts_in(self._channel.receive(time.monotonic() + _SETTLED)) or seen
        return seen

    def _prompts_in(self, data: bytes) -> bool:
        lines = [*self._terminal.feed(data), self._terminal.tail]
        return self.prompt is not None and any(self.prompt.matches(line) for line in lines)
