"""Executes a plan: waves in order, the devices of a wave side by side, until the last has ended or given
up."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from threading import Lock

from controller.domain.errors import CordonError
from controller.domain.facts import Fact, Noted, RunMoved, WaveMoved
from controller.domain.inventory import Device, PointId
from controller.domain.lifecycle import RunState, WaveState
from controller.domain.plan import Escalation, Operation, Step, Wave
from controller.domain.playbook import Action, OnFailure
from controller.domain.profile import DeviceProfile
from controller.domain.tags import Tag
from controller.engine.events import (
    CredentialDropped,
    RunEnded,
    RunStarted,
    StepResult,
    StepsSettled,
    WaveStarted,
)
from controller.engine.execution.admission import Admission
from controller.engine.execution.beforehand import Beforehand
from controller.engine.execution.claims import unmet
from controller.engine.execution.crew import Crew
from controller.engine.execution.escalating import AT_NEIGHBOUR, Escalating
from controller.engine.execution.fire import Fire
from controller.engine.execution.fired import FiredRun
from controller.engine.execution.operation import OperationRun
from controller.engine.execution.probing import Probing
from controller.engine.execution.running import Running, StopCause
from controller.engine.execution.saving import Saving
from controller.engine.points.track import not_attempted

_log = logging.getLogger(__name__)


class Runner:
    """One execution of one plan. A cut carries on past failures; a restore stops at the first."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._results: dict[PointId, StepResult] = {}
        self._admission = Admission(running)
        self._lock = Lock()
        self._broken: CordonError | None = None
        self._probing = Probing(running)
        self._to_come = Counter(
            each.device for wave in running.plan.waves for each in wave.operations if self._concerns(each)
        )
        self._beforehand = Beforehand(running)
        self._saving = Saving(running, self._beforehand)
        self._fire = Fire(running, self._beforehand.wanted)
        self._escalating = Escalating(running, self._carried_out, self._keep, self._over)
        self._at_device: dict[str, dict[PointId, StepResult]] = defaultdict(dict)
        running.before_change = self._probing.changing
        running.session_had = self._beforehand.begin
        running.learnt_before = self._beforehand.before_change
        running.sessions.record.when_dropped = self._dropped

    def run(self) -> RunEnded:
        """Returns when nothing is under way any more. Raises JournalUnavailable or StaleEpoch: then nothing
        further was sent, and what was under way is on record as intended."""
        running = self._running
        running.watcher(RunStarted(running.run, running.plan, running.services.clock.now()))
        try:
            self._admission.begin()
            self._probing.start()
            self._beforehand.start()
            with Crew(running.services.limits.threads, running.services.clock) as crew:
                try:
                    self._waves(crew)
                except BaseException as error:  # what has not begun must not begin any more
                    running.stop(error.code if isinstance(error, CordonError) else "internal")
                    raise
            if self._broken is not None:
                raise self._broken
            results = dict(self._probing.finish(self._results))
            self._saving.finish()
        finally:
            self._fire.close()
            running.sessions.close()
            self._beforehand.close()
            self._saving.close()
            self._probing.close()
        return self._ended(results)

    def _waves(self, crew: Crew) -> None:
        running = self._running
        under_way: list[tuple[Wave, list[Future[None]]]] = []
        ready: list[tuple[Wave, Operation]] = []
        self._escalate(crew, self._escalating.again(), self._escalating.repeat)
        for wave in running.plan.waves:
            if wave.waits:
                self._go(crew, ready, under_way)
                self._await(crew, under_way)
                self._escalate(crew, self._escalating.waiting(), self._escalating.attempt)
            operations = [operation for operation in wave.operations if self._concerns(operation)]
            if running.stopping.is_set():
                self._leave(wave, operations)
                continue
            if not operations:
                running.wave_over(wave)
                continue
            if not self._admission.of(wave, operations):
                self._leave(wave, operations)
                continue
            ready.extend((wave, each) for each in operations)
            if not self._fire.possible:
                self._go(crew, ready, under_way)
        self._go(crew, ready, under_way)
        self._await(crew, under_way)
        self._admission.of_the_rest()
        self._escalate(crew, self._escalating.waiting(), partial(self._escalating.attempt, last=True))
        self._save_upstream()

    def _go(
        self,
        crew: Crew,
        ready: list[tuple[Wave, Operation]],
        under_way: list[tuple[Wave, list[Future[None]]]],
    ) -> None:
        """Begins with ``ready``: what of it can be fired goes out together. What is more urgent than all of
        that does not wait for it."""
        self._begin({wave.index: wave for wave, _ in ready}.values())
        urgent = next((at for at, (_, each) in enumerate(ready) if self._fire.may_take(each)), len(ready))
        jobs: dict[int, tuple[Wave, list[Future[None]]]] = {}

        def start(wave: Wave, each: Operation, fired: FiredRun | None = None) -> None:
            begun = crew.start(partial(self._operate, wave, each, fired))
            jobs.setdefault(wave.index, (wave, []))[1].append(begun)

        for wave, each in ready[:urgent]:
            start(wave, each)
        rest = ready[urgent:]
        fired = self._fire.volley(
            [(wave, each) for wave, each in rest if not self._escalating.spared(each)[0]]
        )
        for wave, each in rest:
            start(wave, each, fired.get((wave.index, each.device)))
        under_way.extend(jobs.values())
        ready.clear()

    def _begin(self, waves: Collection[Wave]) -> None:
        """Puts on record that they begin: in one commit, since each takes as long as the disk."""
        running = self._running
        facts: list[Fact] = [
            fact
            for wave in waves
            for fact in (
                WaveMoved(running.run, wave.index, WaveState.RUNNING),
                *running.wave_begins(wave),
            )
        ]
        if facts:
            running.commit(Tag.WAVE_MOVED, facts)
        for wave in waves:
            running.watcher(WaveStarted(running.run, wave.index))

    def _await(self, crew: Crew, under_way: list[tuple[Wave, list[Future[None]]]]) -> None:
        for wave, jobs in under_way:
            crew.join(jobs)
            if self._broken is None:
                self._running.commit(
                    Tag.WAVE_MOVED, [WaveMoved(self._running.run, wave.index, WaveState.DONE)]
                )
                self._running.wave_over(wave)
        under_way.clear()

    def _concerns(self, operation: Operation) -> bool:
        """A resumed restore passes over operations whose points all came back before the interruption."""
        return any(self._running.concerns(step.point.id) for step in operation.steps)

    def _operate(self, wave: Wave, operation: Operation, fired: OperationRun | None = None) -> None:
        running = self._running
        device = running.inventory.devices.get(operation.device)
        profile = running.profiles.get(operation.platform)
        try:
            spared, rest = self._escalating.spared(operation)
            results = self._untouched(wave, operation.device, spared, AT_NEIGHBOUR)
            if rest.steps:
                results = (*results, *self._carried_out(wave, rest, fired))
        except CordonError as error:
            self._break(error)
            return
        with self._lock:
            self._results.update({result.step.point.id: result for result in results})
            self._at_device[operation.device].update({each.step.point.id: each for each in results})
            self._to_come[operation.device] -= 1
            over = not self._to_come[operation.device]
        if over and not self._saves(device, profile) and not self._escalating.uses(operation.device):
            # Thousands of devices: no more sessions stay open than there is work for.
            running.sessions.drop(operation.device)
        stops = running.action is Action.RESTORE and wave.on_failure is OnFailure.STOP
        if stops and not all(result.satisfied for result in results):
            running.stop(StopCause.FAILED)
        self._upstream(partial(self._escalating.ended, wave, operation.device, results))

    def _carried_out(
        self, wave: Wave, operation: Operation, fired: OperationRun | None = None
    ) -> tuple[StepResult, ...]:
        """Raises what ends the whole run: JournalUnavailable, StaleEpoch."""
        running = self._running
        device = running.inventory.devices.get(operation.device)
        profile = running.profiles.get(operation.platform)
        try:
            if device is None or profile is None:
                return self._untouched(wave, operation.device, operation.steps, "manual")
            return (fired or OperationRun(running, wave, operation, device, profile)).execute()
        except CordonError:
            raise
        except Exception:  # noqa: BLE001 - a defect before it began must not end the others' cut
            with suppress(Exception):  # where a log cannot be written, a cut goes on
                extra = {"run": running.run, "device": operation.device}
                _log.exception("operation failed", extra=extra)
            return tuple(not_attempted(step, wave, "internal") for step in operation.steps)

    def _break(self, error: CordonError) -> None:
        self._broken = self._broken or error
        self._running.stop(error.code)

    # --- devices cut off from outside ----------------------------------------------------------------

    def _upstream(self, act: Callable[[], None]) -> None:
        try:
            act()
        except CordonError as error:
            self._break(error)
        except Exception:  # noqa: BLE001 - a defect there must not end the others' cut
            with suppress(Exception):  # where a log cannot be written, a cut goes on
                _log.exception("escalation failed", extra={"run": self._running.run})

    def _escalate(
        self, crew: Crew, escalations: Iterable[Escalation], act: Callable[[Escalation], None]
    ) -> None:
        crew.join([crew.start(partial(self._upstream, partial(act, each))) for each in escalations])

    def _keep(self, results: Iterable[StepResult]) -> None:
        with self._lock:
            self._results.update({result.step.point.id: result for result in results})

    def _over(self) -> set[str]:
        """The devices nothing is left to do for."""
        with self._lock:
            return {device for device, left in self._to_come.items() if not left}

    # -------------------------------------------------------------------------------------------------

    def _save_upstream(self) -> None:
        """Once no port is shut for others' sake any more: those outlast a reboot as the device's own do."""
        for name in self._escalating.neighbours():
            device = self._running.inventory.devices[name]
            done = {point: each for point, each in self._results.items() if point.device == name}
            self._at_device[name].update(done)
            self._saves(device, self._running.profiles.get(device.platform))

    def _saves(self, device: Device | None, profile: DeviceProfile | None) -> bool:
        if device is None or profile is None:
            return False
        return self._saving.begin(device, profile, tuple(self._at_device[device.name].values()))

    def _dropped(self, credential: str, devices: tuple[str, ...]) -> None:
        """In the middle of a log-in: where it cannot be recorded, the next commit says so."""
        run = self._running.run
        self._running.watcher(CredentialDropped(run, credential, devices))
        note = Noted(run, (("credential", credential), ("devices", ", ".join(devices))))
        with suppress(CordonError):
            self._running.commit(Tag.CREDENTIAL_DROPPED, [note])

    def _leave(self, wave: Wave, operations: Sequence[Operation]) -> None:
        for operation in operations:
            for step in operation.steps:
                self._results[step.point.id] = not_attempted(step, wave, self._running.cause)

    def _untouched(
        self, wave: Wave, device: str, steps: Sequence[Step], cause: str
    ) -> tuple[StepResult, ...]:
        """Nothing is sent for these steps: they are held, and what they lack is for somebody else."""
        running = self._running
        if not steps:
            return ()
        results = tuple(running.as_known(not_attempted(step, wave, cause)) for step in steps)
        facts: list[Fact] = [result.as_fact(running.run, running.action) for result in results]
        if running.action is Action.ISOLATE:
            facts.extend(unmet(running, steps))
        running.commit(Tag.OPERATION_SETTLED, facts)
        running.watcher(StepsSettled(running.run, device, results))
        return results

    def _ended(self, results: dict[PointId, StepResult]) -> RunEnded:
        running = self._running
        states = {
            "": RunState.FINISHED,
            StopCause.ABORTED: RunState.ABORTED,
            StopCause.TRIPPED: RunState.ABORTED,  # what it still had to bring back is planned anew
        }
        state = states.get(running.cause, RunState.STOPPED)
        facts: list[Fact] = []
        if state is RunState.ABORTED:
            facts.append(RunMoved(running.run, RunState.STOPPING, running.cause))
        facts.append(RunMoved(running.run, state, running.cause))
        running.commit(Tag.RUN_MOVED, facts)
        for wave, _, step in running.plan.steps():  # a step nobody accounts for is one without its proof
            if step.point.id not in results and running.concerns(step.point.id):
                results[step.point.id] = not_attempted(step, wave, "internal")
        points = (step.point.id for _, _, step in (*running.plan.steps(), *running.plan.upstream()))
        ended = RunEnded(
            running.run,
            state,
            tuple(results[point] for point in dict.fromkeys(points) if point in results),
            running.cause,
        )
        running.watcher(ended)
        return ended
