"""Break-glass: a sealed code, printed in peace time, that lets one person cut when nobody else is there.

It counts once. Using it is loud: an entry of its own, a warning in the status until a new one is printed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from controller.domain.errors import InvalidRequest
from controller.domain.facts import SYSTEM, Actor, Noted, Text
from controller.domain.inventory import Inventory
from controller.domain.plan import Hazard, Severity
from controller.domain.tags import Tag
from controller.engine.findings import some
from controller.engine.people.account_records import OpenSession, Seal
from controller.engine.people.accounts import AccountStore, Look, Session
from controller.engine.people.signin import AccountSignIn
from controller.engine.people.tokens import digest_of_code, new_code, public_id
from controller.engine.ports import Clock, Journal

GROUPS = 5
"""98 bits: nobody guesses it, and it is typed in a minute."""

GLASS = "\0break-glass"
"""Attempts are delayed as those of an account that nobody can have."""


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


def glass_hazards(inventory: Inventory, glass: Glass) -> tuple[Hazard, ...]:
    """What is to be known in peace time: that nobody alone could cut what is kept alive, where it must be."""
    kept = [segment.name for segment in inventory.segments.values() if segment.keep_alive]
    if not kept or glass.sealed:
        return ()
    return (Hazard("glass-unsealed", Severity.WARN, some(kept)),)


class BreakGlass(Protocol):
    def glass(self) -> Glass: ...

    def seal(self, actor: Actor) -> Sealed:
        """A new code; the one before is void."""
        ...

    def enter(self, code: str, name: str, reason: str, source: str) -> Session:
        """A short session that may cut and watch, for whoever says to be ``name``. Raises SignInDelayed,
        InvalidRequest (break-glass-wrong, break-glass-who)."""
        ...


class GlassCase:
    """Implements BreakGlass. Safe to call from many threads."""

    def __init__(self, store: AccountStore, sign_in: AccountSignIn, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._sign_in = sign_in
        self._journal = journal
        self._clock = clock

    def glass(self) -> Glass:
        with self._store.look() as look:
            seals = look.every(Seal)
        if not seals:
            return Glass()
        last = seals[-1]
        return Glass(last.id, last.sealed_at, last.broken_at, last.broken_by)

    def seal(self, actor: Actor) -> Sealed:
        code = new_code(GROUPS)
        with self._store.change() as change:
            number, now = change.number(Seal), self._clock.now()
            self._journal.commit(Tag.GLASS_SEALED, [Noted(f"glass:{number}")], actor)
            for earlier in change.every(Seal, void=False):
                change.put(replace(earlier, void=True))
            change.put(Seal(number, digest_of_code(code), now, actor.id, False, None, ""))
        return Sealed(code, number, now)

    def check(self, code: str, source: str) -> None:
        """Raises InvalidRequest for a code that is not in force, SignInDelayed. Uses nothing up."""
        self._sign_in.admit(GLASS, source)
        with self._store.look() as look:
            if _in_force(look, code) is not None:
                return
        self._sign_in.refuse(GLASS, source, "glass", Tag.GLASS_REFUSED)
        raise InvalidRequest("break-glass-wrong")

    def break_for(self, code: str, purpose: str, reason: str, actor: Actor) -> Seal:
        """Uses the code up, for good. Raises InvalidRequest where it is not in force any more."""
        with self._store.change() as change:
            seal = _in_force(change, code)
            if seal is None:
                raise InvalidRequest("break-glass-wrong")
            note = Noted(f"glass:{seal.id}", (("for", purpose),), Text(reason))
            self._journal.commit(Tag.GLASS_BROKEN, [note], actor)
            broken_by = str(actor.name) or actor.id
            used = replace(seal, void=True, broken_at=self._clock.now(), broken_by=broken_by)
            change.put(used)
        return used

    def enter(self, code: str, name: str, reason: str, source: str) -> Session:
        who, why = name.strip()[:64], reason.strip()
        if not who.isprintable() or not who or not why:
            raise InvalidRequest("break-glass-who")
        self.check(code, source)
        actor = Actor(SYSTEM.id, Text(who))
        kept = OpenSession("", public_id(), None, None, who, source, *2 * (self._clock.now(),))
        seal = self.break_for(code, f"session {kept.id}", f"{who}: {why}", actor)
        return self._sign_in.open(replace(kept, glass=seal.id), ())


def _in_force(look: Look, code: str) -> Seal | None:
    return look.one(Seal, hash=digest_of_code(code), void=False)
