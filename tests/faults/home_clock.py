"""``python -m tests.faults.home_clock …``: ``cordon`` on a machine whose wall clock is set while it runs.

The seconds by which it is off stand in the file that ``CORDON_FAULTS_CLOCK`` names. The monotonic clock goes
on as it is, as it does when a person or NTP sets the other one.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import controller.drivers.clock
import controller.store.draft
from controller.cli.main import main

FILE = "CORDON_FAULTS_CLOCK"

_true_time = time.time


def _off() -> float:
    return float(Path(os.environ[FILE]).read_text())


class _Set(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(seconds=_off())


if __name__ == "__main__":
    # Wherever the controller and its libraries look at the wall clock.
    controller.drivers.clock.datetime = _Set  # type: ignore[attr-defined]  # the clock is replaced on purpose
    controller.store.draft.datetime = _Set  # type: ignore[attr-defined]  # the clock is replaced on purpose
    time.time = lambda: _true_time() + _off()
    sys.exit(main())
