"""Puts on record that the wall clock of the machine was set: times in the log before and after do not follow
on each other then, and whoever reads them must know.

The monotonic clock tells. It is looked at beside the wall clock every second while this process leads, and
once at the beginning beside the last entry of whoever led before, if the machine was not started anew since.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

from controller.domain.errors import CordonError
from controller.domain.facts import SYSTEM, Noted
from controller.domain.tags import Tag

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.engine.ports import Clock, Journal

CLOCK = "clock"
"""The subject of the note: ``step`` in seconds, the ``monotonic`` clock in seconds, what the wall clock
``should`` have said and what it ``says`` (ISO 8601)."""

LEAST = 2.0
"""Seconds: less than a clock set by hand or by NTP at a start, more than a busy machine lets pass between one
look and the next line."""

SLEW = 0.001
"""Seconds that a second may be off while NTP draws the clock near, which is no step: twice what Linux
allows."""

_AT_ONCE = 0.5
"""Seconds between the clocks of one look that would be worth comparing."""

_LOOK_EVERY = 1.0
_CLOSING = 1.0
"""Seconds the end of a lead waits for a look that is under way."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """Both clocks at one time; ``monotonic`` in seconds."""

    wall: datetime
    monotonic: float


class Timekeeper:
    """For one leader. ``before`` gives what both clocks said at the last entry before its lead, None where
    nobody can tell."""

    def __init__(self, journal: Journal, clock: Clock, before: Callable[[], Look | None]) -> None:
        self._journal = journal
        self._clock = clock
        self._before = before
        self._last: Look | None = None
        self._closing = Event()
        self._told = ""

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Until the block ends."""
        thread = Thread(target=self._follow, name="timekeeper", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._closing.set()
            thread.join(_CLOSING)

    def look(self) -> None:
        """Raises CordonError where a step cannot be recorded: the next look finds it again."""
        if self._last is None:
            self._last = self._before()
        began = self._clock.monotonic()
        now = Look(self._clock.now(), self._clock.monotonic())
        if now.monotonic - began > _AT_ONCE:
            return  # the process was stopped between the clocks: the next look will do
        if self._last is not None:
            passed = now.monotonic - self._last.monotonic
            should = self._last.wall + timedelta(seconds=passed)
            step = (now.wall - should).total_seconds()
            if abs(step) > LEAST + SLEW * passed:
                data = (
                    ("step", f"{step:+.1f}"),
                    ("monotonic", f"{now.monotonic:.3f}"),
                    ("should", should.astimezone(UTC).isoformat(timespec="milliseconds")),
                    ("says", now.wall.astimezone(UTC).isoformat(timespec="milliseconds")),
                )
                self._journal.commit(Tag.CLOCK_STEPPED, [Noted(CLOCK, data)], SYSTEM)
        self._last = now

    def _follow(self) -> None:
        closing = False
        while not closing:
            try:
                self.look()
                self._told = ""
            except (CordonError, OSError) as error:
                if str(error) != self._told:
                    self._told = str(error)
                    _log.warning("whether the clock was set is not on record: %s", error)
            closing = self._closing.wait(_LOOK_EVERY)
