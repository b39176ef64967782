"""What an entry of the log says in a line."""

from __future__ import annotations

from datetime import UTC, datetime

from controller.domain.facts import SYSTEM, WaveMoved
from controller.domain.lifecycle import WaveState
from controller.workers.loglines import log_line


def test_waves_that_begin_together_are_all_told() -> None:
    facts = [WaveMoved("run-1", wave, WaveState.RUNNING) for wave in (0, 1, 4)]
    line = log_line(
        7, datetime(2026, 5, 1, tzinfo=UTC), "engine:wave:moved", SYSTEM, degraded=False, facts=facts
    )
    assert line.data == {"wave": "1, 2, 5", "state": "running"}
    assert line.run == "run-1"
