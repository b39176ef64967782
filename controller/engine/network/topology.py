"""The site as a graph of devices: how far each is from the controller, and what a cut link takes away.
Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Mapping

from controller.domain.inventory import Inventory, Port


class Topology:
    """The links of an inventory, seen from the device the controller is attached to."""

    def __init__(self, inventory: Inventory) -> None:
        attached = inventory.controller.attached_to
        self.root: str | None = attached.device if attached else None
        self._neighbours: dict[str, list[tuple[str, Port, Port]]] = defaultdict(list)
        for link in inventory.links:
            one, other = link.ends
            self._neighbours[one.device].append((other.device, one, other))
            self._neighbours[other.device].append((one.device, other, one))

    def distances(self, cut: Collection[Port] = frozenset()) -> Mapping[str, int]:
        """Hops from the controller's device, over links with neither end in ``cut``; unreachable: absent."""
        if self.root is None:
            return {}
        found = {self.root: 0}
        queue = deque([self.root])
        while queue:
            device = queue.popleft()
            for neighbour, near, far in self._neighbours[device]:
                if neighbour not in found and near not in cut and far not in cut:
                    found[neighbour] = found[device] + 1
                    queue.append(neighbour)
        return found

    def severing(self, cut: Collection[Port]) -> list[Port]:
        """The ports of ``cut`` at the edge of what is still reached: those that take the rest away."""
        near = self.distances(cut)
        far = self.distances().keys() - near.keys()
        return sorted(
            {
                port
                for device in far
                for neighbour, own, other in self._neighbours[device]
                if neighbour in near
                for port in (own, other)
                if port in cut
            }
        )
