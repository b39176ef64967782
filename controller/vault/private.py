"""Files that hold a secret: read only where nobody else could have read or written them."""

from __future__ import annotations

import os
import secrets
import select
import stat
import time
from pathlib import Path

from controller.disk import sync_directory

LARGEST = 64 * 1024
"""Bytes of a secret: a private key is far below."""

KEY_BYTES = 32

_GIVEN_WITHIN = 2.0
"""Seconds the writer of an inherited descriptor has: a cut does not wait for one that forgot to close it."""


class SecretUnavailable(Exception):
    """``reason`` is a code; never the secret, nor any part of it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def read_private_file(path: Path) -> str:
    """One trailing line end is not part of the secret. What is checked is what was opened, so that nothing
    can be put in its place between the two. Raises SecretUnavailable."""
    try:
        # Non-blocking: opening a named pipe would otherwise wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise SecretUnavailable("not-found") from None
    except OSError:
        raise SecretUnavailable("unreadable") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SecretUnavailable("not-a-file")
        if status.st_uid not in {0, os.geteuid()}:
            raise SecretUnavailable("foreign-owner")
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SecretUnavailable("open-to-others")
        content = os.read(descriptor, LARGEST + 1)
    finally:
        os.close(descriptor)
    return _text(content)


def read_descriptor(descriptor: int) -> str:
    """What the process was started with on ``descriptor``, which is closed. Raises SecretUnavailable."""
    content = b""
    until = time.monotonic() + _GIVEN_WITHIN
    try:
        while len(content) <= LARGEST:
            left = until - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise SecretUnavailable("never-ended")
            part = os.read(descriptor, LARGEST + 1 - len(content))
            if not part:
                break
            content += part
        os.close(descriptor)
    except (OSError, ValueError):
        raise SecretUnavailable("unreadable") from None
    return _text(content)


def make_key_file(path: Path) -> None:
    """A new random key, on disk when this returns; readable by its owner only. Raises FileExistsError and
    other OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    sync_directory(path.parent)


def _text(content: bytes) -> str:
    if len(content) > LARGEST:
        raise SecretUnavailable("too-large")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise SecretUnavailable("not-text") from None
    return text.removesuffix("\n").removesuffix("\r")
