"""The Ed25519 key that signs a log's checkpoints, in a file of its home.

The file holds one line, the signer key of signed notes as Go's ``note`` package writes it:
``PRIVATE+KEY+name+id+base64``.
"""

from __future__ import annotations

import base64
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from controller.disk import sync_directory
from controller.domain.checkpoint import ED25519, Signature, VerifierKey

_PREFIX = "PRIVATE+KEY+"
_SEED = 32
_LONGEST = 4096


class KeyUnusable(Exception):
    """``reason``, a code: ``missing``, ``unreadable``, ``open-to-others``, ``malformed``, ``unknown`` (it is
    not the one the log goes by). Never the key."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class SigningKey:
    name: str
    _seed: bytes = field(repr=False)

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self._private.public_key().public_bytes_raw())

    def sign(self, text: str) -> Signature:
        return Signature(self.name, self.verifier.id, self._private.sign(text.encode()))

    def write(self, path: Path) -> None:
        """Anew, readable by its owner alone, on disk when this returns. Raises OSError."""
        key = self.verifier
        encoded = base64.b64encode(ED25519 + self._seed).decode()
        line = f"{_PREFIX}{key.name}+{key.id.hex()}+{encoded}\n"
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        sync_directory(path.parent)

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._seed)


def new_key(name: str) -> SigningKey:
    return SigningKey(name, Ed25519PrivateKey.generate().private_bytes_raw())


def read_key(path: Path) -> SigningKey:
    """Raises KeyUnusable."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise KeyUnusable("missing") from None
    except OSError:
        raise KeyUnusable("unreadable") from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise KeyUnusable("unreadable")
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO) or found.st_uid not in {0, os.geteuid()}:
            raise KeyUnusable("open-to-others")
        try:
            content = file.read(_LONGEST)
        except OSError:
            raise KeyUnusable("unreadable") from None
    return _parsed(content)


def verifies(key: VerifierKey, text: str, signature: Signature) -> bool:
    """Whether ``signature`` is that of ``key`` over ``text``."""
    if (signature.name, signature.key) != (key.name, key.id):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature.value, text.encode())
    except InvalidSignature:
        return False
    return True


def _parsed(content: bytes) -> SigningKey:
    try:
        line = content.decode().strip()
        name, key_id, encoded = line.removeprefix(_PREFIX).split("+", 2)
        data = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise KeyUnusable("malformed") from None
    if not line.startswith(_PREFIX) or data[:1] != ED25519 or len(data) != 1 + _SEED:
        raise KeyUnusable("malformed")
    found = SigningKey(name, data[1:])
    if found.verifier.id.hex() != key_id:
        raise KeyUnusable("malformed")
    return found
