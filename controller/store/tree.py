"""The Merkle tree over the log of a home: grown as the log grows, and asked for proofs.

The roots of full tiles are kept in a file beside the database. They are worked out from the leaves, never
trusted: whoever uses them compares the root with a signed one, or works it out again.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from controller.domain.checkpoint import Checkpoint, Malformed, checkpoint_from, open_note, origin_of
from controller.domain.errors import CordonError, JournalUnreadable
from controller.domain.lifecycle import RunState
from controller.domain.merkle import TILE, Frontier, Proof, SubtreeRoot, Tiled, consistency, inclusion, root
from controller.store import schema
from controller.store.database import reading
from controller.store.places import Places

_HASH = 32
_ENDED = (RunState.FINISHED, RunState.ABORTED, RunState.STOPPED, RunState.INTERRUPTED)

_log = logging.getLogger(__name__)


class LogRewritten(CordonError):
    """The log does not begin with what was signed last: nothing more is signed. Data: ``home``."""

    code: ClassVar[str] = "log-rewritten"


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint on record: the ``entry`` that brought it, when, and the signed ``note``."""

    entry: int
    at: str
    checkpoint: Checkpoint
    note: str


@dataclass(frozen=True, slots=True)
class Growth:
    """What came after the last checkpoint: entries that are not checkpoints themselves, and whether a run
    came to its end among them."""

    entries: int
    run_ended: bool


class LogTree:
    """For the one process that signs. Not for several threads at once."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._taken_up = False
        self._full = Frontier()  # over the roots of full tiles
        self._rest: list[bytes] = []  # leaves of the tile that is not full yet
        self._kept = 0  # bytes of the file that hold good
        self._fresh = bytearray()  # roots of tiles that are not in it yet

    def head(self) -> Checkpoint | None:
        """Size and root of the log as it is now; None while it is empty. ``origin`` is left empty. Raises
        LogRewritten, JournalUnreadable."""
        try:
            with reading(self._places.database) as connection:
                if not self._taken_up:
                    self._take_up(connection)
                for leaf in _leaves_after(connection, self._size):
                    self._append(leaf)
        except SQLAlchemyError as error:
            raise JournalUnreadable(home=str(self._places.home), cause=str(error)) from error
        self._keep()
        return Checkpoint("", self._size, self._root()) if self._size else None

    def _take_up(self, connection: Connection) -> None:
        """From the kept tiles as far as they are under the last signature, else from the first leaf."""
        signed = last_signed(connection)
        size = signed.checkpoint.size if signed else 0
        for kept in (_kept_tiles(self._places, size), b""):
            self._full, self._rest, self._kept, self._fresh = Frontier(), [], len(kept), bytearray()
            self._full.extend(_hashes(kept))
            for leaf in _leaves(connection, self._size, size):
                self._append(leaf)
            if signed is None or self._root() == signed.checkpoint.root:
                self._taken_up = True
                return
        raise LogRewritten(home=str(self._places.home))

    @property
    def _size(self) -> int:
        return self._full.size * TILE + len(self._rest)

    def _append(self, leaf: bytes) -> None:
        self._rest.append(leaf)
        if len(self._rest) == TILE:
            tile = root(self._rest)
            self._full.append(tile)
            self._fresh += tile
            self._rest.clear()

    def _root(self) -> bytes:
        whole = Frontier(self._full.size * TILE, list(self._full.peaks))
        whole.extend(self._rest)
        return whole.root()

    def _keep(self) -> None:
        """Not synced: what is lost is worked out again."""
        if not self._fresh:
            return
        try:
            descriptor = os.open(self._places.tiles, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.ftruncate(descriptor, self._kept)
                self._kept += os.pwrite(descriptor, self._fresh, self._kept) // _HASH * _HASH
            finally:
                os.close(descriptor)
        except OSError as error:
            _log.warning("the tiles of the log are not kept: %s", error)
        # Without them proofs read every leaf, and the next leader writes them again.
        self._fresh.clear()


def last_signed(connection: Connection) -> Signed | None:
    """The newest checkpoint on record. Raises LogRewritten for one that cannot be read."""
    table = schema.checkpoint
    row = connection.execute(select(table).order_by(table.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    try:
        return Signed(row.entry, row.recorded_at, checkpoint_from(open_note(row.note)[0]), row.note)
    except Malformed as error:
        raise LogRewritten(home="") from error


def growth(places: Places) -> tuple[Signed | None, Growth]:
    """What is signed, and what came since."""
    entry, checkpoint, moved = schema.entry.c, schema.checkpoint.c, schema.run_move.c
    with reading(places.database) as connection:
        signed = last_signed(connection)
        size = signed.checkpoint.size if signed else 0
        last = connection.execute(select(func.coalesce(func.max(entry.seq), 0))).scalar_one()
        own = connection.execute(
            select(func.count(checkpoint.entry.distinct())).where(checkpoint.entry > size)
        ).scalar_one()
        states = [each.value for each in _ENDED]
        ended = connection.execute(
            select(moved.id).where(moved.entry > size, moved.state.in_(states)).limit(1)
        ).first()
    return signed, Growth(last - size - own, ended is not None)


@contextmanager
def proving(places: Places) -> Iterator[Proofs]:
    """Reads one moment of the log. Raises SQLAlchemyError."""
    with reading(places.database) as connection:
        yield Proofs(places, connection)


@dataclass(slots=True)
class Proofs:
    _places: Places
    _connection: Connection = field(repr=False)

    def size(self) -> int:
        found: int = self._connection.execute(
            select(func.coalesce(func.max(schema.entry.c.seq), 0))
        ).scalar_one()
        return found

    def last_signed(self) -> Signed | None:
        return last_signed(self._connection)

    def origin(self) -> str:
        return origin_of(self.leaf(1))

    def leaf(self, seq: int) -> bytes:
        """Raises LookupError."""
        found = _leaves(self._connection, seq - 1, seq)
        if not found:
            raise LookupError(seq)
        return found[0]

    def root(self, size: int) -> bytes:
        return self._tree(size)(0, size)

    def inclusion(self, seq: int, size: int) -> Proof:
        return inclusion(seq - 1, size, self._tree(size))

    def consistency(self, old: int, new: int) -> Proof:
        return consistency(old, new, self._tree(new))

    def _tree(self, size: int) -> SubtreeRoot:
        return Tiled(
            self._honest_tiles(size), lambda begin, end: _leaves(self._connection, begin, end)
        ).subtree

    def _honest_tiles(self, size: int) -> Sequence[bytes]:
        """The kept tiles if they lead to the last signed root, else none: then every leaf is read."""
        signed = self.last_signed()
        if signed is None:
            return ()
        covered = signed.checkpoint.size
        tiles = _hashes(_kept_tiles(self._places, min(size, covered)))
        tree = Tiled(
            _hashes(_kept_tiles(self._places, covered)),
            lambda begin, end: _leaves(self._connection, begin, end),
        )
        return tiles if tree.root(covered) == signed.checkpoint.root else ()


def _kept_tiles(places: Places, size: int) -> bytes:
    """Those over the first ``size`` leaves, as far as they are there."""
    try:
        found = places.tiles.read_bytes()
    except OSError:
        return b""
    return found[: min(len(found) // _HASH, size // TILE) * _HASH]


def _hashes(kept: bytes) -> Sequence[bytes]:
    return [kept[at : at + _HASH] for at in range(0, len(kept), _HASH)]


def _leaves(connection: Connection, begin: int, end: int) -> list[bytes]:
    entry = schema.entry.c
    wanted = select(entry.leaf).where(entry.seq > begin, entry.seq <= end).order_by(entry.seq)
    return list(connection.execute(wanted).scalars())


def _leaves_after(connection: Connection, size: int) -> Iterator[bytes]:
    entry = schema.entry.c
    wanted = select(entry.leaf).where(entry.seq > size).order_by(entry.seq)
    yield from connection.execution_options(yield_per=1000).execute(wanted).scalars()
