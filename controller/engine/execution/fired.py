"""One operation of a cut that is sent at once, made of what its session last read.

Prepared and put on record before, it learns in its turn what came of what was sent. Whatever is not confirmed
by that goes the careful way within the same run: it is read first, and nothing is sent again unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from controller.domain.facts import Fact
from controller.domain.proof import Outcome
from controller.engine.execution.claims import claims
from controller.engine.execution.operation import OperationRun
from controller.engine.execution.readback import States
from controller.engine.points.at_once import at_once_block, reads_back
from controller.engine.points.blocks import interrupted, read_block
from controller.engine.points.track import Track
from controller.engine.ports import ArmedSession, Block, Session

_SHARE = 4
"""The part of an operation's time in which what was sent at once has to be answered: the rest is for the
careful way."""


@dataclass
class Shot:
    """``facts`` go on record before ``block`` goes out; ``states`` are what ``change`` is made of."""

    session: Session
    block: Block
    change: Sequence[Track]
    states: States
    facts: Sequence[Fact]
    outcome: Outcome = Outcome.NOT_SENT


class FiredRun(OperationRun):
    """Of an isolation. Between :meth:`seize` and :meth:`let_go`, or the end of :meth:`execute`, nobody else
    acts at the device."""

    _seized = False
    _shot: Shot | None = None

    @property
    def device(self) -> str:
        return self._device.name

    def seize(self) -> bool:
        """False where somebody acts there."""
        self._seized = self._running.slots.seize(self.device)
        return self._seized

    def let_go(self) -> None:
        if self._seized:
            self._seized = False
            self._running.slots.release(self.device)

    def prepare(self, armed: ArmedSession) -> Shot | None:
        """None where it has to go line by line; nothing is on record then."""
        states = {track.point: armed.states.get(track.point) for track in self._tracks}
        change = [track for track in self._tracks if track.rendering.commands]
        if self._others_timers.first or any(states[track.point] is None for track in change):
            return None
        if any(track.rendering.when for track in change):  # what goes by the state goes by a fresh one
            return None
        # One that is cut already has its proof from a reading of its own, on the careful way.
        change = [track for track in change if not track.confirmed_by(states[track.point])]
        renderings = [track.rendering for track in change]
        block = at_once_block(self._operation, self._telling(change), renderings, self._profile.session)
        if not change or block is None:
            return None
        facts = [
            fact
            for track in change
            for fact in claims(self._running, track, states[track.point], armed.read_at)
        ]
        facts = self._record.intending(facts, change)
        self._shot = Shot(armed.session, block, change, states, facts)
        return self._shot

    def _at_device(self) -> AbstractContextManager[None]:
        return self._seized_before() if self._seized else super()._at_device()

    @contextmanager
    def _seized_before(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.let_go()

    def _before_rounds(self, deadline: float) -> None:
        shot, self._shot = self._shot, None
        if shot is None:
            return
        self._was_there = True
        if shot.outcome is Outcome.NOT_SENT:
            for track in shot.change:
                track.outcome = Outcome.NOT_SENT
            self._record.settle(shot.change, settles=True)
            return
        for track in shot.change:
            track.sending()
        within = self._running.services.limits.operation / _SHARE
        answers = shot.session.collect(min(deadline, self._clock.monotonic() + within))
        if not reads_back(shot.block) and not interrupted(answers):
            shot.session.write(read_block(self._operation))
            answers = (*answers, *shot.session.collect(deadline))
        self._learn(shot.session, shot.change, shot.states, answers, deadline, again=True)
