"""How a request reaches whoever leads the home.

The process that asks becomes the leader if nobody is. Otherwise its request goes to the leader, whose events
come back as if the run were its own; if that leader dies on the way, this process takes the lead and finishes
a cut that was begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from controller.bootstrap import Composition
from controller.bootstrap.documents import StoredDocuments
from controller.bootstrap.process import tell_unrecorded
from controller.domain.errors import CordonError, LeaderElsewhere, LeaderLost
from controller.domain.plan import Basis, Plan
from controller.domain.playbook import Action
from controller.engine.controller import Controller
from controller.engine.events import Watcher
from controller.engine.execution.unrecorded import LastResortJournal
from controller.engine.planning.plans import Documents
from controller.engine.ports import History
from controller.workers import accounting
from controller.workers.desk import Desk
from controller.workers.erasing import Eraser, eraser_of
from controller.workers.handover import Lines
from controller.workers.notary import Notary, notary_of
from controller.workers.requests import (
    Abort,
    AgreeRhythm,
    Arm,
    AskAccounts,
    AskVault,
    Confirm,
    Erase,
    Isolate,
    LendVaultKey,
    LetPass,
    RecordDiscovery,
    RecordDrift,
    RecordExport,
    RecordReadiness,
    RecordVault,
    RecordWitness,
    Rehearse,
    Request,
    Resume,
    SealLog,
    WriteLog,
)
from controller.workers.seen import Seen
from controller.workers.timekeeper import Look, Timekeeper
from controller.workers.wire import error_from_line, event_from_line, request_to_line

if TYPE_CHECKING:
    from pathlib import Path

    from controller.bootstrap import Home, Lead
    from controller.engine.people.access import Access

PATIENCE = 5.0
"""Seconds a request tries to reach a leader that is just coming or going."""

_ONE_WORD = (
    Abort,
    AgreeRhythm,
    Arm,
    Confirm,
    Erase,
    LetPass,
    RecordDiscovery,
    RecordDrift,
    RecordExport,
    RecordReadiness,
    RecordVault,
    RecordWitness,
    SealLog,
    WriteLog,
)
"""Requests that begin no run."""

Known = Callable[[Basis], Documents | None]
"""The documents a plan was made from, where they are at hand."""


class Leading(Protocol):
    """One process's way to the leader of its home. Everything raises CordonError."""

    def home(self) -> Home:
        """Made where there is none."""
        ...

    def found_home(self) -> Home:
        """Raises NotFound where nothing is in its place: looking makes none."""
        ...

    def history(self) -> History:
        """What is on record. Raises NotFound as well."""
        ...

    def ask(self, request: Request, watcher: Watcher) -> int | None:
        """Returns when the request is over: the number of the entry, where it writes one of its own."""
        ...

    def record(self, request: Request) -> int | None:
        """Puts it on record without taking the lead from anybody, even one that hangs. Raises LeaderElsewhere
        where that cannot be."""
        ...

    def ask_accounts(self, call: str, given: Mapping[str, Any]) -> Any:
        """As :meth:`controller.workers.office.Office.ask_accounts`."""
        ...

    def access(self) -> Access:
        """The accounts, to be looked at."""
        ...


class AnyLeader:
    """Implements Leading for a process that comes and goes. ``known``: the documents it has at hand."""

    def __init__(self, composition: Composition, known: Known) -> None:
        self._composition = composition
        self._known = known

    def home(self) -> Home:
        return self._composition.home()

    def found_home(self) -> Home:
        return self._composition.home(create=self._composition.settings.home.is_dir())

    def history(self) -> History:
        return self.found_home().history()

    def access(self) -> Access:
        home = self.home()
        return self._composition.access(home, accounting.NotLeading(str(home.path)))

    def ask(self, request: Request, watcher: Watcher) -> int | None:
        clock = self._composition.clock()
        give_up = clock.monotonic() + PATIENCE
        seen = Seen(watcher, clock)
        if isinstance(request, Isolate):  # while the lead is taken, its workers load
            self._composition.nursery.expect(len(_devices(request.plan)))
        while True:
            try:
                with self.lead() as desk:
                    return desk.perform(request, seen)
            except LeaderElsewhere:
                if clock.monotonic() > give_up:
                    raise
            try:
                return self._hand_over(request, seen)
            except LeaderElsewhere:
                clock.pause(0.05)
            except LeaderLost:
                if isinstance(request, Rehearse):
                    if seen.rehearsed is not None:
                        return None
                    continue  # what the lost leader left cut is brought back first
                if seen.ended is not None:
                    return None
                if seen.started is None:
                    continue
                if seen.started.plan.action is Action.RESTORE or isinstance(request, _ONE_WORD):
                    raise
                request = Resume(seen.started.run, frozenset(), request.actor)
                give_up = clock.monotonic() + PATIENCE

    def record(self, request: Request) -> int | None:
        try:
            with self.lead(takeover_frozen=False) as desk:
                return desk.perform(request, lambda _: None)
        except LeaderElsewhere:
            return self._hand_over(request, lambda _: None)

    def ask_accounts(self, call: str, given: Mapping[str, Any]) -> Any:
        request = AskAccounts(call, accounting.asked(given))
        clock = self._composition.clock()
        give_up = clock.monotonic() + PATIENCE
        while True:
            try:
                with self.lead() as desk:
                    return accounting.answered(call, desk.answer(request))
            except LeaderElsewhere:
                if clock.monotonic() > give_up:
                    raise
            try:
                with closing(self.home().request(request_to_line(request))) as lines:
                    for line in lines:
                        if "error" in line:
                            raise error_from_line(dict(line))
                        return accounting.answered(call, line["done"])
            except LeaderElsewhere:
                clock.pause(0.05)
            else:
                raise LeaderLost(home=str(self._composition.settings.home))

    @contextmanager
    def lead(self, *, takeover_frozen: bool = True) -> Iterator[Desk]:
        """Leads the home until everything under way has ended. Raises LeaderElsewhere."""
        home = self.home()
        with home.lead(takeover_frozen=takeover_frozen) as lead, self._composition.leading():
            journal = LastResortJournal(lead.journal, tell_unrecorded)
            opened = opened_desk(self._composition, home, lead, journal, self._known)
            desk = opened.desk
            with opened.notary.at_work(), opened.timekeeper.at_work():
                lead.serve(desk.handle)
                yield desk
                desk.drain()
            desk.drain()  # of what came while the last signature was made

    def _hand_over(self, request: Request, watcher: Watcher) -> int | None:
        """Has the leader carry the request out. Raises what it raised, LeaderElsewhere when it does not
        answer (nothing was begun), LeaderLost when it ended on the way."""
        home = self.home()
        if not isinstance(request, _ONE_WORD):
            lend_vault_key(self._composition, home)
        with closing(home.request(request_to_line(request))) as lines:
            return hear(lines, watcher, home.path)


def _devices(plan: Plan) -> frozenset[str]:
    return frozenset(operation.device for wave in plan.waves for operation in wave.operations)


def hear(lines: Lines, watcher: Watcher, home: Path) -> int | None:
    """What the leader answers a request, to its end. Raises what it raised, and LeaderLost."""
    for line in lines:
        if "event" in line:
            watcher(event_from_line(dict(line)))
        elif "error" in line:
            raise error_from_line(dict(line))
        elif "done" in line:
            seq: int | None = line["done"]
            return seq
    raise LeaderLost(home=str(home))


class ThisLeader:
    """Implements Leading for the process that leads for as long as it runs."""

    def __init__(self, home: Home, history: History, desk: Desk) -> None:
        self._home = home
        self._history = history
        self._desk = desk

    def home(self) -> Home:
        return self._home

    def found_home(self) -> Home:
        return self._home

    def history(self) -> History:
        return self._history

    def ask(self, request: Request, watcher: Watcher) -> int | None:
        return self._desk.perform(request, watcher)

    def record(self, request: Request) -> int | None:
        return self._desk.perform(request, lambda _: None)

    def ask_accounts(self, call: str, given: Mapping[str, Any]) -> Any:
        return accounting.answered(call, self._desk.answer(AskAccounts(call, accounting.asked(given))))

    def access(self) -> Access:
        """The same for all faces, so that attempts add up."""
        return self._desk.access


@dataclass(frozen=True, slots=True)
class OpenedDesk:
    """What carries out the requests of one leader, who signs its log and who watches the clock."""

    desk: Desk
    controller: Controller
    notary: Notary
    timekeeper: Timekeeper
    eraser: Eraser


def opened_desk(
    composition: Composition, home: Home, lead: Lead, journal: LastResortJournal, known: Known
) -> OpenedDesk:
    """For who leads ``home``; what was under way when the last leader ended is marked so first."""
    reader = StoredDocuments()
    controller = Controller(None, reader, composition.services(journal), lead.history)
    controller.mark_interrupted()
    desk = Desk(
        controller,
        journal,
        reader,
        composition.documents,
        known,
        composition.vault,
        lambda: composition.access(home, journal, lambda: bool(controller.under_way())),
        composition.observer.watching,
    )
    desk.notary = notary_of(composition, home, lead)
    eraser = desk.eraser = eraser_of(composition, home, lead, lambda: desk.access)
    timekeeper = Timekeeper(journal, composition.clock(), lambda: _before(home, lead.epoch))
    return OpenedDesk(desk, controller, desk.notary, timekeeper, eraser)


def _before(home: Home, epoch: int) -> Look | None:
    found = home.clocks_before(epoch)
    return Look(*found) if found else None


def opens_vault(home: Home) -> bool:
    """Whether the leader of ``home`` has the vault open; where none answers, or one that does not know the
    question, it does not."""
    try:
        answers = list(home.request(request_to_line(AskVault())))
    except CordonError:
        return False
    return any(line.get("done") == 1 for line in answers)


def lend_vault_key(composition: Composition, home: Home) -> bool:
    """Before a request that logs in somewhere goes to another process. A leader that cannot take it says of
    each device what it lacks."""
    key = composition.vault.data_key
    if key is not None:
        with suppress(CordonError):
            return bool(list(home.request(request_to_line(LendVaultKey(key.hex())))))
    return False
