"""Files of a home that are evidence: what a device said, too large for the database. Their digests are in the
log; a file itself may be erased."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import BinaryIO

from controller.disk import sync_directory
from controller.domain.errors import InvalidRequest
from controller.domain.facts import Text
from controller.domain.logbook import Attachment
from controller.domain.profile.surroundings import TableKind
from controller.engine.ports import Kept
from controller.store.places import Places

_MODE = 0o600
_ATTACHED = "logbook"

LARGEST = 256 << 20
"""Bytes of one attachment: a disk filled by accident would hurt more than it proves."""


class EvidenceDirectory:
    """Implements the EvidenceFiles port. Safe to call from many threads."""

    def __init__(self, places: Places) -> None:
        self._root = places.evidence

    def keep(self, run: str, device: str, table: TableKind, content: str) -> Kept:
        data = content.encode("utf-8", "backslashreplace")
        directory = self._root / _plain(run)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = _write(directory, f"{_plain(device)}-{table.value}", data)
        sync_directory(directory)
        return Kept(str(path.relative_to(self._root)), hashlib.sha256(data).hexdigest(), len(data))


def attach(places: Places, path: Path) -> Attachment:
    """Keeps a copy under the digest of its content: the same file twice is one. On disk when this returns.
    Raises InvalidRequest."""
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for whoever writes into it
            raise InvalidRequest("attachment-no-file", file=str(path))
        with path.open("rb") as source:
            return _attached(places, source, path.name)
    except OSError as error:
        raise _unreadable(str(path), error) from None


def attach_content(places: Places, name: str, content: bytes) -> Attachment:
    """As :func:`attach`, for what is in memory; ``name`` is what it was called. Raises InvalidRequest."""
    try:
        return _attached(places, BytesIO(content), name)
    except OSError as error:
        raise _unreadable(name, error) from None


def attachment(places: Places, digest: str, name: str) -> Attachment:
    """What is kept under ``digest``, for an entry that cites it as ``name``. Raises InvalidRequest where it
    is not there, or not what it was."""
    for path in (places.evidence / _ATTACHED).glob(f"{digest}*"):
        file = str(path.relative_to(places.evidence))
        if path.name == digest + path.suffix and not fault_of(places, file, digest):
            return Attachment(file, digest, path.stat().st_size, Text(name))
    raise InvalidRequest("attachment-unknown", digest=digest)


def _attached(places: Places, source: BinaryIO, name: str) -> Attachment:
    directory = places.evidence / _ATTACHED
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size, copy = _copied(source, directory, name)
    kept = directory / (digest + _suffix(name))
    copy.replace(kept)
    sync_directory(directory)
    return Attachment(str(kept.relative_to(places.evidence)), digest, size, Text(name))


def _unreadable(file: str, error: OSError) -> InvalidRequest:
    detail = error.strerror or type(error).__name__
    return InvalidRequest("attachment-unreadable", file=file, detail=detail)


def _copied(source: BinaryIO, directory: Path, name: str) -> tuple[str, int, Path]:
    """Digest and size of what was copied, and where to: hashed as it is written, so that both are of one
    content."""
    hashed, size = hashlib.sha256(), 0
    descriptor, place = tempfile.mkstemp(dir=directory, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as copy:
            while part := source.read(1 << 20):
                size += len(part)
                _check_size(size, name)
                hashed.update(part)
                copy.write(part)
            copy.flush()
            os.fsync(descriptor)
    except BaseException:
        Path(place).unlink(missing_ok=True)
        raise
    return hashed.hexdigest(), size, Path(place)


def _check_size(size: int, file: str) -> None:
    if size > LARGEST:
        raise InvalidRequest("attachment-too-large", file=str(file), limit=LARGEST >> 20)


def _suffix(name: str) -> str:
    """So that whoever opens the copy knows what with; never more of the name, which may be a person's."""
    suffix = Path(name).suffix
    return suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", suffix) else ""


def remove(places: Places, file: str) -> None:
    """A file that the log says was erased; gone from the directory when this returns. Raises OSError."""
    path = places.evidence / file
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync_directory(path.parent)


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
