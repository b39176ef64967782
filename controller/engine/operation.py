"""One operation on one device: read, record the intent, send the block, read back, judge.

Each round reads first and sends only where the state is not yet as wanted, so a round can follow a dropped
session or a dead process without ever re-sending blindly. An isolation may go several rounds (a fallback
method, a session that died); a restore sends once and otherwise leaves the decision to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from controller.domain.errors import OpenFailed
from controller.domain.facts import (
    BaselineTaken,
    Fact,
    HoldEnded,
    HoldOpened,
    IntentRecorded,
    OutcomeRecorded,
    PointRead,
    Text,
)
from controller.domain.hold import Attribution, Ending, HoldKey
from controller.domain.inventory import MANUAL, PointId
from controller.domain.plan import Operation, Rendering, Step, Wave
from controller.domain.playbook import Action
from controller.domain.profile import State
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.blocks import (
    change_block,
    complete_answers,
    interrupted,
    outcome_of,
    read_block,
    reads_after,
    reads_before,
    transcript,
)
from controller.engine.events import StepResult, StepsSettled
from controller.engine.ports import Answer, Session
from controller.engine.reading import configured, judge, read_state
from controller.engine.renderer import PointContext, point_context, satisfies
from controller.engine.running import Running

MOST_ROUNDS = 6
"""First method, its resend after a lost session, and fallbacks: no profile lists more."""

_RE_READ_EVERY = 0.05
"""Seconds between read-backs while a state settles (link down follows its command by some milliseconds)."""


@dataclass
class _Track:
    """Where one step stands during the operation."""

    step: Step
    context: PointContext | None
    choice: int = 0
    outcome: Outcome = Outcome.NOT_ATTEMPTED
    proof: Proof = Proof.UNKNOWN
    state: State | None = None
    read_at: datetime | None = None
    cause: str = ""
    resent: bool = False
    done: bool = False

    @property
    def renderings(self) -> tuple[Rendering, ...]:
        return (self.step.rendering, *self.step.fallbacks)

    @property
    def rendering(self) -> Rendering:
        return self.renderings[self.choice]

    def finish(self, proof: Proof, cause: str = "") -> None:
        self.proof, self.cause, self.done = proof, cause, True


class OperationRun:
    """Carries out one operation of a run. :meth:`execute` returns a result for every step, whatever happens."""

    def __init__(self, running: Running, wave: Wave, operation: Operation) -> None:
        self._running = running
        self._wave = wave
        self._operation = operation
        self._device = running.inventory.devices.get(operation.device)
        self._profile = running.profiles.get(operation.platform)
        self._tracks = [_Track(step, self._context(step)) for step in operation.steps]
        self._clock = running.services.clock

    def execute(self) -> tuple[StepResult, ...]:
        if self._device is None or self._operation.platform == MANUAL or self._profile is None:
            self._leave_to_a_person()
            return self._results()
        running = self._running
        name = self._operation.device
        with running.slots.hold(name, running.action, lambda: running.sessions.drop(name)):
            if running.stopping.is_set():
                return self._not_begun()
            self._act()
        return self._results()

    # --- rounds ------------------------------------------------------------------------------------

    def _act(self) -> None:
        assert self._device is not None
        deadline = self._clock.monotonic() + self._running.services.limits.operation
        for _ in range(MOST_ROUNDS):
            try:
                session = self._running.sessions.get(self._device)
            except OpenFailed as failure:
                self._unreached(failure)
                return
            self._round(session, deadline)
            if all(track.done for track in self._tracks):
                return
            if self._clock.monotonic() >= deadline:
                self._give_up("deadline")
                return
        self._give_up("no-method-left")

    def _round(self, session: Session, deadline: float) -> None:
        read_at = self._clock.now()
        answers = self._ask(session, deadline)
        states = self._states(answers)
        open_tracks = [track for track in self._tracks if not track.done]
        if interrupted(answers):
            self._lost(session, open_tracks)
            return
        change = [track for track in open_tracks if self._needs_change(track, states[track.step.point.id], read_at)]
        if not self._intend(open_tracks, change, states, read_at):
            return
        settled = [track for track in open_tracks if track.done]
        if settled:
            self._record(settled, 0, "")
        if change:
            self._send(session, change, states, deadline)

    def _needs_change(self, track: _Track, state: State | None, read_at: datetime) -> bool:
        """Settles the track where nothing is to be sent."""
        track.state, track.read_at = state, read_at if state is not None else None
        if self._running.action is Action.RESTORE:
            return self._restore_needs_change(track, state)
        if state is not None and satisfies(state, track.rendering.expect):
            track.finish(Proof.CONFIRMED, "already-cut" if track.outcome is Outcome.NOT_ATTEMPTED else "")
            return False
        return True

    def _restore_needs_change(self, track: _Track, state: State | None) -> bool:
        point = track.step.point.id
        if state is None or track.context is None:
            track.finish(Proof.UNKNOWN, "unreadable")
            return False
        if self._held_by_another(track):
            track.finish(Proof.UNKNOWN, "held-again")
            return False
        if track.outcome is not Outcome.NOT_ATTEMPTED:
            # The block went out and the session was lost: what is read now is its end, good or bad.
            proof = judge(Action.RESTORE, track.rendering.expect, state)
            track.finish(proof, "" if proof is Proof.CONFIRMED else track.cause)
            return False
        if self._drift(track, state) and self._operation.device not in self._running.accept_drift:
            track.finish(Proof.CONTRADICTED, "drift")
            return False
        if satisfies(state, track.rendering.expect):
            track.finish(Proof.CONFIRMED, "already-back" if point in self._running.pending else "")
            return False
        return True

    def _drift(self, track: _Track, state: State) -> bool:
        """Whether a person changed the point since Cordon left it. A field half-way through this run's own
        interrupted restore is not drift."""
        assert track.context is not None
        left = self._running.book.as_left(track.step.point.id)
        if left is None:
            return False
        ours = configured(track.context, left)
        resumed = track.step.point.id in self._running.pending
        return any(
            value != ours.get(name) and not (resumed and value in track.rendering.expect.get(name, ()))
            for name, value in configured(track.context, state).items()
        )

    def _held_by_another(self, track: _Track) -> bool:
        point = track.step.point.id
        return bool(self._running.book.holders(point) - set(self._running.ends_of(point)))

    # --- intent ------------------------------------------------------------------------------------

    def _intend(
        self,
        tracks: Sequence[_Track],
        change: Sequence[_Track],
        states: Mapping[PointId, State | None],
        read_at: datetime,
    ) -> bool:
        """Baselines, holds and the intent, in one commit, before any byte. False: the run is stopping."""
        running = self._running
        facts: list[Fact] = []
        if running.action is Action.ISOLATE:
            for track in tracks:
                facts.extend(self._claims(track, states[track.step.point.id], read_at))
        if change and self._must_stop():
            return self._stopped(change, 0)
        if change:
            facts.append(
                IntentRecorded(
                    run=running.run,
                    wave=self._wave.index,
                    device=self._operation.device,
                    attempt=running.next_attempt(self._operation.device),
                    action=running.action,
                    steps=tuple((track.step.point.id, track.rendering.method) for track in change),
                )
            )
        if facts:
            running.commit(Tag.OPERATION_INTENDED, facts)
        if change and self._must_stop():
            return self._stopped(change, running.attempts[self._operation.device])
        return True

    def _must_stop(self) -> bool:
        """A restore gives way up to its last moment: to a cut, an abort, a journal that no longer commits."""
        return self._running.action is Action.RESTORE and self._running.stopping.is_set()

    def _stopped(self, change: Sequence[_Track], attempt: int) -> bool:
        for track in change:
            track.outcome = Outcome.NOT_SENT
            track.finish(Proof.UNKNOWN, self._running.cause)
        self._record(change, attempt, "")
        return False

    def _claims(self, track: _Track, state: State | None, read_at: datetime) -> Iterable[Fact]:
        """The baseline, where the point is not yet held, and this run's holds."""
        running, point = self._running, track.step.point
        baseline = running.book.baseline(point.id)
        if baseline is None:
            yield BaselineTaken(running.run, point, state, read_at)
        attribution = self._attribution(track, state, known=baseline is not None)
        for subject in track.step.subjects:
            key = HoldKey(running.run, subject, point.id)
            hold = running.book.hold(key)
            if hold is None or (attribution is Attribution.ASSUMED and hold.attribution is Attribution.OURS):
                yield HoldOpened(running.run, subject, point, track.rendering.method, attribution)

    def _attribution(self, track: _Track, state: State | None, *, known: bool) -> Attribution:
        """``known``: a baseline is on disk. Found cut after a crash, or never read: nobody can say whose it is."""
        cut = state is not None and satisfies(state, track.rendering.expect)
        baseline = self._running.book.baseline(track.step.point.id)
        if (known and baseline is not None and baseline.state is None) or state is None:
            return Attribution.ASSUMED
        if not known:
            return Attribution.FOREIGN if cut else Attribution.OURS
        if cut and track.outcome is Outcome.NOT_ATTEMPTED and track.step.point.id in self._running.pending:
            return Attribution.ASSUMED
        held = [hold for key in self._running.book.holders(track.step.point.id) if (hold := self._running.book.hold(key))]
        return max((hold.attribution for hold in held), key=_DOUBT.__getitem__, default=Attribution.OURS)

    # --- sending and learning ----------------------------------------------------------------------

    def _send(
        self, session: Session, change: Sequence[_Track], states: Mapping[PointId, State | None], deadline: float
    ) -> None:
        running = self._running
        attempt = running.attempts[self._operation.device]
        running.before_change([track.step.point.id for track in change])
        block = change_block(self._operation, [track.rendering for track in change])
        written = session.write(block)
        answers = () if written is Outcome.NOT_SENT else session.collect(deadline)
        for group, track in enumerate(change, start=1):
            track.outcome, track.cause = outcome_of(answers, group, self._profile)
        doubted = self._changed_meanwhile(change, states, reads_before(self._operation, answers))
        self._read_back(session, change, reads_after(self._operation, answers), deadline)
        lost = interrupted(answers) or not session.is_open
        if lost:
            running.sessions.drop(self._operation.device)
        for track in change:
            self._conclude(track, lost=lost)
        self._record(change, attempt, transcript(answers), doubted)

    def _read_back(
        self, session: Session, change: Sequence[_Track], answers: Mapping[str, str], deadline: float
    ) -> None:
        """Judges the read-back, and reads again while states still settle."""
        assert self._profile is not None
        settle_by = min(deadline, self._clock.monotonic() + self._profile.session.settle / 1000)
        while True:
            read_at = self._clock.now()
            for track in change:
                state = None if track.context is None else read_state(track.context, answers)
                if state is not None:
                    track.state, track.read_at = state, read_at
                    track.proof = judge(self._running.action, track.rendering.expect, state)
                else:
                    track.proof = Proof.UNKNOWN
            waiting = any(t.proof is Proof.CONTRADICTED and t.outcome is Outcome.ACCEPTED for t in change)
            if not waiting or not session.is_open or self._clock.monotonic() + _RE_READ_EVERY >= settle_by:
                return
            self._clock.pause(_RE_READ_EVERY)
            found = self._ask(session, settle_by)
            if interrupted(found):
                return
            answers = complete_answers(found)

    def _conclude(self, track: _Track, *, lost: bool) -> None:
        """Decides whether the step is over, gets its next method, or is read again in a new session."""
        if track.proof is Proof.CONFIRMED:
            track.finish(Proof.CONFIRMED)
        elif lost:
            if track.resent or track.outcome is Outcome.NOT_ATTEMPTED:
                track.finish(Proof.UNKNOWN, track.cause or "hung-up")
            track.resent = True
        elif track.proof is Proof.UNKNOWN:
            reached = Proof.ACCEPTED if track.outcome is Outcome.ACCEPTED else Proof.UNKNOWN
            track.finish(reached, track.cause or "unreadable")
        elif self._running.action is Action.ISOLATE and track.choice + 1 < len(track.renderings):
            track.choice += 1
        else:
            track.finish(Proof.CONTRADICTED, track.cause or "read-back-differs")

    def _changed_meanwhile(
        self, change: Sequence[_Track], states: Mapping[PointId, State | None], before: Mapping[str, str]
    ) -> list[_Track]:
        """Tracks whose state just before the change is not the one recorded: somebody else was there."""
        doubted: list[_Track] = []
        for track in change:
            first = states[track.step.point.id]
            again = None if track.context is None else read_state(track.context, before)
            if first is None or again is None or track.context is None:
                continue
            if configured(track.context, first) != configured(track.context, again):
                doubted.append(track)
        return doubted

    def _lost(self, session: Session, tracks: Sequence[_Track]) -> None:
        """The session died while reading: once more in a new one, then the walk-list."""
        session.close()
        self._running.sessions.drop(self._operation.device)
        for track in tracks:
            if track.resent:
                track.finish(Proof.UNKNOWN, "hung-up")
            track.resent = True
        over = [track for track in tracks if track.done]
        if over:
            self._record(over, 0, "")

    # --- recording ---------------------------------------------------------------------------------

    def _record(
        self, tracks: Sequence[_Track], attempt: int, said: str, doubted: Sequence[_Track] = ()
    ) -> None:
        running = self._running
        worst = min((track.outcome for track in tracks), key=list(Outcome).index)
        facts: list[Fact] = []
        if attempt:
            cause = next((track.cause for track in tracks if track.cause), "")
            facts.append(
                OutcomeRecorded(running.run, self._operation.device, attempt, worst, cause, Text(said))
            )
        for track in tracks:
            facts.append(self._point_read(track))
            if running.action is Action.RESTORE and track.done and track.proof is Proof.CONFIRMED:
                facts.extend(
                    HoldEnded(key.run, key.subject, key.point, Ending.RESTORE, running.run)
                    for key in running.ends_of(track.step.point.id)
                )
        if running.action is Action.ISOLATE:
            facts.extend(
                HoldOpened(running.run, subject, track.step.point, track.rendering.method, Attribution.ASSUMED)
                for track in doubted
                for subject in track.step.subjects
            )
        running.commit(Tag.OPERATION_SETTLED, facts)
        running.watcher(StepsSettled(running.run, self._operation.device, tuple(map(self._result, tracks))))

    def _point_read(self, track: _Track) -> PointRead:
        return PointRead(
            run=self._running.run,
            point=track.step.point.id,
            wanted=self._running.action,
            method=track.rendering.method,
            outcome=track.outcome,
            proof=track.proof,
            state=track.state,
            read_at=track.read_at,
            cause=track.cause,
        )

    def _unreached(self, failure: OpenFailed) -> None:
        """No session (any more): what was sent before stays sent, the rest was never sent."""
        left = [track for track in self._tracks if not track.done]
        for track in left:
            if track.outcome is Outcome.NOT_ATTEMPTED:
                track.outcome = Outcome.NOT_SENT
            track.finish(Proof.UNKNOWN, f"open.{failure.cause}")
        running = self._running
        detail = Text(str(failure.data.get("detail", "")))
        facts: list[Fact] = [
            OutcomeRecorded(running.run, self._operation.device, 0, Outcome.NOT_SENT, f"open.{failure.cause}", detail),
            *(self._point_read(track) for track in left),
        ]
        running.commit(Tag.OPERATION_SETTLED, facts)
        running.watcher(StepsSettled(running.run, self._operation.device, tuple(map(self._result, left))))

    def _give_up(self, cause: str) -> None:
        left = [track for track in self._tracks if not track.done]
        for track in left:
            track.finish(track.proof, track.cause or cause)
        self._record(left, 0, "")

    def _leave_to_a_person(self) -> None:
        for track in self._tracks:
            track.finish(Proof.UNKNOWN, "manual")
        self._record(self._tracks, 0, "")

    def _not_begun(self) -> tuple[StepResult, ...]:
        for track in self._tracks:
            track.finish(Proof.UNKNOWN, self._running.cause)
        return self._results()

    # --- small parts -------------------------------------------------------------------------------

    def _context(self, step: Step) -> PointContext | None:
        device = self._running.inventory.devices.get(step.point.id.device)
        profile = self._running.profiles.get(self._operation.platform)
        if device is None or profile is None:
            return None
        return point_context(step.point, self._running.subjects_of.get(step.point.id, ()), device, profile)

    def _ask(self, session: Session, deadline: float) -> tuple[Answer, ...]:
        if session.write(read_block(self._operation)) is Outcome.NOT_SENT:
            return ()
        return session.collect(deadline)

    def _states(self, answers: Sequence[Answer]) -> Mapping[PointId, State | None]:
        known = complete_answers(answers)
        return {
            track.step.point.id: None if track.context is None else read_state(track.context, known)
            for track in self._tracks
        }

    def _result(self, track: _Track) -> StepResult:
        return StepResult(
            track.step,
            self._wave.index,
            track.rendering.method,
            track.outcome,
            track.proof,
            track.state,
            track.read_at,
            track.cause,
            self._wave.verify,
        )

    def _results(self) -> tuple[StepResult, ...]:
        return tuple(map(self._result, self._tracks))


_DOUBT = {Attribution.OURS: 0, Attribution.FOREIGN: 1, Attribution.ASSUMED: 2}
