"""Devices of a run that cannot be reached, cut off at their neighbours' ports within the same run.

So are those of which a person asked for it instead of a cut on the device itself: nothing is sent to them as
long as that holds.

Each is judged again at the moment it is needed, with all that was cut off before: what each may do alone, two
together may not. One that would take the controller's way to a device still to be cut waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from threading import Lock

from controller.domain.facts import Noted
from controller.domain.hold import HoldKey
from controller.domain.inventory import PointId, Port
from controller.domain.plan import Escalation, Operation, Step, Wave
from controller.domain.playbook import Action, OnUnreachable
from controller.domain.proof import Outcome, Proof, worst
from controller.domain.tags import Tag
from controller.engine.events import StepResult, StepsSettled
from controller.engine.execution.running import Running
from controller.engine.network.objections import OWN_PATH, Objections, objections_to
from controller.engine.network.vlans import Network
from controller.engine.planning.escalation import cut_from_outside
from controller.engine.points.track import cut_upstream, joined

_NO_ANSWER = frozenset({"hung-up", "deadline"})
"""The causes of a device that died while it was worked on; one that cannot be opened has ``open.*``."""

AT_NEIGHBOUR = "at-neighbour"
"""The cause of a step that is left alone because a person wants it cut from outside."""


@dataclass(frozen=True, slots=True)
class _CutOff:
    """What a cut upstream achieved for all that lies behind it."""

    cause: str
    proof: Proof
    read_at: datetime | None


class Escalating:
    """The escalations of one run. ``operate`` carries an operation out and returns its results; ``keep``
    takes the results that replace others; ``over`` tells which devices nothing is left to do for."""

    def __init__(
        self,
        running: Running,
        operate: Callable[[Wave, Operation], tuple[StepResult, ...]],
        keep: Callable[[Iterable[StepResult]], None],
        over: Callable[[], Collection[str]],
    ) -> None:
        self._running = running
        self._operate = operate
        self._keep = keep
        self._over = over
        self._escalations = {each.device: each for each in running.plan.escalations}
        self._waves = {step.point.id: wave for wave, _, step in running.plan.upstream()}
        self._lock = Lock()
        self._unreached: dict[str, dict[PointId, StepResult]] = {}
        self._waiting: dict[str, Escalation] = {}
        self._begun: set[str] = set()
        self._ports: set[Port] = set()
        self._cut_off: dict[str, _CutOff] = {}
        self._instead = {each.device for each in running.plan.escalations if each.instead}

    def spared(self, operation: Operation) -> tuple[tuple[Step, ...], Operation]:
        """The steps that a cut at the neighbours stands for, as asked, and what is left to do on the
        device."""
        if operation.device not in self._instead:
            return (), operation
        steps = tuple(step for step in operation.steps if cut_from_outside(step))
        return steps, replace(operation, steps=tuple(step for step in operation.steps if step not in steps))

    def neighbours(self) -> tuple[str, ...]:
        """The devices at which ports were shut to cut others off."""
        return tuple(sorted({port.device for port in self._ports}))

    def uses(self, device: str) -> bool:
        """Whether a cut upstream may be at work on the device."""
        return any(port.device == device for port in self._ports)

    def again(self) -> tuple[Escalation, ...]:
        """Those an earlier process began: their ports are held by this run, in whatever state they are."""
        running = self._running
        planned = {step.point.id for _, _, step in running.plan.steps()} if self._escalations else set()
        return tuple(
            each
            for each in self._escalations.values()
            if any(
                running.book.hold(HoldKey(running.run, name, step.point.id)) is not None
                for operation in each.operations
                for step in operation.steps
                if step.point.id not in planned
                for name in step.subjects
            )
        )

    def ended(self, wave: Wave, device: str, results: Sequence[StepResult]) -> None:
        """Told of the end of an operation; cuts the device off where it could not be, or was not to be,
        reached."""
        wanted = wave.on_unreachable is OnUnreachable.ESCALATE or device in self._instead
        if self._running.action is not Action.ISOLATE or not wanted:
            return
        unreached = {each.step.point.id: each for each in results if _unreached(each)}
        if not unreached:
            return
        with self._lock:
            self._unreached.setdefault(device, {}).update(unreached)
            already, escalation = self._cut_off.get(device), self._escalations.get(device)
        if already is not None:
            self._cover([device], already)
        elif escalation is not None:
            self.attempt(escalation)

    def waiting(self) -> tuple[Escalation, ...]:
        """Those that would have taken the controller's way to what was still to be cut."""
        with self._lock:
            return tuple(self._waiting.values())

    def attempt(self, escalation: Escalation, *, last: bool = False) -> None:
        """Cuts the device off, unless that is objected to; ``last``: nothing is waited for any more."""
        running, device = self._running, escalation.device
        if running.stopping.is_set():
            return
        code, detail = escalation.refused, escalation.because
        with self._lock:
            if device in self._begun:
                return
            if not code:
                ports = {Port(point.device, point.object) for point in escalation.points}
                severed = {device, *escalation.behind}
                objection = self._objections.now(device, ports, severed, self._over(), self._ports)
                if objection is not None:
                    if objection.code == OWN_PATH and not last:
                        self._waiting[device] = escalation
                        return
                    code, detail = objection.code, objection.detail
                else:
                    self._ports |= ports
            self._waiting.pop(device, None)
            self._begun.add(device)
        if code:
            self._refuse(device, code, detail)
            self._on_device(escalation)
        else:
            self._execute(escalation)

    def repeat(self, escalation: Escalation) -> None:
        """As decided before the process that began it died."""
        with self._lock:
            self._begun.add(escalation.device)
            self._ports |= {Port(point.device, point.object) for point in escalation.points}
        self._execute(escalation)

    # --- parts -------------------------------------------------------------------------------------

    @cached_property
    def _objections(self) -> Objections:
        return objections_to(self._running.plan, Network(self._running.inventory))

    def _execute(self, escalation: Escalation) -> None:
        running, where = self._running, ", ".join(map(str, escalation.points))
        data = (("escalated", where), ("behind", ", ".join(escalation.behind)))
        asked = (("instead", "yes"),) if escalation.instead else ()
        note = Noted(escalation.device, (*data, *asked))
        running.commit(Tag.OPERATION_ESCALATED, [note])
        results: list[StepResult] = []
        for operation in escalation.operations:
            wave = self._waves[operation.steps[0].point.id]
            results.extend(self._operate(wave, operation))
        self._keep(results)
        proof = worst(each.proof for each in results)
        if not proof.satisfies(Proof.ACCEPTED):
            self._tell(escalation.device, f"upstream-unproven:{where}")
            self._on_device(escalation)
            return
        times = [each.read_at for each in results if each.read_at is not None]
        done = _CutOff(cut_upstream(escalation.points), proof, min(times, default=None))
        severed = (escalation.device, *escalation.behind)
        with self._lock:
            self._cut_off.update(dict.fromkeys(severed, done))
        self._cover(severed, done)

    def _on_device(self, escalation: Escalation) -> None:
        """Where it was to be spared and may or could not be: better cut on the device than not at all."""
        device = escalation.device
        if device not in self._instead:
            return
        self._instead.discard(device)
        for wave in self._running.plan.waves:
            for each in wave.operations:
                if each.device == device and not self._running.stopping.is_set():
                    self._keep(self._operate(wave, each))

    def _cover(self, devices: Iterable[str], done: _CutOff) -> None:
        """What could not be reached behind the cut has its proof."""
        for device in devices:
            with self._lock:
                found = self._unreached.pop(device, {})
            self._settle(
                device,
                [
                    replace(each, proof=done.proof, read_at=done.read_at, cause=done.cause)
                    for each in found.values()
                ],
            )

    def _refuse(self, device: str, code: str, detail: str) -> None:
        note = Noted(device, (("not-escalated", code), ("because", detail)))
        self._running.commit(Tag.OPERATION_ESCALATED, [note])
        self._tell(device, f"upstream-{code}:{detail}" if detail else f"upstream-{code}")

    def _tell(self, device: str, cause: str) -> None:
        with self._lock:
            found = dict(self._unreached.get(device, {}))
        self._settle(device, [replace(each, cause=joined(each.cause, cause)) for each in found.values()])

    def _settle(self, device: str, results: Sequence[StepResult]) -> None:
        running = self._running
        if results:
            facts = [each.as_fact(running.run, running.action) for each in results]
            running.commit(Tag.OPERATION_SETTLED, facts)
            running.watcher(StepsSettled(running.run, device, tuple(results)))
            self._keep(results)


def _unreached(result: StepResult) -> bool:
    """Whether nothing is known of the point for want of an answer."""
    if result.proof is not Proof.UNKNOWN or not cut_from_outside(result.step):
        return False
    cause = result.cause
    if cause == AT_NEIGHBOUR:
        return True
    return cause.startswith("open.") or cause in _NO_ANSWER or result.outcome is Outcome.NOT_SENT
