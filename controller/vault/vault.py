"""Device secrets at rest: each sealed with AES-256-GCM by one data key, that key by a passphrase or a key
file.

Costs of Argon2id: RFC 9106, section 4, second recommended option (64 MiB, 3 passes, 4 lanes).
"""

from __future__ import annotations

import os
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from controller.domain.canonical import canonical_bytes
from controller.vault.private import KEY_BYTES, SecretUnavailable, make_key_file, read_private_file
from controller.vault.sealed import (
    KeySource,
    Record,
    VaultFile,
    VaultUnavailable,
    Wrap,
    changing,
    check_name,
    check_value,
    read,
    write,
)

_NONCE, _SALT = 12, 16
_MEMORY_KIB, _PASSES, _LANES = 64 * 1024, 3, 4
_SHORTEST_KEY = 2 * KEY_BYTES
SHORTEST_PASSPHRASE = 12


@dataclass(frozen=True, slots=True)
class Opener:
    """What a vault is opened with: a passphrase, or the content of a key file."""

    by: KeySource
    material: bytes = field(repr=False)

    @classmethod
    def passphrase(cls, text: str) -> Opener:
        return cls(KeySource.PASSPHRASE, unicodedata.normalize("NFC", text).encode())

    @classmethod
    def new_passphrase(cls, text: str) -> Opener:
        """Raises VaultUnavailable for one that is too short to be chosen."""
        if len(text) < SHORTEST_PASSPHRASE:
            raise VaultUnavailable("vault-short-passphrase", shortest=SHORTEST_PASSPHRASE)
        return cls.passphrase(text)

    @classmethod
    def key_file(cls, path: Path) -> Opener:
        """Raises VaultUnavailable."""
        try:
            content = read_private_file(path)
        except SecretUnavailable as error:
            raise VaultUnavailable("vault-key-file", file=path, detail=error.reason) from None
        if len(content) < _SHORTEST_KEY:
            raise VaultUnavailable("vault-key-file", file=path, detail="too-short")
        return cls(KeySource.FILE, content.encode())


@dataclass(frozen=True, slots=True)
class OpenVault:
    """A vault whose seal was verified with its data key."""

    file: VaultFile
    data_key: bytes = field(repr=False)

    def reveal(self, name: str) -> str:
        """Raises KeyError."""
        record = self.file.records[name]
        bound = _bound(self.file.id, name, record.version)
        return AESGCM(_derived(self.data_key, "records")).decrypt(record.nonce, record.sealed, bound).decode()

    @property
    def versions(self) -> Mapping[str, int]:
        return {name: record.version for name, record in sorted(self.file.records.items())}


class Vault:
    """The vault at ``path``. Everything that changes it takes the opener and writes the whole file anew.

    Raises VaultUnavailable throughout: vault-absent, vault-damaged, vault-from-the-future, vault-unreadable,
    vault-not-written; vault-wrong-passphrase, vault-wrong-key-file, vault-wants-passphrase,
    vault-wants-key-file for an opener that does not fit; vault-altered where the file is whole and its seal
    is not, which only somebody who wrote into it on purpose brings about."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        return self.path.exists()

    def read(self) -> VaultFile:
        """What is to be seen without any key."""
        return read(self.path)

    def open(self, opener: Opener) -> OpenVault:
        return self._opened(self.read(), opener)

    def open_with_key(self, data_key: bytes) -> OpenVault:
        """With the data key itself, as another process found it. Raises vault-altered also where the vault
        was sealed anew since."""
        return self._verified(self.read(), data_key)

    def create(self, opener: Opener) -> OpenVault:
        with changing(self.path):
            if self.exists:
                raise VaultUnavailable("vault-exists", file=self.path)
            empty = VaultFile(secrets.token_hex(16), 0, _no_wrap(opener.by), {})
            return self._sealed(empty, opener, {})

    def checked(self, opener: Opener, name: str, *, known: bool, value: str | None = None) -> None:
        """Raises what :meth:`put` or :meth:`remove` would; changes nothing."""
        check_name(name)
        if value is not None:
            check_value(value)
        _check_known(self.open(opener), name, known=known)

    def put(self, opener: Opener, name: str, value: str, *, known: bool) -> OpenVault:
        """``known``: whether the name must be there already, or must not."""
        check_name(name)
        check_value(value)

        def change(found: OpenVault) -> Mapping[str, Record]:
            _check_known(found, name, known=known)
            version = found.file.records[name].version + 1 if known else 1
            return {**found.file.records, name: _seal(found, name, version, value)}

        return self._changed(opener, change)

    def remove(self, opener: Opener, name: str) -> OpenVault:
        def change(found: OpenVault) -> Mapping[str, Record]:
            _check_known(found, name, known=True)
            return {other: record for other, record in found.file.records.items() if other != name}

        return self._changed(opener, change)

    def reseal(self, opener: Opener, new: Opener) -> OpenVault:
        """Another passphrase or key file, another data key, every record sealed anew under it: who kept the
        old file and what opened it learns nothing of the new one."""
        with changing(self.path):
            found = self.open(opener)
            return self._sealed(found.file, new, {name: found.reveal(name) for name in found.file.records})

    # --- parts -------------------------------------------------------------------------------------

    def _changed(self, opener: Opener, change: Callable[[OpenVault], Mapping[str, Record]]) -> OpenVault:
        with changing(self.path):
            found = self.open(opener)
            file = replace(found.file, generation=found.file.generation + 1, records=change(found))
            return self._written(file, found.data_key)

    def _sealed(self, file: VaultFile, opener: Opener, values: Mapping[str, str]) -> OpenVault:
        data_key = secrets.token_bytes(KEY_BYTES)
        wrap = _no_wrap(opener.by)
        nonce = os.urandom(_NONCE)
        sealed = AESGCM(_key_of(opener, wrap)).encrypt(nonce, data_key, wrap.bound(file.id))
        emptied = replace(
            file,
            generation=file.generation + 1,
            wrap=replace(wrap, nonce=nonce, sealed=sealed),
            records={},
        )
        under = OpenVault(emptied, data_key)
        records = {
            name: _seal(under, name, file.records[name].version, value) for name, value in values.items()
        }
        return self._written(replace(emptied, records=records), data_key)

    def _written(self, file: VaultFile, data_key: bytes) -> OpenVault:
        file = replace(file, seal=_mac(file, data_key).finalize())
        write(self.path, file)
        return OpenVault(file, data_key)

    def _opened(self, file: VaultFile, opener: Opener) -> OpenVault:
        if opener.by is not file.wrap.by:
            raise VaultUnavailable(f"vault-wants-{_WANTED[file.wrap.by]}", file=self.path)
        try:
            data_key = AESGCM(_key_of(opener, file.wrap)).decrypt(
                file.wrap.nonce, file.wrap.sealed, file.wrap.bound(file.id)
            )
        except (InvalidTag, ValueError):
            raise VaultUnavailable(f"vault-wrong-{_WANTED[opener.by]}", file=self.path) from None
        return self._verified(file, data_key)

    def _verified(self, file: VaultFile, data_key: bytes) -> OpenVault:
        try:
            _mac(file, data_key).verify(file.seal)
        except InvalidSignature:
            raise VaultUnavailable("vault-altered", file=self.path) from None
        return OpenVault(file, data_key)


def made_key_file(path: Path) -> Opener:
    """The opener of a key file, made new where there is none. Raises VaultUnavailable."""
    try:
        make_key_file(path)
    except FileExistsError:
        pass
    except OSError as error:
        raise VaultUnavailable("vault-key-file", file=path, detail=error.strerror or "") from None
    return Opener.key_file(path)


def _check_known(found: OpenVault, name: str, *, known: bool) -> None:
    if (name in found.file.records) is not known:
        raise VaultUnavailable("vault-unknown-name" if known else "vault-known-name", name=name)


_WANTED = {KeySource.PASSPHRASE: "passphrase", KeySource.FILE: "key-file"}


def _no_wrap(by: KeySource) -> Wrap:
    costs = (_MEMORY_KIB, _PASSES, _LANES) if by is KeySource.PASSPHRASE else (0, 0, 0)
    return Wrap(by, os.urandom(_SALT), *costs)


def _key_of(opener: Opener, wrap: Wrap) -> bytes:
    if opener.by is KeySource.FILE:
        return HKDF(SHA256(), KEY_BYTES, wrap.salt, b"cordon-vault key file").derive(opener.material)
    return Argon2id(
        salt=wrap.salt,
        length=KEY_BYTES,
        iterations=wrap.passes,
        lanes=wrap.lanes,
        memory_cost=wrap.memory_kib,
    ).derive(opener.material)


def _derived(data_key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, None, f"cordon-vault {purpose}".encode()).derive(data_key)


def _mac(file: VaultFile, data_key: bytes) -> HMAC:
    made = HMAC(_derived(data_key, "seal"), SHA256())
    made.update(file.sealed_content())
    return made


def _seal(vault: OpenVault, name: str, version: int, value: str) -> Record:
    nonce = os.urandom(_NONCE)
    bound = _bound(vault.file.id, name, version)
    key = AESGCM(_derived(vault.data_key, "records"))
    return Record(version, nonce, key.encrypt(nonce, value.encode(), bound))


def _bound(vault: str, name: str, version: int) -> bytes:
    return canonical_bytes({"vault": vault, "name": name, "version": version})
