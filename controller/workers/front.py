"""The front office of a home: every face asks here, whoever leads.

The process that asks becomes the leader if nobody is. Otherwise its request goes to the leader, whose events
come back as if the run were its own; if that leader dies on the way, this process takes the lead and finishes
a cut that was begun.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from controller.bootstrap import Composition, StoredDocuments, tell_unrecorded
from controller.domain.codec import from_plain
from controller.domain.errors import (
    CordonError,
    InvalidInput,
    InvalidRequest,
    JournalUnreadable,
    LeaderElsewhere,
    LeaderLost,
    NotFound,
)
from controller.domain.facts import Actor
from controller.domain.inventory import MANUAL, Inventory
from controller.domain.logbook import NO_DETAILS, Attachment, LogDetails
from controller.domain.plan import Basis, Hazard, Plan
from controller.domain.playbook import Action
from controller.domain.proof import Proof
from controller.domain.readiness import DeviceReadiness, Readiness
from controller.domain.rehearsal import Rehearsals
from controller.domain.tags import Tag
from controller.engine.controller import Controller
from controller.engine.events import (
    Event,
    JournalDegraded,
    RehearsalEnded,
    RunEnded,
    RunStarted,
    StepsSettled,
    Watcher,
)
from controller.engine.execution.handwork import HandWork, Located, locate
from controller.engine.execution.neutralising import REVERT, Neutralised
from controller.engine.execution.unrecorded import LastResortJournal
from controller.engine.execution.walklist import Errand, results_on_record, walklist
from controller.engine.holding.situation import Situation, situation
from controller.engine.planning import plans
from controller.engine.planning.canaries import plan_rehearsal
from controller.engine.planning.plans import Documents, Return
from controller.engine.planning.untested import rehearsals, untested
from controller.engine.planning.vaulting import vault_users, with_vault
from controller.engine.points.holds import HoldBook
from controller.engine.points.startup import reboots_after
from controller.engine.ports import Clock, History, RunRecord
from controller.workers import accounting, exporting
from controller.workers.auditing import LogSeal, Witness
from controller.workers.desk import Desk
from controller.workers.discovering import discover
from controller.workers.keeper import Keeper
from controller.workers.livechecks import LiveChecks
from controller.workers.loglines import log_line
from controller.workers.notary import Notary, notary_of
from controller.workers.office import (
    Cut,
    Discovery,
    Execution,
    Keeping,
    LiveCheck,
    LogLine,
    Rehearsal,
    Verdict,
)
from controller.workers.requests import (
    Abort,
    AskAccounts,
    AskVault,
    Confirm,
    Isolate,
    LendVaultKey,
    Neutralise,
    RecordDiscovery,
    RecordReadiness,
    RecordVault,
    RecordWitness,
    Rehearse,
    Request,
    Restore,
    Resume,
    SealLog,
    WriteLog,
    error_from_line,
    event_from_line,
    request_to_line,
)
from controller.workers.vaulting import HomeVault

if TYPE_CHECKING:
    from pathlib import Path

    from controller.bootstrap import Home
    from controller.engine.people.access import Access
    from controller.engine.people.accounts import Credentials
    from controller.evidence.export import Exported
    from controller.workers.exporting import Extract

CLOCK_AGREES = 2.0
"""Seconds by which the time of a read-back and the time it was heard of may differ."""

PATIENCE = 5.0
"""Seconds a request tries to reach a leader that is just coming or going."""


_ONE_WORD = (Abort, Confirm, RecordDiscovery, RecordReadiness, RecordVault, RecordWitness, SealLog, WriteLog)
"""Requests that begin no run."""


def cordon_office(**overrides: Any) -> HomeOffice:
    """The office of one configuration; ``overrides`` as the settings are named. Nothing is opened yet."""
    return HomeOffice(Composition(**overrides))


class HomeOffice:
    """Implements Office."""

    def __init__(self, composition: Composition) -> None:
        self._composition = composition
        self._keeper = Keeper(composition)
        self._live_checks = LiveChecks(composition, self._ask_gently)
        self._documents: Documents | None = None
        self._mistakes: InvalidInput | None = None
        self._lapsed: Documents | None = None

    # --- planning ----------------------------------------------------------------------------------

    def documents(self, *, anew: bool = False) -> Documents:
        if anew:
            self._forget_documents()
        if self._mistakes is not None:
            raise self._mistakes
        if self._documents is None:
            try:
                self._documents = self._keeper.present(anew=anew)
            except InvalidInput as mistakes:
                self._mistakes = mistakes
                raise
        return self._documents

    def _forget_documents(self) -> None:
        """The files are read at the next question."""
        self._documents = self._mistakes = self._lapsed = None

    def documents_in_force(self) -> Documents:
        try:
            return self.documents()
        except InvalidRequest:
            raise
        except InvalidInput as mistakes:
            lapse = self._lapsed.lapse if self._lapsed is not None else None
            if self._lapsed is None or lapse is None or lapse.problems != mistakes.problems:
                self._lapsed = self._keeper.last_valid(mistakes)
            return self._lapsed

    def keep(self, *, make_home: bool = True) -> Keeping:
        if self._documents is None or not (make_home or self._composition.settings.home.is_dir()):
            return Keeping()
        try:
            return self._keeper.keep(self._documents)
        except OSError as error:
            return Keeping(problem=error.strerror or str(error))

    def plan_cut(self, cut: Cut) -> Plan:
        return self._with_vault(self._with_untested(self._plan_cut(cut)))

    def plan_rehearsal(self, devices: Sequence[str] = ()) -> tuple[Plan, ...]:
        return plan_rehearsal(self.documents(), devices)

    def rehearsals(self) -> Rehearsals:
        try:
            return rehearsals(self._composition.home(create=False).history())
        except NotFound:
            return Rehearsals(())

    def _with_untested(self, plan: Plan) -> Plan:
        """Where the home cannot be read nobody can tell: that holds up no cut."""
        try:
            known = self.rehearsals()
        except CordonError:
            return plan
        expires_after = timedelta(days=self._composition.settings.rehearsal_days)
        now = self._composition.clock().now()
        return untested(plan, self.documents_in_force().inventory, known, now, expires_after)

    def _with_vault(self, plan: Plan) -> Plan:
        inventory = self.documents_in_force().inventory
        if not vault_users(inventory):
            return plan
        return with_vault(plan, inventory, self.vault().state())

    def vault(self) -> HomeVault:
        def record(request: RecordVault) -> None:
            self._ask(request, lambda _: None)

        return HomeVault(self._composition.vault, record, self._leader_opens_vault, self._lend_vault_key)

    def _leader_opens_vault(self) -> bool:
        """Of another process; where none answers, or one that does not know the question, it does not."""
        try:
            answers = list(self._home().request(request_to_line(AskVault())))
        except CordonError:
            return False
        return any(line.get("done") == 1 for line in answers)

    def _lend_vault_key(self) -> bool:
        """Before a request that logs in somewhere goes to another process. A leader that cannot take it says
        of each device what it lacks."""
        key = self._composition.vault.data_key
        if key is not None:
            with suppress(CordonError):
                return bool(list(self._home().request(request_to_line(LendVaultKey(key.hex())))))
        return False

    def _plan_cut(self, cut: Cut) -> Plan:
        documents = self.documents_in_force()
        if cut.level is not None or cut.playbook is not None:
            name = cut.playbook or plans.playbook_of_level(documents, cut.level or 0).name
            kept = None if cut.overrides else self._keeper.plan(documents, name)
            return kept or plans.plan_playbook(documents, name, cut.overrides)
        return plans.plan_subjects(documents, cut.subjects, cut.overrides)

    def plan_return(self, wanted: Return) -> Plan:
        history = self._history()
        book = HoldBook(history, self._composition.clock())
        return self._with_vault(plans.plan_return(self.documents(), book, history, wanted))

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
        credentials: Credentials | None = None,
        code: str = "",
    ) -> Execution:
        del cut  # the plan says it all; the cut is what the face showed and asked about
        request = self._request_to_cut(plan, reason, actor, without_journal=without_journal)
        return self._run(replace(request, credentials=credentials, code=code), watcher)

    def _request_to_cut(
        self, plan: Plan, reason: str, actor: Actor, *, without_journal: bool = False
    ) -> Isolate:
        basis, documents = plan.basis, self.documents_in_force()
        cited, sources = (basis.inventory, basis.profiles, basis.playbook), documents.sources
        texts = {digest: sources[digest] for digest in cited if digest in sources}
        return Isolate(plan, texts, reason, actor, without_journal, documents.lapse)

    def restore(
        self,
        wanted: Return,
        plan: Plan,
        reason: str,
        actor: Actor,
        watcher: Watcher,
        *,
        credentials: Credentials | None = None,
    ) -> Execution:
        self._composition.home(guarded=True)
        return self._run(Restore(wanted, plan.hash, reason, actor, credentials=credentials), watcher)

    def resume(
        self, run: str, actor: Actor, watcher: Watcher, accept_drift: frozenset[str] = frozenset()
    ) -> Execution:
        return self._run(Resume(run, accept_drift, actor), watcher)

    def rehearse(
        self, plans: Sequence[Plan], devices: Sequence[str], reason: str, actor: Actor, watcher: Watcher
    ) -> Rehearsal:
        self._composition.home(guarded=True)
        documents = self.documents()
        chosen = devices or [
            name for name, each in documents.inventory.devices.items() if each.platform != MANUAL
        ]
        basis, sources = plans[0].basis, documents.sources
        texts = {digest: sources[digest] for digest in (basis.inventory, basis.profiles)}
        seen = _Seen(watcher, self._composition.clock())
        self._ask(Rehearse(tuple(plans), tuple(chosen), texts, reason, actor), seen)
        if seen.rehearsed is None:
            raise InvalidRequest("run-not-under-way", run="")
        left = set(seen.rehearsed.left)
        found = [
            errand
            for run, plan, ended in seen.ends
            if plan.action is Action.RESTORE
            for errand in walklist(run, plan, documents.inventory, ended.results)
            if errand.point in left
        ]
        errands = {errand.point: errand for errand in found}
        return Rehearsal(
            seen.rehearsed,
            tuple(run for run, _, _ in seen.ends),
            tuple(errands.values()),
            degraded=seen.degraded,
        )

    def abort(self, run: str, actor: Actor, reason: str) -> None:
        self._ask(Abort(run, reason, actor), lambda _: None)

    def write_log(self, text: str, actor: Actor, details: LogDetails = NO_DETAILS) -> int | None:
        if details.corrects is not None:
            self._check_corrected(details.corrects)
        return self._ask(WriteLog(text, actor, details=details), lambda _: None)

    def _check_corrected(self, seq: int) -> None:
        """Where the database does not answer, a person is believed: what happened now is not lost over it."""
        try:
            tag = self._home().tag_of(seq)
        except JournalUnreadable:
            return
        if tag != Tag.LOG_WRITTEN:
            raise NotFound(kind="log-entry", name=str(seq))

    def attach(self, path: Path) -> Attachment:
        self._home()  # made here, with its permissions, where there was none
        return self._composition.attach(path)

    def confirm(self, work: HandWork, actor: Actor) -> int | None:
        return self._ask(Confirm(work, actor), lambda _: None)

    def ask_accounts(self, call: str, **given: object) -> Any:
        request = AskAccounts(call, accounting.asked(given))
        clock = self._composition.clock()
        give_up = clock.monotonic() + PATIENCE
        while True:
            try:
                with self._leading() as desk:
                    return accounting.answered(call, desk.answer(request))
            except LeaderElsewhere:
                if clock.monotonic() > give_up:
                    raise
            try:
                for line in self._home().request(request_to_line(request)):
                    if "error" in line:
                        raise error_from_line(dict(line))
                    return accounting.answered(call, line["done"])
            except LeaderElsewhere:
                clock.pause(0.05)
            else:
                raise LeaderLost(home=str(self._composition.settings.home))

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
                request = Resume(seen.started.run, frozenset(), _actor_of(request))
                give_up = clock.monotonic() + PATIENCE

    def _ask_gently(self, request: Request) -> int | None:
        """Puts it on record without taking the lead from anybody, even one that hangs. Raises LeaderElsewhere
        where that cannot be."""
        try:
            with self._leading(takeover_frozen=False) as desk:
                return desk.perform(request, lambda _: None)
        except LeaderElsewhere:
            return self._hand_over(request, lambda _: None)

    def _hand_over(self, request: Request, watcher: Watcher) -> int | None:
        """Has the leader carry the request out. Raises what it raised, LeaderElsewhere when it does not
        answer (nothing was begun), LeaderLost when it ended on the way."""
        if not isinstance(request, _ONE_WORD):
            self._lend_vault_key()
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
    def _leading(self, *, takeover_frozen: bool = True) -> Iterator[Desk]:
        """Leads the home until everything under way has ended. Raises LeaderElsewhere."""
        home = self._home()
        with home.lead(takeover_frozen=takeover_frozen) as lead:
            journal = LastResortJournal(lead.journal, tell_unrecorded)
            reader = StoredDocuments()
            controller = Controller(None, reader, self._composition.services(journal), lead.history)
            controller.mark_interrupted()
            notary = notary_of(self._composition, home, lead)
            desk = self._desk(controller, journal, reader, notary)
            with notary.at_work():
                lead.serve(desk.handle)
                yield desk
                desk.drain()
            desk.drain()  # of what came while the last signature was made

    def _desk(
        self, controller: Controller, journal: LastResortJournal, reader: StoredDocuments, notary: Notary
    ) -> Desk:
        composition = self._composition
        desk = Desk(
            controller,
            journal,
            reader,
            composition.documents,
            self._known,
            composition.vault,
            lambda: composition.access(self._home(), journal),
            composition.observer.watching,
        )
        desk.notary = notary
        return desk

    # --- looking -----------------------------------------------------------------------------------

    def stored_plan(self, digest: str) -> Plan:
        return from_plain(Plan, json.loads(self._history().revision("plan", digest)))

    def access(self) -> Access:
        home = self._home()
        return self._composition.access(home, accounting.NotLeading(str(home.path)))

    def situation(self) -> Situation:
        documents = self.documents_in_force()
        now = self._composition.clock().now()
        return situation(documents.inventory, self._history(), now, documents.profiles)

    def runs(self) -> tuple[RunRecord, ...]:
        return self._history().runs()

    def run(self, run: str) -> tuple[RunRecord, Plan, tuple[Errand, ...]]:
        history = self._history()
        record = history.run(run)
        plan = from_plain(Plan, json.loads(history.revision("plan", record.plan)))
        inventory = self.inventory_of(plan)
        return record, plan, walklist(record.run, plan, inventory, results_on_record(record, plan))

    def reboots(self, run: str, plan: Plan) -> tuple[Hazard, ...]:
        history = self._history()
        record, known = history.run(run), self._known(plan.basis)
        profiles = (
            known.profiles
            if known
            else StoredDocuments().profiles(history.revision("profiles", plan.basis.profiles))
        )
        return reboots_after(plan, record.steps, record.startups, profiles)

    def locate(self, code: str, run: str = "") -> Located:
        return locate(self._history(), code, run)

    def inventory_of(self, plan: Plan) -> Inventory:
        basis = plan.basis
        known = self._known(basis)
        if known is not None:
            return known.inventory
        history, reader = self._history(), StoredDocuments()
        profiles = reader.profiles(history.revision("profiles", basis.profiles))
        return reader.inventory(history.revision("inventory", basis.inventory), profiles)

    def log(self, *, since: int = 0, tag: str | None = None, run: str | None = None) -> Iterator[LogLine]:
        for record in self._home().entries(after=since, tag=tag, run=run):
            yield log_line(
                record.entry.seq, record.at, record.tag, record.actor, record.degraded, record.facts
            )

    def verify(self, witnesses: Sequence[Witness] = ()) -> Verdict:
        found = self._home().verify(witnesses)
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
            origin=found.origin,
            root=found.root.hex(),
            signed=found.signed,
            checkpoints=found.checkpoints,
            keys=found.keys,
            replaced=found.replaced,
        )

    def seal(self) -> LogSeal:
        return LogSeal(
            lambda: self._composition.home(create=False), lambda request: self._ask(request, lambda _: None)
        )

    def export(self, path: Path, extract: Extract) -> Exported:
        return exporting.export(self._composition, path, extract)

    def log_head(self) -> tuple[int, str] | None:
        try:
            seq, chain = self._composition.home(create=False).head()
        except CordonError:
            return None
        return seq, chain.hex()

    def service_fingerprint(self) -> str:
        return self._composition.service_fingerprint()

    def check_live(
        self, names: Sequence[str], actor: Actor, told: Callable[[DeviceReadiness], None]
    ) -> LiveCheck:
        return self._live_checks.check(self.documents(), names, actor, told)

    def neutralise(self, device: str, reason: str, actor: Actor) -> tuple[Neutralised, ...]:
        known = len(self._history().noted(REVERT))
        self._ask(Neutralise(device, reason, actor), lambda _: None)
        notes = [dict(note.data) for _, note in self._history().noted(REVERT)[known:]]
        return tuple(Neutralised.read(data) for data in notes if data["device"] == device and "proof" in data)

    def last_readiness(self) -> Readiness | None:
        return self._live_checks.last()

    def discover(self, devices: Sequence[str], actor: Actor) -> Discovery:
        return discover(self._composition, devices, actor, self._ask_gently)

    def trust(self, device: str) -> tuple[str, str]:
        try:
            path = self.documents().inventory.devices[device].paths[0]
        except (KeyError, IndexError):
            raise NotFound(kind="device", name=device) from None
        return self._composition.host_key(path.address, path.port)

    # --- parts -------------------------------------------------------------------------------------

    def _known(self, basis: Basis) -> Documents | None:
        """The documents of just these revisions, if they need not be read again."""
        for each in (self._documents, self._lapsed):
            if each and (each.inventory.digest, each.profiles_digest) == (basis.inventory, basis.profiles):
                return each
        return self._keeper.documents_of(basis)

    def _home(self) -> Home:
        return self._composition.home()

    def _history(self) -> History:
        return self._home().history()


class _Seen:
    """Passes events on, and remembers those an execution is summed up from."""

    def __init__(self, watcher: Watcher, clock: Clock) -> None:
        self._watcher = watcher
        self._clock = clock
        self._began = clock.monotonic()
        self._passed = 0.0
        self.started: RunStarted | None = None
        self.ended: RunEnded | None = None
        self.ends: list[tuple[str, Plan, RunEnded]] = []
        self.rehearsed: RehearsalEnded | None = None
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
            case RunEnded(run=run):
                self.ended = event
                if self.started is not None:
                    self.ends.append((run, self.started.plan, event))
            case RehearsalEnded():
                self.rehearsed = event
            case JournalDegraded(unrecorded=unrecorded):
                self.degraded, self.unrecorded = True, self.unrecorded or unrecorded
            case _:
                pass
        self._watcher(event)


def _actor_of(request: Request) -> Actor:
    return request.actor
