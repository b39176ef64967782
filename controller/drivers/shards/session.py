"""One session that lives in a worker, seen from the leader."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from controller.domain.proof import Outcome
from controller.drivers.shards import wire
from controller.drivers.shards.shard import Shard, WorkerFailed, WorkerGone
from controller.engine.ports import Answer, Block, Session

LATE = 0.25
"""Seconds after a deadline at which a report counts as missing."""

WRITES = 6.0
"""Seconds for a worker to begin a block: a device may take nothing in for five of them."""

_FRESH = 0.05
"""Seconds for which a session counts as it was reported."""


class ShardSession:
    """Implements the Session port: the one of that number in a worker."""

    def __init__(self, shard: Shard, number: int) -> None:
        self.shard = shard
        self.number = number
        self._pending: Block | None = None
        self._closed = False
        self._open = True
        self._reported = time.monotonic()

    @property
    def is_open(self) -> bool:
        if self._closed or not self._open or self.shard.gone:
            return False
        if time.monotonic() - self._reported > _FRESH:
            try:
                self._heard(bool(self.shard.order("alive", self.number, until=time.monotonic() + LATE)))
            except (WorkerGone, WorkerFailed):
                self._open = False
            except TimeoutError:  # busy, or hung: whoever looks at the worker finds out
                pass
        return self._open

    @property
    def is_ready(self) -> bool:
        """It takes a block, as far as is known here."""
        return self._pending is None and self._open and not self._closed

    def write(self, block: Block) -> Outcome:
        if not self.is_ready:
            return Outcome.NOT_SENT
        try:
            outcome = Outcome(self.shard.order("write", self.number, block, until=time.monotonic() + WRITES))
        except WorkerGone as gone:
            self._open = False
            outcome = Outcome.SENT if gone.told else Outcome.NOT_SENT
        except (WorkerFailed, TimeoutError):
            self.close()
            outcome = Outcome.SENT
        if outcome is Outcome.NOT_SENT:
            self._open = False
        else:
            self._pending = block
        return outcome

    def fired(self, block: Block, outcome: Outcome) -> Outcome:
        """Notes that the block was fired, with this outcome."""
        if outcome is not Outcome.NOT_SENT:
            self._pending = block
        return outcome

    def collect(self, deadline: float) -> tuple[Answer, ...]:
        block, self._pending = self._pending, None
        if block is None:
            return ()
        try:
            said, is_open = self.shard.order("collect", self.number, deadline, until=deadline + LATE)
        except (WorkerGone, WorkerFailed, TimeoutError):
            self.close()
            # How far it got nobody knows: every line may have gone out.
            return tuple(Answer(command, "", complete=False) for command in block.commands)
        self._heard(bool(is_open))
        return tuple(
            Answer(command, **dict(zip(wire.ANSWER, each, strict=True)))
            for command, each in zip(block.commands, said, strict=True)
        )

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.shard.post("close", self.number)

    def _heard(self, is_open: bool) -> None:
        self._open = is_open
        self._reported = time.monotonic()


def fire_in(shard: Shard, volley: Sequence[tuple[Session, Block]]) -> Callable[[], tuple[Outcome, ...]]:
    """Has the worker fire; the outcomes when asked for. A session that takes no block is left out."""
    shots = [(each, block) for each, block in volley if isinstance(each, ShardSession) and each.is_ready]

    def all_of(outcome: Outcome) -> tuple[Outcome, ...]:
        return told([outcome] * len(shots))

    def told(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
        fired = {id(each): each.fired(block, how) for (each, block), how in zip(shots, outcomes, strict=True)}
        return tuple(fired.get(id(session), Outcome.NOT_SENT) for session, _ in volley)

    try:
        order = shard.begin("fire", [(session.number, block) for session, block in shots])
    except WorkerGone:
        return lambda: all_of(Outcome.NOT_SENT)

    def outcomes() -> tuple[Outcome, ...]:
        try:
            said = order.result(time.monotonic() + WRITES)
        except (WorkerGone, WorkerFailed, TimeoutError):
            return all_of(Outcome.SENT)  # nobody knows: what came of it is read
        return told([Outcome(each) for each in said])

    return outcomes
