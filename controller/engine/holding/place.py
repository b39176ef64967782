"""One device a session is or may be held open with: what is known of it, and when it is asked again."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from controller.domain.armed import LOST, Standing, Why
from controller.domain.errors import OpenCause
from controller.domain.inventory import Device, PointId
from controller.domain.profile.reading import State
from controller.engine.ports import Clock, Session

FIRST_RETRY, LONGEST_RETRY = 15.0, 900.0
"""Seconds until a device that gave no session is asked again: twice as long each time, give or take a
quarter."""

_FOR_A_PERSON = frozenset(
    {
        OpenCause.LOGIN_REJECTED,
        OpenCause.CREDENTIAL_DROPPED,
        OpenCause.HOST_KEY_CHANGED,
        OpenCause.HOST_KEY_UNKNOWN,
        OpenCause.MANUAL,
    }
)


class Rhythm:
    """The clock, and how what recurs is spread: no two devices fall into step."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._random = random.Random()  # noqa: S311 - spreads readings, guards nothing

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def later(self, seconds: float, share: float) -> float:
        """Monotonic, in ``seconds``, give or take that ``share`` of them."""
        return self._clock.monotonic() + seconds * self._random.uniform(1 - share, 1 + share)

    def moment(self, at: float) -> datetime:
        """When it will be that late on the monotonic clock; now where it already is."""
        return self._clock.now() + timedelta(seconds=max(0.0, at - self._clock.monotonic()))


@dataclass
class Place:
    """One device. ``at``: monotonic, when something is due; ``turn``: of the device's slot at the last
    reading; ``proven``: that a line is left for people; ``kept``: that its session is on record as begun.
    ``working``: given out to be visited; ``reading``: its session is in use."""

    device: Device
    on: bool
    why: Why
    since: datetime
    at: float
    session: Session | None = None
    taken: Session | None = None
    states: dict[PointId, State | None] = field(default_factory=dict)
    read_at: datetime | None = None
    turn: int = -1
    failures: int = 0
    failure: str = ""
    stopped: bool = False
    proven: bool = False
    last_line: bool = False
    working: bool = False
    reading: bool = False
    kept: bool = False

    def standing(self, monotonic: float) -> Standing:
        if not self.on:
            return Standing.OFF
        if self.session is not None:
            return Standing.ARMED
        if self.stopped:
            return Standing.STOPPED
        if self.taken is not None:
            return Standing.TAKEN
        return Standing.OPENING if self.working or self.at <= monotonic else Standing.WAITING

    def opened(self, session: Session, rhythm: Rhythm) -> None:
        self.proven = True
        self.session, self.since = session, rhythm.now()
        self.failures, self.failure = 0, ""

    def hand_over(self, rhythm: Rhythm) -> None:
        """Its session is somebody else's now; the next one waits until that one has ended."""
        self.session, self.taken = None, self.session
        self.since = rhythm.now()
        self.at = rhythm.later(FIRST_RETRY, 0.25)

    def drop(self) -> Session | None:
        """The session that is to be ended, if any. Who reads by it forgets it."""
        session = self.session
        if not self.reading:
            self.session = None
        return session

    def lost(self, rhythm: Rhythm) -> None:
        self.session, self.failure = None, LOST
        self.since = rhythm.now()
        self._back_off(rhythm)

    def failed(self, cause: OpenCause, rhythm: Rhythm) -> None:
        self.failure = cause
        self.stopped = cause in _FOR_A_PERSON
        if not self.failures:
            self.since = rhythm.now()
        self._back_off(rhythm)

    def try_again(self, rhythm: Rhythm) -> None:
        self.failures, self.at = 0, rhythm.monotonic()

    def _back_off(self, rhythm: Rhythm) -> None:
        wait = min(FIRST_RETRY * 2.0**self.failures, LONGEST_RETRY)
        self.failures = min(self.failures + 1, 10)
        self.at = rhythm.later(wait, 0.25)
