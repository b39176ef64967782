"""Device secrets, resolved at the moment of log-in and kept nowhere."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from controller.domain.inventory import Credential, SecretRef, SecretSource
from controller.engine.ports import Login, OpenCause, OpenFailed

LARGEST = 64 * 1024
"""Bytes of a secret file: a private key is far below."""


class SecretUnavailable(Exception):
    """``reason`` is a code; never the secret, nor any part of it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class SecretResolver:
    """Implements the Secrets port. ``environ`` is read at each call."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ

    def login(self, credential: Credential) -> Login:
        """Raises OpenFailed(secret-missing); its detail reads ``net-admin.password env NAME: not-set``,
        the reason one of not-set, empty, not-found, not-a-file, foreign-owner, open-to-others, too-large,
        unreadable, not-text, not-available-yet."""
        if credential.password is None and credential.key is None:
            raise OpenFailed("", OpenCause.SECRET_MISSING, f"{credential.name}: no password or key")
        return Login(
            credential.username,
            password=self._resolve(credential, "password", credential.password),
            key=self._resolve(credential, "key", credential.key),
            enable=self._resolve(credential, "enable", credential.enable),
        )

    def _resolve(self, credential: Credential, part: str, ref: SecretRef | None) -> str | None:
        if ref is None:
            return None
        try:
            return self._read(ref)
        except SecretUnavailable as error:
            detail = f"{credential.name}.{part} {ref.source.value} {ref.name}: {error.reason}"
            raise OpenFailed("", OpenCause.SECRET_MISSING, detail) from None

    def _read(self, ref: SecretRef) -> str:
        if ref.source is SecretSource.VAULT:
            raise SecretUnavailable("not-available-yet")
        if ref.source is SecretSource.FILE:
            secret = _read_file(Path(ref.name).expanduser())
        else:
            if ref.name not in self._environ:
                raise SecretUnavailable("not-set")
            secret = self._environ[ref.name]
        if not secret:
            raise SecretUnavailable("empty")
        return secret


def _read_file(path: Path) -> str:
    """One trailing line end is not part of the secret. What is checked is what was opened, so that nothing
    can be put in its place between the two."""
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
    if len(content) > LARGEST:
        raise SecretUnavailable("too-large")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise SecretUnavailable("not-text") from None
    return text.removesuffix("\n").removesuffix("\r")
