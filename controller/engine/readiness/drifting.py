"""Held points read now, against how Cordon left them. Changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from controller.domain.drift import Drift, FieldDrift, PointDrift
from controller.domain.inventory import MANUAL, Inventory
from controller.domain.profile import DeviceProfile
from controller.domain.profile.reading import State
from controller.engine.execution.running import Services
from controller.engine.holding.watched import Basis, Watched, profiles_of, watched_at, with_present
from controller.engine.points.drift import as_it_may_be
from controller.engine.points.holds import HoldBook
from controller.engine.points.reading import configured, misread, read_state
from controller.engine.points.renderer import PointContext, point_context, read_commands
from controller.engine.ports import History
from controller.engine.readiness.survey import Told, ask


@dataclass(frozen=True, slots=True)
class _Asked:
    """A held point with how it is read."""

    watched: Watched
    context: PointContext
    subjects: tuple[str, ...]


def find_drift(
    history: History,
    book: HoldBook,
    services: Services,
    basis_of: Callable[[str], Basis],
    current: Inventory | None,
    devices: Collection[str] = (),
) -> Drift:
    """Of the points held at ``devices``, at all without. Points nothing can be read at, and those that are
    cut by other devices' ports, are not looked at. ``current``: for present addresses and log-ins."""
    asked, inventory, profiles = _asked(history, book, basis_of, current, devices)
    if inventory is None:
        return Drift(0, (), ())
    questions = {
        device: tuple(line for each in points for line in read_commands(each.context))
        for device, points in asked.items()
    }
    told = ask(inventory, profiles, services, questions)
    found = [_drift(each, book, told[device]) for device, points in asked.items() for each in points]
    found.sort(key=lambda each: each.point.order)
    return Drift(
        len(found),
        tuple(each for each in found if each.drifted),
        tuple(each for each in found if each.unread),
    )


def _asked(
    history: History,
    book: HoldBook,
    basis_of: Callable[[str], Basis],
    current: Inventory | None,
    devices: Collection[str],
) -> tuple[Mapping[str, list[_Asked]], Inventory | None, Mapping[str, DeviceProfile]]:
    """By device, with an inventory and profiles that know them all."""
    holds, reads = book.holds(), history.last_reads()
    names = sorted({hold.key.point.device for hold in holds})
    asked: dict[str, list[_Asked]] = defaultdict(list)
    inventory: Inventory | None = None
    profiles: dict[str, DeviceProfile] = {}
    for name in names:
        if devices and name not in devices:
            continue
        watched = watched_at(name, holds, reads, basis_of, book.limit)
        if not watched:
            continue
        planned = with_present(watched[0].basis.inventory, current)
        device = planned.devices.get(name)
        known = profiles_of(watched)
        if device is None or device.platform == MANUAL or device.platform not in known:
            continue
        profiles.setdefault(device.platform, known[device.platform])
        for each in watched:
            step = each.step
            context = point_context(step.point, step.subjects, step.prefixes, device, known[device.platform])
            if context is not None:
                subjects = sorted(key.subject for key in book.holders(each.point))
                asked[name].append(_Asked(each, context, tuple(dict.fromkeys(subjects))))
        inventory = planned if inventory is None else _joined(inventory, planned, name)
    return asked, inventory, profiles


def _joined(inventory: Inventory, other: Inventory, device: str) -> Inventory:
    return replace(
        inventory,
        devices={**inventory.devices, device: other.devices[device]},
        credentials={**other.credentials, **inventory.credentials},
    )


def _drift(each: _Asked, book: HoldBook, told: Told) -> PointDrift:
    point, context = each.watched.point, each.context
    state = read_state(context, told.answers)
    if state is None:
        return PointDrift(point, each.subjects, unread=told.cause or misread(context, told.answers)[1])
    may_be = as_it_may_be(book, point, context)
    found = configured(context, state).items()
    if all(value in may_be[name] for name, value in found if may_be[name]):
        return PointDrift(point, each.subjects)
    baseline, left = book.baseline(point), book.as_left(point)
    before = baseline.state if baseline is not None else None
    return PointDrift(
        point,
        each.subjects,
        tuple(
            FieldDrift(name, _known(before, name), _known(left, name), value)
            for name, value in configured(context, state).items()
        ),
    )


def _known(state: State | None, name: str) -> str | None:
    return state.get(name) if state is not None else None
