"""The receive gate: while a volley is written, nobody is woken by what the devices answer to it.

The reader threads of a few hundred sessions would fight the writing ones for the interpreter, and every
write would wait for its turn among them.
"""

from __future__ import annotations

import time
from threading import Event

LONGEST = 0.25
"""Seconds after which a gate is open, whatever happens."""


class Gate:
    """Of one session, shut from the moment it is made until it is opened, or ``until``, monotonic."""

    def __init__(self, until: float) -> None:
        self.until = until
        self._open = Event()

    def open(self) -> None:
        self._open.set()

    def wait(self) -> None:
        """Until it is open."""
        left = self.until - time.monotonic()
        if left > 0:
            self._open.wait(left)
