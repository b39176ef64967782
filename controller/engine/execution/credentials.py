"""What the devices of a run say of its credentials: one attempt each per device, and a credential several
devices reject is dropped, because a central account that is locked is locked for people too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

MOST_REJECTS = 3
"""Devices that may reject a credential before it is offered to no other."""


class CredentialRecord:
    """Shared by all sessions of one run. Safe to call from many threads.

    A credential is dropped once :data:`MOST_REJECTS` devices rejected it. One that a device of this run
    accepted is right as such, its account is not locked, and some devices have another password: it stays the
    last resort of a device that has no other."""

    def __init__(self) -> None:
        self.when_dropped: Callable[[str, tuple[str, ...]], None] = lambda _credential, _devices: None
        """Told once for each credential, with the devices that rejected it."""
        self._lock = Lock()
        self._rejected: dict[str, dict[str, None]] = defaultdict(dict)
        self._accepted: set[str] = set()
        self._dropped: set[str] = set()

    def usable(self, device: str, chain: Sequence[str]) -> tuple[str, ...]:
        """Those of ``chain``, a device's credentials in order, that may be offered to it now."""
        with self._lock:
            left = [name for name in chain if device not in self._rejected[name]]
            usable = [name for name in left if name not in self._dropped]
            return tuple(usable or [name for name in left if name in self._accepted][:1])

    def rejected_by(self, device: str, credential: str) -> bool:
        with self._lock:
            return device in self._rejected[credential]

    def judged(self, device: str, credential: str, *, accepted: bool) -> None:
        with self._lock:
            if accepted:
                self._accepted.add(credential)
                return
            devices = self._rejected[credential]
            devices[device] = None
            if len(devices) < MOST_REJECTS or credential in self._dropped:
                return
            self._dropped.add(credential)
            told = tuple(devices)
        self.when_dropped(credential, told)

    def trial(self, device: str, credential: str, chain: Sequence[str]) -> CredentialTrial:
        return CredentialTrial(self, device, credential, tuple(chain))


@dataclass(frozen=True, slots=True)
class CredentialTrial:
    """Implements Trial."""

    record: CredentialRecord
    device: str
    credential: str
    chain: tuple[str, ...]

    def may_begin(self) -> bool:
        return self.credential in self.record.usable(self.device, self.chain)

    def ended(self, *, accepted: bool) -> None:
        self.record.judged(self.device, self.credential, accepted=accepted)
