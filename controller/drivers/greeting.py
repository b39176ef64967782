"""Logging in where a device asks for name and password on the line itself: Telnet, and a console."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from controller.drivers.channel import GuardedChannel, NoPassword
from controller.drivers.guard import DeadlinePassed, GuardedSocket
from controller.drivers.prompt import Prompt, page_break
from controller.drivers.screen import Terminal, visible
from controller.engine.ports import Login

_QUIET = 0.3
"""Seconds of silence after which what stands there is taken for a question."""

_NAME = re.compile(r"(?:(?<!last )login|user(?: ?name)?)(?: as)? ?:\Z", re.IGNORECASE)
_PASSWORD = re.compile(r"pass(?:word|code|phrase)[^:]{0,60}:\Z", re.IGNORECASE)
_KEY = re.compile(r"(?:press|hit) (?:any key|return|enter)", re.IGNORECASE)

_MOST_EXITS = 4
"""Modes that a session somebody left open may be deep in, itself among them."""

_MOST_WAKES = 5
"""Empty lines sent in a row to something that says nothing known."""


class LoginRefused(Exception):
    """The device judged name and password, and asks again."""


class NoGreeting(Exception):
    """It asks for nothing known, and shows no prompt."""


class Greeting:
    """One log-in on one line.

    On a console a session may stand open that somebody left, in some mode and under another name: with
    ``logout`` it is logged out, line by line, until the device asks who comes; one that asks nobody is taken
    as it is."""

    def __init__(
        self, channel: GuardedChannel, sock: GuardedSocket, line_end: str, *, logout: str = ""
    ) -> None:
        self._channel = channel
        self._sock = sock
        self._line_end = line_end.encode()
        self._logout = logout
        self._terminal = Terminal()
        self._exits_left = _MOST_EXITS if logout else 0
        self._wakes_left = _MOST_WAKES
        self._answered: set[re.Pattern[str]] = set()

    def log_in(self, login: Login, offering: Callable[[], object]) -> None:
        """``offering`` is called once, before anything of the login is sent.

        Returns at what looks like a prompt. Raises LoginRefused, NoPassword, NoGreeting, SessionEnded."""
        stood = None
        if self._logout:
            self._say("")
        while True:
            tail = self._settled()
            asked = next((known for known in (_NAME, _PASSWORD) if known.search(tail)), None)
            if asked is not None:
                if not self._answered:
                    offering()
                self._answer(asked, login)
            elif Prompt.possible(tail) and not _KEY.search(tail):
                if self._answered:
                    return
                if stood == tail:
                    if not self._exits_left:
                        return
                    self._exits_left -= 1
                    self._wakes_left = _MOST_WAKES
                    stood = None
                    self._say(self._logout)
                    continue
                # A banner may end like one: a prompt stands there again after an empty line.
                stood = tail
                self._say("")
            elif page_break(tail):
                self._channel.send(b" ")
            elif self._wakes_left:
                self._wakes_left -= 1
                self._say("")
            else:
                raise NoGreeting

    def _answer(self, asked: re.Pattern[str], login: Login) -> None:
        if asked in self._answered or (asked is _NAME and _PASSWORD in self._answered):
            raise LoginRefused
        self._answered.add(asked)
        said = login.username if asked is _NAME else login.password
        if said is None:
            raise NoPassword
        self._say(said)

    def _say(self, line: str) -> None:
        self._terminal.drop_tail()
        self._channel.send(line.encode(self._channel.encoding, "replace") + self._line_end)

    def _settled(self) -> str:
        """What stands on the last line once nothing more comes."""
        while True:
            try:
                data = self._channel.receive(min(self._sock.deadline, time.monotonic() + _QUIET))
            except DeadlinePassed:
                if not self._channel.is_open or time.monotonic() >= self._sock.deadline:
                    raise
                tail = visible(self._terminal.tail).strip()
                if self._terminal.length or self._logout:
                    return tail
                # Telnet says something of itself; how long that takes is the device's matter.
                continue
            self._terminal.feed(data)
