"""What a plan may not have: a timer that would reconnect what is cut, whoever began it. Pure.

A profile whose lines begin one is refused where profiles are read; here the lines are judged as they come out
with a device's own settings, and what the last live check saw pending.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from controller.domain.codec import from_plain
from controller.domain.errors import CordonError
from controller.domain.inventory import Device, Inventory
from controller.domain.plan import Hazard, Plan, Severity, Wave
from controller.domain.profile import DeviceProfile
from controller.domain.readiness import READINESS, Readiness
from controller.domain.timer import arms_timer
from controller.engine.findings import Findings
from controller.engine.ports import History

_TIMER = "revert-timer"


def check_timers(
    inventory: Inventory, profiles: Mapping[str, DeviceProfile], waves: Sequence[Wave], findings: Findings
) -> None:
    """Whether a line of a cut begins a timer. Devices with the same settings are sent the same lines but for
    names of points: one stands for all."""
    seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    for name in dict.fromkeys(each.device for wave in waves for each in wave.operations):
        device = inventory.devices.get(name)
        profile = profiles.get(device.platform) if device else None
        if device is None or profile is None:
            continue
        key = (device.platform, tuple(sorted(device.settings.items())))
        if key in seen:
            continue
        seen.add(key)
        line = next((line for line in _lines_of_cuts(profile, device) if arms_timer(line)), None)
        if line is not None:
            findings.hazard("timer-on-cut", Severity.REFUSE, name, line=line)


def _lines_of_cuts(profile: DeviceProfile, device: Device) -> Iterator[str]:
    values: defaultdict[str, str] = defaultdict(lambda: "x", {**profile.settings, **device.settings})
    yield from (*profile.session.enter, *profile.session.closing)
    for spec in profile.points.values():
        for method in spec.methods.values():
            yield from (line.send.fill(values) for way in method.ways for line in way.send)


def pending(plan: Plan, history: History, now: datetime) -> tuple[Hazard, ...]:
    """Timers that the last live check saw on devices of a return, and that may still run: what comes back
    there would be undone, or what else is cut there reconnected."""
    last = _last_check(history)
    if last is None:
        return ()
    devices = {operation.device for wave in plan.waves for operation in wave.operations}
    findings = Findings()
    for each in last.devices:
        for hazard in each.hazards if each.device in devices else ():
            if hazard.code == _TIMER and _may_run(hazard, last.at, now):
                said = dict(hazard.data)
                seconds, undo = said.get("seconds", ""), said.get("undo", "")
                findings.hazard("timer-pending", Severity.REFUSE, each.device, seconds=seconds, undo=undo)
    return tuple(findings.hazards.values())


def _may_run(hazard: Hazard, seen: datetime, now: datetime) -> bool:
    seconds = dict(hazard.data).get("seconds", "")
    return not seconds or seen + timedelta(seconds=int(seconds)) > now


def _last_check(history: History) -> Readiness | None:
    """Of the whole site, where it saw a timer; None where there is none that can be read."""
    try:
        for _, note in reversed(history.noted(READINESS)):
            data = dict(note.data)
            if data["whole"] == "yes":
                content = history.revision(READINESS, data["digest"])
                return from_plain(Readiness, json.loads(content)) if f'"{_TIMER}"' in content else None
    except (CordonError, KeyError, TypeError, ValueError):
        return None
    return None
