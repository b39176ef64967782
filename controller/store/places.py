"""Where things are in a home."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    home: Path

    @property
    def database(self) -> Path:
        return self.home / "cordon.db"

    @property
    def spool(self) -> Path:
        return self.home / "spool"

    @property
    def leader_lock(self) -> Path:
        """Held exclusively by the leader; its content says who that is."""
        return self.home / "leader.lock"

    @property
    def acting_lock(self) -> Path:
        """Held shared by every process that can touch a device."""
        return self.home / "acting.lock"

    @property
    def socket(self) -> Path:
        return self.home / "leader.sock"

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"
