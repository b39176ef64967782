"""What would undo a cut by itself: read from a device's answers, with the way out. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from controller.domain.inventory import Device, Inventory, LinkKind, Port
from controller.domain.plan import Hazard, Severity
from controller.domain.profile import DeviceProfile, RevertSpec

_SECONDS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


def find_reverts(
    device: Device,
    profile: DeviceProfile,
    inventory: Inventory,
    answers: Mapping[str, str],
    now: datetime,
) -> tuple[Hazard, ...]:
    """One hazard for each revert that is pending, or of which ``answers`` (command → complete answer) do not
    tell. Its data: ``seconds`` until it strikes ("" where nobody can say), ``undo`` (the exact lines that
    take it away) and ``ports`` of its neighbours that cut the device off instead."""
    values = {**profile.settings, **device.settings}
    found: dict[str, Hazard] = {}
    for spec in profile.readiness.reverts:
        command = spec.send.fill(values)
        answer = _plain(answers.get(command, ""))
        pending = spec.pending.search(answer)
        if pending is None and spec.none.search(answer):
            continue
        code = f"revert-{spec.kind}" if pending else "revert-unknown"
        data = {"command": command}
        if pending:
            data = {
                "seconds": _seconds(pending, now),
                "undo": "; ".join(spec.undo),
                "ports": ", ".join(f"{port.device} {port.interface}" for port in ports_of(device, inventory)),
            }
        culprit = device.name if pending else f"{device.name} {spec.kind}"
        found.setdefault(culprit + code, Hazard(code, Severity.WARN, culprit, tuple(sorted(data.items()))))
    return tuple(found.values())


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


def spec_of(profile: DeviceProfile, code: str) -> RevertSpec | None:
    """The revert a hazard's code names."""
    return next((each for each in profile.readiness.reverts if f"revert-{each.kind}" == code), None)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
