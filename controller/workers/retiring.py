"""What was kept for long enough goes by itself, once a day, where the settings say how long."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.retention import Retention, retention_from

if TYPE_CHECKING:
    from controller.bootstrap import Composition
    from controller.workers.erasing import Eraser

EVERY = 24 * 3600.0
"""Seconds between two looks at what has been kept for long enough."""

_FIRST = 60.0
_CLOSING = 1.0

_log = logging.getLogger(__name__)


class Retirement:
    """Has what was kept for long enough erased once a day, in a thread of its own."""

    def __init__(self, eraser: Eraser, retention: Retention) -> None:
        self._eraser = eraser
        self._retention = retention
        self._closing = Event()
        self._thread = Thread(target=self._follow, name="retention", daemon=True)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._closing.set()
            self._thread.join(_CLOSING)

    def _follow(self) -> None:
        pause = _FIRST
        while not self._closing.wait(pause):
            pause = EVERY
            try:
                self._eraser.expire(self._retention)
            except (CordonError, OSError) as error:
                _log.warning("what was kept for long enough is not erased: %s", error)
            except Exception:  # noqa: BLE001 - nothing depends on it, so nothing falls with it
                _log.exception("retention failed")


@contextmanager
def retired(composition: Composition, eraser: Eraser) -> Iterator[None]:
    """While the block lasts, if the settings say how long anything is kept."""
    try:
        retention = retention_from(composition.settings.retention)
    except InvalidRequest as error:
        _log.warning("nothing is erased by age: %s", error)
        retention = {}
    if not retention:
        yield
        return
    with Retirement(eraser, retention).at_work():
        yield
