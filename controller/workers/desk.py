"""The leader's side of a request: carried out, and its progress told to whoever asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from queue import SimpleQueue
from threading import Condition, Lock, Thread
from typing import TYPE_CHECKING, Any

from controller.domain.codec import from_plain
from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.facts import SYSTEM, Actor, Fact, Noted, RevisionStored, Text
from controller.domain.logbook import RHYTHM, logbook_facts
from controller.domain.plan import Basis
from controller.domain.readiness import Readiness
from controller.domain.tags import Tag
from controller.engine.controller import Controller
from controller.engine.events import Watcher
from controller.engine.execution.marks import marked
from controller.engine.execution.unrecorded import LastResortJournal
from controller.engine.people.approvals import Act, Pledge, need_of
from controller.engine.people.roles import Permission
from controller.engine.planning.plans import Documents
from controller.engine.planning.revisions import DocumentReader
from controller.engine.planning.vaulting import VaultStanding
from controller.workers import accounting
from controller.workers.armed import said
from controller.workers.requests import (
    Abort,
    AgreeRhythm,
    Arm,
    AskAccounts,
    AskArmed,
    AskVault,
    Confirm,
    Erase,
    Isolate,
    IsolateByLeader,
    LendVaultKey,
    LetPass,
    MoveHolds,
    Neutralise,
    RecordDiscovery,
    RecordDrift,
    RecordExport,
    RecordReadiness,
    RecordVault,
    RecordWitness,
    Rehearse,
    Request,
    Restore,
    Resume,
    SealAct,
    SealLog,
    WriteLog,
)
from controller.workers.wire import Line, error_to_line, event_to_line, request_from_line

if TYPE_CHECKING:
    from controller.engine.people.access import Access
    from controller.engine.people.accounts import Credentials
    from controller.vault.access import VaultAccess
    from controller.workers.erasing import Eraser
    from controller.workers.notary import Notary


class Desk:
    """Carries out requests for one leader. Safe to call from many threads."""

    def __init__(
        self,
        controller: Controller,
        journal: LastResortJournal,
        reader: DocumentReader,
        reload: Callable[[], Documents],
        known: Callable[[Basis], Documents | None] = lambda _: None,
        vault: VaultAccess | None = None,
        access: Callable[[], Access] | None = None,
        observe: Callable[[Watcher], Watcher] = lambda watcher: watcher,
    ) -> None:
        self.notary: Notary | None = None  # who signs the log while this desk is open, if anybody does
        self.eraser: Eraser | None = None  # who erases what may be, likewise
        self.planned: Callable[[IsolateByLeader], Isolate] = _not_here  # where this leader plans cuts itself
        self._observe = observe
        self._vault = vault
        self._make_access = access
        self._access: Access | None = None
        self._opening = Lock()
        if access is not None:
            controller.ask_others(_Others(lambda: self.access))
        self._controller = controller
        self._journal = journal
        self._reader = reader
        self._reload = reload
        self._known = known
        self._under_way = 0
        self._changed = Condition()

    @property
    def access(self) -> Access:
        """The accounts of this leader's home, one for all threads; opened when first asked for, never by a
        cut that needs none."""
        if self._make_access is None:
            raise InvalidRequest("request-not-understood")
        with self._opening:
            if self._access is None:
                self._access = self._make_access()
            return self._access

    def answer(self, request: AskAccounts) -> str:
        """As :func:`controller.workers.accounting.answer`."""
        return accounting.answer(self.access, request.call, request.given)

    @property
    def _arms(self) -> bool:
        return self._controller.arming.at_work

    def _who_cuts(self, request: Isolate) -> Actor:
        wanted = Permission.OVERRIDE if need_of(request.plan) else Permission.ISOLATE
        return self._actor(request.actor, request.credentials, wanted, request.plan.site)

    def _who_goes_on(self, request: Resume) -> Actor:
        """Only what opens something is gone on with by an account."""
        if request.credentials is None:
            return request.actor
        site = self._reload().inventory.site
        return self._actor(request.actor, request.credentials, Permission.RESTORE, site)

    def _actor(
        self, actor: Actor, credentials: Credentials | None, permission: Permission, site: str
    ) -> Actor:
        """Whoever showed who they are, else who asked."""
        if credentials is None:
            return actor
        return accounting.permitted(self.access, credentials, permission, site)

    def perform(self, request: Request | IsolateByLeader, watcher: Watcher) -> int | None:
        """Returns when the request is over; writing the log and confirming give a number, that of the
        entry.

        Raises what the controller raises."""
        with self._changed:
            self._under_way += 1
        try:
            known = self.planned(request) if isinstance(request, IsolateByLeader) else request
            return self._perform(known, self._observe(watcher))
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def handle(self, message: dict[str, Any]) -> Iterator[Line]:
        """The same for another process: its request as a line, events and the end as lines."""
        try:
            request = request_from_line(message)
            _from_console(request)
        except CordonError as error:
            yield error_to_line(error)
            return
        lines: SimpleQueue[Line | None] = SimpleQueue()

        def work() -> None:
            try:
                if isinstance(request, AskAccounts):
                    lines.put({"done": self.answer(request)})
                elif isinstance(request, AskArmed):
                    lines.put({"done": said(self._controller.arming.standings()) if self._arms else ""})
                else:
                    seq = self.perform(request, lambda event: lines.put(event_to_line(event)))
                    lines.put({"done": seq})
            except CordonError as error:
                lines.put(error_to_line(error))
            finally:
                lines.put(None)

        thread = Thread(target=work, name="request", daemon=True)
        thread.start()
        while (line := lines.get()) is not None:
            yield line

    def drain(self) -> None:
        """Waits for the end of everything under way."""
        with self._changed:
            self._changed.wait_for(lambda: self._under_way == 0)

    def _perform(self, request: Request, watcher: Watcher) -> int | None:
        controller = self._controller
        match request:
            case Isolate():
                if request.unrecorded:
                    self._journal.permit_unrecorded()
                documents = self._documents(request.plan.basis, request.sources)
                documents = replace(documents, lapse=request.lapse)
                actor = self._who_cuts(request)
                controller.isolate(
                    request.plan, request.reason, actor, watcher, documents, request.marks, request.code
                )
            case Restore() | MoveHolds():
                self._let_go(request, watcher)
            case Resume() if controller.rehearsing.owns(request.run):
                controller.rehearsing.resume(request.run, self._reader, request.actor, watcher)
            case Resume():
                actor = self._who_goes_on(request)
                controller.resume(request.run, actor, watcher, request.accept_drift)
            case Rehearse():
                controller.rehearsing.rehearse(
                    request.plans,
                    request.devices,
                    self._documents(request.plans[0].basis, request.sources),
                    request.reason,
                    request.actor,
                    watcher,
                )
            case Abort():
                if not controller.abort(request.run, request.actor, request.reason):
                    raise InvalidRequest("run-not-under-way", run=request.run)
            case WriteLog():
                facts = [*logbook_facts(request.text, request.details), *marked(request.marks)]
                return self._journal.commit(Tag.LOG_WRITTEN, facts, request.actor).seq
            case AgreeRhythm(minutes, actor, marks):
                agreed = Noted(RHYTHM, (("minutes", str(minutes)),))
                return self._journal.commit(Tag.LOG_RHYTHM_SET, [agreed, *marked(marks)], actor).seq
            case Confirm():
                return controller.confirm(request.work, request.actor, request.marks)
            case _:
                return self._beside_runs(request)
        return None

    def _let_go(self, request: Restore | MoveHolds, watcher: Watcher) -> None:
        documents, reason, marks = self._reload(), request.reason, request.marks
        site = documents.inventory.site
        actor = self._actor(request.actor, request.credentials, Permission.RESTORE, site)
        match request:
            case Restore(wanted, plan):
                self._controller.restore(wanted, plan, reason, actor, watcher, documents, marks)
            case MoveHolds(moved, plans):
                self._controller.transfer(moved, plans, reason, actor, watcher, documents, marks)

    def _erase(self, request: Erase) -> int | None:
        if self.eraser is None:
            raise InvalidRequest("request-not-understood")
        return self.eraser.perform(request)

    def _beside_runs(
        self,
        request: Neutralise
        | LetPass
        | Arm
        | RecordDiscovery
        | RecordDrift
        | RecordReadiness
        | LendVaultKey
        | AskVault
        | RecordVault
        | SealLog
        | RecordWitness
        | Erase
        | RecordExport,
    ) -> int | None:
        match request:
            case Neutralise(device, reason, actor):
                return self._controller.neutralise(self._reload(), device, reason, actor)
            case LetPass() | Arm():
                return self._let_pass(request) if isinstance(request, LetPass) else self._arm(request)
            case RecordReadiness() | RecordDiscovery() | RecordDrift():
                return self._looked(request)
            case SealLog():
                return self._seal(request)
            case Erase():
                return self._erase(request)
            case RecordWitness():
                data = (("entries", str(request.size)), ("root", request.root), ("way", request.way))
                note = Noted("witness", data, Text(request.name))
                return self._journal.commit(Tag.LOG_WITNESSED, [note], request.actor).seq
            case RecordExport():
                return self._journal.commit(Tag.LOG_EXPORTED, [_exported(request)], request.actor).seq
            case _:
                return self._vaulting(request)

    def _let_pass(self, request: LetPass) -> int | None:
        site = self._reload().inventory.site if request.credentials else ""
        who = self._actor(request.actor, request.credentials, Permission.RESTORE, site)
        return self._controller.probations.let_pass(request.subject, who, request.reason, request.marks)

    def _arm(self, request: Arm) -> int | None:
        if not self._arms:
            raise InvalidRequest("request-not-understood")
        who, marks = request.actor, request.marks
        return self._controller.arming.switch(request.devices, on=request.on, actor=who, marks=marks)

    def _looked(self, request: RecordReadiness | RecordDiscovery | RecordDrift) -> int | None:
        for name in request.secrets:
            self._journal.commit(Tag.SECRET_READ, [Noted("vault", (("name", name),))], SYSTEM)
        match request:
            case RecordReadiness():
                return self._readiness(request)
            case RecordDiscovery():
                return self._discovery(request)
            case RecordDrift():
                return self._drift(request)

    def _drift(self, request: RecordDrift) -> int | None:
        data = (
            ("points", str(request.looked_at)),
            ("unread", str(request.unread)),
            ("changed", ", ".join(request.changed)),
        )
        return self._journal.commit(Tag.DRIFT_LOOKED, [Noted("drift", data)], request.actor).seq

    def _discovery(self, request: RecordDiscovery) -> int | None:
        data = (
            ("devices", str(request.asked)),
            ("unreached", str(request.unreached)),
            ("differs", "yes" if request.differs else "no"),
        )
        return self._journal.commit(Tag.SITE_DISCOVERED, [Noted("discovery", data)], request.actor).seq

    def _readiness(self, request: RecordReadiness) -> int | None:
        """The log holds its numbers and cites the whole."""
        found = from_plain(Readiness, json.loads(request.content))
        digest = hashlib.sha256(request.content.encode()).hexdigest()
        data = (
            ("digest", digest),
            ("whole", "yes" if found.whole else "no"),
            ("devices", str(len(found.devices))),
            ("ready", str(sum(device.ready for device in found.devices))),
            ("points", str(sum(len(device.points) for device in found.devices))),
            ("blocked", str(sum(len(device.blocked) for device in found.devices))),
        )
        facts: list[Fact] = [RevisionStored("readiness", digest, request.content), Noted("readiness", data)]
        return self._journal.commit(Tag.READINESS_CHECKED, facts, request.actor).seq

    def _seal(self, request: SealLog) -> int | None:
        if self.notary is None:
            raise InvalidRequest("request-not-understood")
        if request.act is SealAct.SIGN:
            self.notary.sign()
        else:
            self.notary.rotate(request.reason, request.actor, lost=request.act is SealAct.REPLACE)
        return None

    def _vaulting(self, request: LendVaultKey | AskVault | RecordVault) -> int | None:
        match request:
            case LendVaultKey():
                if self._vault is not None:
                    self._vault.open_with_key(bytes.fromhex(request.key))
                    self._controller.arming.try_again()
                return None
            case AskVault():
                return int(self._vault is not None and self._vault.state().standing is VaultStanding.OPEN)
            case RecordVault():
                data = (("act", request.act.value), ("name", request.name))
                note = Noted("vault", (*data, ("generation", str(request.generation))))
                return self._journal.commit(Tag.SECRET_CHANGED, [note], request.actor).seq

    def _documents(self, basis: Basis, sources: Mapping[str, str]) -> Documents:
        """What a plan was compiled from: the revisions that came with it, unread where they are ``known``."""
        known = self._known(basis)
        if known is not None:
            return replace(known, sources=sources)
        profiles = self._reader.profiles(sources[basis.profiles])
        inventory = self._reader.inventory(sources[basis.inventory], profiles)
        return Documents(inventory, profiles, basis.profiles, {}, {}, sources)


def _exported(request: RecordExport) -> Noted:
    data = (
        ("scope", request.scope),
        ("names", request.names),
        ("shown", str(request.shown)),
        ("entries", str(request.entries)),
        ("sha256", request.digest),
        ("size", str(request.size)),
    )
    return Noted("export", data)


class _Others:
    """The consents of a home whose accounts are opened when first needed."""

    def __init__(self, access: Callable[[], Access]) -> None:
        self._access = access

    def check(self, act: Act, reason: str, actor: Actor, run: str = "") -> Pledge | None:
        return self._access().approvals.check(act, reason, actor, run) if need_of(act.plan) else None

    def present(self, persons: Collection[str]) -> frozenset[str]:
        return self._access().approvals.present(persons) if persons else frozenset()

    def take(self, pledge: Pledge, act: Act, run: str, actor: Actor) -> None:
        self._access().approvals.take(pledge, act, run, actor)


def _not_here(request: IsolateByLeader) -> Isolate:
    del request
    raise InvalidRequest("request-not-understood")


def _from_console(request: Request | IsolateByLeader | AskAccounts | AskArmed) -> None:
    """Who speaks to the leader through the home is an account of the machine, or shows credentials: nobody is
    a person of Cordon by saying so. Raises InvalidRequest."""
    actor = getattr(request, "actor", None)
    if isinstance(actor, Actor) and actor.id.startswith(("user:", "glass:")):
        raise InvalidRequest("request-not-understood")
