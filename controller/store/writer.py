"""The journal: one thread writes the database, one the spool, whoever commits waits for the first of them.

A commit waits ``Patience.database`` for the database. If that is not enough, the journal is *degraded*: all
commits under way and all further ones go to the spool, in order, while the database is tried again and again.
When it answers, the spool is merged; a slow transaction that made it after all is recognised by the commits'
ids. Only when the log says that it is whole again is the spool emptied.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from controller.domain.errors import CordonError, JournalUnavailable, StaleEpoch
from controller.domain.facts import SYSTEM, Actor, Fact, Noted, Text
from controller.domain.retention import ERASURE
from controller.domain.tags import Tag
from controller.engine.ports import Committed
from controller.store import sealing
from controller.store.database import reading, truncate_log, writing
from controller.store.draft import Draft, draft, erasure, from_bytes, to_bytes
from controller.store.moments import now
from controller.store.spool import Spool
from controller.store.spooled import beginning
from controller.store.triggers import STALE_EPOCH

_log = logging.getLogger(__name__)

JOURNAL = "journal"
"""The subject of the notes the journal makes about itself."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: how long a commit waits for the database, then for the spool, behind which there is nothing;
    how long the database is left alone after it failed, at first and at most; how long closing waits for the
    spool to be merged."""

    database: float = 0.25
    spool: float = 2.0
    retry: float = 0.2
    longest_retry: float = 2.0
    closing: float = 2.0


PATIENCE = Patience()


@dataclass(eq=False, slots=True)
class _Waiting:
    """A commit somebody waits for. ``done`` is set once, with ``result`` or ``error``."""

    draft: Draft
    done: threading.Event = field(default_factory=threading.Event)
    result: Committed | None = None
    error: CordonError | None = None

    def settle(self, result: Committed | None = None, error: CordonError | None = None) -> None:
        if not self.done.is_set():
            self.result, self.error = result, error
            self.done.set()


class StoreJournal:
    """The Journal of one epoch of a home. Its threads start with :meth:`start` and end with :meth:`close`."""

    def __init__(
        self,
        home: Path,
        database: Path,
        spool: Path,
        epoch: int,
        patience: Patience = PATIENCE,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._home = home
        self._database = database
        self._spool_path = spool
        self._spool: Spool | None = None
        self._epoch = epoch
        self._patience = patience
        self._clock = clock
        self._changed = threading.Condition()
        # All below is shared between threads and touched only under _changed.
        self._takeover: _Waiting | None = None  # before all else of this epoch, however long it takes
        self._queue: list[_Waiting] = []
        self._flight: list[_Waiting] = []
        self._to_spool: list[_Waiting] = []
        self._spooling = False
        self._stuck = False  # somebody waited for the spool in vain: nobody else does, until it moves
        self._backlog: list[Draft] = []
        self._merged: list[tuple[int, Draft]] = []
        self._last_seq = 0
        self._degraded = False
        self._episode = False  # the spool says that it is in use, the log does not yet say that it is over
        self._emptying = False  # the log says so, the spool has yet to be emptied
        self._after: int | None = None  # entries up to this one hold no commit of the spool
        self._cause = ""
        self._over: CordonError | None = None
        self._closing = False
        self._threads: list[threading.Thread] = []

    # --- for whoever commits ------------------------------------------------------------------------

    def start(self, first: Draft, last_seq: int = 0) -> None:
        """Begins with what an earlier leader left in the spool and with ``first``, in one transaction. Waits
        as a commit does, but does not raise: the next commit tells.

        ``last_seq`` is the newest entry, as far as is known."""
        self._last_seq = last_seq
        try:
            self._spool = Spool(self._spool_path)
            self._backlog = [from_bytes(record) for record in self._spool.records()]
        except OSError as error:
            _log.warning("the spool cannot be read: %s", error)
        self._episode = bool(self._backlog)
        self._after = beginning(self._backlog) if self._backlog else None
        self._takeover = _Waiting(first)
        self._queue.append(self._takeover)
        for name, work in (("journal", self._write_database), ("spool", self._write_spool)):
            thread = threading.Thread(target=work, name=f"cordon-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()
        if not self._takeover.done.wait(self._patience.database):
            with self._changed:
                self._degrade("timeout")
            self._takeover.done.wait(self._patience.spool)

    def commit(self, tag: Tag, facts: Sequence[Fact], actor: Actor) -> Committed:
        return self.put(draft(tag, facts, actor, self._epoch, self._clock))

    def erase(
        self,
        commitments: Sequence[str],
        reason: Text,
        actor: Actor,
        data: Sequence[tuple[str, str]] = (),
        files: Sequence[Noted] = (),
    ) -> Committed:
        """Makes the texts behind ``commitments`` unreadable for good, and says so of ``files``; the log still
        verifies. ``data`` is said as well."""
        said = (("texts", str(len(commitments))), *data)
        return self.put(erasure(commitments, [Noted(ERASURE, said, reason), *files], actor, self._epoch))

    def wipe(self) -> bool:
        """Makes what was erased unreadable in the files as well: in the write-ahead log of the database, and
        in the spool, which keeps what once went through it. False where something was in the way: a reader,
        or a spool in use."""
        with self._changed:
            if self._degraded or self._episode:
                return False
            self._emptying = True
            self._changed.notify_all()
            emptied = self._changed.wait_for(lambda: not self._emptying, self._patience.closing)
        return truncate_log(self._database) and emptied

    def put(self, draft: Draft) -> Committed:
        """As :meth:`commit`. A draft that raised JournalUnavailable may still be written if it had begun."""
        waiting = _Waiting(draft)
        with self._changed:
            if self._over or self._closing:
                raise self._over or self._unavailable("closed")
            self._queue.append(waiting)
            if self._degraded:
                self._degrade(self._cause)
            self._changed.notify_all()
            degraded = self._degraded
        if not degraded and not waiting.done.wait(self._patience.database):
            with self._changed:
                if not waiting.done.is_set():
                    self._degrade("timeout")
        if not waiting.done.wait(self._patience.database if self._stuck else self._patience.spool):
            with self._changed:
                self._stuck = True
                if waiting in self._to_spool:
                    self._to_spool.remove(waiting)
                waiting.settle(error=self._unavailable("timeout"))
        if waiting.result is None:
            raise waiting.error or self._unavailable("timeout")
        return waiting.result

    @property
    def degraded(self) -> bool:
        with self._changed:
            return self._degraded or self._episode

    def unmerged(self, after: int) -> list[Draft]:
        """What is on disk but not in the entries up to ``after``, in order."""
        with self._changed:
            merged = {one.id for _, one in self._merged}
            late = [one for seq, one in self._merged if seq > after]
            return late + [one for one in self._backlog if one.id not in merged]

    def close(self) -> None:
        """Waits a while for the database to take over the spool; what it does not take stays there."""
        until = time.monotonic() + self._patience.closing
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._over or self._idle(), self._patience.closing)
            self._over = self._over or self._unavailable("closed")
            self._changed.notify_all()
        for thread in self._threads:
            # One that hangs in a dead disk is left behind: it is a daemon, and the next epoch shuts it out.
            thread.join(max(0.1, until - time.monotonic()))

    # --- called under _changed ----------------------------------------------------------------------

    def _idle(self) -> bool:
        under_way = self._queue or self._flight or self._to_spool or self._spooling or self._backlog
        return not (under_way or self._episode or self._emptying)

    def _degrade(self, cause: str) -> None:
        """From now on to the spool, beginning with what is under way: it may be slow, or lost."""
        self._cause, self._degraded = cause, True
        if self._takeover in self._flight or self._takeover in self._queue:
            self._to_spool.append(self._takeover)
        if not self._episode:
            data = (("cause", cause), ("after", str(self._last_seq)))
            first = draft(Tag.JOURNAL_DEGRADED, [Noted(JOURNAL, data)], SYSTEM, self._epoch, self._clock)
            self._to_spool.append(_Waiting(first))
            self._episode = True
            self._after = self._last_seq if self._after is None else self._after
        known = set(map(id, self._to_spool))
        under_way = [one for one in (*self._flight, *self._queue) if not one.done.is_set()]
        self._to_spool.extend(one for one in under_way if id(one) not in known)
        self._queue.clear()
        self._changed.notify_all()

    def _unavailable(self, cause: str) -> JournalUnavailable:
        return JournalUnavailable(home=str(self._home), cause=cause)

    def _has_work(self) -> bool:
        return bool(self._over or self._queue or self._backlog or self._degraded or self._may_restore())

    def _may_restore(self) -> bool:
        """Everything spooled is in the database, and nobody is about to spool more."""
        waiting = self._degraded or self._backlog or self._to_spool or self._spooling
        begun = self._takeover is not None and self._takeover.done.is_set()
        return self._episode and begun and not waiting

    def _may_empty(self) -> bool:
        return self._emptying and not (self._episode or self._to_spool)

    # --- the spool's thread -------------------------------------------------------------------------

    def _write_spool(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._to_spool or self._may_empty() or self._over)
                if self._over and not self._to_spool:
                    break
                taken = [one for one in self._to_spool if not one.done.is_set()]
                self._to_spool.clear()
                self._spooling = True
                emptying = self._may_empty()
            if emptying:
                self._empty_spool()
            kept, cause = self._append(taken)
            with self._changed:
                self._spooling = self._stuck = False
                for one in taken:
                    if one in kept:
                        self._backlog.append(one.draft)
                        one.settle(Committed(None, degraded=True))
                    elif one is self._takeover:
                        if one not in self._flight:
                            self._queue.insert(0, one)
                    else:
                        one.settle(error=self._unavailable(cause))
                        if one.draft.tag == Tag.JOURNAL_DEGRADED:
                            # It was not said after all: the next commit says it again.
                            self._episode = bool(self._backlog)
                self._changed.notify_all()
        if self._spool:
            self._spool.close()

    def _append(self, taken: Sequence[_Waiting]) -> tuple[list[_Waiting], str]:
        if not taken:
            return [], ""
        try:
            if self._spool is None:
                self._spool = Spool(self._spool_path)
            fitted = self._spool.append([to_bytes(one.draft) for one in taken])
        except OSError as error:
            return [], f"spool: {error.strerror or error}"
        return [one for one, fits in zip(taken, fitted, strict=True) if fits], "spool-full"

    def _empty_spool(self) -> None:
        try:
            if self._spool:
                self._spool.clear()
        except OSError as error:
            # What is in it is in the log: the next leader finds that out by the commits' ids.
            _log.warning("the spool cannot be emptied: %s", error)
        else:
            with self._changed:
                self._after = None
        with self._changed:
            self._emptying = False
            self._changed.notify_all()

    # --- the database's thread ----------------------------------------------------------------------

    def _write_database(self) -> None:
        connection: Connection | None = None
        pause = self._patience.retry / 2
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: (
                        self._over or self._queue or self._backlog or self._degraded or self._may_restore()
                    )
                )
                if self._over:
                    break
                backlog, after = list(self._backlog), self._after or 0
                restored = self._restored() if self._may_restore() else None
                flight = [one for one in self._queue if not one.done.is_set()]
                self._queue, self._flight = [], flight
            own = [restored] if restored else []
            try:
                connection = connection or writing(self._database).connect()
                with connection.begin():
                    known = sealing.recorded(connection, after) if backlog else set()
                    late = [replace(one, degraded=True) for one in backlog if one.id not in known]
                    drafts = [*late, *own, *(one.draft for one in flight)]
                    seqs = sealing.write(connection, drafts)
            except (SQLAlchemyError, OSError, ValueError) as error:
                _log.warning("the database did not take a commit: %s", _cause(error))
                _close(connection)
                connection, pause = None, min(2 * pause, self._patience.longest_retry)
                self._failed(error, pause)
            else:
                pause = self._patience.retry / 2
                self._wrote(backlog, late, restored, flight, seqs)
        _close(connection)

    def _restored(self) -> Draft:
        return draft(Tag.JOURNAL_RESTORED, [Noted(JOURNAL)], SYSTEM, self._epoch, self._clock)

    def _wrote(
        self,
        backlog: Sequence[Draft],
        late: Sequence[Draft],
        restored: Draft | None,
        flight: Sequence[_Waiting],
        seqs: Sequence[int],
    ) -> None:
        with self._changed:
            del self._backlog[: len(backlog)]
            self._flight = []
            self._last_seq = seqs[-1] if seqs else self._last_seq
            self._degraded = False
            if restored:
                self._episode, self._emptying = False, True
                self._merged.clear()
            self._merged.extend(zip(seqs, late, strict=False))
            for one, seq in zip(flight, seqs[len(seqs) - len(flight) :], strict=True):
                if self._episode:
                    self._merged.append((seq, one.draft))
                one.settle(Committed(seq, degraded=False))
            self._changed.notify_all()

    def _failed(self, error: Exception, pause: float) -> None:
        stale = isinstance(error, DBAPIError) and STALE_EPOCH in str(error.orig)
        current = self._current_epoch() if stale else 0
        with self._changed:
            if stale:
                self._over = StaleEpoch(epoch=self._epoch, current=current)
                for one in (*self._flight, *self._queue, *self._to_spool):
                    one.settle(error=self._over)
                self._queue, self._to_spool = [], []
            else:
                self._degrade(_cause(error))
            self._flight = []
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._over, pause)

    def _current_epoch(self) -> int:
        try:
            with reading(self._database) as connection:
                return sealing.last_epoch(connection)
        except SQLAlchemyError:
            return 0


def _cause(error: Exception) -> str:
    return str(error.orig if isinstance(error, DBAPIError) else error)


def _close(connection: Connection | None) -> None:
    if connection is not None:
        try:
            connection.close()
        except SQLAlchemyError as error:
            _log.debug("closing the database: %s", error)
