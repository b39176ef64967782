"""Holds moved to the points that took the place of others, as faces ask for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.bootstrap import Composition
from controller.domain.facts import Actor
from controller.domain.inventory import PointId
from controller.domain.plan import Hazard
from controller.engine.events import Watcher
from controller.engine.execution.walklist import Errand, walklist
from controller.engine.planning.plans import Documents
from controller.engine.planning.transfer import Transfer, Transferral, plan_transfer
from controller.engine.points.holds import HoldBook
from controller.engine.readiness.newpoints import NewPoint, read_new_points, unread
from controller.workers.documents import CurrentDocuments
from controller.workers.leading import Leading
from controller.workers.livechecks import Noting
from controller.workers.requests import MoveHolds
from controller.workers.seen import Seen

if TYPE_CHECKING:
    from controller.engine.people.accounts import Credentials


@dataclass(frozen=True, slots=True)
class Transferred:
    """``moved`` and ``kept``: pairs of points, old and new; what is ``kept`` is held at the old one still.
    ``errands``: what is to be cut by hand. ``degraded``: part of the record went through the spool."""

    runs: tuple[str, ...]
    moved: tuple[tuple[PointId, PointId], ...]
    kept: tuple[tuple[PointId, PointId], ...]
    errands: tuple[Errand, ...]
    degraded: bool = False


class HoldTransfers:
    """Of one home."""

    def __init__(
        self,
        composition: Composition,
        documents: CurrentDocuments,
        leader: Leading,
        book: Callable[[Documents], HoldBook],
    ) -> None:
        self._composition = composition
        self._documents = documents
        self._leader = leader
        self._book = book

    def plan(self, wanted: Transfer) -> tuple[Transferral, ...]:
        """As :func:`controller.engine.planning.transfer.plan_transfer`."""
        documents = self._documents.present()
        return plan_transfer(documents, self._book(documents), self._leader.history(), wanted)

    def look(self, found: Sequence[Transferral]) -> tuple[NewPoint, ...]:
        """What the new points are now. Changes nothing."""
        documents = self._documents.present()
        services = self._composition.services(Noting())
        return read_new_points(found, documents.inventory, documents.profiles, services)

    def shown(
        self, wanted: Transfer
    ) -> tuple[tuple[Transferral, ...], tuple[NewPoint, ...], tuple[Hazard, ...]]:
        """The plans, what the new points are now, and what refuses since one could not be read. Devices are
        not asked for a plan that is refused. Raises as :meth:`plan`."""
        found = self.plan(wanted)
        if any(each.plan.refusals for each in found):
            return found, (), ()
        points = self.look(found)
        return found, points, tuple(unread(points))

    def carry_out(
        self,
        wanted: Transfer,
        found: Sequence[Transferral],
        reason: str,
        actor: Actor,
        watcher: Watcher,
        *,
        credentials: Credentials | None = None,
    ) -> Transferred:
        """Exactly what was shown. Raises as :meth:`controller.engine.controller.Controller.transfer`."""
        self._composition.home(guarded=True)
        seen = Seen(watcher, self._composition.clock())
        plans = tuple(each.plan.hash for each in found)
        self._leader.ask(MoveHolds(wanted, plans, reason, actor, credentials), seen)
        inventory = self._documents.present().inventory
        errands = {
            errand.point: errand
            for run, plan, ended in seen.ends
            for errand in walklist(run, plan, inventory, ended.results)
        }
        held = {hold.key for hold in self._leader.history().open_holds()}
        pairs: dict[tuple[PointId, PointId], bool] = {}
        for move in (move for each in found for move in each.moves):
            still = any(hold.key in held for hold in move.holds)
            pair = (move.old, move.new.id)
            pairs[pair] = pairs.get(pair, False) or still
        return Transferred(
            tuple(run for run, _, _ in seen.ends),
            tuple(pair for pair, still in pairs.items() if not still),
            tuple(pair for pair, still in pairs.items() if still),
            tuple(errands.values()),
            seen.degraded,
        )
