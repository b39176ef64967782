"""How long ago something was, where the clock may have been set back since."""

from __future__ import annotations

import math
from collections import OrderedDict
from datetime import datetime
from threading import Lock

from controller.engine.ports import Clock

SLACK = 60.0
"""Seconds by which a moment on record may lie ahead of the clock before it counts as set back."""

ROOM = 20_000


class Ageing:
    """Ages by the clock and by the ticks seen in this process, whichever is more: a clock set back makes
    nothing younger, and what lies ahead of it altogether is infinitely old. Safe to call from many
    threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[tuple[str, datetime], tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def begins(self, key: str, moment: datetime) -> None:
        """``moment`` is now: from here on the ticks count, also where nobody asks for the age for long."""
        with self._lock:
            self._remember(key, moment, 0.0)

    def age(self, key: str, moment: datetime) -> float:
        """Seconds since ``moment``, which was on record of ``key``."""
        by_clock = (self._clock.now() - moment).total_seconds()
        with self._lock:
            if (key, moment) not in self._seen:
                if by_clock < -SLACK:
                    return math.inf
                self._remember(key, moment, max(by_clock, 0.0))
            ticks, age = self._seen[key, moment]
        return max(by_clock, age + self._clock.monotonic() - ticks)

    def _remember(self, key: str, moment: datetime, age: float) -> None:
        self._seen[key, moment] = (self._clock.monotonic(), age)
        while len(self._seen) > ROOM:
            self._seen.popitem(last=False)
