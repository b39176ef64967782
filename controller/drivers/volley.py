"""Many blocks begun at once: each whole in one write, most urgent first, behind shut gates.

A session that re-keys, or whose device takes nothing in, would hold up every write behind it: it is passed
over, its gate opened, and it is tried again once the others are out. What then still waits is not sent.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from threading import Lock, Thread

from controller.domain.proof import Outcome
from controller.drivers.gate import LONGEST
from controller.drivers.session import NetmikoSession
from controller.engine.ports import Block

_WRITERS = 4
"""Threads that write: a device that stops in the middle of a write holds up a share of the others."""

_EACH = 8
"""Blocks worth a writer of their own."""

_ASK_AGAIN = 0.005

_log = logging.getLogger(__name__)


class Volley:
    """``shots`` in the order of their urgency. Used once."""

    def __init__(self, shots: Sequence[tuple[NetmikoSession, Block]]) -> None:
        self._shots = shots
        self._outcomes = [Outcome.NOT_SENT] * len(shots)
        self._passed: list[int] = []
        self._lock = Lock()

    def fire(self) -> tuple[Outcome, ...]:
        """How each block went out. All gates are open again when it returns."""
        until = time.monotonic() + LONGEST
        try:
            for session, _ in self._shots:
                session.shut_gate(until)
            left = self._write_all(range(len(self._shots)), until)
            while left and time.monotonic() + _ASK_AGAIN < until:
                time.sleep(_ASK_AGAIN)
                left = self._write_all(left, until)
        finally:
            for session, _ in self._shots:
                session.open_gate()
        return tuple(self._outcomes)

    def _write_all(self, indices: Sequence[int], until: float) -> list[int]:
        """Those passed over."""
        self._passed = []
        work = iter(indices)
        writers = [
            Thread(target=self._write, args=(work, until), name=f"fire-{number}")
            for number in range(1, min(_WRITERS, -(-len(indices) // _EACH)))
        ]
        for writer in writers:
            writer.start()
        self._write(work, until)
        for writer in writers:
            writer.join()
        return sorted(self._passed)

    def _write(self, work: Iterator[int], until: float) -> None:
        for index in self._each(work):
            session, block = self._shots[index]
            try:
                outcome = session.fire(block, until)
            except Exception:  # noqa: BLE001 - a defect at one session must not hold back the others' cut
                session.close()
                outcome = Outcome.SENT  # nobody knows: what came of it is read
                with suppress(Exception):
                    _log.exception("firing failed")
            if outcome is None:
                self._passed.append(index)
            else:
                self._outcomes[index] = outcome

    def _each(self, work: Iterator[int]) -> Iterable[int]:
        """Shared by the writers."""
        while True:
            with self._lock:
                index = next(work, None)
            if index is None:
                return
            yield index
