"""Who is this? Passwords with codes, sessions, API tokens; implements SignIn."""

from __future__ import annotations

import math
import unicodedata
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from controller.domain.errors import (
    JournalUnavailable,
    JournalUnreadable,
    NotFound,
    SignInDelayed,
    SignInFailed,
)
from controller.domain.facts import SYSTEM, Actor, Noted, Text
from controller.domain.tags import Tag
from controller.engine.people.account_records import Account, ApiToken, OpenSession, RecoveryCode
from controller.engine.people.accounts import (
    Change,
    Grant,
    Look,
    Person,
    Session,
    SessionShown,
    Via,
)
from controller.engine.people.delays import Delays
from controller.engine.people.parts import AccountParts
from controller.engine.people.refusals import RefusalLog
from controller.engine.people.roles import BREAK_GLASS, Role
from controller.engine.people.tokens import digest, digest_of_code, new_token, public_id

TOUCH_EVERY = 60.0
"""Seconds between two records that somebody is still there."""

SEEN = ":seen"
"""A session's two ages are kept apart by this."""

SESSIONS_EACH = 20
"""Sessions one account may have; the one not seen for longest gives way."""


class AccountSignIn:
    """Safe to call from many threads. Where nothing can be journalled people still come in and see: it is
    their acts that are refused then."""

    def __init__(self, parts: AccountParts) -> None:
        self._parts = parts
        self.delays = Delays(parts.clock)
        self._refusals = RefusalLog(parts.journal, parts.clock)

    # --- coming in ---------------------------------------------------------------------------------

    def authenticate(
        self, name: str, password: str, code: str, source: str, *, recovery: bool = False
    ) -> Session:
        account = self._who(name, password, code, source, recovery=recovery)
        return self.open(
            OpenSession(
                "", public_id(), account.id, None, account.name, source, *2 * (self._parts.clock.now(),)
            ),
            account.grants,
        )

    def identify(self, name: str, password: str, code: str, source: str, *, recovery: bool = False) -> Person:
        account = self._who(name, password, code, source, recovery=recovery)
        return Person(account.person, account.name, account.grants, Via.CONSOLE, "")

    def open(self, kept: OpenSession, grants: tuple[Grant, ...]) -> Session:
        """A session with a token of its own, whatever the caller held before."""
        token = new_token()
        kept = replace(kept, hash=digest(token))
        person = _person_of(kept, grants)
        with self._parts.store.change() as change:
            self._make_room(change, kept)
            change.put(kept)
            self._parts.ageing.begins(kept.hash, kept.opened_at)
            self._parts.ageing.begins(kept.hash + SEEN, kept.seen_at)
            self._tell(
                Tag.SIGNED_IN, person.id, (("session", kept.id), ("source", kept.source)), person.actor
            )
        ends_at = kept.opened_at + timedelta(seconds=self._longest(kept))
        return Session(token, person, self._parts.limits.idle, ends_at)

    def _who(self, name: str, password: str, code: str, source: str, *, recovery: bool) -> Account:
        key = key_of(name)
        self.admit(key, source)
        with self._parts.store.look() as look:
            known = look.one(Account, key=key)
        usable = known is not None and known.usable
        right, renewed = self._parts.passwords.check(
            password, known.password if known and usable else None, self.delays.turn(key, source)
        )
        # The same way for every failure: neither the answer nor its time tells what was wrong.
        with self._parts.store.change() as change:
            account = change.one(Account, key=key)
            checked = known.password if known else None
            if account is not None and right and account.usable and account.password == checked:
                account = self._second(change, account, code, recovery=recovery)
                if account is not None:
                    change.put(replace(account, password=renewed or account.password))
                    self.delays.succeeded(key, source)
                    return account
        self.refuse(key, source, known.person if known else "")
        raise SignInFailed(clock=f"{self._parts.clock.now():%Y-%m-%d %H:%M:%S} UTC")

    def _second(self, change: Change, account: Account, code: str, *, recovery: bool) -> Account | None:
        """The account after the code counted; None where it does not. Every code counts once."""
        if recovery:
            kept = change.one(RecoveryCode, hash=digest_of_code(code), user=account.id)
            if kept is None:
                return None
            change.drop(RecoveryCode, hash=kept.hash)
            left = str(len(change.every(RecoveryCode, user=account.id)))
            self._tell(
                Tag.CODE_USED, account.person, (("left", left),), Actor(account.person, Text(account.name))
            )
            return account
        step = self._parts.codes.step(account.factor or "", code, self._parts.clock.now())
        if step is None or step <= account.step:
            return None
        return replace(account, step=step)

    def admit(self, key: str, source: str) -> None:
        """Raises SignInDelayed."""
        wait = self.delays.wait(key, source)
        if wait > 0:
            raise SignInDelayed(seconds=math.ceil(wait))

    def refuse(self, key: str, source: str, person: str, tag: Tag = Tag.SIGN_IN_REFUSED) -> None:
        self._refusals.tell(tag, person, source, self.delays.failed(key, source))

    # --- being in ----------------------------------------------------------------------------------

    def session(self, token: str) -> Person | None:
        with self._parts.store.look() as look:
            kept = look.one(OpenSession, hash=digest(token))
            account = _account_of(look, kept)
        if kept is None:
            return None
        rests = self._rests(kept)
        if self._over(kept, rests) or not _still_good(kept, account):
            self._end(kept, "over")
            return None
        if rests >= TOUCH_EVERY:
            self._touch(kept)
        return _person_of(kept, account.grants if account else ())

    def bearer(self, token: str) -> Person | None:
        with self._parts.store.look() as look:
            kept = look.one(ApiToken, hash=digest(token))
            account = look.one(Account, id=kept.user) if kept else None
        if kept is None or account is None or account.disabled:
            return None
        lasts = (kept.expires_at - kept.created_at).total_seconds()
        if self._parts.ageing.age(kept.hash, kept.created_at) >= lasts:
            return None
        now = self._parts.clock.now()
        if kept.used_at is None or abs((now - kept.used_at).total_seconds()) >= TOUCH_EVERY:
            with suppress(JournalUnreadable), self._parts.store.change() as change:
                if change.one(ApiToken, hash=kept.hash):
                    change.put(replace(kept, used_at=now))
        return Person(account.person, account.name, account.grants, Via.TOKEN, kept.id, frozenset(kept.scope))

    def sign_out(self, token: str) -> None:
        with self._parts.store.look() as look:
            kept = look.one(OpenSession, hash=digest(token))
        if kept is not None:
            self._end(kept, "signed-out")

    def sessions(self, user: str | None = None) -> tuple[SessionShown, ...]:
        with self._parts.store.look() as look:
            every = look.every(OpenSession)
            accounts = {account.id: account for account in look.every(Account)}
        shown = []
        for kept in every:
            account = accounts.get(kept.user) if kept.user is not None else None
            rests = self._rests(kept)
            if self._over(kept, rests) or not _still_good(kept, account):
                continue
            person = _person_of(kept, ())
            if user is None or user in (person.id, kept.name):
                shown.append(
                    SessionShown(kept.id, person.id, kept.name, kept.source, kept.opened_at, kept.seen_at)
                )
        return tuple(sorted(shown, key=lambda each: each.opened_at))

    def revoke_session(self, session: str, actor: Actor) -> None:
        with self._parts.store.change() as change:
            kept = change.one(OpenSession, id=session)
            if kept is None:
                raise NotFound(kind="session", name=session)
            self._parts.journal.commit(Tag.SESSION_ENDED, [_ended(kept, "revoked")], actor)
            change.drop(OpenSession, hash=kept.hash)

    # --- parts -------------------------------------------------------------------------------------

    def _over(self, kept: OpenSession, rests: float) -> bool:
        lasted = self._parts.ageing.age(kept.hash, kept.opened_at)
        return rests >= self._parts.limits.idle or lasted >= self._longest(kept)

    def _rests(self, kept: OpenSession) -> float:
        return self._parts.ageing.age(kept.hash + SEEN, kept.seen_at)

    def _longest(self, kept: OpenSession) -> int:
        return self._parts.limits.session if kept.glass is None else self._parts.limits.glass

    def _touch(self, kept: OpenSession) -> None:
        with suppress(JournalUnreadable), self._parts.store.change() as change:
            if change.one(OpenSession, hash=kept.hash):
                now = self._parts.clock.now()
                change.put(replace(kept, seen_at=now))
                self._parts.ageing.begins(kept.hash + SEEN, now)

    def _end(self, kept: OpenSession, cause: str) -> None:
        with self._parts.store.change() as change:
            if change.one(OpenSession, hash=kept.hash):
                change.drop(OpenSession, hash=kept.hash)
                self._tell_note(Tag.SESSION_ENDED, _ended(kept, cause), SYSTEM)

    def _make_room(self, change: Change, kept: OpenSession) -> None:
        others = change.every(OpenSession, user=kept.user)
        for one in others:
            if self._over(one, self._rests(one)):
                change.drop(OpenSession, hash=one.hash)
        left = sorted(change.every(OpenSession, user=kept.user), key=lambda each: each.seen_at)
        for one in left[: max(0, len(left) + 1 - SESSIONS_EACH)]:
            change.drop(OpenSession, hash=one.hash)

    def _tell(self, tag: Tag, subject: str, data: tuple[tuple[str, str], ...], actor: Actor) -> None:
        self._tell_note(tag, Noted(subject, data), actor)

    def _tell_note(self, tag: Tag, note: Noted, actor: Actor) -> None:
        try:
            self._parts.journal.commit(tag, [note], actor)
        except JournalUnavailable:
            return


def key_of(name: str) -> str:
    """Names that look alike are one name."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def end_sessions(change: Change, user: int) -> None:
    change.drop(OpenSession, user=user)


def _account_of(look: Look, kept: OpenSession | None) -> Account | None:
    return look.one(Account, id=kept.user) if kept is not None and kept.user is not None else None


def _still_good(kept: OpenSession, account: Account | None) -> bool:
    return kept.glass is not None or (account is not None and account.usable)


def _person_of(kept: OpenSession, grants: tuple[Grant, ...]) -> Person:
    if kept.glass is not None:
        return Person(
            f"glass:{kept.glass}",
            kept.name,
            (Grant(Role.RESPONDER),),
            Via.BREAK_GLASS,
            kept.id,
            BREAK_GLASS,
        )
    return Person(f"user:{kept.user}", kept.name, grants, Via.SESSION, kept.id)


def _ended(kept: OpenSession, cause: str) -> Noted:
    return Noted(_person_of(kept, ()).id, (("session", kept.id), ("cause", cause)))
