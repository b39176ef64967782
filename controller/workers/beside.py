"""Work that takes longer than a page may, done beside whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock, Thread

import structlog

from controller.domain.errors import CordonError

_log = structlog.get_logger(__name__)

SOON = 1.0
"""Seconds until it begins: who asks is answered first, and what changes in one go is done in one go."""


class Beside:
    """``work`` is done once for whoever asks until it begins. For many threads."""

    def __init__(self, name: str, work: Callable[[], object], soon: float = SOON) -> None:
        self._name = name
        self._work = work
        self._soon = soon
        self._lock = Lock()
        self._thread: Thread | None = None

    def ask(self) -> None:
        """Has it done, unless it is being done: then who finds that it was not enough asks again."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._begin, name=self._name, daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Returns when it is not being done."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _begin(self) -> None:
        Event().wait(self._soon)
        try:
            self._work()
        except CordonError as error:  # who asks for it itself is told
            _log.warning("not done beside", what=self._name, why=str(error))
