"""One run told to many watchers; who comes late hears first what has happened so far."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock

from controller.engine.events import (
    Event,
    JournalDegraded,
    RunEnded,
    RunStarted,
    StepsSettled,
    Watcher,
    WaveStarted,
)


class Broadcast:
    """Callable as a watcher itself. A watcher that raises is dropped: nobody watching may harm a run."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._watchers: list[Watcher] = []
        self._started: RunStarted | None = None
        self._settled: dict[str, StepsSettled] = {}
        self._others: list[WaveStarted | JournalDegraded | RunEnded] = []

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._remember(event)
            self._watchers = [watcher for watcher in self._watchers if _tell(watcher, event)]

    def join(self, watcher: Watcher) -> None:
        """Adds a watcher to a run that may already be under way."""
        with self._lock:
            missed: list[Event] = [replace(self._started, joined=True)] if self._started else []
            if all(_tell(watcher, event) for event in (*missed, *self._settled.values(), *self._others)):
                self._watchers.append(watcher)

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


def _tell(watcher: Watcher, event: Event) -> bool:
    try:
        watcher(event)
    except Exception:  # noqa: BLE001 - a closed terminal or socket raises what it likes
        return False
    return True
