"""How far the log of a home was sent to each receiver elsewhere.

The log itself is what waits to be sent; only the place reached in it is kept, in a file of its own, written
after the receiver had everything up to there. Whoever sends holds a lock, so that two never send the same.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from controller.disk import sync_directory
from controller.store import locks
from controller.store.places import Places

_FORMAT = 1

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The receiver has every entry up to ``seq``, whose leaf hash is ``leaf`` (hexadecimal, "" before the
    first); the last of it went at ``at``. ``trouble``: why the next could not be sent, as a code, with
    ``detail``, since ``since``; "" where nothing was in the way. Times in ISO 8601, "" for never."""

    receiver: str
    seq: int = 0
    leaf: str = ""
    at: str = ""
    trouble: str = ""
    detail: str = ""
    since: str = ""


class ForwardedFile:
    """Read by anybody, written by who holds :meth:`sending`."""

    def __init__(self, places: Places) -> None:
        self._path = places.forwarded
        self._lock = places.forwarding_lock

    def every(self) -> tuple[Forwarded, ...]:
        """A file that cannot be read counts as none: entries sent again are known by their numbers."""
        try:
            plain = json.loads(self._path.read_bytes())
            return tuple(Forwarded(**each) for each in plain["receivers"])
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError, KeyError) as error:
            _log.warning("%s cannot be read: the log is sent from its beginning: %s", self._path, error)
            return ()

    def of(self, receiver: str) -> Forwarded:
        return next((each for each in self.every() if each.receiver == receiver), Forwarded(receiver))

    def keep(self, reached: Forwarded) -> None:
        """On disk, whole, when this returns. Raises OSError."""
        others = [each for each in self.every() if each.receiver != reached.receiver]
        plain = {"format": _FORMAT, "receivers": [asdict(each) for each in (*others, reached)]}
        fresh = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(plain, file, indent=1)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(self._path)
        sync_directory(self._path.parent)

    @contextmanager
    def sending(self, seconds: float = 0.0) -> Iterator[bool]:
        """Whether this process may send, tried for ``seconds``; until the block ends. Raises OSError."""
        descriptor = locks.open_lock(self._lock)
        try:
            yield locks.lock(descriptor, fcntl.LOCK_EX, seconds)
        finally:
            os.close(descriptor)
