"""The plans kept compiled in a home: files apart from the log, replaced whole.

A content is a file named by its SHA-256, written before the index that names it; an index carries its own
digest. So whoever is killed on the way leaves what was there before, and what a disk has altered is noticed
and counts as not kept. Reading takes no lock; of two that keep at once, one does.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from controller.disk import sync_directory
from controller.domain.bulk import uncollected
from controller.store import locks
from controller.store.places import Places

Plain = Any
"""A value of JSON."""

INDEXES = 4
"""Inventory files of which something is kept at once; the one not kept for longest goes."""

_INDEX, _CONTENT, _FRESH = ".index", ".content", ".new"


class KeptFiles:
    """``plans/`` in a home. Nothing here raises but :meth:`keep`: what cannot be read is not kept."""

    def __init__(self, places: Places) -> None:
        self._home = places.home
        self._directory = places.plans

    @staticmethod
    def packed(value: Plain) -> tuple[str, bytes]:
        """``value`` as it is stored, after its digest."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        content = zlib.compress(text.encode(), 1)
        return _digest(content), content

    def index(self, file: str) -> Plain | None:
        """What :meth:`keep` was given for the inventory ``file``; None where there is nothing whole."""
        return _index(self._directory / _index_name(file)) if self._ours() else None

    def newest(self) -> Iterator[Plain]:
        """All indexes, those kept last first."""
        for path in self._indexes() if self._ours() else ():
            found = _index(path)
            if found is not None:
                yield found

    def content(self, wanted: str) -> Plain | None:
        """The value of that digest; None where it is gone or altered."""
        found = self._bytes(wanted)
        with uncollected():
            return None if found is None else json.loads(zlib.decompress(found))

    def whole(self, wanted: str) -> bool:
        return self._bytes(wanted) is not None

    def keep(
        self, file: str, index: Plain, contents: Mapping[str, bytes], before: Collection[str] = ()
    ) -> bool:
        """Puts ``contents``, as :meth:`packed`, and then ``index`` on disk in place of what was kept for
        ``file``. ``before`` are digests of contents kept already that ``index`` names too. False: another
        process is at it.

        Raises OSError; what was kept before still is, then."""
        self._make()
        with self._alone() as alone:
            if not alone or not all(map(self.whole, before)):
                return False
            for name, content in contents.items():
                _write(self._directory / (name + _CONTENT), content)
            sync_directory(self._directory)
            body = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
            sealed = json.dumps({"digest": _digest(body.encode()), "body": body}, ensure_ascii=False)
            _write(self._directory / _index_name(file), sealed.encode())
            sync_directory(self._directory)
            self._tidy()
            return True

    def _bytes(self, wanted: str) -> bytes | None:
        try:
            found = (self._directory / (wanted + _CONTENT)).read_bytes()
        except OSError:
            return None
        return found if _digest(found) == wanted else None

    def _indexes(self) -> list[Path]:
        with suppress(OSError):
            found = [(path.stat().st_mtime_ns, path) for path in self._directory.glob("*" + _INDEX)]
            return [path for _, path in sorted(found, reverse=True)]
        return []

    def _ours(self) -> bool:
        """Whether only this account can have written there."""
        try:
            found = (self._home.stat(), self._directory.stat())
        except OSError:
            return False
        return all(
            each.st_uid == os.geteuid() and not each.st_mode & (stat.S_IWGRP | stat.S_IWOTH) for each in found
        )

    def _make(self) -> None:
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory.mkdir(mode=0o700, exist_ok=True)
        if not self._ours():
            raise PermissionError(f"{self._directory}: not of this account alone")

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        descriptor = locks.open_lock(self._directory / "lock")
        try:
            yield locks.lock(descriptor, fcntl.LOCK_EX)
        finally:
            os.close(descriptor)

    def _tidy(self) -> None:
        """Removes what no index names any more, and what was left half written."""
        indexes = self._indexes()
        for path in indexes[INDEXES:]:
            path.unlink()
        named = "".join(path.read_text() for path in indexes[:INDEXES])
        for path in self._directory.iterdir():
            if path.suffix == _FRESH or (path.suffix == _CONTENT and path.stem not in named):
                path.unlink()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _index_name(file: str) -> str:
    return _digest(file.encode(errors="surrogateescape"))[:32] + _INDEX


def _index(path: Path) -> Mapping[str, Plain] | None:
    try:
        sealed = json.loads(path.read_bytes())
        body: str = sealed["body"]
        if _digest(body.encode()) != sealed["digest"]:
            return None
        found: Mapping[str, Plain] = json.loads(body)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return found


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + _FRESH)
    descriptor = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        fresh.rename(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()  # a disk that is full needs the room
        raise
