"""A device's startup configuration in a run: whether a reboot would undo, or bring back, what the run did."""

from __future__ import annotations

from enum import StrEnum


class StartupState(StrEnum):
    """``equal``, ``different``, ``unknown``: what it was compared with the running configuration, right
    before the run's first change. Then ``intended`` before the first byte that saves, and its end."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    INTENDED = "intended"
    SAVED = "saved"
    NOT_SAVED = "not-saved"


COMPARED = frozenset({StartupState.EQUAL, StartupState.DIFFERENT, StartupState.UNKNOWN})
