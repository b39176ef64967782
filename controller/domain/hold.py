"""Holds and baselines: who claims that a point stays cut, and what it was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from controller.domain.inventory import Method, Point, PointId
from controller.domain.profile.reading import State


class Attribution(StrEnum):
    """Whose doing the cut is. Only ``ours`` is restored without a person's decision.

    ``ours``: read open, then cut by us. ``assumed``: found cut after a crash, or never read before.
    ``foreign``: already cut when the first hold began, so the baseline itself is cut.
    """

    OURS = "ours"
    ASSUMED = "assumed"
    FOREIGN = "foreign"


class Ending(StrEnum):
    RESTORE = "restore"
    TRANSFER = "transfer"
    RETIREMENT = "retirement"


class HoldKey(NamedTuple):
    run: str
    subject: str
    point: PointId


@dataclass(frozen=True, slots=True)
class Hold:
    """One run's claim, for one subject, that one point stays cut by ``method``."""

    key: HoldKey
    point: Point
    method: Method
    attribution: Attribution
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Baseline:
    """A point's state before its first open hold; ``state`` is None where it could not be read."""

    point: PointId
    state: State | None
    read_at: datetime
    run: str
