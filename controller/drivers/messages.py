"""Log messages that a device prints into a session, told from what it was asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from controller.drivers.screen import visible

_REMEMBERED = 1024
"""Lines: a point is read three times, and the ports of a device look alike."""


class Messages:
    """Recognises what a platform's patterns describe, and whole messages only."""

    def __init__(self, patterns: Sequence[re.Pattern[str]] = ()) -> None:
        self._patterns = tuple(patterns)
        self._known: dict[str, str | None] = {}

    def before(self, line: str) -> str | None:
        """What stands before the message that takes up the rest of the line: nothing, where the line is a
        message. None where there is none."""
        shown = visible(line).rstrip()
        if shown not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[shown] = self._before(shown)
        return self._known[shown]

    def _before(self, shown: str) -> str | None:
        starts = [
            found.start()
            for pattern in self._patterns
            for found in pattern.finditer(shown)
            if found.end() == len(shown) and found.group()
        ]
        return shown[: min(starts)] if starts else None
