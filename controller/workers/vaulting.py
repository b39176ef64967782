"""The vault of a home as a face works with it: what it holds, what opens it, what a person changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from controller.domain.facts import Actor
from controller.engine.planning.vaulting import VaultStanding, VaultState
from controller.workers.requests import RecordVault, VaultAct

if TYPE_CHECKING:
    from controller.vault.access import VaultAccess


@dataclass(frozen=True, slots=True)
class VaultContents:
    """What is to be seen without any key. ``by``: ``passphrase`` or ``file``; ``versions`` by name."""

    by: str
    generation: int
    versions: Mapping[str, int]


class HomeVault:
    """``record`` puts a change on record, ``led`` says whether the process in the lead has the vault open,
    ``lend`` gives it what this one has. Every change is on record before it is made.

    Raises VaultUnavailable, whose reason is a code, and what recording raises."""

    def __init__(
        self,
        access: VaultAccess,
        record: Callable[[RecordVault], object],
        led: Callable[[], bool],
        lend: Callable[[], bool] = lambda: False,
    ) -> None:
        self._lend = lend
        self._access = access
        self._record = record
        self._led = led

    @property
    def path(self) -> Path:
        return self._access.vault.path

    @property
    def exists(self) -> bool:
        return self._access.vault.exists

    @property
    def by_settings(self) -> bool:
        """Whether the settings name what seals a new vault."""
        return self._access.has_new_opener

    def check_name(self, name: str) -> None:
        self._access.check_name(name)

    def state(self) -> VaultState:
        """Whether its secrets can be had, here or in the process that leads."""
        found = self._access.state()
        if found.standing is VaultStanding.NEEDS_PERSON and self._led():
            return VaultState(VaultStanding.OPEN, "", found.entries)
        return found

    def contents(self) -> VaultContents:
        file = self._access.vault.read()
        versions = {name: record.version for name, record in sorted(file.records.items())}
        return VaultContents(file.wrap.by.value, file.generation, versions)

    def open(self, passphrase: str) -> None:
        self._access.open_with_passphrase(passphrase)

    def lend(self) -> bool:
        """Whether another process leads and has the vault open now."""
        return self._lend() and self._led()

    def ready_to_change(self) -> bool:
        """Whether what opens the vault is at hand; False where a passphrase has to be asked for."""
        return self._access.ready()

    def create(self, passphrase: str | None, actor: Actor) -> None:
        """Sealed by ``passphrase``, else by what the settings name."""
        opener = self._access.new_opener(passphrase)
        self._record(RecordVault(VaultAct.CREATED, "", 1, actor))
        self._access.vault.create(opener)
        self._access.open(opener)

    def set(self, name: str, value: str, actor: Actor) -> int:
        """The version, 1. Raises for a name that is there."""
        return self._put(VaultAct.SET, name, value, actor)

    def rotate(self, name: str, value: str, actor: Actor) -> int:
        """The new version. Raises for a name that is not there."""
        return self._put(VaultAct.ROTATED, name, value, actor)

    def remove(self, name: str, actor: Actor) -> None:
        self._access.vault.checked(self._access.opener(), name, known=True)
        self._record(RecordVault(VaultAct.REMOVED, name, self._next(), actor))
        self._access.vault.remove(self._access.opener(), name)

    def reseal(self, passphrase: str | None, key_file: Path | None, actor: Actor) -> None:
        """Under a new passphrase, or a key file, which is made where it is not."""
        old = self._access.opener()
        new = self._access.new_opener(passphrase, key_file)
        self._record(RecordVault(VaultAct.RESEALED, "", self._next(), actor))
        self._access.vault.reseal(old, new)
        self._access.open(new)

    # --- parts -------------------------------------------------------------------------------------

    def _put(self, act: VaultAct, name: str, value: str, actor: Actor) -> int:
        opener, known = self._access.opener(), act is VaultAct.ROTATED
        self._access.vault.checked(opener, name, known=known, value=value)
        self._record(RecordVault(act, name, self._next(), actor))
        return self._access.vault.put(opener, name, value, known=known).versions[name]

    def _next(self) -> int:
        return self._access.opened().file.generation + 1
