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

_BLOCK = 65536
"""Bytes that are read at once."""

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
        return [record for record, _ in _records(_Content(descriptor))]
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
        content = _Content(self._file)
        self._generation, self._end, self._crc = content.generation, START, 0
        for record, crc in _records(content):
            self._end += _RECORD.size + len(record)
            self._crc = crc
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
        used = _used(self._file)
        if used > START:
            _write(self._file, bytes(used - START), START)
            os.fdatasync(self._file)


def _header(generation: int) -> bytes:
    return _HEADER.pack(_HEADER_MAGIC, generation, zlib.crc32(struct.pack(">Q", generation)))


def _generation(data: bytes | bytearray) -> int:
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


class _Content:
    """A spool's file, read no further than it is looked at: it is nearly always empty."""

    def __init__(self, descriptor: int) -> None:
        self._file = descriptor
        self._data = bytearray()
        self.generation = _generation(self.upto(START))

    def upto(self, end: int) -> bytearray:
        """At least so much from the beginning, where there is that much."""
        while len(self._data) < end:
            block = os.pread(self._file, max(_BLOCK, end - len(self._data)), len(self._data))
            if not block:
                break
            self._data += block
        return self._data


def _records(content: _Content) -> Iterator[tuple[bytes, int]]:
    """Each with the CRC that the next one goes on from."""
    end, crc = START, 0
    while (record := _record(content, end, crc)) is not None:
        end += _RECORD.size + len(record)
        crc = _check(content.generation, crc, record)
        yield record, crc


def _record(content: _Content, offset: int, before: int) -> bytes | None:
    begins = offset + _RECORD.size
    data = content.upto(begins)
    if begins > len(data):
        return None
    magic, found, length, crc = _RECORD.unpack_from(data, offset)
    if magic != _RECORD_MAGIC or found != content.generation:
        return None
    record = bytes(content.upto(begins + length)[begins : begins + length])
    return record if len(record) == length and crc == _check(found, before, record) else None


def _used(descriptor: int) -> int:
    """Where what was ever written ends."""
    end = os.fstat(descriptor).st_size
    while end > START:
        begins = max(START, end - _BLOCK)
        block = os.pread(descriptor, end - begins, begins)
        if block != bytes(len(block)):
            return begins + len(block.rstrip(b"\0"))
        end = begins
    return START


def _check(generation: int, before: int, record: bytes) -> int:
    """Chained, so that the rest of a torn block never counts as following what was written over its start."""
    return zlib.crc32(record, zlib.crc32(struct.pack(">QII", generation, before, len(record))))


def _write(descriptor: int, data: bytes | bytearray, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
