"""Whether a held point found open is cut again or left to a person, and the cut again.

A point is cut again three times at most on the word of one run; then, and wherever a person is at it already
or nobody has looked for a day, a person decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

from controller.domain.facts import SYSTEM
from controller.domain.inventory import Device, PointId
from controller.domain.lifecycle import OVER
from controller.domain.plan import Wave
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome
from controller.engine.events import Event
from controller.engine.execution.operation import OperationRun
from controller.engine.execution.running import Running, Services
from controller.engine.execution.sessions import DeviceSlots, Sessions
from controller.engine.holding.watched import REOPENED, Watched
from controller.engine.points.holds import HoldBook
from controller.engine.points.renderer import operation
from controller.engine.ports import History, StepRecord

MOST_REASSERTIONS = 3

UNWATCHED = timedelta(hours=24)
"""Who finds a point open that nobody has read for so long cannot know what was decided meanwhile."""


class Reassertion:
    """Of the held points of one home."""

    def __init__(self, services: Services, history: History, book: HoldBook, slots: DeviceSlots) -> None:
        self._services = services
        self._history = history
        self._book = book
        self._slots = slots

    def left_to_a_person(self, each: Watched, last: StepRecord | None, before: int) -> str:
        """Why the point is not cut again; "" where it is. ``last``: its last reading; ``before``: how often
        it was cut again for the run that holds it."""
        if before >= MOST_REASSERTIONS:
            return "three-times"
        if self._restoring(each.point):
            return "restore-unfinished"
        then = last.read_at if last and last.read_at else each.hold.opened_at
        return "unwatched" if self._services.clock.now() - then > UNWATCHED else ""

    def _restoring(self, point: PointId) -> bool:
        """Whether a restore that is not over has sent anything there: a person is at it."""
        if self._book.unsettled(point, Action.RESTORE):
            return True
        resting = (r for r in self._history.runs() if r.action is Action.RESTORE and r.state not in OVER)
        return any(
            step.point == point and step.outcome in (Outcome.SENT, Outcome.REJECTED, Outcome.ACCEPTED)
            for record in resting
            for step in self._history.run(record.run).steps
        )

    def counts(self) -> Mapping[tuple[str, PointId], int]:
        """How often each point was cut again for each run that holds it."""
        found: dict[tuple[str, PointId], int] = defaultdict(int)
        for _, note in self._history.noted(REOPENED):
            data = dict(note.data)
            if data.get("decision") == "cut-again":
                vlan = int(data["vlan"]) if data.get("vlan") else None
                found[data["run"], PointId(data["device"], data["object"], vlan)] += 1
        return found

    def cut_again(
        self,
        run: str,
        wave: Wave,
        part: Sequence[Watched],
        device: Device,
        profile: DeviceProfile,
        sessions: Sessions,
    ) -> None:
        """Sends what cuts ``part``, points of one wave of ``run``; whoever calls is at the device already.
        Raises JournalUnavailable, StaleEpoch."""
        basis, record = part[0].basis, self._history.run(run)
        running = Running(
            run=run,
            plan=basis.plan,
            inventory=basis.inventory,
            profiles=basis.profiles,
            services=self._services,
            actor=SYSTEM,
            book=self._book,
            slots=self._slots,
            sessions=sessions,
            probe_sessions=sessions,
            watcher=_nobody,
        )
        running.attempts.update(record.attempts)
        steps = operation(basis.profiles, device, [each.step for each in part])
        OperationRun(running, wave, steps, device, profile).execute_here()


def _nobody(_event: Event) -> None:
    """What is done at a single device is told by the log."""
