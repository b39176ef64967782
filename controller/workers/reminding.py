"""Puts on record that nothing was written in the logbook for as long as people agreed on: whoever watches the
log hears of it at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from controller.domain.errors import CordonError
from controller.domain.facts import SYSTEM, Noted
from controller.domain.logbook import DUE, Rhythm
from controller.domain.tags import Tag

if TYPE_CHECKING:
    from controller.engine.ports import Clock, Journal

_LOOK_EVERY = 5.0
_CLOSING = 1.0
"""Seconds; see :mod:`controller.workers.timekeeper`."""

_log = logging.getLogger(__name__)


def remind(rhythm: Rhythm | None, journal: Journal, clock: Clock) -> bool:
    """Whether it was put on record. Raises CordonError."""
    if rhythm is None or not rhythm.calls(clock.now()):
        return False
    data = (("minutes", str(rhythm.minutes)), ("since", rhythm.last.isoformat(timespec="seconds")))
    journal.commit(Tag.LOG_DUE, [Noted(DUE, data)], SYSTEM)
    return True


@contextmanager
def reminding(rhythm: Callable[[], Rhythm | None], journal: Journal, clock: Clock) -> Iterator[None]:
    """While the block lasts."""
    closing = Event()

    def follow() -> None:
        while not closing.wait(_LOOK_EVERY):
            try:
                remind(rhythm(), journal, clock)
            except (CordonError, OSError) as error:
                _log.warning("that an entry in the logbook is due is not on record: %s", error)

    thread = Thread(target=follow, name="reminding", daemon=True)
    thread.start()
    try:
        yield
    finally:
        closing.set()
        thread.join(_CLOSING)
