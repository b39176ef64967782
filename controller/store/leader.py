"""Taking and giving up the lead of a home: one process at a time, and nobody acting from before."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from controller.domain.errors import JournalUnavailable, LeaderElsewhere
from controller.domain.facts import SYSTEM, Actor, Noted
from controller.domain.tags import Tag
from controller.store import locks, sealing, spool
from controller.store.database import reading
from controller.store.draft import takeover
from controller.store.history import StoreHistory
from controller.store.moments import now
from controller.store.places import Places
from controller.store.reception import Handler, Reception
from controller.store.requests import SILENCE, ping
from controller.store.writer import PATIENCE, Patience, StoreJournal

_log = logging.getLogger(__name__)

LEAD = "lead"
"""The subject of the notes about the lead itself."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The lead of a home while it is held."""

    epoch: int
    journal: StoreJournal
    history: StoreHistory
    _reception: Reception = field(repr=False)

    def serve(self, handler: Handler) -> None:
        """From now on requests of other processes, by socket or inbox, go to ``handler``, each in a thread
        of its own."""
        self._reception.serve(handler)


@dataclass(slots=True)
class _Killed:
    leader: int | None = None
    workers: list[int] = field(default_factory=list)


@contextmanager
def lead(
    places: Places,
    *,
    actor: Actor = SYSTEM,
    takeover_frozen: bool = False,
    patience: Patience = PATIENCE,
    clock: Callable[[], datetime] = now,
) -> Iterator[Lead]:
    """Leads until the block ends. Raises LeaderElsewhere while another process does.

    ``takeover_frozen``: a leader that answers nobody for a second is killed, as are its workers; the log says
    so. The lead is given also where nothing can be journalled: the first commit tells.
    """
    with ExitStack() as stack:
        killed = _Killed()
        descriptor = locks.open_lock(places.leader_lock)
        stack.callback(os.close, descriptor)
        _take_lead(places, descriptor, killed, takeover_frozen=takeover_frozen)
        before = locks.read_holder(places.leader_lock)
        recorded_epoch = before.epoch if before else 0
        _bounded(lambda: locks.write_holder(descriptor, recorded_epoch))
        reception = Reception(places)
        reception.start()
        stack.callback(reception.stop)
        acting = locks.open_lock(places.acting_lock)
        stack.callback(os.close, acting)
        _outlast(places, acting, killed, takeover_frozen=takeover_frozen)
        last_seq, last_epoch = _last(places)
        epoch = max(recorded_epoch, last_epoch) + 1
        _bounded(lambda: locks.write_holder(descriptor, epoch))
        _bounded(lambda: _need_spool(places))
        journal = StoreJournal(places.home, places.database, places.spool, epoch, patience, clock)
        journal.start(takeover([_taken(before, epoch)], actor, epoch), last_seq)
        stack.callback(journal.close)
        history = StoreHistory(places, journal.unmerged)
        stack.callback(reception.leave)  # nobody is let in any more before the journal closes
        _audit(journal, killed, actor)
        yield Lead(epoch, journal, history, reception)


def _take_lead(places: Places, descriptor: int, killed: _Killed, *, takeover_frozen: bool) -> None:
    if locks.lock(descriptor, fcntl.LOCK_EX):
        return
    holder = locks.read_holder(places.leader_lock)
    if takeover_frozen and holder and holder.alive and not ping(places):
        if holder == locks.read_holder(places.leader_lock) and locks.kill(holder.pid, holder.start):
            killed.leader = holder.pid
        if locks.lock(descriptor, fcntl.LOCK_EX, seconds=SILENCE):
            return
    raise LeaderElsewhere(home=str(places.home), pid=holder.pid if holder else None)


def _outlast(places: Places, descriptor: int, killed: _Killed, *, takeover_frozen: bool) -> None:
    """Waits for the workers an earlier leader left: while one lives, it may still touch a device."""
    if not locks.lock(descriptor, fcntl.LOCK_EX, seconds=SILENCE):
        orphans = locks.holders(places.acting_lock)
        if takeover_frozen:
            killed.workers.extend(pid for pid in orphans if locks.kill(pid, locks.started(pid)))
        if not locks.lock(descriptor, fcntl.LOCK_EX, seconds=SILENCE if killed.workers else 0.0):
            raise LeaderElsewhere(home=str(places.home), pid=orphans[0] if orphans else None)
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def _last(places: Places) -> tuple[int, int]:
    """The newest entry and epoch of the database; zeros where it does not answer."""
    try:
        with reading(places.database) as connection:
            return sealing.last_seq(connection), sealing.last_epoch(connection)
    except SQLAlchemyError as error:
        _log.warning("the database cannot be read: %s", error)
        return 0, 0


def _need_spool(places: Places) -> None:
    if not places.spool.exists():
        try:
            spool.create(places.spool)
        except OSError as error:
            _log.warning("no spool: %s", error)


def _taken(before: locks.Holder | None, epoch: int) -> Noted:
    data = [("epoch", str(epoch)), ("pid", str(os.getpid()))]
    if before:
        data.append(("after", str(before.pid)))
    return Noted(LEAD, tuple(data))


def _audit(journal: StoreJournal, killed: _Killed, actor: Actor) -> None:
    if killed.leader is None and not killed.workers:
        return
    workers = " ".join(map(str, killed.workers))
    note = Noted(LEAD, (("leader", str(killed.leader or "")), ("workers", workers)))
    try:
        journal.commit(Tag.LEADER_KILLED, [note], actor)
    except JournalUnavailable as error:
        _log.warning("the end of a silent leader is not on record: %s", error)


def _bounded(work: Callable[[], None], seconds: float = 0.25) -> None:
    """Does ``work``, but does not wait for a disk that hangs."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
