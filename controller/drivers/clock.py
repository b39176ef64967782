"""The machine's own clocks."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Implements the Clock port. Drivers read the same monotonic clock, so its deadlines are theirs."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)
