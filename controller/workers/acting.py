"""What faces have done: cuts and returns, rehearsals, what people did by hand and what they write down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from controller.bootstrap import Composition
from controller.domain.errors import InvalidRequest, JournalUnreadable, LeaderLost, NotFound
from controller.domain.facts import Actor
from controller.domain.inventory import MANUAL
from controller.domain.logbook import LONGEST_RHYTHM, NO_DETAILS, Attachment, LogDetails
from controller.domain.plan import Plan
from controller.domain.playbook import Action
from controller.domain.tags import Tag
from controller.engine.events import Watcher
from controller.engine.execution.handwork import HandWork
from controller.engine.execution.marks import Marks
from controller.engine.execution.neutralising import REVERT, Neutralised
from controller.engine.execution.walklist import walklist
from controller.engine.planning.plans import Return
from controller.workers.documents import CurrentDocuments
from controller.workers.handover import Lines
from controller.workers.leading import Leading, hear
from controller.workers.office import Cut, Execution, Rehearsal
from controller.workers.records import Records
from controller.workers.requests import (
    Abort,
    AgreeRhythm,
    Arm,
    Confirm,
    Isolate,
    LetPass,
    Neutralise,
    Rehearse,
    Request,
    Restore,
    Resume,
    WriteLog,
)
from controller.workers.seen import Seen

if TYPE_CHECKING:
    from pathlib import Path

    from controller.engine.people.accounts import Credentials


class Acting:
    """As :class:`controller.workers.office.Office` says of each; carried out by whoever leads."""

    def __init__(
        self, composition: Composition, documents: CurrentDocuments, leader: Leading, records: Records
    ) -> None:
        self._composition = composition
        self._documents = documents
        self._leader = leader
        self._records = records

    # --- runs --------------------------------------------------------------------------------------

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
        request = self.request_to_cut(plan, reason, actor, without_journal=without_journal)
        return self._run(replace(request, credentials=credentials, code=code), watcher)

    def request_to_cut(
        self, plan: Plan, reason: str, actor: Actor, *, without_journal: bool = False
    ) -> Isolate:
        """With the texts the plan was made from, for a leader that does not have them."""
        basis, documents = plan.basis, self._documents.in_force()
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
        self,
        run: str,
        actor: Actor,
        watcher: Watcher,
        accept_drift: frozenset[str] = frozenset(),
        *,
        credentials: Credentials | None = None,
    ) -> Execution:
        return self._run(Resume(run, accept_drift, actor, credentials), watcher)

    def abort(self, run: str, actor: Actor, reason: str) -> None:
        self._leader.ask(Abort(run, reason, actor), _nobody)

    def rehearse(
        self, plans: Sequence[Plan], devices: Sequence[str], reason: str, actor: Actor, watcher: Watcher
    ) -> Rehearsal:
        self._composition.home(guarded=True)
        documents = self._documents.present()
        chosen = devices or [
            name for name, each in documents.inventory.devices.items() if each.platform != MANUAL
        ]
        basis, sources = plans[0].basis, documents.sources
        texts = {digest: sources[digest] for digest in (basis.inventory, basis.profiles)}
        seen = Seen(watcher, self._composition.clock())
        self._leader.ask(Rehearse(tuple(plans), tuple(chosen), texts, reason, actor), seen)
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

    def neutralise(self, device: str, reason: str, actor: Actor) -> tuple[Neutralised, ...]:
        self._leader.home()
        known = len(self._leader.history().noted(REVERT))
        self._leader.ask(Neutralise(device, reason, actor), _nobody)
        notes = [dict(note.data) for _, note in self._leader.history().noted(REVERT)[known:]]
        return tuple(Neutralised.read(data) for data in notes if data["device"] == device and "proof" in data)

    def _run(self, request: Request, watcher: Watcher) -> Execution:
        """Asks, and sums up what the events told."""
        seen = Seen(watcher, self._composition.clock())
        self._leader.ask(request, seen)
        return self._summed_up(seen)

    def follow(self, lines: Lines, actor: Actor, watcher: Watcher) -> Execution:
        """A cut that was handed to the leader, to its end; gone on with where the leader is lost."""
        seen = Seen(watcher, self._composition.clock())
        try:
            hear(lines, seen, self._composition.settings.home)
        except LeaderLost:
            if seen.started is None:
                raise
            if seen.ended is None:
                self._leader.ask(Resume(seen.started.run, frozenset(), actor), seen)
        return self._summed_up(seen)

    def _summed_up(self, seen: Seen) -> Execution:
        if seen.started is None or seen.ended is None:
            raise InvalidRequest("run-not-under-way", run="")
        run, plan = seen.started.run, seen.started.plan
        inventory = self._records.inventory_of(plan)
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

    # --- what people say ---------------------------------------------------------------------------

    def confirm(self, work: HandWork, actor: Actor) -> int | None:
        return self._leader.ask(Confirm(work, actor), _nobody)

    def arm(self, devices: Sequence[str], on: bool, actor: Actor, *, marks: Marks = ()) -> int | None:
        return self._leader.record(Arm(tuple(devices), on, actor, marks))

    def let_pass(
        self,
        subject: str,
        reason: str,
        actor: Actor,
        *,
        credentials: Credentials | None = None,
        marks: Marks = (),
    ) -> int | None:
        return self._leader.ask(LetPass(subject, reason, actor, credentials, marks), _nobody)

    def write_log(
        self, text: str, actor: Actor, details: LogDetails = NO_DETAILS, marks: Marks = ()
    ) -> int | None:
        if not (text.strip() or details.nothing):
            raise InvalidRequest("nothing-written")
        if details.at is not None and details.at > self._composition.clock().now():
            raise InvalidRequest("time-to-come", value=details.at.isoformat())
        if details.corrects is not None:
            self._check_corrected(details.corrects)
        return self._leader.ask(WriteLog(text, actor, marks, details), _nobody)

    def agree_rhythm(self, minutes: int, actor: Actor, marks: Marks = ()) -> int | None:
        if not 0 <= minutes <= LONGEST_RHYTHM:
            raise InvalidRequest("rhythm-invalid", value=minutes)
        return self._leader.ask(AgreeRhythm(minutes, actor, marks), _nobody)

    def _check_corrected(self, seq: int) -> None:
        """Where the database does not answer, a person is believed: what happened now is not lost over it."""
        try:
            tag = self._leader.home().tag_of(seq)
        except JournalUnreadable:
            return
        if tag != Tag.LOG_WRITTEN:
            raise NotFound(kind="log-entry", name=str(seq))

    def attach(self, path: Path) -> Attachment:
        self._leader.home()  # made here, with its permissions, where there was none
        return self._composition.attach(path)

    def attach_content(self, name: str, content: bytes) -> Attachment:
        self._leader.home()
        return self._composition.attach_content(name, content)

    def attachment(self, digest: str, name: str) -> Attachment:
        return self._composition.attachment(digest, name)


def _nobody(event: object) -> None:
    """Hears of nothing: such a request begins no run."""
    del event
