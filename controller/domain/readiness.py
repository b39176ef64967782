"""Whether a cut would work tonight, as one live check found it without changing anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from controller.domain.inventory import PointId
from controller.domain.plan import Hazard

READINESS = "readiness"
"""The kind of revision and the subject of the note that tells of a live check."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why something could not be cut; the text is ``obstacle.<code>``, filled with ``data``. Without
    ``points`` nothing on the device could."""

    code: str
    data: tuple[tuple[str, str], ...] = ()
    points: tuple[PointId, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceReadiness:
    """What was seen of one device. ``path`` and ``credential`` are those that opened the session, "" where
    none did; ``opened`` and ``read`` the milliseconds that took, all failed attempts included, ``lines`` how
    many commands were answered in ``read``. ``points`` were to be read, ``already`` of them stand as a cut
    would leave them: they stay so when the cut is undone."""

    device: str
    path: str = ""
    credential: str = ""
    opened: int = 0
    read: int = 0
    lines: int = 0
    points: tuple[PointId, ...] = ()
    already: tuple[PointId, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    hazards: tuple[Hazard, ...] = ()

    @property
    def ready(self) -> bool:
        return not self.obstacles

    @property
    def blocked(self) -> frozenset[PointId]:
        """The points that could not be cut."""
        if any(not obstacle.points for obstacle in self.obstacles):
            return frozenset(self.points)
        return frozenset(point for obstacle in self.obstacles for point in obstacle.points)


@dataclass(frozen=True, slots=True)
class LevelReadiness:
    """One level tonight. ``points`` are those its plan sends commands for, ``blocked`` of them could not be
    cut, ``by_hand`` are left to a person anyway. ``milliseconds``: expected from decision to last read-back,
    of what can be cut. ``refusals``: why the level as a whole is refused."""

    level: int
    playbook: str
    points: int
    blocked: tuple[PointId, ...]
    by_hand: int
    milliseconds: int
    refusals: tuple[Hazard, ...] = ()


@dataclass(frozen=True, slots=True)
class Readiness:
    """One live check. ``devices`` are those looked at, in the inventory's order; ``whole``: all that Cordon
    manages. ``inventory`` and ``profiles`` are digests of what it rested on. ``threads``: devices acted on at
    the same time; 0 where an older Cordon did not say."""

    site: str
    at: datetime
    milliseconds: int
    inventory: str
    profiles: str
    whole: bool
    devices: tuple[DeviceReadiness, ...]
    levels: tuple[LevelReadiness, ...]
    threads: int = 0

    @property
    def ready(self) -> bool:
        """Everything that was looked at could be cut."""
        return all(each.ready for each in self.devices) and not any(each.refusals for each in self.levels)

    @property
    def hazards(self) -> tuple[Hazard, ...]:
        return tuple(hazard for each in self.devices for hazard in each.hazards)
