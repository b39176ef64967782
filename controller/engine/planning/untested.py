"""What plans rest on that was not rehearsed. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

from controller.domain.inventory import MANUAL, Device, Inventory, Method, PointId, PointKind
from controller.domain.plan import Plan, Severity
from controller.domain.playbook import Action
from controller.domain.rehearsal import REHEARSED, SOFTWARE, Rehearsals, Software
from controller.engine.findings import Findings
from controller.engine.ports import History


def untested(
    plan: Plan, inventory: Inventory, known: Rehearsals, now: datetime, expires_after: timedelta
) -> Plan:
    """``plan`` with a hazard for each platform, version, kind of point and method that it rests on and that
    has not passed a rehearsal, with how many points do."""
    if plan.action is not Action.ISOLATE or plan.rehearses:
        return plan
    resting: dict[tuple[str, str], list[PointId]] = defaultdict(list)
    told: dict[tuple[str, PointKind, Method, bool], tuple[str, str] | None] = {}
    for _, operation, step in plan.steps():
        if not step.rendering.commands:
            continue
        what = (operation.device, step.point.kind, step.rendering.method, step.point.tagged)
        if what not in told:
            device = inventory.devices.get(operation.device)
            told[what] = _untested(device, *what[1:], known, now, expires_after) if device else None
        if (found := told[what]) is not None:
            resting[found].append(step.point.id)
    findings = Findings()
    for (culprit, version), points in resting.items():
        findings.hazard(
            "untested",
            Severity.WARN,
            culprit,
            count=str(len(points)),
            days=str(expires_after.days),
            devices=str(len({point.device for point in points})),
            version=version,
        )
    if not findings.hazards:
        return plan
    return replace(plan, hazards=tuple(sorted((*plan.hazards, *findings.hazards.values()))))


def _untested(
    device: Device,
    kind: PointKind,
    method: Method,
    tagged: bool,
    known: Rehearsals,
    now: datetime,
    expires_after: timedelta,
) -> tuple[str, str] | None:
    """What has not passed, as a hazard names it, with its version; None where it has, or where nobody types
    commands."""
    if device.platform == MANUAL:
        return None
    # One VLAN of several is cut by other lines than a port: no canary stands for it.
    if not tagged and known.passed(device.name, kind, method, now, expires_after) is not None:
        return None
    software = known.software_of(device.name) or Software(device.platform, "", "")
    named = " ".join(part for part in software if part)
    how = "" if method.value == kind.value else f" {method}"
    return f"{named}, {'tagged ' if tagged else ''}{kind}{how}", software.version


def rehearsals(history: History) -> Rehearsals:
    return Rehearsals.read(history.noted(REHEARSED, SOFTWARE))
