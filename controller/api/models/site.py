"""What the site is made of."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from controller.api.models import (
    Both,
    PointShown,
    both,
    point,
)
from controller.domain.inventory import Conduit, Device, Segment
from controller.domain.playbook import Playbook
from controller.domain.proof import Proof


class DeviceShown(BaseModel):
    name: str
    platform: str
    role: str
    addresses: list[str]
    management: str
    building: str
    rack: str
    managed_by: str | None
    trusted: bool = Field(description="Whether its host key is pinned.")


class SegmentShown(BaseModel):
    name: str
    title: Both
    impact: Both
    priority: int
    role: str
    keep_alive: bool
    depends_on: list[str]
    vlans: list[int]
    prefixes: list[str]
    points: list[PointShown]


class ConduitShown(BaseModel):
    name: str
    title: Both
    kind: str
    priority: int
    keep_alive: list[str]
    points: list[PointShown]


class PlaybookShown(BaseModel):
    name: str
    title: Both
    level: int | None
    restores: bool
    stages: list[str]
    revision: str


class PointHeld(BaseModel):
    """``held``: some run keeps it cut; ``proof`` is as it counts now."""

    point: PointShown
    kind: str
    subjects: list[str]
    held: bool
    runs: list[str]
    proof: Proof
    read_at: datetime | None


def device(found: Device) -> DeviceShown:
    return DeviceShown(
        name=found.name,
        platform=found.platform,
        role=found.role.value,
        addresses=[path.address for path in found.paths if path.console is None],
        management=found.management.value,
        building=found.location.building,
        rack=found.location.rack,
        managed_by=found.managed_by,
        trusted=found.host_key is not None,
    )


def segment(found: Segment) -> SegmentShown:
    return SegmentShown(
        name=found.name,
        title=both(found.title),
        impact=both(found.impact),
        priority=found.priority,
        role=found.role.value,
        keep_alive=found.keep_alive,
        depends_on=list(found.depends_on),
        vlans=list(found.vlans),
        prefixes=list(found.prefixes),
        points=[point(each.id) for each in found.points],
    )


def conduit(found: Conduit) -> ConduitShown:
    return ConduitShown(
        name=found.name,
        title=both(found.title),
        kind=found.kind.value,
        priority=found.priority,
        keep_alive=list(found.keep_alive),
        points=[point(each.id) for each in found.points],
    )


def playbook(found: Playbook) -> PlaybookShown:
    return PlaybookShown(
        name=found.name,
        title=both(found.title),
        level=found.level,
        restores=any(stage.action.value == "restore" for stage in found.stages),
        stages=[stage.name for stage in found.stages],
        revision=found.digest,
    )
