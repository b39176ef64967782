"""The end of the holds whose points were replaced: once the new point is read to be cut, not before."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from controller.domain.errors import JournalUnavailable
from controller.domain.facts import Fact, HoldEnded
from controller.domain.hold import Ending
from controller.domain.proof import Proof
from controller.domain.tags import Tag
from controller.domain.transfer import TRANSFER, moved
from controller.engine.events import StepResult
from controller.engine.execution.running import Running
from controller.engine.ports import History


def let_go(running: Running, history: History, results: Iterable[StepResult]) -> None:
    """Nothing where the record cannot be read or the new point is not confirmed: both stay held, and the
    transfer can be asked for again. Raises JournalUnavailable, StaleEpoch."""
    cut = {result.step.point.id for result in results if result.proof.satisfies(Proof.CONFIRMED)}
    facts: list[Fact] = []
    with suppress(JournalUnavailable):
        for each in moved(note for _, note in history.noted(TRANSFER)):
            if each.run == running.run and each.new in cut:
                facts.extend(
                    HoldEnded(key.run, key.subject, key.point, Ending.TRANSFER, running.run)
                    for key in running.ends_of(each.old)
                    if running.book.hold(key) is not None
                )
    if facts:
        running.commit(Tag.HOLD_ENDED, facts)
