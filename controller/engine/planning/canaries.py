"""The cuts a rehearsal makes: of unused ports that stand for others, one plan a method. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from controller.domain.canonical import digest
from controller.domain.errors import InvalidRequest, NotFound
from controller.domain.inventory import (
    MANUAL,
    REHEARSAL,
    Bilingual,
    Inventory,
    Method,
    Point,
    PointId,
    PointKind,
    Segment,
)
from controller.domain.plan import Plan
from controller.domain.playbook import Action, Playbook, Scope, Selector, Stage
from controller.engine.planning.planner import plan_isolation
from controller.engine.planning.plans import EVERY_METHOD, Documents

_REACH = frozenset({"bypass", "residual-spread", "residual-spread-unknown", "ipv6-left-open"})
"""Hazards of what stays connected: an unused port connects nothing."""


def canaries(inventory: Inventory, devices: Collection[str] = ()) -> tuple[Point, ...]:
    """The canary ports of ``devices``, of all by default. Raises NotFound for a device there is not,
    InvalidRequest where none has a canary port."""
    for name in devices:
        if name not in inventory.devices:
            raise NotFound(kind="device", name=name)
    found = tuple(
        Point(PointId(device.name, name), kind)
        for device in inventory.devices.values()
        for name, kind in ((device.canary, PointKind.INTERFACE), (device.canary_svi, PointKind.SVI))
        if name is not None and device.platform != MANUAL and (not devices or device.name in devices)
    )
    if not found:
        raise InvalidRequest("no-canary")
    return found


def plan_rehearsal(documents: Documents, devices: Collection[str] = ()) -> tuple[Plan, ...]:
    """One cut a method, of the canary ports whose profile offers it. Raises as :func:`canaries`."""
    points = canaries(documents.inventory, devices)
    plans = (_plan(documents, points, method) for method in EVERY_METHOD)
    return tuple(plan for plan in plans if any(True for _ in plan.steps()))


def _plan(documents: Documents, points: Iterable[Point], method: Method) -> Plan:
    inventory, title = documents.inventory, Bilingual("Répétition", "Rehearsal")
    fitting = tuple(point for point in points if _offers(documents, point, method))
    segment = Segment(REHEARSAL, title, 1, ipv6_none=True, points=fitting)
    select = (Selector(Scope.SEGMENTS, (REHEARSAL,)),)
    stage = Stage(f"{REHEARSAL} {method}", Action.ISOLATE, select, (method,))
    playbook = Playbook(REHEARSAL, title, (stage,))
    plan = plan_isolation(
        replace(inventory, segments={**inventory.segments, REHEARSAL: segment}),
        documents.profiles,
        documents.profiles_digest,
        replace(playbook, digest=digest([REHEARSAL, method.value])),
        (stage,),
    )
    return replace(plan, hazards=tuple(each for each in plan.hazards if each.code not in _REACH))


def _offers(documents: Documents, point: Point, method: Method) -> bool:
    profile = documents.profiles.get(documents.inventory.devices[point.id.device].platform)
    spec = profile.spec(point.kind, point.tagged) if profile else None
    return spec is not None and method in spec.methods
