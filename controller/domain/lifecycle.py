"""The states of a run and its parts, and the one table of legal transitions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class RunState(StrEnum):
    """``stopped``: a restore met its first failure. ``interrupted``: its process died; resume it."""

    RUNNING = "running"
    WAITING = "waiting"
    STOPPING = "stopping"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"
    STOPPED = "stopped"
    ABORTED = "aborted"


class WaveState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"


class StepState(StrEnum):
    PENDING = "pending"
    INTENDED = "intended"
    SETTLED = "settled"


LEGAL: Mapping[type[StrEnum], Mapping[StrEnum, frozenset[StrEnum]]] = {
    RunState: {
        RunState.RUNNING: frozenset(
            {RunState.WAITING, RunState.STOPPING, RunState.INTERRUPTED, RunState.FINISHED, RunState.STOPPED}
        ),
        RunState.WAITING: frozenset({RunState.RUNNING, RunState.STOPPING, RunState.INTERRUPTED}),
        RunState.STOPPING: frozenset({RunState.ABORTED, RunState.INTERRUPTED}),
        RunState.INTERRUPTED: frozenset({RunState.RUNNING, RunState.ABORTED}),
        RunState.STOPPED: frozenset({RunState.RUNNING, RunState.ABORTED}),
        RunState.FINISHED: frozenset(),
        RunState.ABORTED: frozenset(),
    },
    WaveState: {
        WaveState.PENDING: frozenset({WaveState.RUNNING}),
        WaveState.RUNNING: frozenset({WaveState.RUNNING, WaveState.DONE}),
        WaveState.DONE: frozenset({WaveState.RUNNING}),
    },
    StepState: {
        StepState.PENDING: frozenset({StepState.INTENDED, StepState.SETTLED}),
        StepState.INTENDED: frozenset({StepState.SETTLED, StepState.INTENDED}),
        StepState.SETTLED: frozenset({StepState.INTENDED}),
    },
}
"""By kind, as states of two kinds that are spelled alike are equal: from a state, those it may move to. A
settled step may be intended again: a fallback, a retry; and a resumed run goes through its waves again."""

OVER = frozenset({RunState.FINISHED, RunState.ABORTED})
"""Runs in these states never act again."""


def may_move(old: StrEnum, new: StrEnum) -> bool:
    return type(new) is type(old) and new in LEGAL[type(old)][old]
