"""Where commits go while the database does not answer: a file whose blocks are allocated beforehand.

Two header slots of one sector each, written in turn, hold the *generation*; then come records, each with
generation, length and a CRC that goes on from the record before. Raising the generation empties the spool at
one stroke, and a torn header leaves the other slot. A record is read only when every byte
of it is there, so a torn tail ends the spool where the last whole record ended.
"""

from __future__ import annotations

import errno
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from controller.disk import sync_directory

SIZE = 16 * 1024 * 1024
SECTOR = 4096
START = 2 * SECTOR

_HEADER = struct.Struct(">8sQI")
_RECORD = struct.Struct(">4sQII")
_HEADER_MAGIC = b"cordonSP"
_RECORD_MAGIC = b"rec\x01"


def create(path: Path, size: int = SIZE) -> None:
    """Makes the file with every block written, so that a full disk cannot stop it later."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        _write(descriptor, bytes(size), 0)
        _write(descriptor, _header(1), SECTOR)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.rename(path)
    sync_directory(path.parent)


def read(path: Path) -> list[bytes]:
    """What is in the spool, for a process that does not lead. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.pread(descriptor, START + _RECORD.size, 0)
        magic, generation, _length, _crc = _RECORD.unpack_from(data, START)
        if magic != _RECORD_MAGIC or generation != _generation(data):
            return []  # as nearly always: nothing of sixteen megabytes has to be read
        return list(_records(_read(descriptor)))
    except struct.error:
        return []
    finally:
        os.close(descriptor)


class Spool:
    """One process at a time, one thread at a time."""

    def __init__(self, path: Path) -> None:
        # Held open: a process out of file descriptors can still spool.
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            if error.errno != errno.EROFS:
                raise
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._generation, self._end, self._crc = 0, START, 0
        try:
            for _ in self.records():
                pass
        except OSError:
            os.close(self._file)
            raise

    @property
    def used(self) -> bool:
        return self._end > START

    def records(self) -> Iterator[bytes]:
        """Everything in the spool, in order; what is appended next follows the last whole record."""
        data = _read(self._file)
        self._generation, self._end, self._crc = _generation(data), START, 0
        while True:
            record = _record(data, self._end, self._generation, self._crc)
            if record is None:
                return
            self._end += _RECORD.size + len(record)
            self._crc = _check(self._generation, self._crc, record)
            yield record

    def append(self, records: list[bytes]) -> list[bool]:
        """Puts ``records`` on disk with one fsync; says of each whether it found room.

        Raises OSError; nothing was appended then."""
        taken: list[bool] = []
        block, crc = bytearray(), self._crc
        room = os.fstat(self._file).st_size - self._end
        for record in records:
            fits = len(block) + _RECORD.size + len(record) <= room
            taken.append(fits)
            if fits:
                crc = _check(self._generation, crc, record)
                block += _RECORD.pack(_RECORD_MAGIC, self._generation, len(record), crc) + record
        if block:
            _write(self._file, block, self._end)
            os.fdatasync(self._file)
            self._end, self._crc = self._end + len(block), crc
        return taken

    def close(self) -> None:
        os.close(self._file)

    def clear(self) -> None:
        """Empties the spool, then writes over what was ever in it: what is erased from the log shall not be
        found here. Raises OSError; it is as before then, or empty and not written over."""
        following = self._generation + 1
        _write(self._file, _header(following), (following % 2) * SECTOR)
        os.fdatasync(self._file)
        self._generation, self._end, self._crc = following, START, 0
        used = len(_read(self._file)[START:].rstrip(b"\0"))
        if used:
            _write(self._file, bytes(used), START)
            os.fdatasync(self._file)


def _header(generation: int) -> bytes:
    return _HEADER.pack(_HEADER_MAGIC, generation, zlib.crc32(struct.pack(">Q", generation)))


def _generation(data: bytes) -> int:
    """The highest generation of the two slots. Raises OSError where neither can be read."""
    found: list[int] = []
    for slot in (0, SECTOR):
        if len(data) >= slot + _HEADER.size:
            magic, generation, crc = _HEADER.unpack_from(data, slot)
            if magic == _HEADER_MAGIC and crc == zlib.crc32(struct.pack(">Q", generation)):
                found.append(generation)
    if not found:
        raise OSError("the spool has no header")
    return max(found)


def _records(data: bytes) -> Iterator[bytes]:
    generation, end, crc = _generation(data), START, 0
    while (record := _record(data, end, generation, crc)) is not None:
        end += _RECORD.size + len(record)
        crc = _check(generation, crc, record)
        yield record


def _record(data: bytes, offset: int, generation: int, before: int) -> bytes | None:
    if offset + _RECORD.size > len(data):
        return None
    magic, found, length, crc = _RECORD.unpack_from(data, offset)
    record = data[offset + _RECORD.size : offset + _RECORD.size + length]
    if magic != _RECORD_MAGIC or found != generation or len(record) != length:
        return None
    return record if crc == _check(generation, before, record) else None


def _check(generation: int, before: int, record: bytes) -> int:
    """Chained, so that the rest of a torn block never counts as following what was written over its start."""
    return zlib.crc32(record, zlib.crc32(struct.pack(">QII", generation, before, len(record))))


def _read(descriptor: int) -> bytes:
    size, data = os.fstat(descriptor).st_size, bytearray()
    while len(data) < size:
        block = os.pread(descriptor, size - len(data), len(data))
        if not block:
            break
        data += block
    return bytes(data)


def _write(descriptor: int, data: bytes | bytearray, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
