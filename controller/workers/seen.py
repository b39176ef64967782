"""What the events of a request tell, as it is summed up when the request is over."""

from __future__ import annotations

from controller.domain.plan import Plan
from controller.domain.proof import Proof
from controller.engine.events import (
    Event,
    JournalDegraded,
    RehearsalEnded,
    RunEnded,
    RunStarted,
    StepsSettled,
    Watcher,
)
from controller.engine.ports import Clock

CLOCK_AGREES = 2.0
"""Seconds by which the time of a read-back and the time it was heard of may differ."""


class Seen:
    """Passes events on, and remembers those an execution is summed up from."""

    def __init__(self, watcher: Watcher, clock: Clock) -> None:
        self._watcher = watcher
        self._clock = clock
        self._began = clock.monotonic()
        self._passed = 0.0
        self.started: RunStarted | None = None
        self.ended: RunEnded | None = None
        self.ends: list[tuple[str, Plan, RunEnded]] = []
        self.rehearsed: RehearsalEnded | None = None
        self.degraded = False
        self.unrecorded = False

    @property
    def confirmed_after(self) -> float | None:
        """Seconds from the beginning to the read-back of the last confirmed point; None where there is
        none."""
        if self.started is None or self.ended is None:
            return None
        reads = [
            result.read_at
            for result in self.ended.results
            if result.read_at is not None and result.proof.satisfies(Proof.CONFIRMED)
        ]
        if not reads:
            return None
        seconds = (max(reads) - self.started.at).total_seconds()
        if self.started.joined or abs(seconds - self._passed) < CLOCK_AGREES:
            return max(seconds, 0.0)
        return self._passed  # the wall clock was set meanwhile

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.started = event
                self._began = self._clock.monotonic()
            case StepsSettled(results=results):
                if any(result.proof.satisfies(Proof.CONFIRMED) for result in results):
                    self._passed = self._clock.monotonic() - self._began
            case RunEnded(run=run):
                self.ended = event
                if self.started is not None:
                    self.ends.append((run, self.started.plan, event))
            case RehearsalEnded():
                self.rehearsed = event
            case JournalDegraded(unrecorded=unrecorded):
                self.degraded, self.unrecorded = True, self.unrecorded or unrecorded
            case _:
                pass
        self._watcher(event)
