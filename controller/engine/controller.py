"""What the leader of a home can be asked to do: plan, isolate, restore, resume, abort."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from threading import Condition
from typing import Protocol

from controller.domain.codec import from_plain, to_plain
from controller.domain.errors import InvalidRequest, NotFound, Refused
from controller.domain.facts import SYSTEM, Actor, Fact, Noted, RevisionStored, RunMoved, RunOpened, Text
from controller.domain.hold import HoldKey
from controller.domain.inventory import Bilingual, Inventory, Method, PointId, Segment, Subject
from controller.domain.lifecycle import OVER, RunState
from controller.domain.plan import Hazard, Plan, Severity
from controller.domain.playbook import Action, Playbook, Scope, Selector, Stage
from controller.domain.profile import DeviceProfile
from controller.domain.tags import Tag
from controller.engine.broadcast import Broadcast
from controller.engine.events import RunEnded, Watcher
from controller.engine.holds import HoldBook
from controller.engine.planner import plan_isolation, selection_digest, subjects_by_point
from controller.engine.ports import History
from controller.engine.restoration import RestoreRequest, plan_restore, waves_of_return
from controller.engine.runner import Runner
from controller.engine.running import Running, Services, StopCause
from controller.engine.selection import selected
from controller.engine.sessions import DeviceSlots, Sessions

EVERY_METHOD = (
    Method.SHUTDOWN,
    Method.VLAN,
    Method.POLICY,
    Method.SVI,
    Method.ACL,
    Method.SSID,
    Method.TUNNEL,
    Method.BGP,
    Method.DROP_FLOW,
)
"""The preference of a cut asked for by name: what also stops traffic inside a VLAN comes first."""


@dataclass(frozen=True, slots=True)
class Documents:
    """What the site's engineers wrote, validated, with the source texts a run cites.

    ``stages`` are each playbook's own and included ones, in order. ``sources``: digest → text."""

    inventory: Inventory
    profiles: Mapping[str, DeviceProfile]
    profiles_digest: str
    playbooks: Mapping[str, Playbook]
    stages: Mapping[str, tuple[Stage, ...]]
    sources: Mapping[str, str]


class DocumentReader(Protocol):
    """Reads stored sources again, for a run begun under an earlier revision."""

    def inventory(self, text: str, profiles: Mapping[str, DeviceProfile]) -> Inventory: ...

    def profiles(self, text: str) -> Mapping[str, DeviceProfile]: ...


@dataclass(frozen=True, slots=True)
class Return:
    """What a person wants back: the next wave, named subjects, everything one level cut, or all."""

    next_wave: bool = False
    subjects: tuple[str, ...] = ()
    level: int | None = None
    everything: bool = False
    playbook: str | None = None
    accept_drift: frozenset[str] = frozenset()


class Controller:
    """The use cases of one home. Only its leader has one; safe to call from many threads."""

    def __init__(
        self, documents: Documents, reader: DocumentReader, services: Services, history: History
    ) -> None:
        self.documents = documents
        self._reader = reader
        self._services = services
        self._history = history
        self._book = HoldBook(history, services.clock)
        self._slots = DeviceSlots()
        self._changed = Condition()
        self._active: dict[str, tuple[Running, Broadcast, Future[RunEnded]]] = {}

    # --- planning ----------------------------------------------------------------------------------

    def plan_playbook(self, name: str, overrides: Collection[str] = ()) -> Plan:
        """Compiles an isolation playbook. Raises NotFound."""
        playbook = self.playbook(name)
        stages = self.documents.stages[name]
        return self._plan(playbook, stages, overrides)

    def plan_level(self, level: int, overrides: Collection[str] = ()) -> Plan:
        for playbook in self.documents.playbooks.values():
            if playbook.level == level:
                return self.plan_playbook(playbook.name, overrides)
        raise NotFound(kind="level", name=str(level))

    def plan_subjects(self, names: Sequence[str], overrides: Collection[str] = ()) -> Plan:
        """Compiles the cut of the segments and conduits ``names``, by whatever method reaches deepest."""
        segments = tuple(name for name in names if isinstance(self._subject(name), Segment))
        conduits = tuple(name for name in names if name not in segments)
        select = tuple(
            Selector(scope, chosen)
            for scope, chosen in ((Scope.SEGMENTS, segments), (Scope.CONDUITS, conduits))
            if chosen
        )
        stage = Stage("selection", Action.ISOLATE, select, EVERY_METHOD)
        title = ", ".join(names)
        playbook = Playbook("selection", Bilingual(title, title), (stage,))
        return self._plan(replace(playbook, digest=selection_digest(playbook)), (stage,), overrides)

    def _plan(self, playbook: Playbook, stages: Sequence[Stage], overrides: Collection[str]) -> Plan:
        known = self.documents
        return plan_isolation(
            known.inventory, known.profiles, known.profiles_digest, playbook, stages, frozenset(overrides)
        )

    def plan_return(self, wanted: Return) -> Plan:
        """Compiles what a restore would do now. Raises NotFound, InvalidRequest when nothing is held."""
        known = self.documents
        playbook = self._return_playbook(wanted)
        ends = self._ends(wanted, playbook)
        if not ends:
            raise InvalidRequest("nothing-held")
        request = RestoreRequest(playbook, ends, wanted.accept_drift)
        return plan_restore(known.inventory, known.profiles, known.profiles_digest, self._book, request)

    def _return_playbook(self, wanted: Return) -> Playbook:
        if wanted.playbook is not None:
            return replace(self.playbook(wanted.playbook), stages=self.documents.stages[wanted.playbook])
        name = "restore-next" if wanted.next_wave else "restore"
        return Playbook(name, Bilingual(name, name), (), wanted.level)

    def _ends(self, wanted: Return, playbook: Playbook) -> frozenset[HoldKey]:
        holds = self._book.holds()
        if wanted.everything:
            return frozenset(hold.key for hold in holds)
        if playbook.stages:
            chosen = {
                subject.name
                for stage in playbook.stages
                for subject, _ in selected(stage, self.documents.inventory)
            }
            return frozenset(hold.key for hold in holds if hold.key.subject in chosen)
        if wanted.level is not None:
            runs = {record.run for record in self._history.runs() if record.level == wanted.level}
            return frozenset(hold.key for hold in holds if hold.key.run in runs)
        names = set(wanted.subjects)
        for name in names:
            if not any(hold.key.subject == name for hold in holds):
                self._subject(name)
        if wanted.next_wave:
            order = waves_of_return(self.documents.inventory, {hold.key.subject for hold in holds})
            names = {subject.name for subject in order[0]} if order else set()
        return frozenset(hold.key for hold in holds if hold.key.subject in names)

    # --- acting ------------------------------------------------------------------------------------

    def isolate(self, plan: Plan, reason: str, actor: Actor, watcher: Watcher) -> RunEnded:
        """Cuts. Joins a run of the same plan that is under way; ends every restore. Raises Refused when the
        plan holds a refusal, JournalUnavailable, StaleEpoch."""
        if plan.refusals:
            raise Refused(plan.refusals)
        running, broadcast, done, joined = self._open_or_join(plan, actor, watcher)
        if not joined:
            return self._execute(running, reason)
        self._services.journal.commit(
            Tag.RUN_JOINED, [Noted(running.run, (("plan", plan.hash),), Text(reason))], actor
        )
        broadcast.join(watcher)
        return done.result()

    def _open_or_join(
        self, plan: Plan, actor: Actor, watcher: Watcher
    ) -> tuple[Running, Broadcast, Future[RunEnded], bool]:
        """A run of this plan, and whether it was under way already. Every restore is told to stop."""
        with self._changed:
            for running, broadcast, done in self._active.values():
                if running.plan.hash == plan.hash:
                    return running, broadcast, done, True
            for running, _, _ in self._active.values():
                if running.action is Action.RESTORE:
                    running.stop(StopCause.PREEMPTED)
            opened = self._open(plan, actor, watcher)
            return *self._active[opened.run], False

    def restore(
        self, wanted: Return, plan_hash: str, reason: str, actor: Actor, watcher: Watcher
    ) -> RunEnded:
        """Brings back what the plan with ``plan_hash`` says. Waits for isolations under way, then refuses if
        they changed the plan. Raises Refused, InvalidRequest, JournalUnavailable, StaleEpoch."""
        with self._changed:
            self._changed.wait_for(lambda: not self._active)
            plan = self.plan_return(wanted)
            if plan.refusals:
                raise Refused(plan.refusals)
            if plan.hash != plan_hash:
                raise Refused([Hazard("plan-changed", Severity.REFUSE, plan.hash)])
            running = self._open(plan, actor, watcher, accept_drift=wanted.accept_drift)
        return self._execute(running, reason)

    def resume(
        self, run: str, actor: Actor, watcher: Watcher, accept_drift: Collection[str] = frozenset()
    ) -> RunEnded:
        """Takes an interrupted or stopped run to its end: every unknown is read back from the device first.

        Raises NotFound, InvalidRequest when the run is over or under way."""
        record = self._history.run(run)
        if record.state in OVER or record.run in self._active:
            raise InvalidRequest("run-not-resumable", run=record.run, state=record.state.value)
        plan = from_plain(Plan, json.loads(self._history.revision("plan", record.plan)))
        profiles = self._reader.profiles(self._history.revision("profiles", record.profiles))
        inventory = self._reader.inventory(self._history.revision("inventory", record.inventory), profiles)
        with self._changed:
            if plan.action is Action.RESTORE:
                self._changed.wait_for(lambda: not self._active)
            running = self._open(
                plan,
                actor,
                watcher,
                run=record.run,
                inventory=inventory,
                profiles=profiles,
                accept_drift=accept_drift,
            )
            running.pending = frozenset(point for intent in record.pending for point, _ in intent.steps)
            for intent in record.pending:
                running.attempts[intent.device] = max(running.attempts[intent.device], intent.attempt)
        facts: list[Fact] = [RunMoved(record.run, RunState.RUNNING, "resumed")]
        if record.state is RunState.RUNNING:
            facts.insert(0, RunMoved(record.run, RunState.INTERRUPTED, "process-died"))
        return self._execute(running, "", tuple(facts))

    def abort(self, run: str, actor: Actor, reason: str) -> bool:
        """Stops a run at the next safe point: blocks under way end, no other begins. False: not under way."""
        with self._changed:
            found = [running for name, (running, _, _) in self._active.items() if name.startswith(run)]
        for running in found:
            self._services.journal.commit(
                Tag.RUN_MOVED, [Noted(running.run, (("wanted", "abort"),), Text(reason))], actor
            )
            running.stop(StopCause.ABORTED)
        return bool(found)

    def mark_interrupted(self) -> tuple[str, ...]:
        """Called once by a new leader: runs its predecessor left under way are interrupted, not running."""
        left = [
            record for record in self._history.runs() if record.state in (RunState.RUNNING, RunState.STOPPING)
        ]
        facts: list[Fact] = [RunMoved(record.run, RunState.INTERRUPTED, "process-died") for record in left]
        if facts:
            self._services.journal.commit(Tag.RUN_MOVED, facts, SYSTEM)
        return tuple(record.run for record in left)

    # --- parts -------------------------------------------------------------------------------------

    def _open(
        self,
        plan: Plan,
        actor: Actor,
        watcher: Watcher,
        *,
        run: str | None = None,
        inventory: Inventory | None = None,
        profiles: Mapping[str, DeviceProfile] | None = None,
        accept_drift: Collection[str] = frozenset(),
    ) -> Running:
        """Registers a run as under way; called with the lock held."""
        services = self._services
        inventory = inventory or self.documents.inventory
        profiles = profiles or self.documents.profiles
        broadcast = Broadcast()
        broadcast.join(watcher)
        name = run or f"{services.clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"

        def sessions() -> Sessions:
            return Sessions(
                inventory,
                profiles,
                services.driver,
                services.secrets,
                services.clock,
                services.limits.connect,
            )

        running = Running(
            run=name,
            plan=plan,
            inventory=inventory,
            profiles=profiles,
            services=services,
            actor=actor,
            book=self._book,
            slots=self._slots,
            sessions=sessions(),
            probe_sessions=sessions(),
            watcher=broadcast,
            subjects_of=_subjects_of(inventory, plan),
            accept_drift=frozenset(accept_drift),
        )
        self._active[name] = (running, broadcast, Future())
        return running

    def _execute(self, running: Running, reason: str, resumed: tuple[Fact, ...] = ()) -> RunEnded:
        _, _, done = self._active[running.run]
        try:
            if resumed:
                running.commit(Tag.RUN_RESUMED, resumed)
            else:
                running.commit(Tag.RUN_OPENED, self._opening(running, reason))
            ended = Runner(running).run()
        except BaseException as error:
            done.set_exception(error)
            raise
        else:
            done.set_result(ended)
            return ended
        finally:
            with self._changed:
                del self._active[running.run]
                self._changed.notify_all()

    def _opening(self, running: Running, reason: str) -> tuple[Fact, ...]:
        plan, sources = running.plan, self.documents.sources
        revisions = [
            RevisionStored(kind, digest, sources[digest])
            for kind, digest in (
                ("inventory", plan.basis.inventory),
                ("profiles", plan.basis.profiles),
                ("playbook", plan.basis.playbook),
            )
            if digest in sources
        ]
        content = json.dumps(to_plain(plan), ensure_ascii=False, separators=(",", ":"))
        return (
            *revisions,
            RevisionStored("plan", plan.hash, content),
            RunOpened(
                run=running.run,
                action=plan.action,
                plan=plan.hash,
                playbook=plan.playbook,
                level=plan.level,
                inventory=plan.basis.inventory,
                profiles=plan.basis.profiles,
                reason=Text(reason),
            ),
            RunMoved(running.run, RunState.RUNNING),
        )

    def playbook(self, name: str) -> Playbook:
        """Raises NotFound."""
        try:
            return self.documents.playbooks[name]
        except KeyError:
            raise NotFound(kind="playbook", name=name) from None

    def _subject(self, name: str) -> Subject:
        subject = self.documents.inventory.subject(name)
        if subject is None:
            raise NotFound(kind="subject", name=name)
        return subject


def _subjects_of(inventory: Inventory, plan: Plan) -> dict[PointId, tuple[Subject, ...]]:
    found = dict(subjects_by_point(inventory))
    for _, _, step in plan.steps():
        if plan.action is Action.RESTORE:
            subjects = (inventory.subject(name) for name in step.subjects)
            found[step.point.id] = tuple(subject for subject in subjects if subject is not None)
    return found
