"""The waves of an isolation: which devices go together, and which before which. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from controller.domain.inventory import MANUAL, Device, DeviceRole, Inventory, Management, PointId
from controller.domain.plan import Severity, Step, Wave
from controller.domain.playbook import Order, Stage
from controller.domain.profile import DeviceProfile
from controller.engine.findings import Findings
from controller.engine.network.ownpath import OwnPath
from controller.engine.network.topology import Topology
from controller.engine.points.renderer import operation

CRITICALITY = {
    role: rank
    for rank, role in enumerate(
        (
            DeviceRole.WAN,
            DeviceRole.VPN,
            DeviceRole.FIREWALL,
            DeviceRole.CORE,
            DeviceRole.DISTRIBUTION,
            DeviceRole.WLAN,
            DeviceRole.ACCESS,
        )
    )
}
"""Choke points first: the order in which devices of one wave are started."""


class Waves:
    """Puts steps into waves. ``reads``: the commands that read each point, rendered already."""

    def __init__(
        self,
        inventory: Inventory,
        profiles: Mapping[str, DeviceProfile],
        own_path: OwnPath,
        reads: Mapping[PointId, tuple[str, ...]],
        findings: Findings,
    ) -> None:
        self._inventory = inventory
        self._profiles = profiles
        self._own_path = own_path
        self._reads = reads
        self._findings = findings
        self._distances = Topology(inventory).distances()

    def of(self, stage: Stage, steps: Iterable[Step], first: int, *, waits: bool) -> list[Wave]:
        """Numbered from ``first``. In-band devices farthest first, one wave a distance, so that none is cut
        off before its turn; those managed out of band, and the walk-list, go with the first wave. Where the
        stage wants choke points first, so do they, as long as the way to nothing leads through what is cut
        there."""
        by_device: dict[str, list[Step]] = defaultdict(list)
        for step in steps:
            by_device[step.point.id.device].append(step)
        by_rank: dict[int, list[Device]] = defaultdict(list)
        chokes: list[Device] = []
        inband: list[tuple[int, Device]] = []
        for name, on_it in by_device.items():
            device = self._inventory.devices[name]
            if device.management is Management.OOB or device.platform == MANUAL:
                by_rank[0].append(device)
            elif self._goes_first(stage, device, on_it):
                chokes.append(device)
            elif name in self._distances:
                inband.append((self._distances[name], device))
            else:
                self._findings.hazard("management-path-unknown", Severity.WARN, name)
                by_rank[0].append(device)
        for rank, distance in enumerate(sorted({distance for distance, _ in inband}, reverse=True)):
            by_rank[rank + bool(chokes)].extend(device for at, device in inband if at == distance)
        by_rank[0].extend(chokes)
        return [
            Wave(
                index=first + index,
                stage=stage.name,
                operations=tuple(
                    operation(self._profiles, device, by_device[device.name], self._reads)
                    for device in sorted(
                        by_rank[rank], key=lambda device: (CRITICALITY[device.role], device.name)
                    )
                ),
                on_failure=stage.on_failure,
                on_unreachable=stage.on_unreachable,
                verify=stage.verify,
                waits=waits or bool(inband or chokes),
                gate=stage.gate,
            )
            for index, rank in enumerate(sorted(rank for rank in by_rank if by_rank[rank]))
        ]

    def _goes_first(self, stage: Stage, device: Device, steps: Iterable[Step]) -> bool:
        return (
            stage.order is Order.CHOKE_POINTS_FIRST
            and CRITICALITY[device.role] <= CRITICALITY[DeviceRole.CORE]
            and not any(self._own_path.matters(step) for step in steps)
        )
