"""Holds that end though nothing is brought back: what they held was rebuilt elsewhere. Pure.

The points stay as they are. Always by two persons: whoever asks, and another who consents to exactly these
holds.
"""

from __future__ import annotations

from collections.abc import Collection

from controller.domain.canonical import digest
from controller.domain.errors import InvalidRequest
from controller.domain.inventory import Inventory, PointId
from controller.domain.plan import Basis, Plan, Severity
from controller.domain.playbook import Action, Gate
from controller.domain.transfer import RETIREMENT
from controller.engine.findings import Findings
from controller.engine.planning.gates import Described, condition
from controller.engine.points.holds import HoldBook
from controller.engine.points.renderer import RENDERER

BY_ANOTHER = Gate(approvals=1)


def plan_retirement(
    inventory: Inventory,
    profiles: str,
    book: HoldBook,
    subjects: Collection[str],
    devices: Collection[str] = (),
) -> Plan:
    """Lets go of the holds of ``subjects``, only of those at ``devices`` where there are any; ``profiles`` is
    a digest. Raises InvalidRequest where nothing is held there."""
    findings = Findings()
    keys = sorted(
        (
            hold.key
            for hold in book.holds()
            if hold.key.subject in subjects and (not devices or hold.key.point.device in devices)
        ),
        key=lambda key: (key.run, key.subject, key.point.order),
    )
    if not keys:
        raise InvalidRequest("nothing-held")
    bases = {key.point: book.baseline(key.point) for key in keys}
    states = {point: base.state if base is not None else None for point, base in bases.items()}
    for key in keys:
        check_gone(inventory, key.subject, key.point, findings)
    own = {name: {key.point for key in keys if key.subject == name} for name in {key.subject for key in keys}}
    described = Described(inventory)
    return Plan(
        playbook=RETIREMENT,
        action=Action.RESTORE,
        site=inventory.site,
        level=None,
        basis=Basis(
            inventory.digest,
            profiles,
            "",
            RENDERER,
            digest({str(point): dict(state) if state else None for point, state in states.items()}),
        ),
        waves=(),
        hazards=tuple(sorted(findings.hazards.values())),
        ends=tuple((key.run, key.subject, key.point) for key in keys),
        conditions=tuple(
            condition(name, (BY_ANOTHER,), described, {point: states[point] for point in points})
            for name, points in sorted(own.items())
        ),
        retires=True,
    )


def check_gone(inventory: Inventory, name: str, point: PointId, findings: Findings) -> None:
    """Nobody lets go of a point that is still the subject's: it would be neither held nor connected."""
    subject = inventory.subject(name)
    if subject is not None and any(each.id == point for each in subject.points):
        findings.hazard("old-point-still-listed", Severity.REFUSE, str(point), subject=name)
