"""Exit codes: what a script may rely on."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    DONE = 0
    """Everything wanted has the proof wanted."""
    INVALID = 2
    """Usage or invalid input; nothing was done."""
    REFUSED = 3
    """A safety rule stands in the way; nothing was done."""
    WAITING = 4
    """Somebody must approve first."""
    LED_ELSEWHERE = 5
    UNPROVEN = 6
    """It ran, and something lacks its proof; what, is listed."""
    NOT_JOURNALLED = 7
    INTERNAL = 70
    INTERRUPTED = 130
