"""Files of a home that are evidence: what a device said, too large for the database. Their digests are in the
log; a file itself may be erased."""

from __future__ import annotations

import hashlib
import os
import re
from itertools import count
from pathlib import Path

from controller.domain.profile import TableKind
from controller.engine.ports import Kept
from controller.store import spool
from controller.store.places import Places

_MODE = 0o600


class EvidenceDirectory:
    """Implements the EvidenceFiles port. Safe to call from many threads."""

    def __init__(self, places: Places) -> None:
        self._root = places.evidence

    def keep(self, run: str, device: str, table: TableKind, content: str) -> Kept:
        data = content.encode("utf-8", "backslashreplace")
        directory = self._root / _plain(run)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = _write(directory, f"{_plain(device)}-{table.value}", data)
        spool.sync_directory(directory)
        return Kept(str(path.relative_to(self._root)), hashlib.sha256(data).hexdigest(), len(data))


def fault_of(places: Places, file: str, digest: str) -> str:
    """What is wrong with a file the log cites, as a code; "" for nothing."""
    try:
        with (places.evidence / file).open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError:
        return "evidence-missing"
    except OSError:
        return "evidence-unreadable"
    return "" if found == digest else "evidence-altered"


def _write(directory: Path, name: str, data: bytes) -> Path:
    """Nothing is ever written over: a resumed run reads again."""
    for number in count(1):
        path = directory / (f"{name}.txt" if number == 1 else f"{name}-{number}.txt")
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, _MODE)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(descriptor)
        return path
    raise AssertionError("numbers end nowhere")


def _plain(name: str) -> str:
    """As a file's name, wherever it came from."""
    return re.sub(r"[^\w.-]", "_", name).lstrip(".") or "_"
