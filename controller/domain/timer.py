"""The timer behind a return: what was brought back goes back to isolation unless it is confirmed in time,
through another log-in than the one that brought it back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from controller.domain.facts import Noted

TIMER = "timer"
"""The subject of notes about it."""

OPERATION = "operation"
"""The placeholder for the name of the operation that begins one: known only once it is sent."""

HELD_FOR = 120
"""Seconds the controller's own timer runs on after its process was away."""

_ARMS = re.compile(
    r"""(?xi)
      \brevert \s+ timer\b | \bcfg-save \s+ revert\b | \bcheckpoint \s+ auto\b
    | \bcommit\b .* \b(?:confirmed|timer)\b | \bconfigure \s+ replace\b .* \btime\b
    | ^ \s* reload \s+ (?:in|at)\b | \bschedule \s+ reboot\b
    | \b(?:shutdown|reboot) \s+ (?:-\w+ \s+)* \+\d | \bsystemd-run\b .* \s --on- | \bat \s+ now\b
    """
)


def arms_timer(line: str) -> bool:
    """Whether a device that takes this line will return by itself, later, to what it was: by a rollback, a
    confirmed commit, a restart. On a cut that would reconnect."""
    return _ARMS.search(line) is not None


class Holder(StrEnum):
    """Who cuts again: the device by itself, or the controller as soon as it reaches the device. The text is
    ``timer-holder.<value>``."""

    DEVICE = "device"
    CONTROLLER = "controller"


class TimerState(StrEnum):
    """``struck``: the controller cuts again, since nobody confirmed; ``confirmed``: another log-in read
    everything as wanted; ``taken-away``: a cut took it away, since it would have undone that; ``over``: it
    runs no more, and what it did was read. The text is ``timer-state.<value>``."""

    RUNNING = "running"
    STRUCK = "struck"
    CONFIRMED = "confirmed"
    TAKEN_AWAY = "taken-away"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Timer:
    """Of what one wave of a restore sent to one device; ``after`` in seconds. ``name``: what the operation
    that began it is called on the device, "" where it has no name there."""

    run: str
    wave: int
    device: str
    holder: Holder
    after: int
    state: TimerState = TimerState.RUNNING
    name: str = ""

    @property
    def open(self) -> bool:
        return self.state in (TimerState.RUNNING, TimerState.STRUCK)

    @property
    def key(self) -> tuple[str, int, str]:
        return (self.run, self.wave, self.device)

    def fact(self) -> Noted:
        data = (
            ("run", self.run),
            ("wave", str(self.wave)),
            ("device", self.device),
            ("holder", self.holder.value),
            ("after", str(self.after)),
            ("state", self.state.value),
            *([("name", self.name)] if self.name else []),
        )
        return Noted(TIMER, data)


def timer_of(note: Noted) -> Timer:
    """From a note of :data:`TIMER`."""
    data = dict(note.data)
    return Timer(
        data["run"],
        int(data["wave"]),
        data["device"],
        Holder(data["holder"]),
        int(data["after"]),
        TimerState(data["state"]),
        data.get("name", ""),
    )


def timers(notes: Iterable[Noted]) -> tuple[Timer, ...]:
    """The last word on each; ``notes``: those of :data:`TIMER`, oldest first."""
    found: dict[tuple[str, int, str], Timer] = {}
    for note in notes:
        each = timer_of(note)
        found.pop(each.key, None)
        found[each.key] = each
    return tuple(found.values())
