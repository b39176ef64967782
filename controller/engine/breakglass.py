"""Break-glass: a sealed code, printed in peace time, that lets one person cut when nobody else is there.

It counts once. Using it is loud: an entry of its own, a warning in the status until a new one is printed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from controller.domain.facts import Actor
from controller.engine.accounts import Session


@dataclass(frozen=True, slots=True)
class Sealed:
    """``code`` is shown this once: it goes into an envelope."""

    code: str = field(repr=False)
    number: int
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class Glass:
    """``number`` counts the codes ever printed, 0: none. ``broken_at``: used, and no new one sealed since."""

    number: int = 0
    sealed_at: datetime | None = None
    broken_at: datetime | None = None
    broken_by: str = ""

    @property
    def sealed(self) -> bool:
        return self.number > 0 and self.broken_at is None


class BreakGlass(Protocol):
    def glass(self) -> Glass: ...

    def seal(self, actor: Actor) -> Sealed:
        """A new code; the one before is void."""
        ...

    def enter(self, code: str, name: str, reason: str, source: str) -> Session:
        """A short session that may cut and watch, for whoever says to be ``name``. Raises SignInFailed,
        SignInDelayed, InvalidRequest(reason-needed)."""
        ...
