"""The threads of a run: so many operations at a time, not counting those that hang."""

from __future__ import annotations

from collections import deque
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
        self._waiting: deque[tuple[Callable[[], None], Future[None]]] = deque()
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
        begun: Future[None] = Future()
        with self._lock:
            self._waiting.append((job, begun))
        self._pool.submit(self._work)
        return begun

    def join(self, jobs: Iterable[Future[None]]) -> None:
        """Returns when all have ended."""
        left = set(jobs)
        while left:
            left = wait(left, timeout=_LOOK_EVERY).not_done
            self._relieve()

    def _work(self) -> None:
        self._places.acquire()
        # Which job, only now: of threads that wait for a place, the one that waited longest need not get it.
        with self._lock:
            job, begun = self._waiting.popleft()
            self._since[begun] = self._clock.monotonic()
        try:
            job()
        except BaseException as error:  # noqa: BLE001 - whoever asks for the outcome gets it
            self._over(begun)
            begun.set_exception(error)
        else:
            self._over(begun)
            begun.set_result(None)

    def _over(self, begun: Future[None]) -> None:
        with self._lock:
            if self._since.pop(begun, None) is not None:
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
