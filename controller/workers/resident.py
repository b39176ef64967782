"""A leader that stays: what a service does for its home while it runs.

It leads from its start to its end, carries out what its own faces and other processes ask, finishes the cuts
its predecessor left open, watches the points that are held and tells what happens to whoever listens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import RLock, Thread
from typing import TYPE_CHECKING

import structlog

from controller.bootstrap import Composition, StoredDocuments, tell_unrecorded
from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.facts import SYSTEM, Actor, Noted
from controller.domain.hold import Hold
from controller.domain.inventory import Inventory, PointId
from controller.domain.lifecycle import RunState
from controller.domain.plan import Basis, Plan
from controller.domain.playbook import Action
from controller.engine.controller import Controller
from controller.engine.events import Event, RunStarted, Watcher
from controller.engine.execution.handwork import HandWork
from controller.engine.execution.marks import Marks
from controller.engine.execution.unrecorded import LastResortJournal
from controller.engine.people.access import Access
from controller.engine.planning.plans import Documents, Return
from controller.engine.ports import History, RunRecord, StepRecord
from controller.workers.feed import Feed, FollowedJournal, Told, told
from controller.workers.front import HomeOffice
from controller.workers.notary import notary_of
from controller.workers.office import Cut
from controller.workers.requests import Confirm, Request, Restore, Resume, WriteLog
from controller.workers.revisions import Revisions

if TYPE_CHECKING:
    from controller.bootstrap import Home, Lead

RESUMED_WITHIN = timedelta(hours=24)
"""A cut that was decided longer ago and left open waits for a person: by now nobody expects it."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that was asked for and is under way. ``joined``: somebody else had begun it."""

    run: str
    plan: str
    joined: bool


class Resident(HomeOffice):
    """The office of a process that leads for as long as it runs. Made by :func:`reside`; safe to call from
    many threads."""

    def __init__(
        self, composition: Composition, home: Home, lead: Lead, journal: LastResortJournal, feed: Feed
    ) -> None:
        super().__init__(composition)
        self.composition = composition
        self.feed = feed
        self.journal = journal
        self.home = home
        self._loading = RLock()
        self._files: object = None
        self._stood_down = False
        reader = StoredDocuments()
        self._led_history = lead.history
        self._controller = Controller(None, reader, composition.services(journal), lead.history)
        self.notary = notary_of(composition, home, lead)
        self._resident_desk = self._desk(self._controller, journal, reader, self.notary)
        self._controller.mark_interrupted()
        lead.serve(self._resident_desk.handle)
        self.watch = self._controller.watch(self._present_inventory)
        self.revisions = Revisions(composition, lead.history, journal)

    # --- acting ------------------------------------------------------------------------------------

    def begin_cut(self, plan: Plan, reason: str, actor: Actor, marks: Marks = ()) -> Begun:
        """``marks`` go on record with the run's first entry. Raises as the controller's ``isolate``."""
        return self._begin(replace(self._request_to_cut(plan, reason, actor), marks=marks))

    def begin_return(
        self, wanted: Return, plan_hash: str, reason: str, actor: Actor, marks: Marks = ()
    ) -> Begun:
        """Raises InvalidRequest (run-under-way) while anything is: a restore begins when nothing else
        acts."""
        for run in self.under_way():
            raise InvalidRequest("run-under-way", run=run)
        return self._begin(Restore(wanted, plan_hash, reason, actor, marks=marks))

    def begin_again(self, run: str, actor: Actor, accept_drift: frozenset[str] = frozenset()) -> Begun:
        return self._begin(Resume(run, accept_drift, actor))

    def write_once(self, text: str, actor: Actor, marks: Marks) -> int | None:
        """As ``write_log``, with marks."""
        return self._ask(WriteLog(text, actor, marks), lambda _: None)

    def confirm_once(self, work: HandWork, actor: Actor, marks: Marks) -> int | None:
        """As ``confirm``, with marks."""
        return self._ask(Confirm(work, actor, marks), lambda _: None)

    def under_way(self) -> tuple[str, ...]:
        """The runs that act now."""
        return self._controller.under_way()

    def stand_down(self) -> None:
        """Returns when nothing acts any more: see the controller's."""
        self._stood_down = True
        self._controller.stand_down()
        self._resident_desk.drain()

    def _begin(self, request: Request) -> Begun:
        """Has ``request`` carried out in a thread of its own; returns once its run has begun. Raises what
        kept it from beginning."""
        begun: Future[Begun] = Future()

        def hear(event: Event) -> None:
            if isinstance(event, RunStarted) and not begun.done():
                begun.set_result(Begun(event.run, event.plan.hash, event.joined))

        def work() -> None:
            try:
                self._resident_desk.perform(request, hear)
            except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it was
                if not begun.done():
                    begun.set_exception(error)
                else:  # where it stands is in the journal
                    _log.exception("a run ended early")

        Thread(target=work, name="run", daemon=True).start()
        return begun.result()

    def _ask(self, request: Request, watcher: Watcher) -> int | None:
        return self._resident_desk.perform(request, watcher)

    def access(self) -> Access:
        """Who may do what here; the same for all faces, so that attempts add up."""
        return self._resident_desk.access

    # --- looking -----------------------------------------------------------------------------------

    def noted(self, *subjects: str) -> tuple[tuple[datetime, Noted], ...]:
        """As :meth:`controller.engine.ports.History.noted`."""
        return self._led_history.noted(*subjects)

    def open_holds(self) -> tuple[Hold, ...]:
        return self._led_history.open_holds()

    def last_reads(self) -> Mapping[PointId, StepRecord]:
        return self._led_history.last_reads()

    def held(self) -> int:
        """How many points are held."""
        return len({hold.key.point for hold in self.open_holds()})

    def waiting(self) -> tuple[RunRecord, ...]:
        """Runs that rest and go on only when a person says so."""
        resting = (RunState.INTERRUPTED, RunState.STOPPED)
        acting = self.under_way()
        return tuple(each for each in self.runs() if each.state in resting and each.run not in acting)

    def condition(self) -> tuple[bool, bool]:
        """Whether the journal takes records into the database, and whether this process leads."""
        return not self.journal.degraded, not self._stood_down

    # --- documents -----------------------------------------------------------------------------------

    def documents(self, *, anew: bool = False) -> Documents:
        with self._loading:
            self._forget_what_changed()
            before = self._documents
            found = super().documents(anew=anew)
        if found is not before:
            Thread(target=self._keep_plans, name="keeping", daemon=True).start()
        return found

    def prepare(self) -> None:
        """Reads the documents, so that their plans are kept before anybody asks."""
        with suppress(CordonError):
            self.documents()

    def _keep_plans(self) -> None:
        kept = self.keep()
        if kept.problem:
            _log.warning("the plans of the levels are not kept", why=kept.problem)

    def documents_in_force(self) -> Documents:
        with self._loading:
            self._forget_what_changed()
            return super().documents_in_force()

    def _forget_what_changed(self) -> None:
        """The files are read again when they changed, not for every question."""
        found = _state_of_files(self.composition)
        if found != self._files:
            self._files = found
            self._forget_documents()

    def _known(self, basis: Basis) -> Documents | None:
        with self._loading:
            return super()._known(basis)

    def _plan_cut(self, cut: Cut) -> Plan:
        with self._loading:
            return super()._plan_cut(cut)

    def _present_inventory(self) -> Inventory | None:
        try:
            return self.documents_in_force().inventory
        except CordonError:
            return None

    # --- parts -------------------------------------------------------------------------------------

    def _home(self) -> Home:
        return self.home

    def _history(self) -> History:
        return self._led_history


@contextmanager
def reside(composition: Composition) -> Iterator[Resident]:
    """Leads the home until the block ends; then cuts under way come to their end, and restores stop where
    they safely can. Raises LeaderElsewhere."""
    home = composition.home()
    with home.lead(takeover_frozen=True) as lead:
        feed = Feed(lambda after: _log_of(home, after), home.head()[0])
        journal = LastResortJournal(FollowedJournal(lead.journal, feed.wake), tell_unrecorded)
        office = Resident(composition, home, lead, journal, feed)
        feed.start()
        _finish_cuts(office)
        office.watch.start()
        Thread(target=office.prepare, name="preparing", daemon=True).start()
        try:
            with office.notary.at_work():
                try:
                    yield office
                finally:
                    office.watch.stop()
                    office.stand_down()
        finally:
            feed.stop()


def _finish_cuts(office: Resident) -> None:
    """Takes up the cuts that were left open. Restores wait for a person, and so does what somebody asked to
    stop."""
    now = office.composition.clock().now()
    for record in office.runs():
        open_cut = record.action is Action.ISOLATE and record.state is RunState.INTERRUPTED
        if not open_cut or now - record.opened_at > RESUMED_WITHIN or _stop_was_asked(office.home, record):
            continue
        if office.run(record.run)[1].gives_way:  # a rehearsal: taking it up would bring something back
            continue
        try:
            office.begin_again(record.run, SYSTEM)
        except CordonError as error:
            _log.warning("a cut left open could not be resumed", run=record.run, why=str(error))


def _stop_was_asked(home: Home, record: RunRecord) -> bool:
    return any(
        isinstance(fact, Noted) and ("wanted", "abort") in fact.data
        for entry in home.entries(run=record.run, tag="engine:run:moved")
        for fact in entry.facts
    )


def _log_of(home: Home, after: int) -> Iterator[Told]:
    for record in home.entries(after=after):
        yield told(record.entry.seq, record.at, record.tag, record.actor, record.degraded, record.facts)


def _state_of_files(composition: Composition) -> object:
    """Changes when a file the documents are read from does."""
    files: list[Path] = [composition.inventory_path()]
    for directory in (*composition.profile_directories(), *composition.playbook_directories()):
        files.extend(sorted(directory.glob("*.y*ml")))
    return tuple((str(file), *_stamp(file)) for file in files)


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        found = file.stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns)
