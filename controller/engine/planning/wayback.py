"""The way back to devices that a cut put out of reach: what must return before its turn. Pure.

A device managed in-band behind a cut link cannot be restored until the link is. So the points that lead to it
return first, as few of them as will do, in waves of their own under the conditions of their own subjects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from controller.domain.hold import Attribution, Hold
from controller.domain.inventory import Inventory, PointId
from controller.domain.plan import Severity
from controller.engine.findings import Findings
from controller.engine.network.reachability import Aftermath
from controller.engine.network.vlans import Cuts, Network, in_band
from controller.engine.points.holds import HoldBook


@dataclass(frozen=True, slots=True)
class Turn:
    """Points that return together. ``order``: the place of their subjects in the order of return."""

    order: int
    points: tuple[PointId, ...]


class WayBack:
    """``book`` is read once, at the beginning."""

    def __init__(self, inventory: Inventory, book: HoldBook) -> None:
        self._inventory = inventory
        self._network = Network(inventory)
        self._cut = {
            hold.point.id: (hold.point, book.methods(hold.point.id) or (hold.method,))
            for hold in book.holds()
            if not _open(hold, book)
        }
        self._inband = {name for name, device in inventory.devices.items() if in_band(device)}
        homes = (home for name in self._inband if (home := self._network.home(name)) is not None)
        self._gateways = {gateway for home in homes for gateway in home.gateways}
        self._out_of_reach_now = (self._inband & self._manageable(())) - self._manageable(self._cut)

    def turns(self, order: Mapping[int, Sequence[PointId]], findings: Findings) -> list[Turn]:
        """``order``, with what leads to a device in front of it. Names what returns before its turn, and the
        devices that nothing in the plan brings within reach."""
        asked = {point.device for points in order.values() for point in points}
        lost = asked & self._out_of_reach_now
        if not lost:
            return [Turn(index, tuple(order[index])) for index in sorted(order)]
        place = {point: index for index, points in order.items() for point in points}
        found: list[Turn] = []
        left = set(self._cut)
        for index in sorted(order):
            for device in sorted({each.device for each in order[index]} & lost):
                early = self._leading_to(device, [each for each in place if each in left], place, left)
                if early is None:
                    self._out_of_reach(device, left, findings)
                    continue
                for turn in self._turns(early, place, left):
                    found.append(turn)
                    left.difference_update(turn.points)
                    for point in turn.points:
                        if turn.order > index:
                            findings.hazard("returns-early", Severity.WARN, str(point), device=device)
            returned = {point for turn in found for point in turn.points}
            rest = tuple(each for each in order[index] if each not in returned)
            if rest:
                found.append(Turn(index, rest))
                left.difference_update(rest)
        return found

    def _leading_to(
        self,
        device: str,
        candidates: Sequence[PointId],
        place: Mapping[PointId, int],
        left: Collection[PointId],
    ) -> list[PointId] | None:
        """The points whose return brings the device within reach, in an order in which each is reached by
        then; empty: it is within reach. None: nothing does."""
        early: list[PointId] = []
        closed = set(left)
        near = self._manageable(closed)
        while device not in near:
            more = [
                each for each in candidates if each in closed and each.device in near and self._leads(each)
            ]
            if not more:
                return None
            early.extend(sorted(more, key=lambda each: (place[each], each.order)))
            closed.difference_update(more)
            near = self._manageable(closed)
        for point in sorted(early, key=lambda each: (-place[each], each.order)):
            fewer = [each for each in early if each != point]
            if self._in_turn(device, fewer, left):
                early = fewer
        return early

    def _turns(
        self, early: Sequence[PointId], place: Mapping[PointId, int], left: Collection[PointId]
    ) -> list[Turn]:
        """What returns together is of the same subjects, and each within reach before any of it is back."""
        found: list[Turn] = []
        closed, near = set(left), self._manageable(left)
        for point in early:
            turn = found[-1] if found else None
            if turn and turn.order == place[point] and point.device in near:
                found[-1] = Turn(turn.order, (*turn.points, point))
                continue
            if turn:
                closed.difference_update(turn.points)
                near = self._manageable(closed)
            found.append(Turn(place[point], (point,)))
        return found

    def _in_turn(self, device: str, early: Iterable[PointId], left: Collection[PointId]) -> bool:
        """Whether each of ``early`` is within reach when the ones before it are back, and then ``device``."""
        closed = set(left)
        for point in early:
            if point.device not in self._manageable(closed):
                return False
            closed.discard(point)
        return device in self._manageable(closed)

    def _leads(self, point: PointId) -> bool:
        port = self._cut[point][0].port
        return port in self._network.at_port or port in self._gateways

    def _out_of_reach(self, device: str, left: Collection[PointId], findings: Findings) -> None:
        held = [each for each in sorted(left, key=lambda each: each.order) if self._leads(each)]
        through = [
            str(each)
            for each in held
            if device in self._manageable([other for other in left if other != each])
        ]
        findings.hazard(
            "way-back-cut",
            Severity.WARN,
            device,
            through=", ".join(through or (str(each) for each in held)),
        )

    def _manageable(self, cut: Iterable[PointId]) -> frozenset[str]:
        cuts = Cuts()
        for each in cut:
            point, methods = self._cut[each]
            for method in methods:
                cuts.cut(point, method)
        return Aftermath(self._network, cuts).manageable()


def _open(hold: Hold, book: HoldBook) -> bool:
    """Whether the hold's point was not cut by Cordon: no command went there, or it was cut before."""
    return book.untouched(hold.point.id) or hold.attribution is Attribution.FOREIGN
