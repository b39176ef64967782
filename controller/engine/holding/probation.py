"""The watch over what has just come back. A tripwire has it cut again at once, and stops the waves behind it.

Seconds count only while somebody looks and every probe can be asked: a clock that is set, a process that was
away or a network nobody can see through adds none. It begins with the wave's first byte, survives its
process, and ends by having been observed long enough, by being cut, or, where nobody can tell how things
stand, by a person's word.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import Condition, Thread

from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.facts import SYSTEM, Actor, Fact
from controller.domain.inventory import Subject
from controller.domain.plan import Plan
from controller.domain.playbook import CounterLimit
from controller.domain.probation import PROBATION, Probation, ProbationState, probations
from controller.domain.tags import Tag
from controller.engine.events import ProbationMoved, RunEnded
from controller.engine.execution.asking import Asking
from controller.engine.execution.marks import Marks, marked
from controller.engine.execution.running import Running, Services, StopCause
from controller.engine.execution.sessions import Sessions
from controller.engine.holding.looking import counted, looked_at
from controller.engine.holding.on_probation import OnProbation
from controller.engine.holding.tripwires import Judged, Tripwires
from controller.engine.planning.plans import Documents, plan_subjects
from controller.engine.planning.revisions import DocumentReader, stored_documents, stored_plan
from controller.engine.planning.watching import Group, counters, groups
from controller.engine.points.holds import HoldBook
from controller.engine.ports import History, RunRecord

UNCONFIRMED = "unconfirmed"
"""Why a subject is cut again of which nobody could read that it came back as it should."""

_log = logging.getLogger(__name__)

CutAgain = Callable[[Plan, Documents, str], RunEnded]
"""Carries out the plan of a cut, for the reason given; raises as an isolation."""


@dataclass(eq=False)
class Probations:
    """Those of one home, at its leader. It looks in a thread of its own while there is anything to look at;
    where ``Limits.look`` is 0, whoever leads calls :meth:`look`. Safe to call from many threads."""

    services: Services
    history: History
    reader: DocumentReader
    book: HoldBook
    cut_again: CutAgain
    _kept: dict[str, OnProbation] = field(default_factory=dict)
    _changed: Condition = field(default_factory=Condition)
    _thread: Thread | None = None
    _over: bool = False

    # --- of a run -----------------------------------------------------------------------------------

    def attach(self, running: Running, earlier: RunRecord | None = None) -> None:
        """Has a restore watched, wave by wave. ``earlier``: it was begun before."""
        found = {group.first: group for group in groups(running.plan)}
        if not found:
            return
        if earlier is not None:
            self._go_on(earlier, running)
        running.wave_begins = lambda wave: self._begins(running, found.get(wave.index))
        lasts = {group.last: group for group in found.values()}
        running.wave_over = lambda wave: self._await(running, lasts.get(wave.index))

    def _go_on(self, earlier: RunRecord, running: Running) -> None:
        """Nothing follows what was cut again, also where its process died before it could say so."""
        cut = (ProbationState.TRIPPED, ProbationState.CUT_AGAIN, ProbationState.LEFT)
        notes = (note for _, note in self.history.noted(PROBATION))
        if any(each.run == earlier.run and each.state in cut for each in probations(notes)):
            running.stop(StopCause.TRIPPED)
        self._take_up(earlier, running)
        for each in list(self._kept.values()):
            if each.running is running and each.cutting is not None:
                each.cutting.join()

    def _begins(self, running: Running, group: Group | None) -> Sequence[Fact]:
        if group is None:
            return ()
        begun: list[OnProbation] = []
        for name in group.subjects:
            subject = running.inventory.subject(name)
            known = self._kept.get(name)
            if subject is None or (known and known.now.run == running.run and known.now.wave == group.first):
                continue
            probation = Probation(running.run, group.first, name, group.watch)
            begun.append(
                self._made(
                    probation, subject, _documents(running), group.counters, whole=False, running=running
                )
            )
        for each, counts in counted(begun):
            each.tripwires.begin(counts, self.services.clock.monotonic())
        for each in begun:
            self._keep(each)
            running.watcher(ProbationMoved(running.run, each.now))
        return [each.now.fact() for each in begun]

    def _await(self, running: Running, group: Group | None) -> None:
        """Returns when everything the waves up to the end of ``group`` brought back was observed long enough,
        or the run is to stop. A cut that goes out meanwhile has come to its end by then."""
        for name in self._unconfirmed(running):
            self.trip(name, UNCONFIRMED)
        while True:
            with self._changed:
                mine = [each for each in self._kept.values() if each.running is running]
                if group is not None and not running.stopping.is_set():
                    for each in mine:
                        each.whole = each.whole or each.now.wave <= group.first
                watched = group is not None and not running.stopping.is_set()
                if not any(each.cutting_now or (watched and each.under_way) for each in mine):
                    break
                self._changed.wait(0.1)
        if group is not None and any(each.now.state is not ProbationState.PASSED for each in mine):
            running.stop(StopCause.TRIPPED)  # where nothing else stopped it before

    def _unconfirmed(self, running: Running) -> set[str]:
        """What lines of the run went to that nobody could read the outcome of: the device may be open and out
        of reach. The controller holds the timer that the device does not: it goes back to isolation, as soon
        as that can be reached."""
        found: set[str] = set()
        for _, operation, step in running.plan.steps():
            point = step.point.id
            sent = bool(running.attempts.get(operation.device)) and running.concerns(point)
            if sent and self.book.as_left(point) is None and self.book.methods(point):
                found.update(step.subjects)
        return found

    # --- of a home ----------------------------------------------------------------------------------

    def take_up(self) -> None:
        """What an earlier process was watching is watched again. Called once by a leader that stays."""
        for record in self.history.runs():
            if any(each.run == record.run for each in self._open()):
                self._take_up(self.history.run(record.run), None)

    def _open(self) -> list[Probation]:
        notes = (note for _, note in self.history.noted(PROBATION))
        return [each for each in probations(notes) if each.open]

    def _take_up(self, record: RunRecord, running: Running | None) -> None:
        plan = stored_plan(self.history, record.plan)
        inventory, profiles = stored_documents(self.history, self.reader, record)
        documents = Documents(inventory, profiles, plan.basis.profiles, {}, {}, {})
        lasts = {group.first: group for group in groups(plan)}
        for each in self._open():
            subject = inventory.subject(each.subject)
            group = lasts.get(each.wave)
            if each.run != record.run or subject is None or group is None:
                continue
            indexes = range(group.first, group.last + 1)
            held = any(hold.key.subject == each.subject for hold in self.book.holds())
            whole = record.waves_done.issuperset(indexes) or not held
            self._keep(self._made(each, subject, documents, group.counters, whole=whole, running=running))
            if each.state is ProbationState.TRIPPED:  # its process died before it was known to be cut
                self._cut(self._kept[each.subject])

    def trip(self, subject: str, cause: str, actor: Actor = SYSTEM, said: str = "") -> bool:
        """Has the subject cut again, now. False where it is not being watched."""
        with self._changed:
            kept = self._kept.get(subject)
            if kept is None or not kept.under_way:
                return False
            kept.now = replace(
                kept.now, state=ProbationState.TRIPPED, cause=cause, observed=int(kept.observed)
            )
        if kept.running is not None:  # before it could begin another operation
            kept.running.stop(StopCause.TRIPPED)
        self._tell(kept, Tag.PROBATION_TRIPPED, actor, said)
        kept.asking.sessions.close()
        self._cut(kept)
        return True

    def let_pass(self, subject: str, actor: Actor, text: str, marks: Marks = ()) -> int | None:
        """A person's word, where nobody can tell how things stand. Returns the sequence of the entry. Raises
        InvalidRequest where the subject is not being watched, or the watch goes on by itself."""
        with self._changed:
            kept = self._kept.get(subject)
            now = kept.now if kept else next((one for one in self._open() if one.subject == subject), None)
            if now is None or now.state is not ProbationState.UNDER_WAY:
                raise InvalidRequest("not-on-probation", name=subject)
            if kept is not None and not kept.whole:
                raise InvalidRequest("probation-unfinished", name=subject, run=now.run)
            if kept is not None and not kept.judged.doubt:
                raise InvalidRequest("probation-goes-on", name=subject, seconds=str(now.left))
            passed = replace(now, state=ProbationState.PASSED, cause="person")
            facts = [passed.fact(text), *marked(marks)]
            committed = self.services.journal.commit(Tag.PROBATION_PASSED, facts, actor)
            if kept is not None:
                kept.now = passed
                kept.asking.sessions.close()
                kept.watcher(ProbationMoved(passed.run, passed))
            self._changed.notify_all()
        return committed.seq

    def stop(self) -> None:
        """Nobody looks any more; a cut that is going out comes to its end."""
        with self._changed:
            self._over = True
            cutting = [each.cutting for each in self._kept.values() if each.cutting is not None]
            thread = self._thread
            self._changed.notify_all()
        for each in (*cutting, thread):
            if each is not None:
                each.join(self.services.limits.operation)

    # --- looking ------------------------------------------------------------------------------------

    def look(self) -> None:
        """Asks every probe of everything that is watched, once, and acts on what they say."""
        with self._changed:
            watched = [each for each in self._kept.values() if each.under_way]
            late = [each for each in self._kept.values() if each.now.state is ProbationState.TRIPPED]
        for each in late:
            if each.cutting is None and self.services.clock.monotonic() >= each.not_before:
                self._cut(each)
        for each, results, counts in looked_at(watched):
            if self._cut_elsewhere(each):
                self._move(each, ProbationState.LEFT, StopCause.PREEMPTED)
            else:
                now = self.services.clock.monotonic()
                self._judge(each, each.tripwires.judge(results, counts, now))

    def _judge(self, each: OnProbation, judged: Judged) -> None:
        if judged.cause:
            self.trip(each.now.subject, judged.cause, said=judged.probe)
            return
        now = self.services.clock.monotonic()
        with self._changed:
            told = each.judged
            each.looked(judged, now)
        if each.observed >= each.now.watch:
            self._move(each, ProbationState.PASSED, "")
        elif each.to_be_recorded():
            self._move(each, ProbationState.UNDER_WAY, "")
        elif told.doubt != judged.doubt:
            each.watcher(ProbationMoved(each.now.run, each.now, judged.doubt, judged.probe))

    def _cut_elsewhere(self, each: OnProbation) -> bool:
        """Whether somebody has cut the subject since: by a run that began after its return."""
        holding = {hold.key.run for hold in self.book.holds() if hold.key.subject == each.now.subject}
        return not holding <= each.before

    # --- parts --------------------------------------------------------------------------------------

    def _made(
        self,
        probation: Probation,
        subject: Subject,
        documents: Documents,
        limits: tuple[CounterLimit, ...],
        *,
        whole: bool,
        running: Running | None,
    ) -> OnProbation:
        services, inventory, profiles = self.services, documents.inventory, documents.profiles
        sessions = Sessions(
            inventory,
            profiles,
            services.driver,
            services.secrets,
            services.clock,
            services.limits.connect,
            running.sessions.record if running else None,
            services.armed,
        )
        before: list[str] = []
        for record in self.history.runs():
            before.append(record.run)
            if record.run == probation.run:
                break
        return OnProbation(
            probation,
            documents,
            plan_subjects(documents, [probation.subject]),
            Tripwires(subject, counters(subject, limits, inventory, profiles)),
            Asking(inventory, profiles, services, sessions),
            frozenset(before),
            whole,
            running,
            observed=probation.observed,
            recorded=probation.observed,
        )

    def _keep(self, kept: OnProbation) -> None:
        """Watched from now on."""
        with self._changed:
            self._kept[kept.now.subject] = kept
            if self._thread is None and self.services.limits.look and not self._over:
                self._thread = Thread(target=self._look_on, name="probation", daemon=True)
                self._thread.start()

    def _look_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._over, self.services.limits.look)
                if self._over or not any(each.now.open for each in self._kept.values()):
                    self._thread = None
                    return
            try:
                self.look()
            except Exception:  # noqa: BLE001 - a look that failed adds no time; the next may not
                _log.exception("the watch over what came back failed")

    def _move(self, each: OnProbation, state: ProbationState, cause: str) -> None:
        with self._changed:
            if not each.under_way:
                return
            moved = replace(each.now, state=state, cause=cause, observed=int(each.observed))
            # On record before anything rests on it: what cannot be recorded has not passed.
            self.services.journal.commit(Tag.PROBATION_MOVED, [moved.fact()], SYSTEM)
            each.now = moved
            self._changed.notify_all()
        if not moved.open:
            each.asking.sessions.close()
        each.watcher(ProbationMoved(moved.run, moved, each.judged.doubt, each.judged.probe))

    def _tell(self, each: OnProbation, tag: Tag, actor: Actor, said: str = "") -> None:
        """A journal that does not answer holds up no cut."""
        try:
            self.services.journal.commit(tag, [each.now.fact(said)], actor)
        except CordonError as error:
            _log.warning("a probation's end is not on record", extra={"why": str(error)})
        each.watcher(ProbationMoved(each.now.run, each.now))

    def _cut(self, each: OnProbation) -> None:
        with self._changed:
            if each.cutting is None:
                each.cutting = Thread(target=self._cut_now, args=(each,), name="cut-again", daemon=True)
                each.cutting.start()

    def _cut_now(self, each: OnProbation) -> None:
        name, cause = each.now.subject, each.now.cause
        try:
            ended = self.cut_again(each.cut, each.documents, f"{each.now.run}: {cause}")
            if all(result.satisfied for result in ended.results):
                with self._changed:
                    each.now = replace(each.now, state=ProbationState.CUT_AGAIN, by=ended.run)
                self._tell(each, Tag.PROBATION_MOVED, SYSTEM)
        except Exception:  # noqa: BLE001 - it stays tripped, is shown so, and is tried again
            _log.exception("what came back could not be cut again", extra={"subject": name, "cause": cause})
        finally:
            with self._changed:
                each.cutting = None
                each.back_off(self.services.clock.monotonic())
                self._changed.notify_all()


def _documents(running: Running) -> Documents:
    """What a restore rests on: its texts are on record already."""
    return Documents(running.inventory, running.profiles, running.plan.basis.profiles, {}, {}, {})
