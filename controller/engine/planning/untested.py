"""What plans rest on that was not rehearsed. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

from controller.domain.inventory import MANUAL, Inventory, PointId
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
    for _, operation, step in plan.steps():
        device = inventory.devices.get(operation.device)
        if device is None or device.platform == MANUAL or not step.rendering.commands:
            continue
        kind, method = step.point.kind, step.rendering.method
        # One VLAN of several is cut by other lines than a port: no canary stands for it.
        tagged = "tagged " if step.point.tagged else ""
        if tagged or known.passed(device.name, kind, method, now, expires_after) is None:
            software = known.software_of(device.name) or Software(device.platform, "", "")
            named = " ".join(part for part in software if part)
            how = "" if method.value == kind.value else f" {method}"
            resting[f"{named}, {tagged}{kind}{how}", software.version].append(step.point.id)
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
    return replace(plan, hazards=tuple(sorted((*plan.hazards, *findings.hazards.values()))))


def rehearsals(history: History) -> Rehearsals:
    return Rehearsals.read(history.noted(REHEARSED, SOFTWARE))
