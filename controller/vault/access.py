"""The vault of one home as one process has it: closed until somebody or something opens it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from controller.engine.planning.vaulting import VaultStanding, VaultState
from controller.vault.private import SecretUnavailable, read_descriptor, read_private_file
from controller.vault.sealed import KeySource, VaultUnavailable, check_name
from controller.vault.vault import Opener, OpenVault, Vault, made_key_file


@dataclass(frozen=True, slots=True)
class Unattended:
    """What opens the vault without a person: a key file, a file or an inherited descriptor with the
    passphrase."""

    key_file: Path | None = None
    passphrase_file: Path | None = None
    passphrase_fd: int | None = None


class VaultAccess:
    """Safe to call from many threads. What was opened is read anew when the file has changed; a vault sealed
    anew is closed again unless it can be opened unattended."""

    def __init__(self, vault: Vault, unattended: Unattended = Unattended()) -> None:
        self.vault = vault
        self.unattended = unattended
        self._lock = Lock()
        self._open: OpenVault | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._given: Opener | None = None

    def open(self, opener: Opener) -> OpenVault:
        """Raises VaultUnavailable."""
        with self._lock:
            return self._kept(self.vault.open(opener), opener)

    def open_with_passphrase(self, text: str) -> None:
        """Raises VaultUnavailable."""
        self.open(Opener.passphrase(text))

    @property
    def has_new_opener(self) -> bool:
        """Whether :meth:`new_opener` can seal a vault without asking anybody."""
        return self.unattended != Unattended()

    def new_opener(self, passphrase: str | None = None, key_file: Path | None = None) -> Opener:
        """What seals a vault: a passphrase that was chosen, a key file (made where there is none), or what
        the settings name. Raises VaultUnavailable."""
        if passphrase is not None:
            return Opener.new_passphrase(passphrase)
        if key_file is not None:
            return made_key_file(key_file)
        if self.unattended.key_file is not None:
            return made_key_file(self.unattended.key_file)
        with self._lock:
            return Opener.new_passphrase(self._passphrase())

    @staticmethod
    def check_name(name: str) -> None:
        """Raises VaultUnavailable."""
        check_name(name)

    def open_with_key(self, data_key: bytes) -> None:
        """Raises VaultUnavailable."""
        with self._lock:
            self._kept(self.vault.open_with_key(data_key), None)

    def opened(self) -> OpenVault:
        """The vault as it is now. Raises VaultUnavailable: vault-closed where a person has to give the
        passphrase, and why it cannot be opened otherwise."""
        with self._lock:
            stamp = self._present_stamp()
            if self._open is not None and stamp == self._stamp:
                return self._open
            if self._open is not None:
                try:
                    return self._kept(self.vault.open_with_key(self._open.data_key), self._given)
                except VaultUnavailable as error:
                    if error.reason != "vault-altered":
                        raise
            return self._kept(*self._by_itself())

    def opener(self) -> Opener:
        """What opened the vault, for those who change it. Raises VaultUnavailable."""
        self.opened()
        with self._lock:
            if self._given is None:
                raise VaultUnavailable("vault-closed", file=self.vault.path)
            return self._given

    def ready(self) -> bool:
        """Whether :meth:`opener` has one; False where a passphrase has to be asked for. Raises
        VaultUnavailable for everything else that is in the way."""
        try:
            self.opener()
        except VaultUnavailable as error:
            if error.reason == "vault-closed":
                return False
            raise
        return True

    def reveal(self, name: str) -> str:
        """Implements the resolver's source. Raises SecretUnavailable; its reason is a code."""
        try:
            return self.opened().reveal(name)
        except KeyError:
            raise SecretUnavailable("not-in-vault") from None
        except VaultUnavailable as error:
            raise SecretUnavailable(error.reason) from None

    def state(self) -> VaultState:
        """Opens it where that needs nobody. Never raises."""
        entries: frozenset[str] = frozenset()
        try:
            entries = frozenset(self.vault.read().records)
            self.opened()
        except VaultUnavailable as error:
            if error.reason == "vault-absent":
                return VaultState(VaultStanding.ABSENT, error.reason)
            if error.reason in {"vault-damaged", "vault-unreadable", "vault-from-the-future"}:
                return VaultState(VaultStanding.UNUSABLE, error.reason)
            needs = error.reason in {"vault-closed", "vault-wrong-passphrase", "vault-passphrase-file"}
            standing = VaultStanding.NEEDS_PERSON if needs else VaultStanding.UNUSABLE
            return VaultState(standing, error.reason, entries)
        return VaultState(VaultStanding.OPEN, "", entries)

    @property
    def data_key(self) -> bytes | None:
        with self._lock:
            return None if self._open is None else self._open.data_key

    # --- with the lock held ------------------------------------------------------------------------

    def _by_itself(self) -> tuple[OpenVault, Opener]:
        by, given = self.vault.read().wrap.by, self.unattended
        if by is KeySource.FILE:
            if given.key_file is None:
                raise VaultUnavailable("vault-wants-key-file", file=self.vault.path)
            opener = Opener.key_file(given.key_file)
        else:
            opener = Opener.passphrase(self._passphrase())
        return self.vault.open(opener), opener

    def _passphrase(self) -> str:
        given = self.unattended
        try:
            if given.passphrase_file is not None:
                return read_private_file(given.passphrase_file)
            if given.passphrase_fd is not None:
                descriptor = given.passphrase_fd
                self.unattended = Unattended(given.key_file)  # it can be read once only
                return read_descriptor(descriptor)
        except SecretUnavailable as error:
            place = given.passphrase_file or given.passphrase_fd
            raise VaultUnavailable("vault-passphrase-file", file=place, detail=error.reason) from None
        raise VaultUnavailable("vault-closed", file=self.vault.path)

    def _kept(self, found: OpenVault, opener: Opener | None) -> OpenVault:
        self._open, self._given, self._stamp = found, opener, self._present_stamp()
        return found

    def _present_stamp(self) -> tuple[int, int, int] | None:
        try:
            status = self.vault.path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size
