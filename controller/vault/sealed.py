"""The vault's file: sealed records, the wrapped key, a seal over all of it. Its bytes, and nothing secret.

::

    cordon-vault 1 SHA-256-OF-THE-REST
    {"format":1,"generation":…,"id":…,"seal":…,"secrets":{NAME:{"nonce":…,"sealed":…,"version":…}},"wrap":{…}}

The second line is canonical JSON; binary values are base64. The checksum tells damage (a bad disk, an editor)
from a wrong passphrase and protects against nobody; the seal, keyed by the data key, is what an attacker
cannot make again.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from controller.disk import sync_directory
from controller.domain.canonical import canonical_bytes
from controller.domain.errors import InvalidRequest
from controller.vault.private import LARGEST

FORMAT = 1
_MAGIC = "cordon-vault"
_LARGEST_FILE = 16 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST_MEMORY, _MOST_PASSES, _MOST_LANES = 1024 * 1024, 16, 16
"""What a file may ask of Argon2id at most (KiB, passes, lanes): one that was tampered with must not take the
machine's memory."""


class VaultUnavailable(InvalidRequest):
    """The vault cannot be opened or changed. ``reason`` is the code of its text ``error.<reason>``."""


class KeySource(StrEnum):
    """What unwraps the data key; the text is ``vault.by-<value>``."""

    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a source, not a secret
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Wrap:
    """The data key, sealed by a key made from a passphrase (Argon2id) or a key file (HKDF, where the three
    costs are 0)."""

    by: KeySource
    salt: bytes
    memory_kib: int
    passes: int
    lanes: int
    nonce: bytes = b""
    sealed: bytes = b""

    def bound(self, vault: str) -> bytes:
        """What the sealed key is bound to."""
        return canonical_bytes(
            {
                "vault": vault,
                "by": self.by.value,
                "salt": self.salt.hex(),
                "memory_kib": self.memory_kib,
                "passes": self.passes,
                "lanes": self.lanes,
            }
        )


@dataclass(frozen=True, slots=True)
class Record:
    """One secret. ``version`` counts from 1 and rises with every new value."""

    version: int
    nonce: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class VaultFile:
    """``generation`` rises with every change of the file."""

    id: str
    generation: int
    wrap: Wrap
    records: Mapping[str, Record]
    seal: bytes = b""

    def sealed_content(self) -> bytes:
        """What the seal covers: everything but itself."""
        body = _plain(self)
        del body["seal"]
        return canonical_bytes(body)


def check_name(name: str) -> str:
    """Raises VaultUnavailable for a name no inventory could give."""
    if not _NAME.fullmatch(name):
        raise VaultUnavailable("vault-bad-name", name=name)
    return name


def check_value(value: str) -> str:
    """Raises VaultUnavailable."""
    if not value:
        raise VaultUnavailable("vault-empty-value")
    if len(value.encode()) > LARGEST:
        raise VaultUnavailable("vault-value-too-large", limit=LARGEST)
    return value


def render(file: VaultFile) -> bytes:
    body = canonical_bytes(_plain(file)) + b"\n"
    return f"{_MAGIC} {FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode() + body


def parse(content: bytes, path: Path) -> VaultFile:
    """Raises VaultUnavailable: vault-damaged, or vault-from-the-future for a format not known here."""
    damaged = VaultUnavailable("vault-damaged", file=path)
    head, _, body = content.partition(b"\n")
    words = head.split(b" ")
    if len(words) != 3 or words[0] != _MAGIC.encode():
        raise damaged
    if hashlib.sha256(body).hexdigest().encode() != words[2]:
        raise damaged
    if words[1] != str(FORMAT).encode():
        raise VaultUnavailable("vault-from-the-future", file=path)
    try:
        file = _read(json.loads(body))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise damaged from None
    # Anything not written as Cordon writes was written by something else.
    if render(file) != content:
        raise damaged
    return file


def read(path: Path) -> VaultFile:
    """Raises VaultUnavailable: vault-absent, vault-unreadable, and what :func:`parse` raises."""
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST_FILE)
    except FileNotFoundError:
        raise VaultUnavailable("vault-absent", file=path) from None
    except OSError as error:
        raise VaultUnavailable("vault-unreadable", file=path, detail=error.strerror or "") from None
    return parse(content, path)


def write(path: Path, file: VaultFile) -> None:
    """The old file or the whole new one, whatever happens on the way; on disk when this returns."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(render(file))
            stream.flush()
            os.fsync(stream.fileno())
        fresh.rename(path)
        sync_directory(path.parent)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise VaultUnavailable("vault-not-written", file=path, detail=error.strerror or "") from None


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """One process at a time reads, changes and writes the vault."""
    try:
        lock = path.with_name(f"{path.name}.lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise VaultUnavailable("vault-not-written", file=path, detail=error.strerror or "") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _plain(file: VaultFile) -> dict[str, Any]:
    wrap = file.wrap
    return {
        "format": FORMAT,
        "id": file.id,
        "generation": file.generation,
        "wrap": {
            "by": wrap.by.value,
            "salt": _b64(wrap.salt),
            "memory_kib": wrap.memory_kib,
            "passes": wrap.passes,
            "lanes": wrap.lanes,
            "nonce": _b64(wrap.nonce),
            "sealed": _b64(wrap.sealed),
        },
        "secrets": {
            name: {"version": each.version, "nonce": _b64(each.nonce), "sealed": _b64(each.sealed)}
            for name, each in file.records.items()
        },
        "seal": _b64(file.seal),
    }


def _read(body: Any) -> VaultFile:
    """Raises ValueError, KeyError, TypeError or AttributeError for what is no vault."""
    wrap = body["wrap"]
    costs = [_whole(wrap[name]) for name in ("memory_kib", "passes", "lanes")]
    if body["format"] != FORMAT or any(
        cost > most for cost, most in zip(costs, (_MOST_MEMORY, _MOST_PASSES, _MOST_LANES), strict=True)
    ):
        raise ValueError
    records = {
        str(check_name(name)): Record(_whole(each["version"]), _bytes(each["nonce"]), _bytes(each["sealed"]))
        for name, each in body["secrets"].items()
    }
    return VaultFile(
        id=str(body["id"]),
        generation=_whole(body["generation"]),
        wrap=Wrap(
            KeySource(wrap["by"]),
            _bytes(wrap["salt"]),
            costs[0],
            costs[1],
            costs[2],
            _bytes(wrap["nonce"]),
            _bytes(wrap["sealed"]),
        ),
        records=records,
        seal=_bytes(body["seal"]),
    )


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(value: str) -> bytes:
    return base64.b64decode(value, validate=True)
