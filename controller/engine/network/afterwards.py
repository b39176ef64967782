"""What the site still is once an isolation is carried out: which devices Cordon still reaches after every
wave, which segments still reach what, which conduits are open, who reaches whom inside a VLAN. Pure.

Told of every subject, kept alive or cut; the planner's hazards name of it what stands against the plan.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from controller.domain.bulk import uncollected
from controller.domain.inventory import MANUAL, Conduit, Inventory, Segment
from controller.domain.plan import Plan
from controller.engine.network.ownpath import OwnPath
from controller.engine.network.reachability import Aftermath
from controller.engine.network.vlans import Cuts, Network, families_of, in_band


@dataclass(frozen=True, slots=True)
class AfterWave:
    """``lost``: the devices out of Cordon's reach once the wave has gone, by it or by an earlier one."""

    index: int
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SegmentAfter:
    """``reaches``: each subject it still reaches, with the families of addresses; ``together``: those of its
    points whose hosts still reach each other inside a VLAN, group by group."""

    name: str
    cut: bool
    reaches: tuple[tuple[str, tuple[int, ...]], ...]
    together: tuple[tuple[str, ...], ...]

    @property
    def spread(self) -> int:
        """How many of its points still reach another."""
        return len({point for group in self.together for point in group})


@dataclass(frozen=True, slots=True)
class ConduitAfter:
    """``open_to``: the segments that still reach out through it."""

    name: str
    cut: bool
    open_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Afterwards:
    """``managed``: the devices Cordon can act on at all; ``way_unknown``: those of them managed in-band of
    which the links do not say how they are reached."""

    managed: tuple[str, ...]
    way_unknown: tuple[str, ...]
    waves: tuple[AfterWave, ...]
    segments: tuple[SegmentAfter, ...]
    conduits: tuple[ConduitAfter, ...]


@uncollected()
def afterwards(inventory: Inventory, plan: Plan) -> Afterwards:
    """``plan`` isolates, and was made from ``inventory``."""
    network = Network(inventory)
    own_path = OwnPath(network, ())
    cuts = Cuts.of(
        step
        for _, _, step in plan.steps()
        if step.rendering.commands or inventory.devices[step.point.id.device].platform == MANUAL
    )
    after = Aftermath(network, cuts)
    cut = {name for _, _, step in plan.steps() for name in step.subjects}
    managed = [device for device in inventory.devices.values() if device.platform != MANUAL]
    known = Aftermath(network, Cuts()).manageable()
    return Afterwards(
        managed=tuple(device.name for device in managed),
        way_unknown=tuple(each.name for each in managed if in_band(each) and each.name not in known),
        waves=tuple(
            AfterWave(wave.index, tuple(sorted(lost)))
            for wave, lost in zip(plan.waves, own_path.lost_by_wave(plan.waves), strict=True)
        ),
        segments=tuple(_segment(after, each, cut) for each in inventory.segments.values()),
        conduits=tuple(
            ConduitAfter(each.name, each.name in cut, tuple(_open_to(after, each)))
            for each in inventory.conduits.values()
        ),
    )


def _segment(after: Aftermath, segment: Segment, cut: Collection[str]) -> SegmentAfter:
    reached: dict[str, list[int]] = {}
    for passage in after.reached(segment):
        reached.setdefault(passage.other, []).append(passage.family)
    together = [tuple(str(each.point) for each in group) for group in after.together(segment.name)]
    return SegmentAfter(
        segment.name,
        segment.name in cut,
        tuple((name, tuple(families)) for name, families in reached.items()),
        tuple(dict.fromkeys(together)),
    )


def _open_to(after: Aftermath, conduit: Conduit) -> Iterator[str]:
    for segment in after.network.inventory.segments.values():
        if any(after.out(segment, conduit, family) for family in families_of(segment)):
            yield segment.name
