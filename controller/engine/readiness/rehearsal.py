"""Rehearsals: canary ports cut, read back and brought back, by the machinery that cuts for good.

One run cuts every canary with one method, the next brings them back; then comes the next method. What passed
is noted with the software it passed on (:mod:`controller.engine.planning.untested` asks for it).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

from controller.domain.errors import InvalidRequest, NotFound, Refused
from controller.domain.facts import Actor
from controller.domain.inventory import (
    REHEARSAL,
    Device,
    Inventory,
    PointId,
)
from controller.domain.lifecycle import OVER, RunState
from controller.domain.plan import Operation, Plan, Step
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.domain.profile.reading import State
from controller.domain.profile.surroundings import VersionSpec
from controller.domain.proof import Outcome, Proof
from controller.domain.rehearsal import Rehearsed, Software, software_note
from controller.domain.tags import Tag
from controller.engine.events import RehearsalEnded, RunEnded, StepResult, Watcher
from controller.engine.execution.running import Services, StopCause
from controller.engine.planning.plans import Documents, Return
from controller.engine.planning.revisions import stored_documents, stored_plan
from controller.engine.points.reading import judge, read_state
from controller.engine.points.renderer import PointContext, point_context, read_commands
from controller.engine.ports import History, RunRecord
from controller.engine.readiness.survey import ask

if TYPE_CHECKING:
    from controller.engine.controller import Controller
    from controller.engine.planning.revisions import DocumentReader

_OPEN = frozenset({RunState.RUNNING, RunState.WAITING, RunState.STOPPING, RunState.INTERRUPTED})


def software_in(device: Device, spec: VersionSpec | None, answers: Mapping[str, str]) -> Software:
    """What the device says it runs; empty where it does not."""
    answer = answers.get(spec.send, "") if spec else ""
    version = spec.version.search(answer) if spec else None
    model = spec.model.search(answer) if spec and spec.model else None
    return Software(device.platform, model[1] if model else "", version[1] if version else "")


@dataclass(frozen=True, slots=True)
class _Seen:
    """Devices as they were found: what each runs, its canaries' states, and why some devices, or canaries,
    are left alone."""

    software: Mapping[str, Software]
    states: Mapping[PointId, State]
    skipped: Mapping[str, str]


@dataclass(eq=False)
class Rehearsing:
    """The rehearsals of one home, at its leader: one at a time, beside nothing else."""

    controller: Controller
    services: Services
    history: History
    _lock: Lock = field(default_factory=Lock)

    def rehearse(
        self,
        plans: Sequence[Plan],
        devices: Collection[str],
        documents: Documents,
        reason: str,
        actor: Actor,
        watcher: Watcher,
    ) -> None:
        """Carries out ``plans``, which :func:`plan_rehearsal` made; asks ``devices`` what they run. What an
        earlier rehearsal left cut is brought back first. Tells the watcher of every run and of the end.

        Raises Refused where a plan is, InvalidRequest while anything else is under way."""
        refusals = [hazard for plan in plans for hazard in plan.refusals]
        if refusals:
            raise Refused(refusals)
        with self._alone():
            self._settle(documents, actor, watcher)
            act = _Act(self, documents, reason, actor, watcher)
            seen = self._look(plans, devices, documents, actor)
            cause = ""
            for plan in plans:
                cause = act.rehearse(plan, seen)
                if cause:
                    break
            watcher(RehearsalEnded(tuple(act.rehearsed), tuple(seen.skipped.items()), self._left(), cause))

    def owns(self, run: str) -> bool:
        """Whether the run cut canary ports that may still be cut."""
        try:
            record = self.history.run(run)
        except NotFound:
            return False
        return record.action is Action.ISOLATE and self._rehearses(record)

    def resume(self, run: str, reader: DocumentReader, actor: Actor, watcher: Watcher) -> None:
        """Takes up an interrupted rehearsal: its cut is brought to an end, and the canary ports come back.
        Nothing counts as rehearsed. Raises as :meth:`Controller.resume`."""
        with self._alone():
            record = self.history.run(run)
            inventory, profiles = stored_documents(self.history, reader, record)
            documents = Documents(inventory, profiles, record.profiles, {}, {}, {})
            if record.state in OVER and not self._left():
                self.controller.resume(run, actor, watcher)  # says why it cannot be
            self._settle(documents, actor, watcher)

    # --- parts -------------------------------------------------------------------------------------

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._lock.acquire(blocking=False):
            raise InvalidRequest("rehearsal-not-now", run=REHEARSAL)
        try:
            for record in self.history.runs():
                if record.action is Action.ISOLATE and record.state in _OPEN and not self._rehearses(record):
                    raise InvalidRequest("rehearsal-not-now", run=record.run)
            yield
        finally:
            self._lock.release()

    def _rehearses(self, record: RunRecord) -> bool:
        """A site's own playbook may bear the name."""
        if record.playbook != REHEARSAL:
            return False
        return stored_plan(self.history, record.plan).rehearses

    def _settle(self, documents: Documents, actor: Actor, watcher: Watcher) -> None:
        """Ends what an earlier rehearsal began."""
        for record in self.history.runs():
            if record.state not in OVER and self._rehearses(record):
                self.controller.resume(record.run, actor, watcher)
        if self._left():
            bring_back(self.controller, documents, REHEARSAL, actor, watcher)

    def _left(self) -> tuple[PointId, ...]:
        held = {hold.key.point for hold in self.history.open_holds() if hold.key.subject == REHEARSAL}
        return tuple(sorted(held, key=lambda point: point.order))

    def _look(
        self, plans: Sequence[Plan], devices: Collection[str], documents: Documents, actor: Actor
    ) -> _Seen:
        """Asks every device what it runs, and reads the canary ports: one whose state cannot be read could
        not be brought back, so it is not cut."""
        points = {step.point.id: step for plan in plans for _, _, step in plan.steps()}
        steps: dict[str, list[Step]] = defaultdict(list)
        for step in points.values():
            steps[step.point.id.device].append(step)
        inventory, profiles = documents.inventory, documents.profiles
        known = {
            name: profiles[inventory.devices[name].platform]
            for name in sorted({*devices, *steps})
            if inventory.devices[name].platform in profiles
        }
        questions = {
            name: [
                *([profile.version.send] if profile.version else []),
                *_reads(steps.get(name, ()), profile, inventory),
            ]
            for name, profile in known.items()
        }
        told = ask(inventory, profiles, self.services, questions)
        software = {
            name: software_in(inventory.devices[name], profile.version, told[name].answers)
            for name, profile in known.items()
        }
        notes = [software_note(name, software[name]) for name in known if not told[name].cause]
        if notes:
            self.services.journal.commit(Tag.REHEARSAL_RECORDED, notes, actor)
        states: dict[PointId, State] = {}
        skipped = {name: told[name].cause for name in known if told[name].cause}
        held = {hold.key.point for hold in self.history.open_holds()}
        for point, step in points.items():
            context = _context(step, known[point.device], inventory)
            state = read_state(context, told[point.device].answers) if context else None
            if state is not None:
                states[point] = state
            if point.device not in skipped and (point in held or state is None):
                skipped[str(point)] = "canary-held" if point in held else "unreadable"
        return _Seen(software, states, dict(sorted(skipped.items())))


def _reads(steps: Iterable[Step], profile: DeviceProfile, inventory: Inventory) -> Iterator[str]:
    """What reads the canaries of a device."""
    for step in steps:
        context = _context(step, profile, inventory)
        yield from read_commands(context) if context else ()


def _context(step: Step, profile: DeviceProfile, inventory: Inventory) -> PointContext | None:
    return point_context(step.point, step.subjects, (), inventory.devices[step.point.id.device], profile)


@dataclass(frozen=True, slots=True)
class _Tried:
    """One step of a rehearsal: its two runs, and what they made of it."""

    step: Step
    cut_run: str
    back_run: str
    cut: StepResult | None
    back: StepResult | None


@dataclass
class _Act:
    """One rehearsal while it is carried out. ``stuck`` are canary ports that did not come back: no other
    method is tried at them."""

    rehearsing: Rehearsing
    documents: Documents
    reason: str
    actor: Actor
    watcher: Watcher
    rehearsed: list[Rehearsed] = field(default_factory=list)
    stuck: set[PointId] = field(default_factory=set)

    def rehearse(self, plan: Plan, seen: _Seen) -> str:
        """One method at every canary port that can be tried. Returns the code of what ends the rehearsal, ""
        where it goes on."""
        found: list[Rehearsed] = []
        tried: set[PointId] = set()
        for _, _, step in plan.steps():
            point = step.point.id
            if seen.skipped.keys() & {point.device, str(point)} or point in self.stuck:
                continue
            if judge(step.rendering.expect, seen.states[point]) is Proof.CONFIRMED:
                found.append(_rehearsed(step, seen, "already-cut"))
            elif not step.rendering.commands:
                found.append(_rehearsed(step, seen, "by-hand"))
            else:
                tried.add(point)
        cause, results = self._cut_and_return(_only(plan, tried)) if tried else ("", [])
        found.extend(_judged(each, seen) for each in results)
        self.stuck.update(each.step.point.id for each in results if not (each.back and each.back.satisfied))
        self.rehearsed.extend(found)
        if found:
            notes = [each.as_note() for each in found]
            self.rehearsing.services.journal.commit(Tag.REHEARSAL_RECORDED, notes, self.actor)
        return cause

    def _cut_and_return(self, plan: Plan) -> tuple[str, list[_Tried]]:
        """Why the rehearsal ends with it, or "", and what the two runs made of each step; nothing counts
        where a cut for good went first."""
        controller = self.rehearsing.controller
        try:
            cut = controller.isolate(plan, self.reason, self.actor, self.watcher, self.documents)
            if cut.cause == StopCause.PREEMPTED:
                return cut.cause, []
            back = bring_back(controller, self.documents, self.reason, self.actor, self.watcher)
        except InvalidRequest as error:  # a cut has begun since
            return error.reason, []
        done = {result.step.point.id: result for result in cut.results}
        returned = {result.step.point.id: result for result in back.results} if back else {}
        tried = [
            _Tried(
                step,
                cut.run,
                back.run if back else "",
                done.get(step.point.id),
                returned.get(step.point.id),
            )
            for _, _, step in plan.steps()
        ]
        return cut.cause or (back.cause if back else ""), tried


def bring_back(
    controller: Controller, documents: Documents, reason: str, actor: Actor, watcher: Watcher
) -> RunEnded | None:
    """Restores every canary port that is held; None where none is. Raises InvalidRequest while anything else
    is under way."""
    wanted = Return(rehearsal=True)
    try:
        plan = controller.plan_return(wanted, documents)
    except InvalidRequest as error:
        if error.reason == "nothing-held":
            return None
        raise
    return controller.restore(wanted, plan.hash, reason, actor, watcher, documents)


def _only(plan: Plan, points: Collection[PointId]) -> Plan:
    """The plan without the steps at other points."""

    def kept(operation: Operation) -> Operation:
        return replace(operation, steps=tuple(step for step in operation.steps if step.point.id in points))

    waves = (
        replace(wave, operations=tuple(found for each in wave.operations if (found := kept(each)).steps))
        for wave in plan.waves
    )
    return replace(plan, waves=tuple(wave for wave in waves if wave.operations))


def _judged(tried: _Tried, seen: _Seen) -> Rehearsed:
    """It passes where both runs sent their lines, had them accepted and read back what was wanted."""
    cause = _lacking(tried.cut) or _lacking(tried.back)
    return replace(_rehearsed(tried.step, seen, cause), cut=tried.cut_run, back=tried.back_run)


def _lacking(result: StepResult | None) -> str:
    if result is None:
        return "not-brought-back"
    if result.outcome is Outcome.ACCEPTED and result.satisfied:
        return ""
    return result.cause or "read-back-differs"


def _rehearsed(step: Step, seen: _Seen, cause: str) -> Rehearsed:
    device = step.point.id.device
    return Rehearsed(device, seen.software[device], step.point.kind, step.rendering.method, not cause, cause)
