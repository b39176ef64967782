"""Startup configurations: compared with the running one, and what the records say became of them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from controller.domain.facts import StartupMoved
from controller.domain.inventory import Inventory, Method, PointId
from controller.domain.plan import Hazard, Plan, Severity, Step
from controller.domain.playbook import Action, Save
from controller.domain.profile import DeviceProfile
from controller.domain.profile.session import SaveSpec
from controller.domain.proof import Outcome, Proof
from controller.domain.startup import COMPARED, StartupState
from controller.engine.points.track import rests_on
from controller.engine.ports import StartupRecord, StepRecord

DEVICES_NAMED = 12
"""Devices one hazard names; it counts them all."""


def compared(profile: DeviceProfile, answers: Mapping[str, str]) -> StartupState:
    """Whether a reboot would change the configuration, by ``answers`` (command → complete answer)."""
    spec = profile.save
    if spec is None or spec.running is None or spec.startup is None:
        return StartupState.UNKNOWN
    running, startup = answers.get(spec.running), answers.get(spec.startup)
    if running is None or startup is None or profile.error_in(running):
        return StartupState.UNKNOWN
    now, saved = _what_counts(running, spec), _what_counts(startup, spec)
    if not now:
        return StartupState.UNKNOWN
    return StartupState.EQUAL if now == saved else StartupState.DIFFERENT


def lasts(profile: DeviceProfile | None, method: Method) -> bool:
    """Whether what the method does survives a reboot by itself."""
    return profile is not None and profile.save is not None and method in profile.save.lasting


def needs_saving(profile: DeviceProfile, steps: Iterable[Step]) -> bool:
    """Whether a reboot would undo one of the steps at a device that nobody saves."""
    return any(step.rendering.commands and not lasts(profile, step.rendering.method) for step in steps)


def _what_counts(text: str, spec: SaveSpec) -> tuple[str, ...]:
    lines = (line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return tuple(line for line in lines if line and not any(each.search(line) for each in spec.ignore))


@dataclass(frozen=True, slots=True)
class Told:
    """A fact, the number of its entry and when it was recorded."""

    entry: int
    at: datetime
    fact: StartupMoved


def last_told(told: Iterable[Told], changed: Mapping[str, int] | None = None) -> dict[str, StartupRecord]:
    """The last that became of each device's startup configuration. ``changed``: the entry of the last
    intent to change each device."""
    records: dict[str, StartupRecord] = {}
    before_intent: dict[str, bool] = {}
    for one in told:
        fact = one.fact
        known = records.get(fact.device)
        holds = known.cut if known else False
        same = known is not None and known.run == fact.run
        match fact.state:
            case StartupState.INTENDED:
                before_intent[fact.device] = holds
                holds = holds or fact.cut
            case StartupState.SAVED:
                holds = fact.cut
            case StartupState.NOT_SAVED:
                # What was refused left it as it was.
                holds = fact.cut or before_intent.pop(fact.device, holds)
            case _:
                pass
        earlier = known.compared if known is not None and same else None
        stands = fact.state if fact.state in COMPARED else earlier
        record = StartupRecord(fact.run, fact.device, fact.state, fact.cause, holds, one.at, compared=stands)
        stale = (changed or {}).get(fact.device, 0) > one.entry
        records[fact.device] = replace(record, stale=stale)
    return records


# --- what a reboot would do ------------------------------------------------------------------------


def reboots_after(
    plan: Plan,
    steps: Iterable[StepRecord],
    startups: Mapping[str, StartupRecord],
    profiles: Mapping[str, DeviceProfile],
) -> tuple[Hazard, ...]:
    """Where a reboot would undo what the run of ``plan`` did: ``steps`` and ``startups`` as it left them."""
    if plan.action is Action.RESTORE:
        failed = {
            name: record.cause for name, record in startups.items() if record.state is StartupState.NOT_SAVED
        }
        return _hazards("reboot-cuts", failed)
    done = {step.point: step for step in steps if _has_effect(step)}
    unsaved: dict[str, str] = {}
    upstream = [operation for each in plan.escalations for operation in each.operations]
    sent = [(operation, step) for _, operation, step in plan.steps()]
    for operation, step in (*sent, *((each, step) for each in upstream for step in each.steps)):
        made, record = done.get(step.point.id), startups.get(operation.device)
        if made is None or not step.rendering.commands:
            continue
        if record is not None and record.state is StartupState.SAVED:
            continue
        if not lasts(profiles.get(operation.platform), Method(made.method)):
            unsaved[operation.device] = _why(record, plan.save)
    return _hazards("reboot-opens", unsaved)


def reboots(
    held: Mapping[str, Iterable[PointId]],
    reads: Mapping[PointId, StepRecord],
    startups: Mapping[str, StartupRecord],
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
) -> tuple[Hazard, ...]:
    """Where a reboot would open points that are ``held`` at a device, or cut again what came back."""
    opens: dict[str, str] = {}
    for name, points in held.items():
        device, record = inventory.devices.get(name), startups.get(name)
        if device is None or (record is not None and record.state is StartupState.SAVED and not record.stale):
            continue
        profile = profiles.get(device.platform)
        here = (read for point in points if (read := reads.get(point)) is not None)
        if any(_has_effect(read) and not lasts(profile, Method(read.method)) for read in here):
            opens[name] = _why(record, Save.NEVER)
    cuts = {name: record.cause for name, record in startups.items() if name not in held and record.cut}
    return (*_hazards("reboot-opens", opens), *_hazards("reboot-cuts", cuts))


def _has_effect(step: StepRecord) -> bool:
    """Whether something at the point may be in force that a reboot of its own device would undo."""
    if rests_on(step.cause):
        return False
    if step.outcome in (Outcome.NOT_ATTEMPTED, Outcome.NOT_SENT, Outcome.REJECTED):
        return Proof(step.proof).satisfies(Proof.CONFIRMED)
    return True


def _why(record: StartupRecord | None, save: Save) -> str:
    if record is not None and record.state is StartupState.NOT_SAVED and not record.stale:
        return record.cause
    return "save-never" if save is Save.NEVER else "save-not-reached"


def _hazards(code: str, causes: Mapping[str, str]) -> tuple[Hazard, ...]:
    """One for each cause, over the devices it concerns."""
    devices: dict[str, list[str]] = defaultdict(list)
    for device, cause in sorted(causes.items()):
        devices[cause].append(device)
    return tuple(
        Hazard(
            code,
            Severity.WARN,
            ", ".join(names[:DEVICES_NAMED]) + (" …" if len(names) > DEVICES_NAMED else ""),
            (("count", str(len(names))), ("unsaved", cause)),
        )
        for cause, names in sorted(devices.items())
    )
