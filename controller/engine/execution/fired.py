"""One operation of a cut that is sent at once, made of what its session last read.

Prepared and put on record before, it learns in its turn what came of what was sent. Whatever is not confirmed
by that goes the careful way within the same run: it is read first, and nothing is sent again unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Lock

from controller.domain.facts import Fact
from controller.domain.inventory import PointKind
from controller.domain.profile.session import AtOnceSpec
from controller.domain.proof import Outcome
from controller.engine.execution.claims import claims
from controller.engine.execution.operation import OperationRun
from controller.engine.execution.readback import States
from controller.engine.execution.running import Running
from controller.engine.points.at_once import Joint, at_once_block, joint, reads_back
from controller.engine.points.blocks import interrupted, read_block, reads_before
from controller.engine.points.track import Track
from controller.engine.ports import Answer, ArmedSession, Block

_SHARE = 4
"""The part of an operation's time in which what was sent at once has to be answered: the rest is for the
careful way."""


@dataclass(eq=False)
class Part:
    """Of one operation: ``facts`` go on record before ``block`` goes out; ``states`` are what ``change`` is
    made of."""

    block: Block
    change: Sequence[Track]
    states: States
    facts: Sequence[Fact]


class Shot:
    """All that goes out to one device in one write: the blocks of its operations, in their order.

    Who carries out one of them has the ``turn``; the device is let go once all of them are over.
    """

    def __init__(self, running: Running, device: str, armed: ArmedSession, spec: AtOnceSpec) -> None:
        self.device = device
        self.armed = armed
        self.parts: list[Part] = []
        self.outcome = Outcome.NOT_SENT
        self._running = running
        self._spec = spec
        self._joint: Joint | None = None
        self._answers: tuple[Answer, ...] | None = None
        self._full = False
        self._held = 1
        self.turn = Lock()
        self._counting = Lock()

    @property
    def block(self) -> Block:
        return self._joint.block if self._joint is not None else Block(())

    def takes(self, part: Part) -> bool:
        """Whether it goes out with those before it. Where one does not, none does that comes later."""
        known = {track.point for each in self.parts for track in each.change}
        found = None
        if not self._full and not any(track.point in known for track in part.change):
            found = joint([*(each.block for each in self.parts), part.block], self._spec)
        if found is None:
            self._full = True
            return False
        self._joint = found
        self.parts.append(part)
        with self._counting:
            self._held += 1
        return True

    def close(self) -> None:
        """Something at the device goes line by line: what comes after it waits for it."""
        self._full = True

    def answers(self, part: Part, deadline: float) -> tuple[Answer, ...]:
        """What the device said to its block. Whoever asks first waits for all of it, until then."""
        if self._answers is None:
            self._answers = self.armed.session.collect(deadline)
        if self._joint is None or not self._answers:
            return ()
        return self._joint.answers(self.parts.index(part), part.block, self._answers)

    def let_go(self) -> None:
        """Once by who seized the device, and once for each part."""
        with self._counting:
            self._held -= 1
            over = self._held == 0
        if over:
            self._running.slots.release(self.device)


class FiredRun(OperationRun):
    """Of an isolation. From :meth:`join` to the end of :meth:`execute`, or :meth:`let_go`, nobody else acts
    at the device."""

    _shot: Shot | None = None
    _part: Part | None = None

    @property
    def device(self) -> str:
        return self._device.name

    def join(self, shot: Shot) -> bool:
        """False where it has to go line by line; nothing is on record then."""
        part = self._prepared(shot.armed)
        if part is None:
            shot.close()
            return False
        if not shot.takes(part):
            return False
        part.facts = self._record.intending(part.facts, part.change)
        self._shot, self._part = shot, part
        return True

    def let_go(self) -> None:
        """For one that nobody carried out."""
        shot, self._shot = self._shot, None
        if shot is not None:
            shot.let_go()

    def _prepared(self, armed: ArmedSession) -> Part | None:
        states = {track.point: armed.states.get(track.point) for track in self._tracks}
        change = [track for track in self._tracks if track.rendering.commands]
        if self._others_timers.first or any(states[track.point] is None for track in change):
            return None
        if any(track.rendering.when for track in change):  # what goes by the state goes by a fresh one
            return None
        # One that is cut already has its proof from a reading of its own, on the careful way.
        change = [track for track in change if not track.confirmed_by(states[track.point])]
        # Within a segment nothing but the ports stops what spreads there.
        change.sort(
            key=lambda track: track.step.point.kind is not PointKind.INTERFACE or track.step.point.tagged
        )
        renderings = [track.rendering for track in change]
        block = at_once_block(self._operation, self._telling(change), renderings, self._profile.session)
        if not change or block is None:
            return None
        facts = [
            fact
            for track in change
            for fact in claims(self._running, track, states[track.point], armed.read_at)
        ]
        return Part(block, change, states, facts)

    def _at_device(self) -> AbstractContextManager[None]:
        return self._in_turn(self._shot) if self._shot is not None else super()._at_device()

    @contextmanager
    def _in_turn(self, shot: Shot) -> Iterator[None]:
        try:
            with shot.turn:
                yield
        finally:
            self.let_go()

    def _before_rounds(self, deadline: float) -> None:
        shot, part = self._shot, self._part
        if shot is None or part is None:
            return
        self._was_there = True
        if shot.outcome is Outcome.NOT_SENT:
            for track in part.change:
                track.outcome = Outcome.NOT_SENT
            self._record.settle(part.change, settles=True)
            return
        for track in part.change:
            track.sending()
        session, within = shot.armed.session, self._running.services.limits.operation / _SHARE
        answers = shot.answers(part, min(deadline, self._clock.monotonic() + within))
        if not reads_back(part.block) and not interrupted(answers):
            session.write(read_block(self._operation))
            answers = (*answers, *session.collect(deadline))
        heard = reads_before(answers)
        for track in part.change:
            track.blind = not heard.keys() >= self._telling([track])
        self._learn(session, part.change, part.states, answers, deadline, again=True)
