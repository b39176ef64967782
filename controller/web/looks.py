"""Looks at held points for what somebody changed by hand: taken when a person asks, beside the pages."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Thread

import structlog

from controller.domain.drift import Drift, PointDrift
from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.facts import Actor
from controller.domain.inventory import PointId
from controller.workers.resident import Resident

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What was found ``at`` that time, asked for ``by`` somebody. Without ``found`` nobody could look, for
    the reason ``error``; None there: Cordon's own fault."""

    at: datetime
    by: str
    found: Drift | None
    error: CordonError | None = None


class Looks:
    """One at a time; the last is kept until the service ends. Safe to call from many threads."""

    def __init__(self, office: Resident, now: Callable[[], datetime]) -> None:
        self._office = office
        self._now = now
        self._lock = Lock()
        self._under_way = False
        self._last: Look | None = None

    @property
    def under_way(self) -> bool:
        return self._under_way

    @property
    def last(self) -> Look | None:
        return self._last

    def begin(self, actor: Actor, by: str) -> None:
        """Joins a look under way. Raises InvalidRequest (run-under-way) while a run acts: it needs the
        devices more."""
        for run in self._office.under_way():
            raise InvalidRequest("run-under-way", run=run)
        with self._lock:
            if self._under_way:
                return
            self._under_way = True
        Thread(target=self._look, args=(actor, by), name="look", daemon=True).start()

    def changed(self, points: Collection[PointId]) -> tuple[PointDrift, ...]:
        """Of ``points``, those that somebody had changed at the last look."""
        found = self._last.found if self._last is not None else None
        return tuple(each for each in found.changed if each.point in points) if found is not None else ()

    def _look(self, actor: Actor, by: str) -> None:
        found: Drift | None = None
        problem: CordonError | None = None
        try:
            found = self._office.drift((), actor)
        except CordonError as error:
            problem = error
        except Exception:  # noqa: BLE001 - whoever asked is told, whatever it was
            _log.exception("held points could not be read for what somebody changed")
        with self._lock:
            self._last = Look(self._now(), by, found, problem)
            self._under_way = False
