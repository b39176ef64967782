"""Verifying the whole log beside everything else: that of a long one takes longer than a page may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, Thread

from controller.domain.errors import CordonError
from controller.engine.ports import Clock
from controller.workers.office import Verdict

AT_ONCE = 1000
"""Entries of a log that is verified while whoever asks waits."""


@dataclass(frozen=True, slots=True)
class Verified:
    """``at``: when it began, so that all before it was looked at. ``found`` is what kept it from being done
    otherwise than by a verdict."""

    at: datetime
    found: Verdict | CordonError


class Verification:
    """The last one of this process, and the one under way. For many threads."""

    def __init__(self, verify: Callable[[], Verdict], entries: Callable[[], int], clock: Clock) -> None:
        self._verify = verify
        self._entries = entries
        self._clock = clock
        self._lock = Lock()
        self._thread: Thread | None = None
        self._last: Verified | None = None

    @property
    def last(self) -> Verified | None:
        return self._last

    @property
    def under_way(self) -> bool:
        thread = self._thread
        return thread is not None and thread.is_alive()

    def ask(self) -> None:
        """Begins one unless one is under way; a short log is verified when this returns."""
        with self._lock:
            if not self.under_way:
                self._thread = Thread(target=self._work, name="verifying", daemon=True)
                self._thread.start()
        if self._entries() <= AT_ONCE:
            self.wait()

    def wait(self) -> None:
        """Returns when none is under way."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        at = self._clock.now()
        try:
            self._last = Verified(at, self._verify())
        except CordonError as error:
            self._last = Verified(at, error)
