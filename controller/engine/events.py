"""What a watcher of a run is told while it runs. Nothing waits for a watcher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from controller.domain.facts import PointRead
from controller.domain.inventory import Method, PointId
from controller.domain.lifecycle import RunState
from controller.domain.plan import Plan, Step
from controller.domain.playbook import Action
from controller.domain.probation import Probation
from controller.domain.profile.reading import State
from controller.domain.proof import Outcome, Proof
from controller.domain.rehearsal import Rehearsed


@dataclass(frozen=True, slots=True)
class StepResult:
    """Where one step of a run stands. ``wanted`` is the least proof its stage asks for; ``cause`` a code."""

    step: Step
    wave: int
    method: Method
    outcome: Outcome
    proof: Proof
    state: State | None
    read_at: datetime | None
    cause: str
    wanted: Proof

    @property
    def satisfied(self) -> bool:
        return self.proof.satisfies(self.wanted)

    def as_fact(self, run: str, action: Action) -> PointRead:
        return PointRead(
            run=run,
            point=self.step.point.id,
            wanted=action,
            method=self.method,
            outcome=self.outcome,
            proof=self.proof,
            state=self.state,
            read_at=self.read_at,
            cause=self.cause,
        )


@dataclass(frozen=True, slots=True)
class RunStarted:
    run: str
    plan: Plan
    at: datetime
    joined: bool = False


@dataclass(frozen=True, slots=True)
class WaveStarted:
    run: str
    wave: int


@dataclass(frozen=True, slots=True)
class StepsSettled:
    """Results of one device; a later event about the same points replaces them. ``detail``: where no session
    was had, what happened on each path, in the driver's own words, without secrets."""

    run: str
    device: str
    results: tuple[StepResult, ...]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class JournalDegraded:
    """Told once for the spool, once for ``unrecorded``: nothing is put on any disk any more."""

    run: str
    unrecorded: bool = False


@dataclass(frozen=True, slots=True)
class CredentialDropped:
    """``devices`` rejected the credential; no other is offered it in this run."""

    run: str
    credential: str
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProbationMoved:
    """What came back is being watched: how far, and how it ended. ``doubt``: the code of why nobody can tell
    how it fares, ``probe`` the probe that says so; meanwhile no time is counted."""

    run: str
    probation: Probation
    doubt: str = ""
    probe: str = ""


@dataclass(frozen=True, slots=True)
class RunEnded:
    run: str
    state: RunState
    results: tuple[StepResult, ...]
    cause: str = ""


@dataclass(frozen=True, slots=True)
class RehearsalEnded:
    """``skipped``: devices, or canaries, with the code of why nothing was tried there; ``left``: canary ports
    that did not come back; ``cause``: the code of what ended it early, "" where it came to its end."""

    rehearsed: tuple[Rehearsed, ...]
    skipped: tuple[tuple[str, str], ...]
    left: tuple[PointId, ...]
    cause: str = ""


Event = (
    RunStarted
    | WaveStarted
    | StepsSettled
    | JournalDegraded
    | CredentialDropped
    | ProbationMoved
    | RunEnded
    | RehearsalEnded
)
Watcher = Callable[[Event], None]
