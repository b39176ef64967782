"""One run told to many watchers; who comes late hears first what has happened so far."""

from __future__ import annotations

from dataclasses import replace
from queue import SimpleQueue
from threading import Lock, Thread

from controller.engine.events import (
    Event,
    RunStarted,
    StepsSettled,
    Watcher,
)

LAST_WORDS = 2.0
"""Seconds a watcher has, once the run is over, to hear what it has not heard yet."""


class Broadcast:
    """Callable as a watcher itself. Each watcher listens in a thread of its own: one that blocks (a terminal
    that is held) delays nobody, and one that raises is told nothing more."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: list[Listener] = []
        self._started: RunStarted | None = None
        self._settled: dict[str, StepsSettled] = {}
        self._others: list[Event] = []

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._remember(event)
            for listener in self._listeners:
                listener.tell(event)

    def join(self, watcher: Watcher) -> Listener:
        """Adds a watcher to a run that may already be under way."""
        listener = Listener(watcher)
        with self._lock:
            missed: list[Event] = [replace(self._started, joined=True)] if self._started else []
            for event in (*missed, *self._settled.values(), *self._others):
                listener.tell(event)
            self._listeners.append(listener)
        return listener

    def _remember(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._started = event
            case StepsSettled(device=device):
                known = self._settled.get(device)
                results = {result.step.point.id: result for result in known.results} if known else {}
                results.update({result.step.point.id: result for result in event.results})
                self._settled[device] = replace(event, results=tuple(results.values()))
            case _:
                self._others.append(event)


class Listener:
    """One watcher with what it has still to hear."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        self._thread = Thread(target=self._listen, name="watcher", daemon=True)
        self._thread.start()

    def tell(self, event: Event) -> None:
        self._events.put(event)

    def finish(self) -> None:
        """Returns when everything told so far was heard, or nobody listens."""
        self._events.put(None)
        self._thread.join(LAST_WORDS)

    def _listen(self) -> None:
        while (event := self._events.get()) is not None:
            try:
                self._watcher(event)
            except Exception:  # noqa: BLE001 - a closed terminal or socket raises what it likes
                return
