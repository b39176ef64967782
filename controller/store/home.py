"""A home: the directory that holds a site's database, spool, locks and inbox."""

from __future__ import annotations

import fcntl
import logging
import os
import stat
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from controller.disk import sync_directory
from controller.domain.entry import SealedEntry
from controller.domain.errors import CordonError, InvalidRequest, JournalUnreadable, LeaderElsewhere, NotFound
from controller.domain.facts import SYSTEM, Actor, Noted
from controller.domain.retention import Payload
from controller.domain.tags import Tag
from controller.store import audit, evidence, leader, locks, payloads, requests, sealing, spool, triggers
from controller.store.accounts import HomeAccounts
from controller.store.database import check_revision, migrate, reading
from controller.store.draft import takeover
from controller.store.forwarded import ForwardedFile
from controller.store.history import StoreHistory
from controller.store.moments import now
from controller.store.payloads import Requested
from controller.store.places import Places
from controller.store.schema import REVISION
from controller.store.signatures import Witness
from controller.store.tree import Growth, LogTree, Proofs, Signed, growth, proving
from controller.store.verification import Verification, verify
from controller.store.wire import Message
from controller.store.writer import PATIENCE, Patience

_log = logging.getLogger(__name__)

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class LogUnprotected(CordonError):
    """The database lacks triggers that keep its log append-only: someone removed or altered them.
    Data: ``home``, ``triggers``."""

    code: ClassVar[str] = "log-unprotected"


class Home:
    """Made by :func:`open_home`. Reading needs no lead; writing goes through the journal of :meth:`lead`."""

    def __init__(self, places: Places, patience: Patience = PATIENCE) -> None:
        self._places = places
        self._patience = patience

    @property
    def path(self) -> Path:
        return self._places.home

    @property
    def evidence(self) -> Path:
        """The directory of evidence files."""
        return self._places.evidence

    def lead(
        self,
        *,
        actor: Actor = SYSTEM,
        takeover_frozen: bool = False,
        patience: Patience | None = None,
        clock: Callable[[], datetime] = now,
    ) -> AbstractContextManager[leader.Lead]:
        """See :func:`controller.store.leader.lead`."""
        return leader.lead(
            self._places,
            actor=actor,
            takeover_frozen=takeover_frozen,
            patience=patience or self._patience,
            clock=clock,
        )

    def acting(self) -> AbstractContextManager[None]:
        """For a worker process, around everything that may touch a device."""
        return locks.acting(self._places.acting_lock)

    def history(self) -> StoreHistory:
        return StoreHistory(self._places)

    def accounts(self) -> HomeAccounts:
        """One for all who change: made once, by the leader."""
        return HomeAccounts(self._places.home, self._places.accounts)

    def request(self, message: Message) -> Generator[Mapping[str, Any]]:
        """See :func:`controller.store.requests.request`."""
        return requests.request(self._places, message)

    def drop(self, message: Message) -> str:
        """See :func:`controller.store.requests.drop`."""
        return requests.drop(self._places, message)

    def verify(self, witnesses: Sequence[Witness] = ()) -> Verification:
        """See :func:`controller.store.verification.verify`."""
        return verify(self._places, witnesses)

    def tree(self) -> LogTree:
        """For the leader, which signs."""
        return LogTree(self._places)

    def growth(self) -> tuple[Signed | None, Growth]:
        """See :func:`controller.store.tree.growth`. Raises JournalUnreadable, LogRewritten."""
        with self._readable():
            return growth(self._places)

    @contextmanager
    def proving(self) -> Iterator[Proofs]:
        """Proofs over one moment of the log. Raises JournalUnreadable, LogRewritten."""
        with self._readable(), proving(self._places) as proofs:
            yield proofs

    def forwarded(self) -> ForwardedFile:
        """How far the log was sent elsewhere."""
        return ForwardedFile(self._places)

    @property
    def log_key(self) -> Path:
        """The file of the key that signs checkpoints."""
        return self._places.log_key

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise JournalUnreadable(home=str(self._places.home), cause=str(error)) from error

    def head(self) -> tuple[int, bytes]:
        """See :func:`controller.store.audit.head`."""
        return audit.head(self._places)

    def sealed(self, through: int) -> Iterator[SealedEntry]:
        """See :func:`controller.store.audit.sealed`."""
        return audit.sealed(self._places, through)

    def record(self, sealed: SealedEntry, instead: Mapping[str, str]) -> audit.AuditRecord:
        """See :func:`controller.store.audit.record`."""
        return audit.record(sealed, instead)

    def payloads(self, through: int) -> Iterator[Payload]:
        """See :func:`controller.store.payloads.payloads`."""
        return payloads.payloads(self._places, through)

    def citations(self) -> Mapping[str, Sequence[int]]:
        """See :func:`controller.store.payloads.citations`."""
        return payloads.citations(self._places)

    def erased_files(self) -> Mapping[str, int]:
        """See :func:`controller.store.payloads.erased_files`."""
        return payloads.erased_files(self._places)

    def erasures_requested(self) -> Sequence[Requested]:
        """See :func:`controller.store.payloads.requested`."""
        return payloads.requested(self._places)

    def first_entry_of(self, runs: Sequence[str]) -> int | None:
        """See :func:`controller.store.payloads.first_entry_of`."""
        return payloads.first_entry_of(self._places, runs)

    def remove_evidence(self, file: str) -> None:
        """See :func:`controller.store.evidence.remove`."""
        evidence.remove(self._places, file)

    def tag_of(self, seq: int) -> str | None:
        """See :func:`controller.store.audit.tag_of`."""
        return audit.tag_of(self._places, seq)

    def clocks_before(self, epoch: int) -> tuple[datetime, float] | None:
        """See :func:`controller.store.audit.clocks_before`."""
        return audit.clocks_before(self._places, epoch)

    def entries(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        tag: str | None = None,
        run: str | None = None,
        device: str | None = None,
        after: int = 0,
    ) -> Iterator[audit.AuditRecord]:
        """See :func:`controller.store.audit.entries`."""
        return audit.entries(
            self._places, since=since, until=until, tag=tag, run=run, device=device, after=after
        )

    def confirmed(self, run: str) -> list[tuple[datetime, int]]:
        """See :func:`controller.store.audit.confirmed`."""
        return audit.confirmed(self._places, run)

    def leaf(self, after: int, through: int, wanted: Callable[[str], bool]) -> list[audit.AuditRecord]:
        """See :func:`controller.store.audit.leaf`."""
        return audit.leaf(self._places, after, through, wanted)


def open_home(
    path: Path,
    *,
    create: bool = True,
    guarded: bool = True,
    spool_size: int = spool.SIZE,
    patience: Patience = PATIENCE,
) -> Home:
    """Opens the home at ``path``, making or migrating it where need be. ``patience``: of its journal.

    Raises NotFound (no home, ``create`` False), InvalidRequest (others could write it), HomeFromTheFuture,
    LeaderElsewhere (it needs migrating and an older Cordon leads it) and, when ``guarded``, LogUnprotected. A
    database that does not answer is no error here: a leader spools.
    """
    places = Places(path.absolute())
    if not places.home.exists():
        if not create:
            raise NotFound(kind="home", name=str(path))
        places.home.mkdir(mode=0o700, parents=True)
    _make_private(places.home)
    try:
        found = check_revision(places.home, places.database)
    except SQLAlchemyError as error:
        _log.warning("the database does not answer: %s", error)
        return Home(places, patience)
    if found < REVISION:
        if not (found or create):
            raise NotFound(kind="home", name=str(path))
        _bring_up_to_date(places, spool_size)
    elif guarded:
        _check_guards(places)
    return Home(places, patience)


def _make_private(home: Path) -> None:
    found = home.stat()
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != os.geteuid() or mode & _OTHERS_WRITE or not stat.S_ISDIR(found.st_mode):
        raise InvalidRequest("home-not-private", home=str(home), owner=found.st_uid, mode=f"{mode:04o}")
    if mode & _OTHERS:
        home.chmod(mode & ~_OTHERS)


def _bring_up_to_date(places: Places, spool_size: int) -> None:
    descriptor = locks.open_lock(places.leader_lock)
    try:
        if not locks.lock(descriptor, fcntl.LOCK_EX, seconds=5.0):
            holder = locks.read_holder(places.leader_lock)
            raise LeaderElsewhere(home=str(places.home), pid=holder.pid if holder else None)
        found = check_revision(places.home, places.database)
        if found == REVISION:
            return
        if not found:
            places.inbox.mkdir(mode=0o700, exist_ok=True)
            for lock in (places.leader_lock, places.acting_lock):
                locks.reserve(lock)
            spool.create(places.spool, spool_size)
            os.close(os.open(places.database, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        data = (("from", str(found)), ("to", str(REVISION)))
        tag = Tag.HOME_MIGRATED if found else Tag.HOME_CREATED
        epoch = 1

        def record(connection: Connection) -> None:
            nonlocal epoch
            epoch = sealing.last_epoch(connection) + 1
            sealing.write(connection, [takeover([Noted("home", data)], SYSTEM, epoch, tag)])

        migrate(places.database, record)
        # A leader that cannot read the database still has to rise above this epoch.
        locks.write_holder(descriptor, epoch)
        sync_directory(places.home)
    finally:
        os.close(descriptor)


def _check_guards(places: Places) -> None:
    try:
        with reading(places.database) as connection:
            absent = triggers.missing(connection)
    except SQLAlchemyError as error:
        _log.warning("the database does not answer: %s", error)
        return
    if absent:
        raise LogUnprotected(home=str(places.home), triggers=", ".join(absent))
