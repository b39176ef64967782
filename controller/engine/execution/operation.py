"""One operation on one device: read, record the intent, send the block, read back, judge.

Each round reads first and sends only where the state is not yet as wanted, so a round can follow a dropped
session or a dead process without ever re-sending blindly. An isolation may go several rounds (a fallback
method, a session that died); a restore sends once, has what came of it read by another log-in, and otherwise
leaves the decision to a person. Until then a timer runs that takes it back.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress

from controller.domain.drift import KEPT_THEIRS, keeping
from controller.domain.errors import CordonError, OpenFailed
from controller.domain.inventory import Device
from controller.domain.napalm import returning
from controller.domain.plan import Operation, Wave
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.domain.profile.reading import State
from controller.domain.proof import Outcome, Proof
from controller.engine.events import StepResult
from controller.engine.execution.claims import claims
from controller.engine.execution.logcontext import bound
from controller.engine.execution.operation_record import OperationRecord
from controller.engine.execution.patience import await_session
from controller.engine.execution.readback import ReadBack, States
from controller.engine.execution.running import Running, StopCause
from controller.engine.execution.timers import OperationTimer, TimersAtCut
from controller.engine.points.blocks import (
    LOCKED,
    abandoned_block,
    change_block,
    denied,
    interrupted,
    left_behind,
    outcome_of,
    reads_after,
    reads_before,
    transcript,
)
from controller.engine.points.drift import changed_meanwhile, drifted, undone_by
from controller.engine.points.reading import judge, reads_telling
from controller.engine.points.renderer import point_context, timer_lines
from controller.engine.points.track import Track
from controller.engine.ports import Answer, Session

ASK_AGAIN = 2.0
"""Seconds until a cut asks again for a configuration that somebody else has to himself."""

MOST_ROUNDS = 6
"""First method, its resend after a lost session, and fallbacks: no profile lists more."""

_log = logging.getLogger(__name__)


class OperationRun:
    """Carries out one operation of a run. :meth:`execute` returns a result for every step, whatever the
    device does; it raises only what ends the whole run: JournalUnavailable, StaleEpoch."""

    def __init__(
        self, running: Running, wave: Wave, operation: Operation, device: Device, profile: DeviceProfile
    ) -> None:
        profile = profile.settled(device.settings)
        if running.action is Action.RESTORE:
            profile = returning(profile, device)
        self._running = running
        self._wave = wave
        self._operation = operation
        self._device = device
        self._profile = profile
        self._clock = running.services.clock
        self._read_back = ReadBack(operation, profile.session.settle / 1000, running.services.clock)
        self._record = OperationRecord(running, wave, device.name)
        self._timer = OperationTimer(running, wave, operation, profile)
        self._others_timers = TimersAtCut(running, device.name, profile, timer_lines(profile, device))
        self._left_behind = False
        self._was_there = False
        self._cut_waits = False
        self._tracks: list[Track] = []
        for step in operation.steps:
            context = point_context(step.point, step.subjects, step.prefixes, device, profile)
            if context is not None and running.concerns(step.point.id):
                self._tracks.append(Track(step, context))

    def execute(self) -> tuple[StepResult, ...]:
        running, name = self._running, self._device.name
        with bound(run=running.run, device=name), self._at_device():
            return self.execute_here()

    def _at_device(self) -> AbstractContextManager[None]:
        """Nobody else acts there meanwhile."""
        running = self._running
        return running.slots.hold(self._device.name, running.precedence, self._make_way)

    def _make_way(self) -> None:
        """For a cut that wants the device. Called from its thread."""
        self._cut_waits = True
        self._running.sessions.drop(self._device.name)

    def execute_here(self) -> tuple[StepResult, ...]:
        """As :meth:`execute`, for who is at the device already."""
        try:
            self._act()
            self._record.note(self._others_timers.over())
        except CordonError:
            raise
        except Exception:  # noqa: BLE001 - a defect in one driver or parser must not end the others' cut
            self._failed()
            with suppress(Exception):  # where a log cannot be written, a cut goes on
                extra = {"run": self._running.run, "device": self._device.name}
                _log.exception("operation failed", extra=extra)
        return self._record.results(self._tracks)

    # --- rounds ------------------------------------------------------------------------------------

    def _act(self) -> None:
        self._leave_to_hand()
        ours = self._running.services.limits.operation
        deadline = self._clock.monotonic() + ours
        deadline += self._timer.commits_within  # the device's own time to commit is not ours
        self._before_rounds(deadline)
        for _ in range(MOST_ROUNDS + len(_in_turn(self._tracks)[1])):
            if not self._left():
                return
            if self._gives_way():
                break
            try:
                session = await_session(
                    self._running, self._wave, self._device, deadline, was_there=self._was_there
                )
            except OpenFailed as failure:
                self._unreached(failure)
                return
            self._running.session_had(self._device)
            if self._gives_way():  # a cut that waits for this device could not end a session not yet had
                break
            self._round(session, deadline)
            if self._restoring and any(track.outcome is not Outcome.NOT_ATTEMPTED for track in self._left()):
                deadline = min(
                    deadline, self._clock.monotonic() + ours
                )  # it commits once: the rest is reading
            if self._clock.monotonic() >= deadline:
                break
        if not self._left():
            return
        if self._gives_way():
            self._stop(self._left())
        else:
            self._give_up("deadline" if self._clock.monotonic() >= deadline else "no-method-left")

    def _before_rounds(self, deadline: float) -> None:
        """What was sent before it came to rounds."""

    def _leave_to_hand(self) -> None:
        """Points the plan names without a line for them: no method of theirs spares their neighbours."""
        if self._running.action is Action.ISOLATE:
            by_hand = [track for track in self._tracks if not track.rendering.commands]
            for track in by_hand:
                track.finish(Proof.UNKNOWN, "by-hand")
            if by_hand:
                self._record.settle(by_hand, facts=self._record.unmet(by_hand))

    def _round(self, session: Session, deadline: float) -> None:
        tracks = self._left()
        self._was_there = True
        self._throw_away(session, deadline)
        read_at = self._clock.now()
        states = self._known(session, tracks, deadline)
        if states is None:
            return
        self._running.book.seen(point for point, state in states.items() if state is not None)
        for track in tracks:
            state = states[track.point]
            track.state, track.read_at = state, None if state is None else read_at
            if self._restoring:
                self._settle_restore(track, state)
            else:
                self._settle_cut(track, state)
        settled = [track for track in tracks if track.done]
        change = [track for track in tracks if not track.done]
        if change and self._gives_way():
            self._stop(change)
            change = []
        facts = [*self._record.recovered(self._tracks), *self._timer.facts()]
        if not self._restoring:
            for track in (*settled, *change):
                facts.extend(claims(self._running, track, states[track.point], read_at))
        change = _in_turn(change)[0]
        if change:
            facts.extend(self._running.learnt_before(self._device))
            facts.extend(self._timer.begin())
            self._record.intend(facts, change)
            facts = []
        else:
            facts.extend(self._others_timers.struck(session, deadline))
        if settled or facts:
            self._record.settle(settled, facts=facts)
        if change and self._running.plan.gives_way and self._gives_way():
            self._stop(change)
        elif change:
            self._send(session, change, states, deadline)

    def _known(self, session: Session, tracks: Sequence[Track], deadline: float) -> States | None:
        """What is there to go by; None where the session ended, or nothing stays as it reads."""
        states = self._read_back.states(session, tracks, deadline)
        stays: str | None = ""
        if self._restoring and states is not None:
            states = self._read_back.settled(session, tracks, states, deadline)
        if self._restoring and states is not None:
            stays = self._stays(session, tracks, states, deadline)
        if states is None or stays is None:
            self._lost(tracks)
            return None
        if stays:
            self._leave_to_timer(tracks, stays)
            return None
        return states

    @property
    def _restoring(self) -> bool:
        return self._running.action is Action.RESTORE

    def _throw_away(self, session: Session, deadline: float) -> None:
        """What a session that broke left undone, where it does not go with its session."""
        spec = self._profile.session
        if self._left_behind and spec.left_undone:
            if session.write(abandoned_block(spec)) is not Outcome.NOT_SENT:
                session.collect(deadline)
            self._left_behind = False

    def _settle_cut(self, track: Track, state: State | None) -> None:
        """Ends the track where it is cut, or there are no lines for how it reads: what goes by the state is
        not sent to a point that could not be read."""
        if track.confirmed_by(state):
            track.finish(Proof.CONFIRMED, "already-cut" if track.outcome is Outcome.NOT_ATTEMPTED else "")
        elif not track.fits(state):
            unfit = (Proof.UNKNOWN, "unreadable") if state is None else (Proof.CONTRADICTED, "no-case")
            track.finish(unfit[0], track.cause or unfit[1])

    def _settle_restore(self, track: Track, state: State | None) -> None:
        """Ends the track where nothing may be sent, or nothing needs to be."""
        running = self._running
        if state is None:
            track.finish(Proof.UNKNOWN, "unreadable")
        elif running.book.holders(track.point) - running.claimed_by(track.point):
            track.finish(Proof.UNKNOWN, "held-again")
        elif track.outcome is not Outcome.NOT_ATTEMPTED:
            # The block went out and the session was lost: what is read now is its end, good or bad.
            proof = judge(track.rendering.expect, state)
            differs = "read-back-differs" if proof is Proof.CONTRADICTED else ""
            track.finish(proof, "" if proof is Proof.CONFIRMED else track.cause or differs)
        elif drifted(running.book, track, state) and self._device.name not in running.accept_drift:
            limited = running.limited_at(track.point)  # what nobody described is not let through
            if keeping(self._device.name) in running.accept_drift and limited is None:
                track.finish(Proof.CONFIRMED, KEPT_THEIRS)  # as it was read is as a person wants it
            else:
                track.finish(Proof.CONTRADICTED, "drift")
        elif judge(track.rendering.expect, state) is Proof.CONFIRMED:
            track.finish(Proof.CONFIRMED, "already-back")
        elif not track.rendering.commands:
            track.finish(Proof.CONTRADICTED, "read-back-differs")
        elif self._opens_others(track):
            track.finish(Proof.CONTRADICTED, "others-held")

    def _opens_others(self, track: Track) -> bool:
        """Whether its lines bring back all that a trunk carried, while others of its VLANs stay cut."""
        point, running = track.point, self._running
        own = re.compile(rf"(?<!\d){point.vlan}(?!\d)")
        if not track.step.point.tagged or any(map(own.search, track.rendering.commands)):
            return False
        return any(
            (key.point.device, key.point.object) == (point.device, point.object)
            and key.point != point
            and key not in running.claimed_by(key.point)
            for key in (hold.key for hold in running.book.holds())
        )

    # --- the timer behind a restore ------------------------------------------------------------------

    def _stays(
        self, session: Session, tracks: Sequence[Track], states: States, deadline: float
    ) -> str | None:
        """Why nobody may build on what the device reads now: "" where nothing will take it back; None where
        the session or the time ended."""
        running = self._running
        read = [states[track.point] for track in tracks]
        wanted = all(
            judge(track.rendering.expect, state) is Proof.CONFIRMED
            and running.book.holders(track.point) <= running.claimed_by(track.point)
            for track, state in zip(tracks, read, strict=True)
        )
        stays = self._timer.look(session, deadline, wanted=wanted)
        if stays == "":
            self._timer.read_anew(known=None not in read, wanted=wanted)
        return stays

    def _leave_to_timer(self, tracks: Sequence[Track], cause: str) -> None:
        """What reads as it may is not what will be: it stays held, and is read once the timer has run."""
        for track in tracks:
            track.state, track.read_at = None, None
            track.finish(Proof.UNKNOWN, track.cause or cause)
        self._record.settle(tracks, facts=self._timer.facts())

    # --- giving way --------------------------------------------------------------------------------

    def _gives_way(self) -> bool:
        """To an abort, a failing journal, a restore's failure elsewhere or, if it restores, to a cut. What a
        restore has sent is still read, and what a session left undone still thrown away: for a cut alone that
        is left to its timer."""
        running = self._running
        if not running.stopping.is_set():
            return False
        cut = self._cut_waits or running.cause in (StopCause.PREEMPTED, StopCause.TRIPPED)
        if cut:
            return True
        undone = self._profile.session.left_undone or self._timer.may_have_left
        if self._left_behind and undone:
            return False
        unread = any(track.outcome in (Outcome.SENT, Outcome.ACCEPTED) for track in self._left())
        return running.action is Action.ISOLATE or not unread

    def _stop(self, tracks: Sequence[Track]) -> None:
        """Ends the tracks as they stand; those never read leave no record."""
        for track in tracks:
            if track.outcome is Outcome.NOT_ATTEMPTED and self._record.intended:
                track.outcome = Outcome.NOT_SENT
            track.finish(track.proof, self._running.cause)
        touched = [track for track in tracks if track.read_at or track.outcome is not Outcome.NOT_ATTEMPTED]
        if touched:
            self._record.settle(touched, settles=True)

    # --- sending and learning ----------------------------------------------------------------------

    def _send(self, session: Session, change: Sequence[Track], states: States, deadline: float) -> None:
        running = self._running
        running.before_change([track.point for track in change])
        profile = self._timer.profile
        block = change_block(
            self._operation,
            [track.rendering for track in change],
            self._timer.lines,
            self._others_timers.first,
            profile.session,
            () if self._restoring else self._telling(change),
        )
        for track in change:  # what was read before is no longer what is known
            track.sending()
        written = session.write(block)
        answers = () if written is Outcome.NOT_SENT else session.collect(deadline)
        self._left_behind = left_behind(answers, self._profile)
        self._learn(session, change, states, answers, deadline)

    def _learn(
        self,
        session: Session,
        change: Sequence[Track],
        states: States,
        answers: Sequence[Answer],
        deadline: float,
        *,
        again: bool = False,
    ) -> None:
        """What came of the lines of ``change``. ``again``: what is not confirmed has another round, by the
        same method."""
        running = self._running
        for group, track in enumerate(change, start=1):
            track.outcome, track.cause = outcome_of(answers, group, self._timer.profile)
        if running.action is Action.RESTORE:
            self._sent_back(session, change, answers)
            return
        doubted = self._doubted(change, states, answers)
        self._read_back.judge(session, change, reads_after(self._operation, answers), deadline)
        lost = interrupted(answers) or not session.is_open or denied(self._operation, answers, self._profile)
        if lost:
            running.sessions.drop(self._device.name)
        for track in change:
            if not again or track.proof is Proof.CONFIRMED:
                self._conclude(track, lost=lost)
        taken = self._others_timers.facts(answers)
        self._record.settle(change, transcript(answers), facts=taken, doubted=doubted, settles=True)
        if not lost and any(track.cause == LOCKED and not track.done for track in change):
            self._clock.pause(ASK_AGAIN)

    def _telling(self, change: Sequence[Track]) -> frozenset[str]:
        """The commands that tell, right before the change, of what its return goes by."""
        return frozenset(
            command for track in change for command in reads_telling(track.context, undone_by(track))
        )

    def _doubted(self, change: Sequence[Track], states: States, answers: Sequence[Answer]) -> Sequence[Track]:
        """Those that somebody else changed between what is on record as before, and the change."""
        before = reads_before(answers)
        return [track for track in change if changed_meanwhile(track, states[track.point], before)]

    def _sent_back(self, session: Session, change: Sequence[Track], answers: Sequence[Answer]) -> None:
        """Only another log-in tells whether the device can still be reached: the next round's."""
        lost = interrupted(answers) or not session.is_open
        self._running.sessions.drop(self._device.name)
        for track in change:
            track.resent = lost
        self._record.sent(change, transcript(answers))

    def _conclude(self, track: Track, *, lost: bool) -> None:
        """Decides whether the step is over, gets its next method, or is read again in a new session."""
        if track.proof is Proof.CONFIRMED:
            track.finish(Proof.CONFIRMED)
        elif lost:
            if track.resent:
                track.finish(Proof.UNKNOWN, track.cause or "hung-up")
            track.resent = True
        elif track.cause == LOCKED:
            pass  # who has the configuration lets go of it, or the next round says so
        elif self._falls_back(track):
            track.fall_back()
        elif track.proof is Proof.UNKNOWN:
            accepted = track.outcome is Outcome.ACCEPTED
            track.finish(Proof.ACCEPTED if accepted else Proof.UNKNOWN, track.cause or "unreadable")
        else:
            track.finish(Proof.CONTRADICTED, track.cause or "read-back-differs")

    def _falls_back(self, track: Track) -> bool:
        """Where the device refused or reads otherwise; what cannot be read gives no reason to send more."""
        failed = track.outcome is Outcome.REJECTED or track.proof is Proof.CONTRADICTED
        return failed and track.has_fallback

    def _lost(self, tracks: Sequence[Track]) -> None:
        """The session died while reading: once more in a new one, then it is for a person."""
        self._running.sessions.drop(self._device.name)
        for track in tracks:
            if track.resent:
                track.finish(Proof.UNKNOWN, track.cause or "hung-up")
            track.resent = True
        over = [track for track in tracks if track.done]
        if over:
            self._record.settle(over, facts=self._record.unmet(over))

    def _unreached(self, failure: OpenFailed) -> None:
        """No session (any more): what was sent before stays sent, the rest was never sent."""
        cause = f"open.{failure.cause}"
        left = self._left()
        for track in left:
            if track.outcome is Outcome.NOT_ATTEMPTED:
                track.outcome = Outcome.NOT_SENT
            track.finish(Proof.UNKNOWN, cause)
        self._record.unreached(cause, str(failure.data.get("detail", "")), left)

    def _give_up(self, cause: str) -> None:
        left = self._left()
        for track in left:
            track.finish(track.proof, track.cause or cause)
        self._record.settle(left, facts=self._record.unmet(left))

    def _failed(self) -> None:
        """A defect of ours: what was sent is known, what came of it is not."""
        self._running.sessions.drop(self._device.name)
        for track in self._left():
            track.finish(Proof.UNKNOWN, "internal")
        self._record.settle(self._tracks, facts=self._record.unmet(self._tracks), settles=True)

    def _left(self) -> list[Track]:
        return [track for track in self._tracks if not track.done]


def _in_turn(tracks: Sequence[Track]) -> tuple[list[Track], list[Track]]:
    """Those whose lines may go out together, and those that wait for another round: lines that go by the
    state of a port which lines before them change. The last VLAN of a trunk may have to go another way than
    those before it."""
    now: list[Track] = []
    later: list[Track] = []
    ports: set[str] = set()
    for track in tracks:
        (later if track.rendering.when and track.point.object in ports else now).append(track)
        ports.add(track.point.object)
    return now, later
