"""What stands between a restore and its next wave: the pause and the gates; with them, the holds that no
device has anything to do for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from controller.domain.facts import Fact, HoldEnded
from controller.domain.hold import Ending, HoldKey
from controller.domain.plan import Operation, Wave
from controller.domain.tags import Tag
from controller.engine.execution.running import Running, StopCause

_LOOKS_UP = 0.2
"""Seconds after which a pause between waves looks whether the run is to stop."""


class Admission:
    """Of one run. A cut waits for nothing here."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._gated = frozenset(each.subject for each in running.plan.conditions)
        self._admitted: set[str] = set()
        self._begun = False

    def begin(self) -> None:
        """Lets go of what waits at no gate and needs no device."""
        self._release({subject for _, subject, _ in self._running.plan.ends} - self._gated)

    def of(self, wave: Wave, operations: Sequence[Operation]) -> bool:
        """Waits out the pause before the wave; then whether the gates of all it brings back are open at this
        very moment. Where they are not, nothing further goes out. Raises JournalUnavailable, StaleEpoch."""
        running = self._running
        if self._begun:
            self._pause(wave.pause)
        steps = [step for each in operations for step in each.steps if running.concerns(step.point.id)]
        subjects = {name for step in steps for name in step.subjects}
        if not running.stopping.is_set() and not running.admits(subjects, wave.index):
            running.stop(StopCause.GATED)
        if running.stopping.is_set():
            return False
        self._begun = True
        self._admitted |= subjects
        self._release(subjects & self._gated)
        return True

    def of_the_rest(self) -> None:
        """The subjects behind a gate that nothing had to be sent for."""
        running, waves = self._running, self._running.plan.waves
        rest = {key.subject for key in self._without_work() if key.subject in self._gated - self._admitted}
        if not rest or running.stopping.is_set():
            return
        if running.admits(rest, waves[-1].index if waves else 0):
            self._release(rest)
        else:
            running.stop(StopCause.GATED)

    def _pause(self, seconds: int) -> None:
        clock, running = self._running.services.clock, self._running
        until = clock.monotonic() + seconds
        while not running.stopping.is_set() and (left := until - clock.monotonic()) > 0:
            clock.pause(min(left, _LOOKS_UP))

    def _release(self, subjects: Collection[str]) -> None:
        """Ends the holds of ``subjects`` that no device has anything to do for."""
        running = self._running
        if running.stopping.is_set() or running.plan.moves:  # what moves is let go of once it is cut
            return
        ending = Ending.RETIREMENT if running.plan.retires else Ending.RESTORE
        facts: list[Fact] = [
            HoldEnded(key.run, key.subject, key.point, ending, running.run)
            for key in self._without_work()
            if key.subject in subjects
        ]
        if facts:
            running.commit(Tag.HOLD_ENDED, facts)

    def _without_work(self) -> Iterator[HoldKey]:
        """The holds to let go of at points that another hold keeps cut, and at points nothing was ever sent
        to. One that has become a cut point's last since the plan was made stays: the point is still cut."""
        running = self._running
        worked = {step.point.id for _, _, step in running.plan.steps()}
        for key in map(HoldKey._make, running.plan.ends):
            if key.point in worked or running.book.hold(key) is None:
                continue
            kept = running.book.holders(key.point) - set(running.ends_of(key.point))
            if running.plan.retires or kept or running.book.untouched(key.point):
                yield key
