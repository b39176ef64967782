"""Which subjects and points a stage speaks of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.domain.inventory import Conduit, Device, Inventory, Point, Segment, Subject
from controller.domain.playbook import Scope, Selector, Stage


def selected(stage: Stage, inventory: Inventory) -> list[tuple[Subject, tuple[Point, ...]]]:
    """The subjects of a stage with the points it may use, in the inventory's order.

    Selectors of segments and conduits add up; selectors of devices narrow the points to those devices. With
    devices alone, every subject that is not kept alive counts.
    """
    of_subjects = [selector for selector in stage.select if selector.scope is not Scope.DEVICES]
    of_devices = [selector for selector in stage.select if selector.scope is Scope.DEVICES]
    chosen: list[Subject] = [
        subject
        for subject in inventory.subjects()
        if any(_matches(selector, subject) for selector in of_subjects)
        or (not of_subjects and not (isinstance(subject, Segment) and subject.keep_alive))
    ]
    if not of_devices:
        return [(subject, subject.points) for subject in chosen]
    devices = {device.name for device in inventory.devices.values() if _any_device(of_devices, device)}
    narrowed = [
        (subject, tuple(point for point in subject.points if point.id.device in devices))
        for subject in chosen
    ]
    return [(subject, points) for subject, points in narrowed if points]


def devices_of(selector: Selector, inventory: Inventory) -> list[Device]:
    """The devices a selector of devices chooses, in the inventory's order."""
    return [device for device in inventory.devices.values() if _any_device([selector], device)]


def _matches(selector: Selector, subject: Subject) -> bool:
    if isinstance(subject, Segment):
        if selector.scope is not Scope.SEGMENTS:
            return False
        attributes = {
            "name": subject.name,
            "role": subject.role.value,
            "priority": str(subject.priority),
            "keep_alive": "true" if subject.keep_alive else "false",
        }
    elif isinstance(subject, Conduit):
        if selector.scope is not Scope.CONDUITS:
            return False
        attributes = {"name": subject.name, "kind": subject.kind.value, "priority": str(subject.priority)}
    return _satisfies(selector, subject.name, attributes)


def _any_device(selectors: Iterable[Selector], device: Device) -> bool:
    attributes = {"name": device.name, "role": device.role.value, "platform": device.platform}
    return any(_satisfies(selector, device.name, attributes) for selector in selectors)


def _satisfies(selector: Selector, name: str, attributes: Mapping[str, str]) -> bool:
    if selector.names:
        return name in selector.names
    return all(attributes.get(key) in values for key, values in selector.attributes.items())
