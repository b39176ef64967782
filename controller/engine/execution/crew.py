"""The threads of a run: so many operations at a time, not counting those that hang."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock, Semaphore
from types import TracebackType
from typing import Self

from controller.engine.ports import Clock

PATIENCE = 2.0
"""Seconds after which an operation no longer takes another's place."""

MOST_RELIEVED = 3
"""Operations that hang beyond this many times the crew's size do hold up others: sessions are not without
end."""

_LOOK_EVERY = 0.25


class Crew:
    """Jobs start in the order in which they are given. Nothing a device does holds up the others for longer
    than :data:`PATIENCE`, as :meth:`join` watches."""

    def __init__(self, size: int, clock: Clock) -> None:
        self._clock = clock
        self._places = Semaphore(size)
        self._relief = size * MOST_RELIEVED
        self._since: dict[object, float] = {}
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(size * (1 + MOST_RELIEVED), thread_name_prefix="device")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)

    def start(self, job: Callable[[], None]) -> Future[None]:
        return self._pool.submit(self._work, job)

    def join(self, jobs: Iterable[Future[None]]) -> None:
        """Returns when all have ended."""
        left = set(jobs)
        while left:
            left = wait(left, timeout=_LOOK_EVERY).not_done
            self._relieve()

    def _work(self, job: Callable[[], None]) -> None:
        self._places.acquire()
        with self._lock:
            self._since[job] = self._clock.monotonic()
        try:
            job()
        finally:
            with self._lock:
                if self._since.pop(job, None) is not None:
                    self._places.release()
                else:
                    self._relief += 1

    def _relieve(self) -> None:
        """Gives away the places of those that take too long."""
        late = self._clock.monotonic() - PATIENCE
        with self._lock:
            for job in [job for job, since in self._since.items() if since <= late][: self._relief]:
                del self._since[job]
                self._relief -= 1
                self._places.release()
