"""One subject on probation: what is observed of it, and when a cut of it that failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Thread

from controller.domain.plan import Plan
from controller.domain.probation import Probation, ProbationState
from controller.engine.events import Watcher
from controller.engine.execution.asking import Asking
from controller.engine.execution.running import Running
from controller.engine.holding.tripwires import Judged, Tripwires
from controller.engine.planning.plans import Documents

RECORD_EVERY = 60.0
"""Seconds observed before they are on record: what a process that dies may lose."""

LONGEST = 10.0
"""Seconds one look can add: who looked away for longer saw nothing between."""

AGAIN, AT_MOST = 30.0, 600.0
"""Seconds before a cut that was not confirmed is tried again: twice as long after each time, to a limit."""


@dataclass(eq=False)
class OnProbation:
    """A probation that this process looks after. ``cut`` is the plan that cuts the subject again, compiled
    beforehand; ``before``: the runs begun no later than its own; ``whole``: all of it has come back."""

    now: Probation
    documents: Documents
    cut: Plan
    tripwires: Tripwires
    asking: Asking
    before: frozenset[str]
    whole: bool
    running: Running | None = None
    judged: Judged = field(default_factory=Judged)
    observed: float = 0.0
    recorded: float = 0.0
    looked_at: float | None = None
    cutting: Thread | None = None
    not_before: float = 0.0
    pause: float = AGAIN

    @property
    def under_way(self) -> bool:
        return self.now.state is ProbationState.UNDER_WAY

    @property
    def cutting_now(self) -> bool:
        """Whether the cut is going out, or about to for the first time."""
        tripped = self.now.state is ProbationState.TRIPPED
        return self.cutting is not None or (tripped and not self.not_before)

    @property
    def watcher(self) -> Watcher:
        return self.running.watcher if self.running else (lambda _: None)

    def looked(self, judged: Judged, now: float) -> None:
        """``now``: when, monotonic. The time since the last look counts where nothing was in doubt then or
        is now."""
        self.judged = judged
        counts = self.whole and not judged.doubt
        if counts and self.looked_at is not None:
            self.observed += min(now - self.looked_at, LONGEST)
        self.looked_at = now if counts else None

    def to_be_recorded(self) -> bool:
        """Whether enough was observed since it was last; from now on it was."""
        if self.observed - self.recorded < RECORD_EVERY:
            return False
        self.recorded = self.observed
        return True

    def back_off(self, now: float) -> None:
        """A cut has come to its end; one that was not confirmed is tried again later each time."""
        self.not_before = now + self.pause
        self.pause = min(2 * self.pause, AT_MOST)
