"""The command interpreter of one session, as a session needs it: a prompt, and what a line does.

Knows nothing of terminals or transport. Platforms whose command line has modes with a grammar each build on
:class:`controller.simulator.modal.ModalShell`; others on :class:`Shell`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from controller.simulator.device import Device


@dataclass(frozen=True, slots=True)
class Ask:
    """A question in the middle of a command. ``key``: any single key answers; ``secret``: no echo."""

    prompt: str
    answer: Callable[[str], Reply]
    secret: bool = False
    key: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """``then`` happens once the text has gone out; ``paged`` text stops at each screen. ``after``: seconds
    the device takes before it answers."""

    text: str = ""
    ask: Ask | None = None
    close: bool = False
    paged: bool = False
    result: str = "ok"
    then: Callable[[], None] | None = None
    after: float = 0.0


@dataclass(slots=True)
class Screen:
    """``length`` 0: output is not paged."""

    length: int = 24
    width: int = 80


EMPTY_LINE = "\n"
"""The text of a Reply that is one line with nothing on it."""

D = TypeVar("D", bound=Device[Any])


class Shell(ABC, Generic[D]):
    """``line`` is the number of the session's line, ``source`` the peer's address. ``more`` is what stands at
    the end of a screen."""

    more: str = " --More-- "

    def __init__(self, device: D, user: str = "", line: int = 0, source: str = "127.0.0.1") -> None:
        self.device, self.user, self.line, self.source = device, user, line, source
        self.screen = Screen()
        self.monitor = False

    @property
    @abstractmethod
    def prompt(self) -> str: ...

    @property
    @abstractmethod
    def shown_mode(self) -> str:
        """What the command log calls the mode the session is in."""

    @abstractmethod
    def execute(self, line: str) -> Reply:
        """What the line does and prints. Never raises for what a person may type."""

    def interrupted(self) -> None:
        """Ctrl-Z or Ctrl-C ended the line: some platforms leave the configuration."""

    def ended(self) -> None:
        """The session is over, for whatever reason: locks and private candidates go with it."""
