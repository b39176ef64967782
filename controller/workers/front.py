"""The front office of a home: every face asks here, whoever leads.

The process that asks becomes the leader if nobody is. Otherwise its request goes to the leader, whose events
come back as if the run were its own; if that leader dies on the way, this process takes the lead and finishes
a cut that was begun.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from controller.bootstrap import Composition, StoredDocuments, tell_unrecorded
from controller.domain.codec import from_plain
from controller.domain.errors import CordonError, InvalidRequest, LeaderElsewhere, LeaderLost, NotFound
from controller.domain.facts import Actor
from controller.domain.inventory import Inventory
from controller.domain.plan import Plan
from controller.domain.playbook import Action
from controller.domain.proof import Proof
from controller.engine import plans
from controller.engine.controller import Controller
from controller.engine.events import Event, JournalDegraded, RunEnded, RunStarted, StepsSettled, Watcher
from controller.engine.handwork import HandWork, Located, locate
from controller.engine.holds import HoldBook
from controller.engine.plans import Documents, Return
from controller.engine.ports import Clock, RunRecord
from controller.engine.situation import Situation, situation
from controller.engine.unrecorded import LastResortJournal
from controller.engine.walklist import Errand, results_on_record, walklist
from controller.workers.desk import Desk
from controller.workers.loglines import log_line
from controller.workers.office import Cut, Execution, LogLine, Verdict
from controller.workers.requests import (
    Abort,
    Confirm,
    Isolate,
    Request,
    Restore,
    Resume,
    WriteLog,
    error_from_line,
    event_from_line,
    request_to_line,
)

if TYPE_CHECKING:
    from controller.bootstrap import Home

CLOCK_AGREES = 2.0
"""Seconds by which the time of a read-back and the time it was heard of may differ."""

PATIENCE = 5.0
"""Seconds a request tries to reach a leader that is just coming or going."""


_ONE_WORD = (Abort, Confirm, WriteLog)
"""Requests that begin no run."""


def cordon_office(**overrides: Any) -> HomeOffice:
    """The office of one configuration; ``overrides`` as the settings are named. Nothing is opened yet."""
    return HomeOffice(Composition(**overrides))


class HomeOffice:
    """Implements Office."""

    def __init__(self, composition: Composition) -> None:
        self._composition = composition
        self._documents: Documents | None = None

    # --- planning ----------------------------------------------------------------------------------

    def documents(self) -> Documents:
        if self._documents is None:
            self._documents = self._composition.documents()
        return self._documents

    def plan_cut(self, cut: Cut) -> Plan:
        documents = self.documents()
        if cut.playbook is not None:
            return plans.plan_playbook(documents, cut.playbook, cut.overrides)
        if cut.level is not None:
            return plans.plan_level(documents, cut.level, cut.overrides)
        return plans.plan_subjects(documents, cut.subjects, cut.overrides)

    def plan_return(self, wanted: Return) -> Plan:
        history = self._home().history()
        book = HoldBook(history, self._composition.clock())
        return plans.plan_return(self.documents(), book, history, wanted)

    # --- acting ------------------------------------------------------------------------------------

    def isolate(
        self,
        cut: Cut,
        plan: Plan,
        reason: str,
        actor: Actor,
        watcher: Watcher,
        *,
        without_journal: bool = False,
    ) -> Execution:
        del cut  # the plan says it all; the cut is what the face showed and asked about
        basis, sources = plan.basis, self.documents().sources
        cited = (basis.inventory, basis.profiles, basis.playbook)
        texts = {digest: sources[digest] for digest in cited if digest in sources}
        return self._run(Isolate(plan, texts, reason, actor, without_journal), watcher)

    def restore(self, wanted: Return, plan: Plan, reason: str, actor: Actor, watcher: Watcher) -> Execution:
        self._composition.home(guarded=True)
        return self._run(Restore(wanted, plan.hash, reason, actor), watcher)

    def resume(
        self, run: str, actor: Actor, watcher: Watcher, accept_drift: frozenset[str] = frozenset()
    ) -> Execution:
        return self._run(Resume(run, accept_drift, actor), watcher)

    def abort(self, run: str, actor: Actor, reason: str) -> None:
        self._ask(Abort(run, reason, actor), lambda _: None)

    def write_log(self, text: str, actor: Actor) -> int | None:
        return self._ask(WriteLog(text, actor), lambda _: None)

    def confirm(self, work: HandWork, actor: Actor) -> int | None:
        return self._ask(Confirm(work, actor), lambda _: None)

    def _run(self, request: Request, watcher: Watcher) -> Execution:
        """Asks, and sums up what the events told."""
        seen = _Seen(watcher, self._composition.clock())
        self._ask(request, seen)
        if seen.started is None or seen.ended is None:
            raise InvalidRequest("run-not-under-way", run="")
        run, plan = seen.started.run, seen.started.plan
        inventory = self.inventory_of(plan)
        return Execution(
            run=run,
            plan=plan,
            inventory=inventory,
            ended=seen.ended,
            joined=seen.started.joined,
            degraded=seen.degraded,
            errands=walklist(run, plan, inventory, seen.ended.results),
            confirmed_after=seen.confirmed_after,
            unrecorded=seen.unrecorded,
        )

    def _ask(self, request: Request, watcher: Watcher) -> int | None:
        clock = self._composition.clock()
        give_up = clock.monotonic() + PATIENCE
        seen = _Seen(watcher, clock)
        while True:
            try:
                with self._leading() as desk:
                    return desk.perform(request, seen)
            except LeaderElsewhere:
                if clock.monotonic() > give_up:
                    raise
            try:
                return self._hand_over(request, seen)
            except LeaderElsewhere:
                clock.pause(0.05)
            except LeaderLost:
                if seen.ended is not None:
                    return None
                if seen.started is None:
                    continue
                if seen.started.plan.action is Action.RESTORE or isinstance(request, _ONE_WORD):
                    raise
                request = Resume(seen.started.run, frozenset(), _actor_of(request))
                give_up = clock.monotonic() + PATIENCE

    def _hand_over(self, request: Request, watcher: Watcher) -> int | None:
        """Has the leader carry the request out. Raises what it raised, LeaderElsewhere when it does not
        answer (nothing was begun), LeaderLost when it ended on the way."""
        for line in self._home().request(request_to_line(request)):
            if "event" in line:
                watcher(event_from_line(dict(line)))
            elif "error" in line:
                raise error_from_line(dict(line))
            elif "done" in line:
                seq: int | None = line["done"]
                return seq
        raise LeaderLost(home=str(self._composition.settings.home))

    @contextmanager
    def _leading(self) -> Iterator[Desk]:
        """Leads the home until everything under way has ended. Raises LeaderElsewhere."""
        with self._home().lead(takeover_frozen=True) as lead:
            journal = LastResortJournal(lead.journal, tell_unrecorded)
            reader = StoredDocuments()
            controller = Controller(None, reader, self._composition.services(journal), lead.history)
            controller.mark_interrupted()
            desk = Desk(controller, journal, reader, self._composition.documents)
            lead.serve(desk.handle)
            yield desk
            desk.drain()

    # --- looking -----------------------------------------------------------------------------------

    def situation(self) -> Situation:
        home = self._home()
        return situation(self.documents().inventory, home.history(), self._composition.clock().now())

    def runs(self) -> tuple[RunRecord, ...]:
        return self._home().history().runs()

    def run(self, run: str) -> tuple[RunRecord, Plan, tuple[Errand, ...]]:
        history = self._home().history()
        record = history.run(run)
        plan = from_plain(Plan, json.loads(history.revision("plan", record.plan)))
        inventory = self.inventory_of(plan)
        return record, plan, walklist(record.run, plan, inventory, results_on_record(record, plan))

    def locate(self, code: str, run: str = "") -> Located:
        return locate(self._home().history(), code, run)

    def inventory_of(self, plan: Plan) -> Inventory:
        basis = plan.basis
        if self._documents is not None and self._documents.inventory.digest == basis.inventory:
            return self._documents.inventory
        history, reader = self._home().history(), StoredDocuments()
        known = reader.profiles(history.revision("profiles", basis.profiles))
        return reader.inventory(history.revision("inventory", basis.inventory), known)

    def log(self, *, since: int = 0, tag: str | None = None, run: str | None = None) -> Iterator[LogLine]:
        for record in self._home().entries(after=since, tag=tag, run=run):
            yield log_line(
                record.entry.seq, record.at, record.tag, record.actor, record.degraded, record.facts
            )

    def verify(self) -> Verdict:
        found = self._home().verify()
        first = found.faults[0] if found.faults else None
        return Verdict(
            entries=found.seq,
            head=found.chain.hex(),
            first_bad=found.first_bad,
            problem=first.code if first else "",
            detail=first.detail if first else "",
            degraded=tuple(
                (each.since.isoformat(), each.until.isoformat() if each.until else "")
                for each in found.degraded
            ),
            erased=found.erased,
        )

    def log_head(self) -> tuple[int, str] | None:
        try:
            seq, chain = self._composition.home(create=False).head()
        except CordonError:
            return None
        return seq, chain.hex()

    def trust(self, device: str) -> tuple[str, str]:
        try:
            path = self.documents().inventory.devices[device].paths[0]
        except (KeyError, IndexError):
            raise NotFound(kind="device", name=device) from None
        return self._composition.host_key(path.address, path.port)

    # --- parts -------------------------------------------------------------------------------------

    def _home(self) -> Home:
        return self._composition.home()


class _Seen:
    """Passes events on, and remembers those an execution is summed up from."""

    def __init__(self, watcher: Watcher, clock: Clock) -> None:
        self._watcher = watcher
        self._clock = clock
        self._began = clock.monotonic()
        self._passed = 0.0
        self.started: RunStarted | None = None
        self.ended: RunEnded | None = None
        self.degraded = False
        self.unrecorded = False

    @property
    def confirmed_after(self) -> float | None:
        if self.started is None or self.ended is None:
            return None
        reads = [
            result.read_at
            for result in self.ended.results
            if result.read_at is not None and result.proof.satisfies(Proof.CONFIRMED)
        ]
        if not reads:
            return None
        seconds = (max(reads) - self.started.at).total_seconds()
        if self.started.joined or abs(seconds - self._passed) < CLOCK_AGREES:
            return max(seconds, 0.0)
        return self._passed  # the wall clock was set meanwhile

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.started = event
                self._began = self._clock.monotonic()
            case StepsSettled(results=results):
                if any(result.proof.satisfies(Proof.CONFIRMED) for result in results):
                    self._passed = self._clock.monotonic() - self._began
            case RunEnded():
                self.ended = event
            case JournalDegraded(unrecorded=unrecorded):
                self.degraded, self.unrecorded = True, self.unrecorded or unrecorded
            case _:
                pass
        self._watcher(event)


def _actor_of(request: Request) -> Actor:
    return request.actor
