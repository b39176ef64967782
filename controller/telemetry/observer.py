"""Runs, told to the log and counted, from the events their watchers hear."""

from __future__ import annotations

from contextlib import suppress

import structlog

from controller.domain.probation import ProbationState
from controller.engine.events import (
    CredentialDropped,
    Event,
    JournalDegraded,
    ProbationMoved,
    RunEnded,
    RunStarted,
    StepsSettled,
    Watcher,
    WaveStarted,
)
from controller.telemetry.metrics import Metrics

_log = structlog.get_logger("controller.run")


class Observer:
    """One for a process."""

    def __init__(self) -> None:
        self.metrics = Metrics()

    def watching(self, watcher: Watcher) -> Watcher:
        """``watcher``, which hears first; then the log and the numbers, unless it only joined a run that
        another one's watcher tells of. Whatever fails here fails nobody."""
        joined = False

        def hear(event: Event) -> None:
            nonlocal joined
            watcher(event)
            joined = joined or (isinstance(event, RunStarted) and event.joined)
            if not joined:
                with suppress(Exception):
                    self.metrics.hear(event)
                    tell(event)

        return hear


def tell(event: Event) -> None:
    """One line an event; of a device that settled, one a point."""
    match event:
        case RunStarted(run=run, plan=plan):
            what = {"playbook": plan.playbook, "plan": plan.hash, "points": sum(1 for _ in plan.steps())}
            _log.info("run started", run=run, action=plan.action.value, **what)
        case WaveStarted(run=run, wave=wave):
            _log.info("wave started", run=run, wave=wave + 1)
        case StepsSettled(run=run, device=device, results=results):
            for result in results:
                # No warning: whoever watches the run is told, and a terminal would say it twice.
                _log.info(
                    "point settled",
                    run=run,
                    device=device,
                    point=str(result.step.point.id),
                    method=result.method.value,
                    outcome=result.outcome.value,
                    proof=result.proof.value,
                    cause=result.cause,
                )
        case CredentialDropped(run=run, credential=name, devices=devices):
            # Not "credential=": what is called so is a secret everywhere else.
            _log.warning("credential dropped", run=run, name=name, devices=list(devices))
        case JournalDegraded(run=run, unrecorded=unrecorded):
            _log.warning("journal degraded", run=run, unrecorded=unrecorded)
        case ProbationMoved(run=run, probation=each, doubt=doubt):
            told = _log.warning if each.state is ProbationState.TRIPPED else _log.info
            said = {"state": each.state.value, "observed": each.observed, "watch": each.watch}
            told("probation moved", run=run, subject=each.subject, cause=each.cause or doubt, **said)
        case RunEnded(run=run, state=state, results=results, cause=cause):
            lacking = sum(1 for result in results if not result.satisfied)
            _log.info("run ended", run=run, state=state.value, cause=cause, lacking=lacking)
        case _:
            pass
