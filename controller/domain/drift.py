"""What somebody changed at held points since Cordon cut them: field by field, for a person to decide on."""

from __future__ import annotations

from dataclasses import dataclass

from controller.domain.inventory import PointId

KEPT_THEIRS = "kept-theirs"
"""The cause of a point that was let go as somebody else made it."""


def keeping(device: str) -> str:
    """The decision to leave as they are the points of a device that somebody changed: it stands among the
    devices whose changes are overwritten, which are named alone. No device's name has a space."""
    return f"keep {device}"


def decided_on(decision: str) -> str:
    """The device a decision is about."""
    return decision.removeprefix("keep ")


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """One configured field: before the cut, as Cordon left it, and now. None: nobody knows."""

    name: str
    before: str | None
    left: str | None
    now: str

    @property
    def differs(self) -> bool:
        return self.now != self.left


@dataclass(frozen=True, slots=True)
class PointDrift:
    """``fields``: the configured ones of a point that somebody changed; ``unread``: the code of why nothing
    is known of it."""

    point: PointId
    subjects: tuple[str, ...]
    fields: tuple[FieldDrift, ...] = ()
    unread: str = ""

    @property
    def drifted(self) -> bool:
        return any(each.differs for each in self.fields)


@dataclass(frozen=True, slots=True)
class Drift:
    """What a look at held points found: those somebody changed, those that could not be read, and how many
    were looked at. ``unrecorded``: why the log does not have it."""

    looked_at: int
    changed: tuple[PointDrift, ...]
    unread: tuple[PointDrift, ...]
    unrecorded: str = ""
