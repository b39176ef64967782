"""What one operation puts on record: its intent before any byte, then what came of it, and every reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from controller.domain.facts import Fact, HoldEnded, IntentRecorded, OutcomeRecorded, Text
from controller.domain.hold import Ending
from controller.domain.limit import LimitState
from controller.domain.plan import Wave
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.events import StepResult, StepsSettled
from controller.engine.execution.claims import doubt, let_through, unmet
from controller.engine.execution.running import Running
from controller.engine.points.track import Track


class OperationRecord:
    """Of the operation of one wave on ``device``. What commits raises JournalUnavailable, StaleEpoch."""

    def __init__(self, running: Running, wave: Wave, device: str) -> None:
        self._running = running
        self._wave = wave
        self._device = device
        self._unsettled = 0  # the attempt intended whose outcome is not on record yet
        self._outcome: OutcomeRecorded | None = None  # what goes on record with what is read next

    @property
    def intended(self) -> bool:
        """Whether an intent is on record whose outcome is not."""
        return self._unsettled > 0

    def intend(self, facts: Sequence[Fact], change: Sequence[Track]) -> None:
        """Puts baselines, holds and the intent on disk in one commit, before any byte."""
        self._running.commit(Tag.OPERATION_INTENDED, self.intending(facts, change))

    def intending(self, facts: Sequence[Fact], change: Sequence[Track]) -> list[Fact]:
        """What :meth:`intend` puts on disk, for who does so for several operations at once."""
        running = self._running
        steps = tuple((track.point, track.rendering.method) for track in change)
        attempt = running.next_attempt(self._device)
        intent = IntentRecorded(running.run, self._wave.index, self._device, attempt, running.action, steps)
        limits = [fact for track in change for fact in let_through(running, track, LimitState.INTENDED)]
        self._unsettled = attempt
        return [*facts, *limits, intent]

    def recovered(self, tracks: Iterable[Track]) -> list[Fact]:
        """The outcomes of what an earlier process intended here and never settled: known from now on by what
        was read, never by what it meant to send. ``tracks``: all of the operation."""
        running, device = self._running, self._device
        here = {track.point for track in tracks}
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

    def sent(self, tracks: Sequence[Track], said: str) -> None:
        """How far the intent came, to go on record once another log-in has read what came of it, or could
        not."""
        self._outcome = self._settled(tracks, said)

    def settle(
        self,
        tracks: Sequence[Track],
        said: str = "",
        *,
        facts: Sequence[Fact] = (),
        doubted: Sequence[Track] = (),
        settles: bool = False,
    ) -> None:
        """``settles``: with the outcome of the intent that has none yet, if there is one. ``said``: the
        transcript of what was sent; ``doubted``: those somebody else changed meanwhile."""
        running = self._running
        found = list(facts)
        if settles and self.intended:
            found.append(self._settled(tracks, said))
        for track in tracks:
            if running.action is Action.RESTORE and track.done and track.proof is Proof.CONFIRMED:
                found.extend(
                    HoldEnded(key.run, key.subject, key.point, Ending.RESTORE, running.run)
                    for key in running.ends_of(track.point)
                    if running.book.hold(key) is not None
                )
                if running.is_last(self._wave, track.point):
                    found.extend(let_through(running, track, LimitState.IN_FORCE))
        for track in doubted if running.action is Action.ISOLATE else ():
            found.extend(doubt(running, track))
        self._commit(found, tracks)

    def _settled(self, tracks: Sequence[Track], said: str) -> OutcomeRecorded:
        worst = min((track.outcome for track in tracks), key=list(Outcome).index)
        cause = next((track.cause for track in tracks if track.cause), "")
        attempt, self._unsettled = self._unsettled, 0
        return OutcomeRecorded(self._running.run, self._device, attempt, worst, cause, Text(said))

    def note(self, facts: Sequence[Fact]) -> None:
        """What is known of timers, apart from any point."""
        if facts:
            self._running.commit(Tag.TIMER_MOVED, facts)

    def unreached(self, cause: str, detail: str, left: Sequence[Track]) -> None:
        """That no session was had. ``detail``: the driver's own words."""
        run = self._running.run
        outcome = OutcomeRecorded(run, self._device, 0, Outcome.NOT_SENT, cause, Text(detail))
        self._commit([outcome, *self.unmet(left)], left, detail)

    def unmet(self, tracks: Sequence[Track]) -> list[Fact]:
        """An isolation's holds where nothing could be read; a restore has none."""
        if self._running.action is Action.RESTORE:
            return []
        return list(unmet(self._running, (track.step for track in tracks)))

    def results(self, tracks: Iterable[Track]) -> tuple[StepResult, ...]:
        return tuple(self._running.as_known(track.result(self._wave)) for track in tracks)

    def _commit(self, facts: Sequence[Fact], tracks: Sequence[Track], detail: str = "") -> None:
        running, results = self._running, self.results(tracks)
        if self._outcome is not None:
            facts, self._outcome = [self._outcome, *facts], None
        reads = [result.as_fact(running.run, running.action) for result in results]
        running.commit(Tag.OPERATION_SETTLED, [*reads, *facts])
        running.watcher(StepsSettled(running.run, self._device, results, detail))
