"""What the leader of a home can be asked to do: isolate, restore, resume, abort."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Condition

from controller.domain.errors import InvalidRequest, JournalUnavailable, Refused
from controller.domain.facts import SYSTEM, Actor, Fact, Noted, RunMoved, Text
from controller.domain.inventory import Inventory
from controller.domain.lifecycle import OVER, RunState
from controller.domain.plan import Hazard, Plan, Severity
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.domain.tags import Tag
from controller.engine.events import RunEnded, Watcher
from controller.engine.execution.gatekeeping import Asked, Gatekeeper, Gates
from controller.engine.execution.handwork import HandWork, confirmation
from controller.engine.execution.marks import Marks, marked
from controller.engine.execution.moving import let_go
from controller.engine.execution.neutralising import Neutralising
from controller.engine.execution.opening import decided, opening, resuming
from controller.engine.execution.runner import Runner
from controller.engine.execution.running import Services, StopCause
from controller.engine.execution.sessions import DeviceSlots
from controller.engine.execution.under_way import Active, Runs
from controller.engine.holding.arming import Arming
from controller.engine.holding.probation import Probations
from controller.engine.holding.watch import Watch
from controller.engine.people.approvals import Act, Consents, Pledge, WithoutAccounts, need_of
from controller.engine.planning import plans
from controller.engine.planning.plans import Documents, Return
from controller.engine.planning.revisions import DocumentReader, stored_documents, stored_plan
from controller.engine.planning.timers import pending
from controller.engine.planning.transfer import Transfer, plan_transfer
from controller.engine.points.holds import HoldBook
from controller.engine.ports import History, RunRecord
from controller.engine.readiness.rehearsal import Rehearsing


class Controller:
    """The use cases of one home. Only its leader has one; safe to call from many threads.

    Where a method takes ``documents``, they are what the plan was compiled from; by default the
    controller's own. Without any, it can still resume and abort.
    """

    def __init__(
        self, documents: Documents | None, reader: DocumentReader, services: Services, history: History
    ) -> None:
        self._documents = documents
        self._reader = reader
        self._slots = DeviceSlots()
        self._changed = Condition()
        self._active: dict[str, Active] = {}
        self.arming = Arming(services, self._slots, self._cutting)
        if services.armed is None:
            services = replace(services, armed=self.arming)
        self._services = services
        self._history = history
        self._book = HoldBook(history, services.clock)
        self._runs = Runs(services, self._book, self._slots)
        self._ended_runs = 0
        self._standing_down = False
        self.rehearsing = Rehearsing(self, services, history)
        self._consents: Consents = WithoutAccounts()
        self.probations = Probations(services, history, reader, self._book, self._cut_again)

    def ask_others(self, consents: Consents) -> None:
        """From now on what needs two persons waits for ``consents``. Without them a restore with gates is
        refused, and so is a cut of what is kept alive."""
        self._consents = consents

    @property
    def documents(self) -> Documents:
        """The controller's own. Raises InvalidRequest where it was given none."""
        if self._documents is None:
            raise InvalidRequest("no-inventory")
        return self._documents

    # --- planning ----------------------------------------------------------------------------------

    def plan_playbook(self, name: str, overrides: Collection[str] = ()) -> Plan:
        """As :func:`controller.engine.planning.plans.plan_playbook`."""
        return plans.plan_playbook(self.documents, name, overrides)

    def plan_level(self, level: int, overrides: Collection[str] = ()) -> Plan:
        """As :func:`controller.engine.planning.plans.plan_level`."""
        return plans.plan_level(self.documents, level, overrides)

    def plan_subjects(self, names: Sequence[str], overrides: Collection[str] = ()) -> Plan:
        """As :func:`controller.engine.planning.plans.plan_subjects`."""
        return plans.plan_subjects(self.documents, names, overrides)

    def plan_return(self, wanted: Return, documents: Documents | None = None) -> Plan:
        """As :func:`controller.engine.planning.plans.plan_return`, by the leader's own book."""
        plan = plans.plan_return(documents or self.documents, self._book, self._history, wanted)
        found = () if wanted.rehearsal else pending(plan, self._history, self._services.clock.now())
        return replace(plan, hazards=tuple(sorted([*plan.hazards, *found]))) if found else plan

    # --- acting ------------------------------------------------------------------------------------

    def isolate(
        self,
        plan: Plan,
        reason: str,
        actor: Actor,
        watcher: Watcher,
        documents: Documents | None = None,
        marks: Marks = (),
        code: str = "",
        also: Callable[[str], Iterable[Fact]] = lambda _run: (),
    ) -> RunEnded:
        """Cuts. Joins a run of the same plan that is under way; ends every restore and rehearsal. A rehearsal
        begins beside nothing. ``code``: break-glass, for who cuts alone what is kept alive. ``also``: what
        goes on record with the decision, given the run. Raises Refused
        when the plan holds a refusal, AwaitingApproval where it takes what is kept alive, InvalidRequest for
        a rehearsal while anything is under way, JournalUnavailable, StaleEpoch."""
        if plan.refusals:
            raise Refused(plan.refusals)
        documents = documents or self.documents
        asked = need_of(plan) is None
        pledge: Pledge | None = None
        active: Active | None = None
        same: Active | None = None
        while active is None:
            with self._changed:
                same = next((active for active in self._active.values() if active.does(plan)), None)
                if same is not None or asked:
                    if plan.rehearses:
                        self._want_quiet()
                    else:
                        self._end_what_gives_way()
                    active = same or self._open(plan, actor, watcher, documents.inventory, documents.profiles)
            if active is None:
                pledge, asked = self._consents.check(Act(plan, code=code), reason, actor), True
        if active is not same:
            facts = [*opening(active.running, documents, reason, marks), *also(active.running.run)]
            return self._execute(active, facts, pledge=pledge)
        note = Noted(active.running.run, (("plan", plan.hash),), Text(reason))
        self._services.journal.commit(Tag.RUN_JOINED, [note, *marked(marks, active.running.run)], actor)
        listener = active.broadcast.join(watcher)
        try:
            return active.ended.result()
        finally:
            listener.finish()

    def transfer(
        self,
        wanted: Transfer,
        plans: Collection[str],
        reason: str,
        actor: Actor,
        watcher: Watcher,
        documents: Documents | None = None,
        marks: Marks = (),
    ) -> tuple[RunEnded, ...]:
        """Cuts the points that took the place of others, one run a level; whatever is read to be cut there is
        let go of at the old ones. ``plans``: the hashes of what was shown. Raises as :meth:`isolate`, Refused
        where the plans would be others now."""
        documents = documents or self.documents
        found = plan_transfer(documents, self._book, self._history, wanted)
        refusals = [each for one in found for each in one.plan.refusals]
        if refusals:
            raise Refused(refusals)
        changed = {one.plan.hash for one in found} - set(plans)
        if changed:
            raise Refused([Hazard("plan-changed", Severity.REFUSE, each) for each in sorted(changed)])
        return tuple(
            self.isolate(
                one.plan, reason, actor, watcher, documents, marks, also=partial(one.facts, book=self._book)
            )
            for one in found
        )

    def restore(
        self,
        wanted: Return,
        plan_hash: str,
        reason: str,
        actor: Actor,
        watcher: Watcher,
        documents: Documents | None = None,
        marks: Marks = (),
    ) -> RunEnded:
        """Brings back what the plan with ``plan_hash`` says, wave by wave, as far as the gates are open.
        Waits for runs under way, then refuses if they changed the plan; a rehearsal's return waits for none.
        Raises Refused, also where the first wave waits at a gate, AwaitingApproval where only consents are
        missing there, InvalidRequest, JournalUnavailable, StaleEpoch."""
        documents = documents or self.documents
        active: Active | None = None
        while active is None:
            if wanted.rehearsal:
                with self._changed:
                    self._want_quiet()
            moment = self._quiet()
            plan = self.plan_return(wanted, documents)
            if plan.refusals:
                raise Refused(plan.refusals)
            if plan.hash != plan_hash:
                raise Refused([Hazard("plan-changed", Severity.REFUSE, plan.hash)])
            asked = Asked(actor, reason, wanted.accept_drift)
            Gates(self._history, self._consents).check_first(plan, asked)
            with self._changed:
                if self._still(moment):
                    active = self._open(
                        plan, actor, watcher, documents.inventory, documents.profiles, wanted.accept_drift
                    )
        return self._execute(active, opening(active.running, documents, reason, marks), reason=reason)

    def resume(
        self, run: str, actor: Actor, watcher: Watcher, accept_drift: Collection[str] = frozenset()
    ) -> RunEnded:
        """Takes an interrupted or stopped run to its end: every unknown is read back from the device first.

        Raises NotFound, InvalidRequest when the run is over or under way, and what its action raises."""
        active: Active | None = None
        facts: Sequence[Fact] = ()
        earlier: RunRecord | None = None
        while active is None:
            with self._changed:
                moment = self._ended_runs
            record = self._history.run(run)
            if record.state in OVER:
                raise _not_resumable(record)
            plan = stored_plan(self._history, record.plan)
            if accept_drift and need_of(plan) is not None:
                raise InvalidRequest("drift-not-consented", run=record.run)
            if plan.gives_way and record.run not in self._active:
                moment = self._quiet()
                record = self._history.run(run)
            inventory, profiles = stored_documents(self._history, self._reader, record)
            with self._changed:
                if record.run in self._active or record.state in OVER:
                    raise _not_resumable(record)
                cuts = not plan.gives_way and moment == self._ended_runs
                if cuts:
                    self._end_what_gives_way()
                if cuts or self._still(moment):
                    active = self._open(plan, actor, watcher, inventory, profiles, accept_drift, record)
                    facts, earlier = resuming(record), record
        return self._execute(active, [*facts, *decided(active.running)], Tag.RUN_RESUMED, earlier=earlier)

    def abort(self, run: str, actor: Actor, reason: str) -> bool:
        """Stops a run at the next safe point: blocks under way end, no other begins. ``run`` may be a prefix
        of one run under way. False: none, or several."""
        with self._changed:
            found = [active.running for name, active in self._active.items() if run and name.startswith(run)]
        if len(found) != 1:
            return False
        running = found[0]
        running.stop(StopCause.ABORTED)
        note = Noted(running.run, (("wanted", "abort"),), Text(reason))
        self._services.journal.commit(Tag.RUN_MOVED, [note], actor)
        return True

    def confirm(self, work: HandWork, actor: Actor, marks: Marks = ()) -> int | None:
        """Records that a person did a step of the walk-list, or takes that back. Returns the sequence of the
        entry, None while it is only in the spool. Raises InvalidRequest where there is nothing to say of
        it."""
        facts = confirmation(self._history, self._book, work, self._services.clock.now())
        facts.extend(marked(marks))
        tag = Tag.CLAIM_WITHDRAWN if work.withdraw else Tag.POINT_CLAIMED
        committed = self._services.journal.commit(tag, facts, actor)
        self._book.apply(facts)
        return committed.seq

    def neutralise(self, documents: Documents, device: str, reason: str, actor: Actor) -> int | None:
        """As :meth:`controller.engine.execution.neutralising.Neutralising.neutralise`."""
        return Neutralising(self._services, self._slots).neutralise(documents, device, reason, actor)

    def under_way(self) -> tuple[str, ...]:
        """The runs that act now."""
        with self._changed:
            return tuple(self._active)

    def stand_down(self) -> None:
        """The process is about to end: cuts come to their end, whatever brings something back stops at the
        next safe point and can be resumed, also where it was asked for and had not begun."""
        with self._changed:
            self._standing_down = True
            for active in self._active.values():
                if active.running.plan.gives_way:
                    active.running.stop(StopCause.STANDING_DOWN)

    def watch(self, current: Callable[[], Inventory | None]) -> Watch:
        """The watch over this home's held points, not yet begun. ``current``: the present inventory, where
        it can be read."""
        return Watch(
            self._services,
            self._history,
            self._reader,
            self._book,
            self._slots,
            lambda: bool(self._active),
            current,
        )

    def mark_interrupted(self) -> tuple[str, ...]:
        """Called once by a new leader: runs its predecessor left under way are interrupted, not running.
        Nothing where the history cannot be read: that may not hold up a cut."""
        if self._book.blind:
            return ()
        left = [
            record
            for record in self._history.runs()
            if record.state in (RunState.RUNNING, RunState.WAITING, RunState.STOPPING)
        ]
        facts: list[Fact] = [RunMoved(record.run, RunState.INTERRUPTED, "process-died") for record in left]
        if facts:
            self._services.journal.commit(Tag.RUN_MOVED, facts, SYSTEM)
        return tuple(record.run for record in left)

    def _cut_again(self, plan: Plan, documents: Documents, why: str) -> RunEnded:
        """What came back and is not well: told by its own run's entries."""
        return self.isolate(plan, why, SYSTEM, lambda _: None, documents)

    # --- who may act ---------------------------------------------------------------------------------
    # A cut waits for nothing: whatever takes time (reading, compiling) is done before the lock is taken.

    def _end_what_gives_way(self) -> None:
        """Called with the lock held."""
        for active in self._active.values():
            if active.running.plan.gives_way:
                active.running.stop(StopCause.PREEMPTED)

    def _cutting(self) -> bool:
        with self._changed:
            return any(not active.running.plan.gives_way for active in self._active.values())

    def _want_quiet(self) -> None:
        """Called with the lock held. Raises InvalidRequest while anything is under way."""
        for run in self._active:
            raise InvalidRequest("rehearsal-not-now", run=run)

    def _quiet(self) -> int:
        """Waits until no run is under way; a moment for :meth:`_still`."""
        with self._changed:
            self._changed.wait_for(lambda: not self._active)
            return self._ended_runs

    def _still(self, moment: int) -> bool:
        """Whether nothing has run since. Called with the lock held."""
        return not self._active and self._ended_runs == moment

    # --- parts -------------------------------------------------------------------------------------

    def _open(
        self,
        plan: Plan,
        actor: Actor,
        watcher: Watcher,
        inventory: Inventory,
        profiles: Mapping[str, DeviceProfile],
        accept_drift: Collection[str] = frozenset(),
        earlier: RunRecord | None = None,
    ) -> Active:
        """Registers a run as under way; called with the lock held. ``earlier``: the record it goes on
        from."""
        active = self._runs.begin(plan, actor, watcher, inventory, profiles, accept_drift, earlier)
        self._active[active.running.run] = active
        if self._standing_down and plan.gives_way:
            active.running.stop(StopCause.STANDING_DOWN)
        return active

    def _execute(
        self,
        active: Active,
        facts: Sequence[Fact],
        tag: Tag = Tag.RUN_OPENED,
        pledge: Pledge | None = None,
        reason: str = "",
        earlier: RunRecord | None = None,
    ) -> RunEnded:
        """Records the decision, runs, and leaves the run's place; those who joined get the same end. What the
        decision rests on is used up first: nobody can act on it twice."""
        running = active.running
        try:
            if pledge is not None:
                act = Act(running.plan, frozenset(running.accept_drift))
                self._consents.take(pledge, act, running.run, running.actor)
            running.commit(tag, facts)
            if running.action is Action.RESTORE:
                gates = Gates(self._history, self._consents)
                running.admits = Gatekeeper(running, gates, reason).admits
                self.probations.attach(running, earlier)
                with suppress(JournalUnavailable):  # then nothing is saved
                    running.startups = self._history.startups()
            ended = Runner(running).run()
            if running.plan.moves:
                let_go(running, self._history, ended.results)
        except BaseException as error:
            active.ended.set_exception(error)
            raise
        else:
            active.ended.set_result(ended)
            return ended
        finally:
            with self._changed:
                del self._active[running.run]
                self._ended_runs += 1
                self._changed.notify_all()
            active.listener.finish()


def _not_resumable(record: RunRecord) -> InvalidRequest:
    return InvalidRequest("run-not-resumable", run=record.run, state=record.state.value)
