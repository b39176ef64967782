"""The two locks of a home and the processes behind them."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_log = logging.getLogger(__name__)

_POLL = 0.01
_CONTENT = 256


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that leads or led: ``start`` is its start in clock ticks since ``boot``, so that a process
    number used again is not mistaken for it."""

    pid: int
    start: int
    boot: str
    epoch: int

    @property
    def alive(self) -> bool:
        return self.boot == boot_id() and started(self.pid) == self.start


def open_lock(path: Path) -> int:
    """A descriptor to lock, kept from child processes; also on a disk that can no longer be written."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def lock(descriptor: int, kind: int, seconds: float = 0.0) -> bool:
    """Tries for ``seconds`` to take the lock of ``kind`` (LOCK_EX or LOCK_SH)."""
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_POLL)
        else:
            return True


@contextmanager
def acting(path: Path) -> Iterator[None]:
    """For every process that can touch a device, for as long as it can: the next leader waits for its end."""
    descriptor = open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def reserve(path: Path) -> None:
    """Gives a lock file the block its content needs, so that a full disk cannot refuse it later."""
    descriptor = open_lock(path)
    try:
        os.pwrite(descriptor, b" " * _CONTENT, 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_holder(descriptor: int, epoch: int) -> None:
    plain = {"pid": os.getpid(), "start": started(os.getpid()), "boot": boot_id(), "epoch": epoch}
    try:
        os.pwrite(descriptor, json.dumps(plain).ljust(_CONTENT).encode(), 0)
        os.fdatasync(descriptor)
    except OSError as error:
        # Without it a frozen leader cannot be told from a live one and is not killed; it leads none the less.
        _log.warning("who leads could not be written down: %s", error)


def read_holder(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


@cache
def boot_id() -> str:
    """Which start of the machine: monotonic time counts from it, as do the starts of processes."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def started(pid: int) -> int | None:
    """When the process began, in clock ticks since the machine did; None where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The command's name, in brackets, may hold spaces and brackets itself.
    return int(stat.rpartition(")")[2].split()[19])


def holders(path: Path) -> list[int]:
    """The other processes that locked the file, from the kernel's list."""
    found = path.stat()
    wanted = (os.major(found.st_dev), os.minor(found.st_dev), found.st_ino)
    pids = set()
    for line in Path("/proc/locks").read_text().splitlines():
        words = line.replace("-> ", "").split()
        if words[1] != "FLOCK":
            continue
        major, minor, inode = words[5].split(":")
        if (int(major, 16), int(minor, 16), int(inode)) == wanted:
            pids.add(int(words[4]))
    return sorted(pids - {os.getpid(), 0, -1})


def kill(pid: int, start: int | None, seconds: float = 2.0) -> bool:
    """Ends exactly that process and waits for its end. False: it is another one, or would not end."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if start is None or started(pid) != start:
            return False
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    except ProcessLookupError:
        return True
    finally:
        os.close(descriptor)
