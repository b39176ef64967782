"""What would undo a cut by itself: read from a device's answers, with the way out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from controller.domain.inventory import Device, Inventory, LinkKind, Port
from controller.domain.plan import Hazard, Severity
from controller.domain.profile import DeviceProfile
from controller.domain.profile.readiness import RevertSpec

_SECONDS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


@dataclass(frozen=True, slots=True)
class Pending:
    """A revert the device tells of, or does not deny: then ``found`` is None. ``command`` asked for it."""

    spec: RevertSpec
    found: re.Match[str] | None
    command: str


def pending_reverts(
    device: Device, profile: DeviceProfile, answers: Mapping[str, str]
) -> tuple[Pending, ...]:
    """Those pending by ``answers`` (command → complete answer)."""
    return tuple(each for each in _told(device, profile, answers) if each.found is not None)


def find_reverts(
    device: Device,
    profile: DeviceProfile,
    inventory: Inventory,
    answers: Mapping[str, str],
    now: datetime,
) -> tuple[Hazard, ...]:
    """One hazard for each revert that is pending, or of which ``answers`` do not tell. Its data: ``seconds``
    until it strikes ("" where nobody can say), ``undo`` (the exact lines that take it away) and ``ports`` of
    its neighbours that cut the device off instead."""
    found: dict[str, Hazard] = {}
    for each in _told(device, profile, answers):
        if each.found is None:
            code, culprit = "revert-unknown", f"{device.name} {each.spec.kind}"
            data = {"command": each.command}
        else:
            code, culprit = f"revert-{each.spec.kind}", device.name
            data = {
                "seconds": _seconds(each.found, now),
                "undo": "; ".join(each.spec.undo),
                "ports": ", ".join(f"{port.device} {port.interface}" for port in ports_of(device, inventory)),
            }
        found.setdefault(culprit + code, Hazard(code, Severity.WARN, culprit, tuple(sorted(data.items()))))
    return tuple(found.values())


def _told(device: Device, profile: DeviceProfile, answers: Mapping[str, str]) -> Iterator[Pending]:
    """Every revert but those the device says are not pending."""
    values = {**profile.settings, **device.settings}
    for spec in profile.readiness.reverts:
        command = spec.send.fill(values)
        answer = _plain(answers.get(command, ""))
        found = spec.pending.search(answer)
        if found is not None or not spec.none.search(answer):
            yield Pending(spec, found, command)


def ports_of(device: Device, inventory: Inventory) -> tuple[Port, ...]:
    """The neighbours' ports that, all of them shut, take the device off the network; those of links that are
    never cut are left out."""
    return tuple(
        other
        for link in inventory.links
        if link.kind is LinkKind.DATA
        for own, other in (link.ends, link.ends[::-1])
        if own.device == device.name and other.device != device.name
    )


def _seconds(found: re.Match[str], now: datetime) -> str:
    groups = {name: int(value) for name, value in found.groupdict().items() if value is not None}
    until = groups.pop("until", None)
    if until is not None:
        return str(max(0, until - int(now.timestamp())))
    if not groups:
        return ""
    return str(sum(_SECONDS[name] * number for name, number in groups.items()))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
