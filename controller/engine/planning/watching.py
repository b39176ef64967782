"""Which waves of a restore are watched, and what is still being watched of earlier ones. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from controller.domain.plan import Plan
from controller.domain.probation import PROBATION, probations
from controller.engine.ports import History


@dataclass(frozen=True, slots=True)
class Group:
    """The waves that bring back the same subjects under one gate, from ``first`` to ``last``. ``watch`` in
    seconds."""

    first: int
    last: int
    watch: int
    subjects: tuple[str, ...]


def groups(plan: Plan) -> Iterator[Group]:
    """Those of a restore that are watched."""
    waves = list(plan.waves)
    while waves:
        together = [waves.pop(0)]
        while waves and (waves[0].stage, waves[0].gate) == (together[0].stage, together[0].gate):
            together.append(waves.pop(0))
        steps = (step for wave in together for each in wave.operations for step in each.steps)
        names = dict.fromkeys(name for step in steps for name in step.subjects)
        if together[0].gate.watch:
            yield Group(together[0].index, together[-1].index, together[0].gate.watch, tuple(names))


def open_probations(history: History) -> tuple[str, ...]:
    """The subjects that came back and are still being watched."""
    notes = (note for _, note in history.noted(PROBATION))
    return tuple(each.subject for each in probations(notes) if each.open)
