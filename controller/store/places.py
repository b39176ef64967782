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
    def accounts(self) -> Path:
        """Of its own, so that sign-ins never wait for the log nor it for them; only with a first account."""
        return self.home / "accounts.db"

    @property
    def spool(self) -> Path:
        return self.home / "spool"

    @property
    def evidence(self) -> Path:
        """What devices said, whole: a directory a run, files whose digests are in the log."""
        return self.home / "evidence"

    @property
    def log_key(self) -> Path:
        """Signs checkpoints; the one thing in a home that a copy of it does not need."""
        return self.home / "log.key"

    @property
    def tiles(self) -> Path:
        """Roots of the log's full tiles, 32 bytes each: worked out, so it may be lost."""
        return self.home / "tiles"

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

    @property
    def forwarded(self) -> Path:
        """How far the log was sent to receivers elsewhere; it may be lost: then all of it is sent again."""
        return self.home / "forwarded.json"

    @property
    def forwarding_lock(self) -> Path:
        """Held by the process that sends just now."""
        return self.home / "forwarding.lock"

    @property
    def plans(self) -> Path:
        """The plans kept compiled."""
        return self.home / "plans"
