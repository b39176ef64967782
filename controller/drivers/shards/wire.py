"""Messages between the leader and a worker, each behind its length in four bytes.

To a worker they are pickled: it is our own child, and does as it is told. From a worker, which listens to
devices, they are JSON and no more than that: nothing a device gets it to say makes an object here.
"""

from __future__ import annotations

import copyreg
import io
import json
import pickle
import socket
import struct
from collections.abc import Iterator
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from controller.engine.ports import Answer, Command

ANSWER = tuple(each.name for each in fields(Answer) if each.name != "command")
"""What is reported of an answer: the leader knows the commands."""

_LENGTH = struct.Struct(">I")

LONGEST = 1 << 28
"""Bytes of one message: what claims to be longer is none."""


def frozen(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


_REDUCED = {
    **copyreg.dispatch_table,
    MappingProxyType: lambda each: (frozen, (dict(each),)),
    Command: lambda each: (Command, (each.text, each.purpose, each.group, each.answers, each.ahead)),
}
"""Mappings that nobody may change are no less values than others. Commands go out by the thousand, and what
dataclasses do by themselves looks up every name of every one."""


def order(*parts: Any) -> bytes:
    """For a worker."""
    content = io.BytesIO()
    pickler = pickle.Pickler(content, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCED
    pickler.dump(parts)
    return _framed(content.getvalue())


def ordered(content: bytes) -> tuple[Any, ...]:
    """What :func:`order` was given."""
    parts: tuple[Any, ...] = pickle.loads(content)  # noqa: S301 - from the process that started this one
    return parts


def report(*parts: Any) -> bytes:
    """For the leader."""
    return _framed(json.dumps(parts, ensure_ascii=True, separators=(",", ":")).encode("ascii"))


def reported(content: bytes) -> list[Any]:
    """What :func:`report` was given. Raises ValueError."""
    parts = json.loads(content)
    if not isinstance(parts, list) or len(parts) < 2:
        raise ValueError
    return parts


def frames(sock: socket.socket) -> Iterator[bytes]:
    """What comes, until the other end is gone."""
    buffer = bytearray()
    while True:
        while len(buffer) >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(buffer)
            end = _LENGTH.size + size
            if size > LONGEST:
                return
            if len(buffer) < end:
                break
            content = bytes(memoryview(buffer)[_LENGTH.size : end])
            del buffer[:end]
            yield content
        try:
            came = sock.recv(1 << 18)
        except OSError:
            return
        if not came:
            return
        buffer += came


def _framed(content: bytes) -> bytes:
    return _LENGTH.pack(len(content)) + content
