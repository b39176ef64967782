"""What goes over the leader's socket, and how the socket is found.

One JSON object a line. The leader answers a request at once with ``accepted`` and begins only when the other
side says ``go``: a request whose sender has given up, and gone on by itself, is never carried out late. Then
come ``line`` objects, then ``end`` or ``error``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

Message = dict[str, Any]

LONGEST = 64 * 1024 * 1024
"""Bytes of one line."""


class Stream(Protocol):
    """A socket as a file."""

    def readline(self, size: int = ..., /) -> bytes: ...

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


@contextmanager
def short(path: Path) -> Iterator[str]:
    """A socket's name holds 108 bytes; a home's path may be longer, its directory's descriptor never is."""
    descriptor = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{path.name}"
    finally:
        os.close(descriptor)


def send(stream: Stream, frame: Mapping[str, Any]) -> None:
    stream.write(encode(frame) + b"\n")
    stream.flush()


def receive(stream: Stream) -> Message | None:
    """The next object, None at the end. Raises ValueError for what is none."""
    line = stream.readline(LONGEST)
    if not line:
        return None
    frame = json.loads(line)
    if not isinstance(frame, dict):
        raise ValueError("an object expected")  # noqa: TRY004 - one error for all bad lines
    return frame


def encode(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), default=str).encode()
