"""A leader that stays: what a service does for its home while it runs.

It leads from its start to its end, carries out what its own faces and other processes ask, finishes the cuts
its predecessor left open, watches the points that are held and tells what happens to whoever listens.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

import structlog

from controller.bootstrap import Composition
from controller.bootstrap.process import tell_unrecorded
from controller.domain.errors import CordonError, InvalidRequest, Refused
from controller.domain.facts import SYSTEM, Actor, Noted, Text
from controller.domain.hold import Hold
from controller.domain.inventory import PointId
from controller.domain.lifecycle import RunState
from controller.domain.plan import Plan
from controller.domain.playbook import Action
from controller.domain.tags import Tag
from controller.engine.events import Event, RunStarted
from controller.engine.execution.handwork import HandWork
from controller.engine.execution.marks import Marks
from controller.engine.execution.unrecorded import LastResortJournal
from controller.engine.holding.situation import PartlyBack, partly_back
from controller.engine.holding.tripwires import SIGNAL
from controller.engine.holding.waiting import Waiting
from controller.engine.planning.plans import Return
from controller.engine.planning.transfer import Transfer
from controller.engine.planning.vaulting import VaultStanding, vault_users
from controller.engine.ports import RunRecord, StepRecord
from controller.workers.arming import LevelsInForce
from controller.workers.beside import Beside
from controller.workers.feed import Feed, FollowedJournal, Told, told
from controller.workers.forwarding import forwarded
from controller.workers.front import HomeOffice
from controller.workers.handover import files_of
from controller.workers.leading import ThisLeader, opened_desk
from controller.workers.office import Cut
from controller.workers.playbook_revisions import PlaybookRevisions
from controller.workers.reminding import reminding
from controller.workers.requests import (
    Confirm,
    Isolate,
    IsolateByLeader,
    MoveHolds,
    Request,
    Restore,
    Resume,
)
from controller.workers.retiring import retired
from controller.workers.revisions import Revisions
from controller.workers.shared_documents import SharedDocuments
from controller.workers.verifying import Verification

if TYPE_CHECKING:
    from controller.bootstrap import Home, Lead
    from controller.domain.armed import ArmedDevice

RESUMED_WITHIN = timedelta(hours=24)
"""A cut that was decided longer ago and left open waits for a person: by now nobody expects it."""

LARGE = 300
"""Devices."""

RUNS = 3
"""The latest runs that are at hand from the start, besides those that hold something."""

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
        self._shared = SharedDocuments(composition)
        opened = opened_desk(composition, home, lead, journal, self._shared.known)
        super().__init__(composition, self._shared, ThisLeader(home, lead.history, opened.desk))
        self.composition = composition
        self.feed = feed
        self.journal = journal
        self.home = home
        self.notary = opened.notary
        self.timekeeper = opened.timekeeper
        self.eraser = opened.eraser
        self._desk = opened.desk
        self._controller = opened.controller
        self._history = lead.history
        self._stood_down = False
        self._desk.planned = self._planned
        lead.serve(self._desk.handle)
        self.watch = self._controller.watch(self._shared.inventory)
        self.arming = self._controller.arming
        if composition.settings.arm:
            self.arming.hold(LevelsInForce(self._shared))
        self.revisions = Revisions(composition, lead.history, journal)
        self.playbooks = PlaybookRevisions(composition, lead.history, journal)
        self.log_head = self._head
        self.counting = Beside("counting", self.gates)
        self.verification = Verification(
            self.verify, lambda: (self._head() or (0, ""))[0], composition.clock()
        )

    # --- acting ------------------------------------------------------------------------------------

    def begin_cut(self, plan: Plan, reason: str, actor: Actor, marks: Marks = ()) -> Begun:
        """``marks`` go on record with the run's first entry. Raises as the controller's ``isolate``."""
        return self._begin(replace(self._acting.request_to_cut(plan, reason, actor), marks=marks))

    def begin_return(
        self, wanted: Return, plan_hash: str, reason: str, actor: Actor, marks: Marks = ()
    ) -> Begun:
        """Raises InvalidRequest (run-under-way) while anything is: a restore begins when nothing else
        acts."""
        for run in self.under_way():
            raise InvalidRequest("run-under-way", run=run)
        return self._begin(Restore(wanted, plan_hash, reason, actor, marks=marks))

    def begin_transfer(
        self, wanted: Transfer, plans: tuple[str, ...], reason: str, actor: Actor, marks: Marks = ()
    ) -> Begun:
        """The first of its runs. Raises as the controller's ``transfer``."""
        return self._begin(MoveHolds(wanted, plans, reason, actor, marks=marks))

    def begin_again(self, run: str, actor: Actor, accept_drift: frozenset[str] = frozenset()) -> Begun:
        return self._begin(Resume(run, accept_drift, actor))

    def let_pass_once(self, subject: str, reason: str, actor: Actor, marks: Marks) -> int | None:
        """As ``let_pass``, with marks."""
        return self._acting.let_pass(subject, reason, actor, marks=marks)

    def armed(self) -> tuple[ArmedDevice, ...] | None:
        return self.arming.standings() if self.arming.at_work else None

    def arm_once(self, devices: Sequence[str], on: bool, actor: Actor, marks: Marks) -> int | None:
        """As ``arm``, with marks."""
        return self._acting.arm(devices, on, actor, marks=marks)

    def confirm_once(self, work: HandWork, actor: Actor, marks: Marks) -> int | None:
        """As ``confirm``, with marks."""
        return self._desk.perform(Confirm(work, actor, marks), lambda _: None)

    def signal(self, sender: str, subject: str, said: str) -> bool:
        """Has ``subject`` cut again, now, if it came back and is being watched. Where it, or a device of that
        name, is held, what is held there is read at once."""
        actor = Actor(f"signal:{sender}", Text(sender))
        if self._controller.probations.trip(subject, SIGNAL, actor, said):
            return True
        note = Noted(SIGNAL, (("sender", sender), ("subject", subject)), Text(said))
        self.journal.commit(Tag.SIGNAL_HEARD, [note], actor)
        holds = (hold.key for hold in self.open_holds())
        self.watch.soon({key.point.device for key in holds if subject in (key.subject, key.point.device)})
        return False

    def _planned(self, request: IsolateByLeader) -> Isolate:
        """Raises InvalidRequest where whoever asks has to plan it, or to ask a person first; Refused."""
        settings = self.composition.settings
        files = files_of(settings.inventory, settings.profiles, settings.playbooks)
        if files != request.files or self.documents_in_force().lapse is not None:
            raise InvalidRequest("request-not-understood")
        plan = self.plan_cut(Cut(request.playbook, request.level, request.subjects))
        if plan.refusals:
            raise Refused(plan.refusals)
        if self.vault().state().standing is VaultStanding.NEEDS_PERSON and vault_users(
            self.documents_in_force().inventory
        ):
            raise InvalidRequest("request-not-understood")
        return self._acting.request_to_cut(plan, request.reason, request.actor)

    def under_way(self) -> tuple[str, ...]:
        """The runs that act now."""
        return self._controller.under_way()

    def stand_down(self) -> None:
        """Returns when nothing acts any more: see the controller's."""
        self._stood_down = True
        self._controller.stand_down()
        self._desk.drain()
        self._controller.probations.stop()

    def take_up_probations(self) -> None:
        """What a process before this one was watching is watched again."""
        try:
            self._controller.probations.take_up()
        except CordonError as error:
            _log.warning("what came back before is not watched", why=str(error))

    @property
    def large(self) -> bool:
        """Whether what pages show is better made before somebody waits for it."""
        inventory = self._shared.inventory()
        return inventory is not None and len(inventory.devices) > LARGE

    def prepare(self) -> None:
        """Reads the documents, so that their plans are kept before anybody asks. Of a large site also what is
        looked at first: what is held, what its return waits for, the plans of the levels, the runs. Nothing
        waits for it, and nothing depends on it."""
        self._shared.prepare()
        inventory = self._shared.inventory()
        if inventory is not None:
            self.composition.nursery.expect(len(inventory.devices))
        if not self.large:
            return
        documents = self.documents_in_force()
        holding = dict.fromkeys(hold.key.run for hold in self.open_holds())
        runs = (*holding, *(each.run for each in self.runs()[-RUNS:]))
        levels = [each for each in documents.playbooks.values() if each.level]
        kept = [each.level for each in levels if self._shared.kept_plan(documents, each.name)]
        looks: list[Callable[[], object]] = [
            self.situation,
            self.gates,
            lambda: self.plan_return(Return(next_wave=True)).hash,
            *(partial(self._look_at_cut, level) for level in kept),
            *(partial(self.results, run) for run in runs),
        ]
        for look in looks:
            if self._stood_down:
                return
            with suppress(CordonError):  # who asks is told why
                look()

    def _look_at_cut(self, level: int | None) -> str:
        return self.plan_cut(Cut(level=level)).hash

    def _head(self) -> tuple[int, str] | None:
        try:
            seq, chain = self.home.head()
        except CordonError:
            return None
        return seq, chain.hex()

    def _begin(self, request: Request) -> Begun:
        """Has ``request`` carried out in a thread of its own; returns once its run has begun. Raises what
        kept it from beginning."""
        begun: Future[Begun] = Future()

        def hear(event: Event) -> None:
            if isinstance(event, RunStarted) and not begun.done():
                self.remember(event.plan)
                begun.set_result(Begun(event.run, event.plan.hash, event.joined))

        def work() -> None:
            try:
                self._desk.perform(request, hear)
            except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it was
                if not begun.done():
                    begun.set_exception(error)
                else:  # where it stands is in the journal
                    _log.exception("a run ended early")

        Thread(target=work, name="run", daemon=True).start()
        return begun.result()

    # --- looking -----------------------------------------------------------------------------------

    def noted(self, *subjects: str) -> tuple[tuple[datetime, Noted], ...]:
        """As :meth:`controller.engine.ports.History.noted`."""
        return self._history.noted(*subjects)

    def open_holds(self) -> tuple[Hold, ...]:
        return self._history.open_holds()

    def gates_at_hand(self) -> tuple[Waiting, ...]:
        """As ``gates``, for who looks again and again. Of a large site that takes seconds after whatever
        changed what returns: it is begun beside who asks, who hears meanwhile what is known without."""
        if not self.large:
            return self.gates()
        found = self._gates_at_hand()
        if any(each.counting for each in found):
            self.counting.ask()
        return found

    def partly_back(self) -> PartlyBack:
        return partly_back(self._history)

    def last_reads(self) -> Mapping[PointId, StepRecord]:
        return self._history.last_reads()

    def held(self) -> int:
        """How many points are held."""
        return len({hold.key.point for hold in self.open_holds()})

    def waiting(self) -> tuple[RunRecord, ...]:
        """Runs that rest and go on only when a person says so."""
        resting = (RunState.INTERRUPTED, RunState.STOPPED)
        acting = self.under_way()
        return tuple(each for each in self.runs() if each.state in resting and each.run not in acting)

    def acts(self) -> bool:
        """Whether any run acts now."""
        return bool(self.under_way())

    def entries(self) -> int:
        """How many entries the log has by now. Raises JournalUnreadable."""
        return self.home.head()[0]

    def condition(self) -> tuple[bool, bool]:
        """Whether the journal takes records into the database, and whether this process leads."""
        return not self.journal.degraded, not self._stood_down


@contextmanager
def reside(
    composition: Composition, prepared: Callable[[Resident], object] = lambda _: None
) -> Iterator[Resident]:
    """Leads the home until the block ends; then cuts under way come to their end, and restores stop where
    they safely can. ``prepared`` is called when what is asked for first is at hand. Raises
    LeaderElsewhere."""
    home = composition.home()
    with home.lead(takeover_frozen=True) as lead, composition.leading():
        feed = Feed(lambda after: _log_of(home, after), home.head()[0])
        journal = LastResortJournal(FollowedJournal(lead.journal, feed.wake), tell_unrecorded)
        office = Resident(composition, home, lead, journal, feed)
        feed.start()
        _finish_cuts(office)
        office.take_up_probations()
        office.watch.start()
        Thread(target=_prepare, args=(office, prepared), name="preparing", daemon=True).start()
        try:
            with (
                office.notary.at_work(),
                forwarded(composition, home, office.acts),
                retired(composition, office.eraser),
                office.timekeeper.at_work(),
                reminding(office.rhythm, journal, composition.clock()),
            ):
                _told(journal, Tag.SERVICE_STARTED)
                try:
                    yield office
                finally:
                    office.arming.close()
                    office.watch.stop()
                    office.stand_down()
                    _told(journal, Tag.SERVICE_STOPPED)
        finally:
            feed.stop()


def _prepare(office: Resident, prepared: Callable[[Resident], object]) -> None:
    try:
        office.prepare()
    except CordonError as error:
        _log.warning("nothing is at hand yet", why=str(error))
    office.arming.start()
    prepared(office)


def _told(journal: LastResortJournal, tag: Tag) -> None:
    """Without the one, the other tells that the process ended otherwise."""
    try:
        journal.commit(tag, [Noted("service", (("pid", str(os.getpid())),))], SYSTEM)
    except CordonError as error:
        _log.warning("not on record", tag=tag.value, why=str(error))


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
