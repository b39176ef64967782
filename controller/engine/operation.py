"""One operation on one device: read, record the intent, send the block, read back, judge.

Each round reads first and sends only where the state is not yet as wanted, so a round can follow a dropped
session or a dead process without ever re-sending blindly. An isolation may go several rounds (a fallback
method, a session that died); a restore sends once and otherwise leaves the decision to a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import structlog

from controller.domain.errors import CordonError, OpenCause, OpenFailed
from controller.domain.facts import Fact, HoldEnded, IntentRecorded, OutcomeRecorded, Text
from controller.domain.hold import Ending
from controller.domain.inventory import Device, Management, PointId
from controller.domain.plan import Operation, Wave
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile, State
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
from controller.engine.claims import claims, doubt, unmet
from controller.engine.events import StepResult, StepsSettled
from controller.engine.ports import Answer, Session
from controller.engine.reading import configured, judge, read_state
from controller.engine.renderer import isolation, point_context
from controller.engine.running import Running
from controller.engine.track import Track

MOST_ROUNDS = 6
"""First method, its resend after a lost session, and fallbacks: no profile lists more."""

_ASK_AGAIN_EVERY = 0.5
"""Seconds between attempts at a device that was lost in mid-work."""

_MAY_PASS = frozenset({OpenCause.UNREACHABLE.value, OpenCause.TIMEOUT.value})
"""What a device that starts again looks like; no log-in was tried."""

_MAY_PASS_ON_THE_WAY = _MAY_PASS | {OpenCause.NOT_READY.value}
"""What a way that spanning tree has not settled yet looks like: a connection may stop in its middle."""

_CONFIGURED_AT_ONCE = 0.5
"""Seconds after which what is configured stays as it was read: only what follows from it takes longer."""

_RE_READ_EVERY = 0.05
"""Seconds between read-backs while a state settles (link down follows its command by some milliseconds)."""

_States = Mapping[PointId, State | None]

_log = structlog.get_logger(__name__)


class OperationRun:
    """Carries out one operation of a run. :meth:`execute` returns a result for every step, whatever the
    device does; it raises only what ends the whole run: JournalUnavailable, StaleEpoch."""

    def __init__(
        self, running: Running, wave: Wave, operation: Operation, device: Device, profile: DeviceProfile
    ) -> None:
        self._running = running
        self._wave = wave
        self._operation = operation
        self._device = device
        self._profile = profile
        self._clock = running.services.clock
        self._was_there = False
        self._unsettled = 0  # the attempt intended whose outcome is not on record yet
        self._tracks: list[Track] = []
        for step in operation.steps:
            context = point_context(step.point, step.subjects, step.prefixes, device, profile)
            if context is not None and running.concerns(step.point.id):
                self._tracks.append(Track(step, context))

    def execute(self) -> tuple[StepResult, ...]:
        running, name = self._running, self._device.name
        bound = structlog.contextvars.bound_contextvars(run=running.run, device=name)
        with bound, running.slots.hold(name, running.precedence, lambda: running.sessions.drop(name)):
            return self.execute_here()

    def execute_here(self) -> tuple[StepResult, ...]:
        """As :meth:`execute`, for who is at the device already."""
        try:
            self._act()
        except CordonError:
            raise
        except Exception:  # noqa: BLE001 - a defect in one driver or parser must not end the others' cut
            self._failed()
            with suppress(Exception):  # where a log cannot be written, a cut goes on
                _log.exception("operation failed", run=self._running.run, device=self._device.name)
        return tuple(self._running.as_known(track.result(self._wave)) for track in self._tracks)

    # --- rounds ------------------------------------------------------------------------------------

    def _act(self) -> None:
        self._leave_to_hand()
        deadline = self._clock.monotonic() + self._running.services.limits.operation
        for _ in range(MOST_ROUNDS):
            if not self._left():
                return
            if self._gives_way():
                break
            try:
                session = self._session(deadline)
            except OpenFailed as failure:
                self._unreached(failure)
                return
            self._running.session_had(self._device)
            if self._gives_way():  # a cut that waits for this device could not end a session not yet had
                break
            self._round(session, deadline)
            if self._clock.monotonic() >= deadline:
                break
        if not self._left():
            return
        if self._gives_way():
            self._stop(self._left())
        else:
            self._give_up("deadline" if self._clock.monotonic() >= deadline else "no-method-left")

    def _session(self, deadline: float) -> Session:
        """An open session. A device that was there a moment ago may be starting again, and the way to one
        that a restore has just opened may be waiting for spanning tree: it is asked until the deadline.
        Raises OpenFailed."""
        while True:
            try:
                return self._running.sessions.get(self._device)
            except OpenFailed as failure:
                late = self._clock.monotonic() + _ASK_AGAIN_EVERY >= deadline
                may_pass = _MAY_PASS_ON_THE_WAY if self._way_opened() else _MAY_PASS
                expected = self._was_there or self._way_opened()
                if not expected or late or self._gives_way() or failure.cause not in may_pass:
                    raise
            self._clock.pause(_ASK_AGAIN_EVERY)

    def _way_opened(self) -> bool:
        """Whether an earlier wave of this restore may have brought back a link the device is managed over."""
        return (
            self._running.action is Action.RESTORE
            and self._device.management is Management.INBAND
            and self._wave.index > 0
        )

    def _leave_to_hand(self) -> None:
        """Points the plan names without a line for them: no method of theirs spares their neighbours."""
        if self._running.action is Action.ISOLATE:
            by_hand = [track for track in self._tracks if not track.rendering.commands]
            for track in by_hand:
                track.finish(Proof.UNKNOWN, "by-hand")
            if by_hand:
                self._record(by_hand, facts=self._unmet(by_hand))

    def _round(self, session: Session, deadline: float) -> None:
        tracks = self._left()
        self._was_there = True
        read_at = self._clock.now()
        states = self._states(session, tracks, deadline)
        if states is None:
            self._lost(tracks)
            return
        self._running.book.seen(point for point, state in states.items() if state is not None)
        for track in tracks:
            state = states[track.point]
            track.state, track.read_at = state, None if state is None else read_at
            if self._running.action is Action.RESTORE:
                self._settle_restore(track, state)
            elif track.confirmed_by(state):
                track.finish(Proof.CONFIRMED, "already-cut" if track.outcome is Outcome.NOT_ATTEMPTED else "")
        settled = [track for track in tracks if track.done]
        change = [track for track in tracks if not track.done]
        if change and self._gives_way():
            self._stop(change)
            change = []
        facts = self._recovered()
        if self._running.action is Action.ISOLATE:
            for track in (*settled, *change):
                facts.extend(claims(self._running, track, states[track.point], read_at))
        if change:
            facts.extend(self._running.learnt_before(self._device))
            self._intend(facts, change)
            facts = []
        if settled or facts:
            self._record(settled, facts=facts)
        if change and self._running.plan.gives_way and self._gives_way():
            self._stop(change)
        elif change:
            self._send(session, change, states, deadline)

    def _states(self, session: Session, tracks: Sequence[Track], deadline: float) -> _States | None:
        """None where the session or the time ended first. What could not be understood is read once more: to
        ask changes nothing."""
        states: dict[PointId, State | None] = {track.point: None for track in tracks}
        for _ in range(2):
            answers = self._ask(session, deadline)
            if interrupted(answers):
                return None
            known = complete_answers(answers)
            states.update(
                {
                    track.point: read_state(track.context, known)
                    for track in tracks
                    if states[track.point] is None
                }
            )
            if None not in states.values():
                break
        return states

    def _recovered(self) -> list[Fact]:
        """The outcomes of what an earlier process intended here and never settled: known from now on by what
        was read, never by what it meant to send."""
        running, device = self._running, self._device.name
        here = {track.point for track in self._tracks}
        known = {
            each: running.book.intended(running.run, device, each)
            for each in running.unsettled.get(device, ())
        }
        mine = [each for each, points in known.items() if not points or here & points]
        running.unsettled[device] = tuple(each for each in known if each not in mine)
        return [
            OutcomeRecorded(running.run, device, attempt, Outcome.SENT, "process-died", Text(""))
            for attempt in mine
        ]

    def _settle_restore(self, track: Track, state: State | None) -> None:
        """Ends the track where nothing may be sent, or nothing needs to be."""
        running = self._running
        if state is None:
            track.finish(Proof.UNKNOWN, "unreadable")
        elif running.book.holders(track.point) - set(running.ends_of(track.point)):
            track.finish(Proof.UNKNOWN, "held-again")
        elif track.outcome is not Outcome.NOT_ATTEMPTED:
            # The block went out and the session was lost: what is read now is its end, good or bad.
            proof = judge(track.rendering.expect, state)
            track.finish(proof, "" if proof is Proof.CONFIRMED else track.cause)
        elif self._drifted(track, state) and self._device.name not in running.accept_drift:
            track.finish(Proof.CONTRADICTED, "drift")
        elif judge(track.rendering.expect, state) is Proof.CONFIRMED:
            track.finish(Proof.CONFIRMED, "already-back")
        elif not track.rendering.commands:
            track.finish(Proof.CONTRADICTED, "read-back-differs")

    def _drifted(self, track: Track, state: State) -> bool:
        """Whether a person changed the point since Cordon left it. Where nobody read how it was left, every
        field may be as before the cut or as the cut wanted it; half-way through a restore that died, as left
        or as before the cut."""
        book = self._running.book
        left = book.as_left(track.point)
        may_be = {name: set(values) for name, values in track.rendering.expect.items()}
        if left is None:
            for method in book.methods(track.point):
                sent = isolation(track.context, method)
                for name, values in sent.expect.items() if sent else ():
                    may_be.setdefault(name, set()).update(values)
        else:
            restoring = book.unsettled(track.point, Action.RESTORE)
            for name, value in configured(track.context, left).items():
                may_be[name] = {value, *(may_be.get(name, ()) if restoring else ())}
        return any(value not in may_be[name] for name, value in configured(track.context, state).items())

    # --- intent ------------------------------------------------------------------------------------

    def _intend(self, facts: list[Fact], change: Sequence[Track]) -> None:
        """Puts baselines, holds and the intent on disk in one commit, before any byte."""
        running = self._running
        steps = tuple((track.point, track.rendering.method) for track in change)
        attempt = running.next_attempt(self._device.name)
        facts.append(
            IntentRecorded(running.run, self._wave.index, self._device.name, attempt, running.action, steps)
        )
        running.commit(Tag.OPERATION_INTENDED, facts)
        self._unsettled = attempt

    def _gives_way(self) -> bool:
        """To an abort, a failing journal, a restore's failure elsewhere or, if it restores, to a cut."""
        return self._running.stopping.is_set()

    def _stop(self, tracks: Sequence[Track]) -> None:
        """Ends the tracks as they stand; those never read leave no record."""
        for track in tracks:
            if track.outcome is Outcome.NOT_ATTEMPTED and self._unsettled:
                track.outcome = Outcome.NOT_SENT
            track.finish(track.proof, self._running.cause)
        touched = [track for track in tracks if track.read_at or track.outcome is not Outcome.NOT_ATTEMPTED]
        if touched:
            self._record(touched, settles=True)

    # --- sending and learning ----------------------------------------------------------------------

    def _send(self, session: Session, change: Sequence[Track], states: _States, deadline: float) -> None:
        running = self._running
        running.before_change([track.point for track in change])
        block = change_block(self._operation, [track.rendering for track in change])
        for track in change:  # what was read before is no longer what is known
            track.sending()
        written = session.write(block)
        answers = () if written is Outcome.NOT_SENT else session.collect(deadline)
        for group, track in enumerate(change, start=1):
            track.outcome, track.cause = outcome_of(answers, group, self._profile)
        before = reads_before(self._operation, answers)
        doubted = [track for track in change if self._changed_meanwhile(track, states[track.point], before)]
        self._read_back(session, change, reads_after(self._operation, answers), deadline)
        lost = interrupted(answers) or not session.is_open
        if lost:
            running.sessions.drop(self._device.name)
        for track in change:
            self._conclude(track, lost=lost)
        self._record(change, transcript(answers), doubted=doubted, settles=True)

    def _read_back(
        self, session: Session, change: Sequence[Track], answers: Mapping[str, str], deadline: float
    ) -> None:
        """Judges the read-back, and reads again while states still settle."""
        begun, unread = self._clock.monotonic(), True
        settle_by = min(deadline, begun + self._profile.session.settle / 1000)
        while True:
            read_at = self._clock.now()
            for track in change:
                state = read_state(track.context, answers)
                track.proof = judge(track.rendering.expect, state)
                if state is not None:
                    track.state, track.read_at = state, read_at
            young = self._clock.monotonic() < begun + _CONFIGURED_AT_ONCE
            settling = any(
                track.proof is Proof.CONTRADICTED
                and track.outcome is Outcome.ACCEPTED
                and (young or track.may_settle)
                for track in change
            )
            now = self._clock.monotonic() + _RE_READ_EVERY
            again = unread and any(
                track.state is None and track.outcome is Outcome.ACCEPTED for track in change
            )
            unread = unread and not again
            if not session.is_open or not ((settling and now < settle_by) or (again and now < deadline)):
                return
            self._clock.pause(_RE_READ_EVERY)
            found = self._ask(session, deadline)
            if interrupted(found):
                return
            answers = complete_answers(found)

    def _conclude(self, track: Track, *, lost: bool) -> None:
        """Decides whether the step is over, gets its next method, or is read again in a new session."""
        if track.proof is Proof.CONFIRMED:
            track.finish(Proof.CONFIRMED)
        elif lost:
            if track.resent:
                track.finish(Proof.UNKNOWN, track.cause or "hung-up")
            track.resent = True
        elif self._falls_back(track):
            track.choice += 1
        elif track.proof is Proof.UNKNOWN:
            accepted = track.outcome is Outcome.ACCEPTED
            track.finish(Proof.ACCEPTED if accepted else Proof.UNKNOWN, track.cause or "unreadable")
        else:
            track.finish(Proof.CONTRADICTED, track.cause or "read-back-differs")

    def _falls_back(self, track: Track) -> bool:
        """Where the device refused or reads otherwise; what cannot be read gives no reason to send more."""
        failed = track.outcome is Outcome.REJECTED or track.proof is Proof.CONTRADICTED
        return failed and self._running.action is Action.ISOLATE and track.has_fallback

    @staticmethod
    def _changed_meanwhile(track: Track, first: State | None, before: Mapping[str, str]) -> bool:
        """Whether the state just before the change is not the one on record: somebody else was there."""
        again = read_state(track.context, before)
        if first is None or again is None:
            return False
        return configured(track.context, first) != configured(track.context, again)

    def _lost(self, tracks: Sequence[Track]) -> None:
        """The session died while reading: once more in a new one, then it is for a person."""
        self._running.sessions.drop(self._device.name)
        for track in tracks:
            if track.resent:
                track.finish(Proof.UNKNOWN, track.cause or "hung-up")
            track.resent = True
        over = [track for track in tracks if track.done]
        if over:
            self._record(over, facts=self._unmet(over))

    def _unreached(self, failure: OpenFailed) -> None:
        """No session (any more): what was sent before stays sent, the rest was never sent."""
        cause = f"open.{failure.cause}"
        left = self._left()
        for track in left:
            if track.outcome is Outcome.NOT_ATTEMPTED:
                track.outcome = Outcome.NOT_SENT
            track.finish(Proof.UNKNOWN, cause)
        detail = Text(str(failure.data.get("detail", "")))
        outcome = OutcomeRecorded(self._running.run, self._device.name, 0, Outcome.NOT_SENT, cause, detail)
        self._commit([outcome, *self._unmet(left)], left)

    def _give_up(self, cause: str) -> None:
        left = self._left()
        for track in left:
            track.finish(track.proof, track.cause or cause)
        self._record(left, facts=self._unmet(left))

    def _failed(self) -> None:
        """A defect of ours: what was sent is known, what came of it is not."""
        self._running.sessions.drop(self._device.name)
        for track in self._left():
            track.finish(Proof.UNKNOWN, "internal")
        self._record(self._tracks, facts=self._unmet(self._tracks), settles=True)

    # --- recording ---------------------------------------------------------------------------------

    def _record(
        self,
        tracks: Sequence[Track],
        said: str = "",
        *,
        facts: Sequence[Fact] = (),
        doubted: Sequence[Track] = (),
        settles: bool = False,
    ) -> None:
        """``settles``: with the outcome of the intent that has none yet, if there is one."""
        running = self._running
        found = list(facts)
        if settles and self._unsettled:
            worst = min((track.outcome for track in tracks), key=list(Outcome).index)
            cause = next((track.cause for track in tracks if track.cause), "")
            found.append(
                OutcomeRecorded(running.run, self._device.name, self._unsettled, worst, cause, Text(said))
            )
            self._unsettled = 0
        for track in tracks:
            if running.action is Action.RESTORE and track.done and track.proof is Proof.CONFIRMED:
                found.extend(
                    HoldEnded(key.run, key.subject, key.point, Ending.RESTORE, running.run)
                    for key in running.ends_of(track.point)
                    if running.book.hold(key) is not None
                )
        for track in doubted if running.action is Action.ISOLATE else ():
            found.extend(doubt(running, track))
        self._commit(found, tracks)

    def _commit(self, facts: Sequence[Fact], tracks: Sequence[Track]) -> None:
        running = self._running
        results = tuple(running.as_known(track.result(self._wave)) for track in tracks)
        reads = [result.as_fact(running.run, running.action) for result in results]
        running.commit(Tag.OPERATION_SETTLED, [*reads, *facts])
        running.watcher(StepsSettled(running.run, self._device.name, results))

    def _unmet(self, tracks: Sequence[Track]) -> list[Fact]:
        if self._running.action is Action.RESTORE:
            return []
        return list(unmet(self._running, (track.step for track in tracks)))

    # --- small parts -------------------------------------------------------------------------------

    def _left(self) -> list[Track]:
        return [track for track in self._tracks if not track.done]

    def _ask(self, session: Session, deadline: float) -> tuple[Answer, ...]:
        if session.write(read_block(self._operation)) is Outcome.NOT_SENT:
            return ()
        return session.collect(deadline)
