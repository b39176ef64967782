"""Startup configurations: compared with the running one, and what the records say became of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from controller.domain.facts import StartupMoved
from controller.domain.inventory import Method
from controller.domain.plan import Step
from controller.domain.profile import DeviceProfile, SaveSpec
from controller.domain.startup import COMPARED, StartupState
from controller.engine.ports import StartupRecord


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
