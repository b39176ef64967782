"""Where one step stands while its operation is carried out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from controller.domain.inventory import PointId
from controller.domain.plan import Rendering, Step, Wave
from controller.domain.profile.reading import State
from controller.domain.proof import CAUSES_JOINED_BY, Outcome, Proof
from controller.engine.events import StepResult
from controller.engine.points.reading import judge
from controller.engine.points.renderer import PointContext


@dataclass
class Track:
    """``choice``: the place of the rendering whose turn it is, ``given_up``: those that did not do;
    ``sent``: what was last sent; ``resent``: its one further try after a lost session is used up; ``done``:
    nothing more will be sent or read for it in this operation; ``blind``: something was sent, and nobody
    heard how the point was right before."""

    step: Step
    context: PointContext
    choice: int = 0
    given_up: set[int] = field(default_factory=set)
    sent: Rendering | None = None
    outcome: Outcome = Outcome.NOT_ATTEMPTED
    proof: Proof = Proof.UNKNOWN
    state: State | None = None
    read_at: datetime | None = None
    cause: str = ""
    resent: bool = False
    done: bool = False
    blind: bool = False

    @property
    def point(self) -> PointId:
        return self.step.point.id

    @property
    def rendering(self) -> Rendering:
        return self._renderings[self.choice]

    @property
    def has_fallback(self) -> bool:
        return len(self.given_up | {self.choice}) < len(self._renderings)

    def fall_back(self) -> None:
        """To the next rendering; to those passed over for another state than theirs once none is left."""
        self.given_up.add(self.choice)
        left = [at for at in range(len(self._renderings)) if at not in self.given_up]
        self.choice = next((at for at in left if at > self.choice), left[0])

    @property
    def _renderings(self) -> tuple[Rendering, ...]:
        return (self.step.rendering, *self.step.fallbacks)

    def fits(self, state: State | None) -> bool:
        """Passes over renderings for another state than ``state``, which nobody sends for one that is not
        known; False where none is left. What was passed over may fit later: the lines of another point of the
        same port may have changed how it reads."""
        for choice, rendering in enumerate(self._renderings):
            if choice not in self.given_up and rendering.fits(state):
                self.choice = choice
                return True
        return False

    def confirmed_by(self, state: State | None) -> bool:
        """By the method whose turn it is, or one before it that took effect late."""
        tried = self._renderings[: max({self.choice, *self.given_up}) + 1]
        return any(judge(rendering.expect, state) is Proof.CONFIRMED for rendering in tried)

    @property
    def may_settle(self) -> bool:
        """Whether waiting can still bring the state wanted: all that is configured is as wanted."""
        if self.state is None:
            return True
        configured = self.context.spec.config
        return all(
            self.state[name] in wanted for name, wanted in self.rendering.expect.items() if name in configured
        )

    def sending(self) -> None:
        self.sent, self.outcome = self.rendering, Outcome.SENT
        self.proof, self.state, self.read_at = Proof.UNKNOWN, None, None

    def finish(self, proof: Proof, cause: str = "") -> None:
        self.proof, self.cause, self.done = proof, cause, True

    def result(self, wave: Wave) -> StepResult:
        return StepResult(
            step=self.step,
            wave=wave.index,
            method=(self.sent or self.rendering).method,
            outcome=self.outcome,
            proof=self.proof,
            state=self.state,
            read_at=self.read_at,
            cause=self.cause,
            wanted=wave.verify,
        )


_CUT_UPSTREAM = "cut-upstream"


def cut_upstream(ports: Iterable[PointId]) -> str:
    """The cause of a proof that rests on ``ports`` of other devices being shut."""
    return f"{_CUT_UPSTREAM}:{', '.join(map(str, ports))}"


def joined(cause: str, more: str) -> str:
    return f"{cause}{CAUSES_JOINED_BY}{more}" if cause else more


@lru_cache(maxsize=4096)
def rests_on(cause: str) -> frozenset[str]:
    """The ports, as texts, that a proof with this cause rests on; none where it is the point's own."""
    code, _, ports = cause.partition(":")
    return frozenset(ports.split(", ")) if code == _CUT_UPSTREAM else frozenset()


def not_attempted(step: Step, wave: Wave, cause: str) -> StepResult:
    """The result of a step that nothing was tried for."""
    return StepResult(
        step=step,
        wave=wave.index,
        method=step.rendering.method,
        outcome=Outcome.NOT_ATTEMPTED,
        proof=Proof.UNKNOWN,
        state=None,
        read_at=None,
        cause=cause,
        wanted=wave.verify,
    )
