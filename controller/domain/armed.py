"""How it stands with the sessions held open beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LOST = "lost"
"""The failure of a session that ended by itself; the text is ``armed.failure.lost``."""


class Why(StrEnum):
    """Why a device is armed or is not; the text is ``armed.why.<value>``."""

    ROLE = "role"
    NO_CHOKE_POINT = "no-choke-point"
    INVENTORY = "inventory"
    PERSON = "person"
    MANUAL = "manual"
    NO_SSH = "no-ssh"
    NO_POINTS = "no-points"
    LAST_LINE = "last-line"


class Standing(StrEnum):
    """How it stands with one device; the text is ``armed.standing.<value>``. ``stopped``: nothing is tried
    until a person says so."""

    ARMED = "armed"
    OPENING = "opening"
    WAITING = "waiting"
    STOPPED = "stopped"
    TAKEN = "taken"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ArmedDevice:
    """``read_at``: when its points were read last; ``until``: when it is tried again; ``failure``: the last,
    as the cause of an OpenFailed or ``lost``; ``by``: the id of whoever switched it, or ""."""

    device: str
    standing: Standing
    why: Why
    since: datetime
    read_at: datetime | None = None
    until: datetime | None = None
    failure: str = ""
    by: str = ""

    @property
    def wanted(self) -> bool:
        return self.standing is not Standing.OFF


def counted(found: Iterable[ArmedDevice]) -> tuple[int, int]:
    """How many are armed, and how many are to be."""
    devices = tuple(found)
    return sum(each.standing is Standing.ARMED for each in devices), sum(each.wanted for each in devices)
