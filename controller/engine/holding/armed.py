"""Which devices have a session held open beforehand, and what is read by it. Pure.

An armed session is a standing administrator session. So by default only choke points have one, and none is
held where nothing would ever be cut, where the line is not encrypted, or where it would be the last line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from controller.domain.armed import Why
from controller.domain.inventory import MANUAL, Device, DeviceRole, Inventory, PointId
from controller.domain.plan import Plan, Step
from controller.domain.profile import DeviceProfile
from controller.domain.profile.reading import State
from controller.engine.points.reading import read_state
from controller.engine.points.renderer import operation, point_context

CHOKE_POINTS = frozenset({DeviceRole.FIREWALL, DeviceRole.CORE})
"""Armed where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class ArmingBasis:
    """What is read where: the steps of every level, by device and point."""

    inventory: Inventory
    profiles: Mapping[str, DeviceProfile]
    steps: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)


def basis_of_plans(
    inventory: Inventory, profiles: Mapping[str, DeviceProfile], plans: Iterable[Plan]
) -> ArmingBasis:
    """Where several plans cut a point, that of the plan that touches most says how it is read."""
    found: dict[str, dict[PointId, Step]] = defaultdict(dict)
    for plan in sorted(plans, key=lambda each: each.point_count, reverse=True):
        for _, _, step in (*plan.steps(), *plan.upstream()):
            found[step.point.id.device].setdefault(step.point.id, step)
    steps = {device: tuple(points.values()) for device, points in found.items()}
    return ArmingBasis(inventory, profiles, steps)


def wanted(device: Device, told: bool | None, basis: ArmingBasis, *, last_line: bool) -> tuple[bool, Why]:
    """Whether the device is to be armed, and why. ``told``: what a person said since the service began."""
    if device.platform == MANUAL or device.platform not in basis.profiles:
        return False, Why.MANUAL
    if not device.ssh_paths:
        return False, Why.NO_SSH
    if not basis.steps.get(device.name):
        return False, Why.NO_POINTS
    if told is not None:
        return told and not last_line, Why.LAST_LINE if told and last_line else Why.PERSON
    armed = device.role in CHOKE_POINTS if device.armed is None else device.armed
    if armed and last_line:
        return False, Why.LAST_LINE
    if device.armed is None:
        return armed, Why.ROLE if armed else Why.NO_CHOKE_POINT
    return armed, Why.INVENTORY


def reads_of(device: Device, basis: ArmingBasis) -> tuple[str, ...]:
    """The commands that read every point any level would cut there."""
    return operation(basis.profiles, device, basis.steps.get(device.name, ())).reads


def states_of(
    device: Device, basis: ArmingBasis, answers: Mapping[str, str]
) -> Mapping[PointId, State | None]:
    """What ``answers`` (command → complete answer) say of every such point."""
    profile = basis.profiles[device.platform]
    states: dict[PointId, State | None] = {}
    for step in basis.steps.get(device.name, ()):
        context = point_context(step.point, step.subjects, step.prefixes, device, profile)
        states[step.point.id] = read_state(context, answers) if context is not None else None
    return states
