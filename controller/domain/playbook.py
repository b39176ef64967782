"""A playbook: ordered stages, each one action over a selection of subjects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from controller.domain.inventory import Bilingual, Method
from controller.domain.profile.surroundings import TableKind
from controller.domain.proof import Proof


class Action(StrEnum):
    ISOLATE = "isolate"
    RESTORE = "restore"


class Order(StrEnum):
    FARTHEST_FIRST = "farthest-first"
    CHOKE_POINTS_FIRST = "choke-points-first"
    PRIORITY = "priority"


class OnFailure(StrEnum):
    CONTINUE = "continue"
    STOP = "stop"


class OnUnreachable(StrEnum):
    """``escalate``: cut from the upstream neighbour's port instead; ``report``: the walk-list only."""

    ESCALATE = "escalate"
    REPORT = "report"


class Save(StrEnum):
    NEVER = "never"
    IF_EQUAL = "if-equal"
    ALWAYS = "always"


class Scope(StrEnum):
    """What a selector chooses from."""

    SEGMENTS = "segments"
    CONDUITS = "conduits"
    DEVICES = "devices"


@dataclass(frozen=True, slots=True)
class Selector:
    """``names`` exactly those; ``attributes`` all that have every one of these values; neither: all."""

    scope: Scope
    names: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


STANDING = "restore-by-priority"
"""The restore playbook whose gates stand before every return, whichever way it is asked for."""


@dataclass(frozen=True, slots=True, order=True)
class CounterLimit:
    """A tripwire: ``counter`` of a point, by its platform's name for it, grows by more than ``over`` within
    ``within`` seconds."""

    counter: str
    over: int
    within: int


@dataclass(frozen=True, slots=True)
class Gate:
    """What must hold for each subject of a stage before it returns. Times in seconds.

    ``approvals``: persons beside the one who asks, each with one of ``roles`` where there are any;
    ``attest``: the statements somebody must have made since the subject was cut; ``probes``: what it depends
    on answers; ``go``: somebody beside the one who asks says go; ``hold``: how long it stays cut after the
    last cut and the last statement; ``watch``: how long it is watched once it is back; ``counters``: what is
    counted at its points meanwhile."""

    approvals: int = 0
    roles: tuple[str, ...] = ()
    attest: tuple[str, ...] = ()
    probes: bool = False
    hold: int = 0
    watch: int = 0
    go: bool = False
    counters: tuple[CounterLimit, ...] = ()

    @property
    def open(self) -> bool:
        return self == Gate()


@dataclass(frozen=True, slots=True)
class Stage:
    """``method`` in order of preference; for a restore it is empty: what was cut is undone. ``wave_size``:
    how many points return at once, 0 for all; ``pause``: seconds before the next of its waves. ``towards``:
    the segments, addresses and networks its subjects return for alone, () for everything; ``points``: those
    that return alone, each a device or a device and its port or ports, () for all."""

    name: str
    action: Action
    select: tuple[Selector, ...]
    method: tuple[Method, ...] = ()
    order: Order = Order.FARTHEST_FIRST
    on_failure: OnFailure = OnFailure.CONTINUE
    on_unreachable: OnUnreachable = OnUnreachable.REPORT
    verify: Proof = Proof.CONFIRMED
    gate: Gate = Gate()
    wave_size: int = 0
    pause: int = 0
    towards: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Tables read of ``devices`` before their first change; None: of those the plan changes. A change waits
    ``within`` seconds for them at most."""

    tables: tuple[TableKind, ...]
    devices: Selector | None = None
    within: int = 5


@dataclass(frozen=True, slots=True)
class Playbook:
    """``stages`` are its own; ``include`` names the playbooks whose stages come first."""

    name: str
    title: Bilingual
    stages: tuple[Stage, ...]
    level: int | None = None
    include: tuple[str, ...] = ()
    save: Save = Save.NEVER
    evidence: Evidence | None = None
    digest: str = ""
