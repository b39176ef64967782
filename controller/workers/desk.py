"""The leader's side of a request: carried out, and its progress told to whoever asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Condition, Thread
from typing import Any

from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.facts import Noted, Text
from controller.domain.tags import Tag
from controller.engine.controller import Controller, DocumentReader
from controller.engine.events import Watcher
from controller.engine.plans import Documents
from controller.engine.unrecorded import LastResortJournal
from controller.workers.requests import (
    Abort,
    Confirm,
    Isolate,
    Line,
    Request,
    Restore,
    Resume,
    WriteLog,
    error_to_line,
    event_to_line,
    request_from_line,
)


class Desk:
    """Carries out requests for one leader. Safe to call from many threads."""

    def __init__(
        self,
        controller: Controller,
        journal: LastResortJournal,
        reader: DocumentReader,
        reload: Callable[[], Documents],
    ) -> None:
        self._controller = controller
        self._journal = journal
        self._reader = reader
        self._reload = reload
        self._under_way = 0
        self._changed = Condition()

    def perform(self, request: Request, watcher: Watcher) -> int | None:
        """Returns when the request is over; writing the log and confirming give a number, that of the
        entry.

        Raises what the controller raises."""
        with self._changed:
            self._under_way += 1
        try:
            return self._perform(request, watcher)
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def handle(self, message: dict[str, Any]) -> Iterator[Line]:
        """The same for another process: its request as a line, events and the end as lines."""
        try:
            request = request_from_line(message)
        except CordonError as error:
            yield error_to_line(error)
            return
        lines: SimpleQueue[Line | None] = SimpleQueue()

        def work() -> None:
            try:
                seq = self.perform(request, lambda event: lines.put(event_to_line(event)))
                lines.put({"done": seq})
            except CordonError as error:
                lines.put(error_to_line(error))
            finally:
                lines.put(None)

        thread = Thread(target=work, name="request", daemon=True)
        thread.start()
        while (line := lines.get()) is not None:
            yield line

    def drain(self) -> None:
        """Waits for the end of everything under way."""
        with self._changed:
            self._changed.wait_for(lambda: self._under_way == 0)

    def _perform(self, request: Request, watcher: Watcher) -> int | None:
        controller = self._controller
        match request:
            case Isolate():
                if request.unrecorded:
                    self._journal.permit_unrecorded()
                documents = self._documents_of(request)
                controller.isolate(request.plan, request.reason, request.actor, watcher, documents)
            case Restore():
                documents = self._reload()
                controller.restore(
                    request.wanted, request.plan, request.reason, request.actor, watcher, documents
                )
            case Resume():
                controller.resume(request.run, request.actor, watcher, request.accept_drift)
            case Abort():
                if not controller.abort(request.run, request.actor, request.reason):
                    raise InvalidRequest("run-not-under-way", run=request.run)
            case WriteLog():
                note = Noted("log", (), Text(request.text))
                return self._journal.commit(Tag.LOG_WRITTEN, [note], request.actor).seq
            case Confirm():
                return controller.confirm(request.work, request.actor)
        return None

    def _documents_of(self, request: Isolate) -> Documents:
        """What the plan was compiled from: the revisions that came with it."""
        basis, sources = request.plan.basis, request.sources
        profiles = self._reader.profiles(sources[basis.profiles])
        inventory = self._reader.inventory(sources[basis.inventory], profiles)
        return Documents(inventory, profiles, basis.profiles, {}, {}, sources)
