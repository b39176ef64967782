"""What a device says of an operation's points: before anything is sent, and until what was sent settles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controller.domain.inventory import PointId
from controller.domain.plan import Operation
from controller.domain.profile.reading import State
from controller.domain.proof import Outcome, Proof
from controller.engine.points.blocks import complete_answers, interrupted, read_block
from controller.engine.points.reading import judge, read_state
from controller.engine.points.track import Track
from controller.engine.ports import Answer, Clock, Session

_CONFIGURED_AT_ONCE = 0.5
"""Seconds after which what is configured stays as it was read: only what follows from it takes longer."""

_RE_READ_EVERY = 0.05
"""Seconds between read-backs while a state settles (link down follows its command by some milliseconds)."""

States = Mapping[PointId, State | None]


class ReadBack:
    """The reads of one operation. ``settle``: seconds a state may take; deadlines are monotonic."""

    def __init__(self, operation: Operation, settle: float, clock: Clock) -> None:
        self._operation = operation
        self._settle = settle
        self._clock = clock

    def states(self, session: Session, tracks: Sequence[Track], deadline: float) -> States | None:
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

    def settled(
        self, session: Session, tracks: Sequence[Track], states: States, deadline: float
    ) -> States | None:
        """``states``, read again for a moment while what was sent by another log-in does not read as wanted:
        the log-in may have been faster than the device. None as :meth:`states`."""
        sent = [track for track in tracks if track.outcome in (Outcome.SENT, Outcome.ACCEPTED)]
        until = min(deadline, self._clock.monotonic() + min(self._settle, _CONFIGURED_AT_ONCE))
        found: States | None = states
        while found is not None and self._clock.monotonic() < until:
            read = [judge(track.rendering.expect, found[track.point]) for track in sent]
            if Proof.CONTRADICTED not in read:
                break
            self._clock.pause(_RE_READ_EVERY)
            found = self.states(session, tracks, deadline)
        return found

    def judge(
        self, session: Session, change: Sequence[Track], answers: Mapping[str, str], deadline: float
    ) -> None:
        """Judges the read-back, and reads again while states still settle."""
        begun, unread = self._clock.monotonic(), True
        settle_by = min(deadline, begun + self._settle)
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

    def _ask(self, session: Session, deadline: float) -> tuple[Answer, ...]:
        if session.write(read_block(self._operation)) is Outcome.NOT_SENT:
            return ()
        return session.collect(deadline)
