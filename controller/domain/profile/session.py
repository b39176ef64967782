"""How a session with a device runs: into its configuration and out of it, what makes lines a change, what it
says when it refuses, and how a change is saved."""

from __future__ import annotations

import re
from dataclasses import dataclass

from controller.domain.inventory import Method

_NAME = re.compile(r"[^\s\[\]\"',]+")
"""A name in a list of several, however a platform writes one."""


@dataclass(frozen=True, slots=True)
class CommitSpec:
    """What makes the lines of a block a change, where they are a candidate until then. ``send`` may take
    ``within`` seconds a line; it failed where ``errors`` match, or ``done`` is given and does not. Then, and
    where nothing of the block was taken, ``discard`` throws the candidate away. ``abandoned`` are the lines
    that throw away, in a new session, what one that broke left behind: none where it goes with its
    session. Lines of a step that ``behind`` matches wait until the commit is done. ``by_hand``: what a person
    types for ``send``, where that is something else. ``accounts`` names those whose changes are committed and
    thrown away, where it is not everybody's."""

    send: tuple[str, ...]
    discard: tuple[str, ...]
    within: int = 120
    errors: tuple[re.Pattern[str], ...] = ()
    done: re.Pattern[str] | None = None
    abandoned: tuple[str, ...] = ()
    behind: tuple[re.Pattern[str], ...] = ()
    by_hand: tuple[str, ...] = ()
    accounts: str = ""

    def failed(self, answer: str) -> bool:
        if any(pattern.search(answer) for pattern in self.errors):
            return True
        return self.done is not None and self.done.search(answer) is None

    def leaves_out(self, username: str) -> bool:
        """Whether what an account changes stays a candidate, whoever commits it by this profile."""
        return bool(self.accounts) and username not in _NAME.findall(self.accounts)


@dataclass(frozen=True, slots=True)
class InsistSpec:
    """A line that ``line`` matches must be answered so that ``answered`` is found in the line and, below it,
    its answer: anything else counts as refused, and what follows it is not sent."""

    line: re.Pattern[str]
    answered: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class ClientSpec:
    """A program of the device's own in which the lines are typed, where a log-in ends outside of it.

    ``start`` begins it; what it asks then, ``asked``, is answered by the log-in's password. ``prompt`` tells
    that the session is inside; ``leave`` is the line out of it."""

    start: str
    asked: re.Pattern[str]
    prompt: re.Pattern[str]
    leave: str


@dataclass(frozen=True, slots=True)
class AtOnceSpec:
    """What lets a cut go out in one write, unread: at most ``bytes`` of it, where each step's first line, and
    no other of it, matches ``context``: the one that opens where the others belong. ``shell_line``: where it
    is a single line of a POSIX shell instead, in which none needs a context."""

    bytes: int
    context: re.Pattern[str] | None = None
    shell_line: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What the device may ask after a line, and what it is told; any other question stays unanswered."""

    asked: re.Pattern[str]
    reply: str


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """``netmiko`` is the device type; ``type_ahead`` the bytes a line takes unread (0: one line at a time);
    ``settle`` the milliseconds a state may take to follow its command. ``noise`` is what a message looks like
    that the device prints unasked, from its first character to the end of its line; ``echo`` is False where
    it does not repeat what it is sent. ``locked`` is what it says while somebody else has the configuration
    to himself. ``insist`` are lines that must be answered as it says, ``escape`` those that lead out of where
    a refused line left the session, so that the next step begins where it expects to; ``abandoned`` those
    that throw away, in a new session, what one that broke left undone, where the lines of a step put it in
    force themselves. ``at_once``: None where a change goes line by line whatever happens; ``client``: None
    where a log-in leads to the lines' own prompt; ``greeting``: what it may ask before its first prompt."""

    netmiko: str
    enable: bool = False
    prepare: tuple[str, ...] = ()
    enter: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    errors: tuple[re.Pattern[str], ...] = ()
    type_ahead: int = 0
    settle: int = 2000
    noise: tuple[re.Pattern[str], ...] = ()
    echo: bool = True
    locked: tuple[re.Pattern[str], ...] = ()
    commit: CommitSpec | None = None
    insist: tuple[InsistSpec, ...] = ()
    escape: tuple[str, ...] = ()
    abandoned: tuple[str, ...] = ()
    at_once: AtOnceSpec | None = None
    client: ClientSpec | None = None
    greeting: Question | None = None

    @property
    def left_undone(self) -> tuple[str, ...]:
        """The lines that throw away what a session that broke left: none where it goes with its session."""
        return self.commit.abandoned if self.commit else self.abandoned

    @property
    def closing(self) -> tuple[str, ...]:
        """The lines after a change, where nothing goes wrong."""
        return (*self.commit.send, *self.leave) if self.commit else self.leave


@dataclass(frozen=True, slots=True)
class SaveSpec:
    """``running`` and ``startup`` print what is compared, lines matching ``ignore`` left out. ``lasting``:
    methods whose effect survives a reboot without being saved."""

    send: tuple[str, ...] = ()
    running: str | None = None
    startup: str | None = None
    ignore: tuple[re.Pattern[str], ...] = ()
    answers: tuple[Question, ...] = ()
    lasting: frozenset[Method] = frozenset()
