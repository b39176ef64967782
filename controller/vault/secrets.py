"""Device secrets, resolved at the moment of log-in and kept nowhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from controller.domain.path import Credential, SecretRef, SecretSource
from controller.engine.ports import Login, OpenCause, OpenFailed
from controller.vault.private import SecretUnavailable, read_private_file


def _no_vault(_name: str) -> str:
    raise SecretUnavailable("vault-absent")


class SecretResolver:
    """Implements the Secrets port. ``environ`` is read at each call; ``vault`` gives out the secret of a
    name or raises SecretUnavailable."""

    def __init__(
        self, environ: Mapping[str, str] | None = None, vault: Callable[[str], str] = _no_vault
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self._vault = vault

    def login(self, credential: Credential) -> Login:
        """Raises OpenFailed(secret-missing); its detail reads ``net-admin.password env NAME: not-set``,
        the reason one of not-set, empty, not-found, not-a-file, foreign-owner, open-to-others, too-large,
        unreadable, not-text; of the vault not-in-vault, vault-closed (nobody gave the passphrase), or why it
        cannot be opened."""
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
            secret = self._vault(ref.name)
        elif ref.source is SecretSource.FILE:
            secret = read_private_file(Path(ref.name).expanduser())
        else:
            if ref.name not in self._environ:
                raise SecretUnavailable("not-set")
            secret = self._environ[ref.name]
        if not secret:
            raise SecretUnavailable("empty")
        return secret
