"""Accounts made, changed and ended; implements Users. Every change is on record before it counts."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from controller.domain.errors import InvalidRequest, NotFound, SignInFailed
from controller.domain.facts import SYSTEM, Actor, Noted, Text
from controller.domain.tags import Tag
from controller.engine.people.account_records import Account, ApiToken, Invited, OpenSession, RecoveryCode
from controller.engine.people.accounts import (
    Change,
    Factor,
    Grant,
    Invitation,
    Look,
    TokenMade,
    TokenShown,
    User,
)
from controller.engine.people.parts import AccountParts
from controller.engine.people.roles import ALLOWS, Permission, Role
from controller.engine.people.signin import key_of
from controller.engine.people.tokens import digest, digest_of_code, new_code, new_token, public_id

SHORTEST, LONGEST = 12, 256
"""Characters of a password. Length is what protects; nothing else is asked of it but not to be one letter."""

DIFFERENT = 5

CODES = 10

CODE_GROUPS = 4

FIRST = "admin"
"""The name of the account a first start invites to."""

LONGEST_TOKEN = 366
"""Days."""

IN_PERSON = frozenset(
    {
        Permission.APPROVE,
        Permission.COUNTERSIGN,
        Permission.MANAGE_ACCOUNTS,
        Permission.SEAL_GLASS,
        Permission.ERASE,
        Permission.OVERRIDE,
        Permission.RESTORE,
        Permission.OWN_ACCOUNT,
    }
)
"""What no token may do: a machine that holds one is not the person. It may cut, never bring back."""


class AccountUsers:
    """Safe to call from many threads."""

    def __init__(self, parts: AccountParts) -> None:
        self._parts = parts

    # --- looking -----------------------------------------------------------------------------------

    def users(self) -> tuple[User, ...]:
        with self._parts.store.look() as look:
            return tuple(_shown(look, account) for account in look.every(Account))

    def user(self, user: str) -> User:
        with self._parts.store.look() as look:
            return _shown(look, find(look, user))

    def tokens(self, user: str | None = None) -> tuple[TokenShown, ...]:
        with self._parts.store.look() as look:
            account = find(look, user) if user else None
            kept = look.every(ApiToken, **({"user": account.id} if account else {}))
        return tuple(_token(one) for one in sorted(kept, key=lambda each: each.created_at))

    # --- invitations -------------------------------------------------------------------------------

    def create(self, name: str, grants: tuple[Grant, ...], actor: Actor) -> Invitation:
        shown, key = _checked_name(name), key_of(name)
        roles = _checked_grants(grants)
        with self._parts.store.change() as change:
            if change.one(Account, key=key):
                raise InvalidRequest("name-taken", name=shown)
            number, now = change.number(Account), self._parts.clock.now()
            account = Account(number, shown, key, roles, False, None, None, 0, now)
            self._note(Tag.ACCOUNT_CREATED, account, actor, *_plain(roles), text=shown)
            change.put(account)
            return self._invite(change, account, now)

    def invite(self, user: str, actor: Actor) -> Invitation:
        with self._parts.store.change() as change:
            account = find(change, user)
            self._note(Tag.ACCOUNT_INVITED, account, actor)
            return self._invite(change, account, self._parts.clock.now())

    def first_invitation(self) -> Invitation | None:
        with self._parts.store.look() as look:
            if any(account.usable for account in look.every(Account)):
                return None
        with self._parts.store.change() as change:
            accounts = change.every(Account)
            if any(account.usable for account in accounts):
                return None
            found = next((one for one in accounts if one.key == FIRST and not one.disabled), None)
            if found is not None and Grant(Role.ADMINISTRATOR) in found.grants:
                self._note(Tag.ACCOUNT_INVITED, found, SYSTEM)
                return self._invite(change, found, self._parts.clock.now())
        return self.create(FIRST if found is None else f"{FIRST}-2", (Grant(Role.ADMINISTRATOR),), SYSTEM)

    def invited(self, token: str) -> Factor | None:
        with self._parts.store.look() as look:
            kept, account = self._invitation(look, token)
        return self._parts.codes.factor(account.name, kept.factor) if kept and account else None

    def enrol(self, token: str, password: str, code: str) -> tuple[str, ...]:
        with self._parts.store.look() as look:
            kept, account = self._invitation(look, token)
        if kept is None or account is None:
            raise self._not_good()
        check_password(password, account.name)
        step = self._parts.codes.step(kept.factor, code, self._parts.clock.now())
        if step is None:
            raise self._not_good()
        hashed = self._parts.passwords.hash(password)
        with self._parts.store.change() as change:
            kept, account = self._invitation(change, token)
            if kept is None or account is None:
                raise self._not_good()
            self._note(Tag.ACCOUNT_ENROLLED, account, Actor(account.person, Text(account.name)))
            change.put(replace(account, password=hashed, factor=kept.factor, step=step))
            change.drop(Invited, user=account.id)
            change.drop(OpenSession, user=account.id)
            return _new_codes(change, account)

    def _invite(self, change: Change, account: Account, now: datetime) -> Invitation:
        """The one invitation of the account: one made before opens nothing any more."""
        token, lasts = new_token(), self._parts.limits.invitation
        change.drop(Invited, user=account.id)
        change.put(Invited(digest(token), account.id, self._parts.codes.secret(), now, lasts))
        self._parts.ageing.begins(digest(token), now)
        return Invitation(token, _shown(change, account), now + timedelta(seconds=lasts))

    def _invitation(self, look: Look, token: str) -> tuple[Invited | None, Account | None]:
        kept = look.one(Invited, hash=digest(token))
        if kept is None or self._parts.ageing.age(kept.hash, kept.made_at) >= kept.lasts:
            return None, None
        account = look.one(Account, id=kept.user)
        return (None, None) if account is None or account.disabled else (kept, account)

    def _not_good(self) -> SignInFailed:
        return SignInFailed(clock=f"{self._parts.clock.now():%Y-%m-%d %H:%M:%S} UTC")

    # --- changes -----------------------------------------------------------------------------------

    def grant(self, user: str, grants: tuple[Grant, ...], actor: Actor) -> User:
        roles = _checked_grants(grants)
        with self._parts.store.change() as change:
            account = find(change, user)
            changed = replace(account, grants=roles)
            _leave_an_administrator(change, account, changed)
            self._note(Tag.ROLES_CHANGED, account, actor, *_plain(roles))
            change.put(changed)
            return _shown(change, changed)

    def disable(self, user: str, actor: Actor) -> None:
        with self._parts.store.change() as change:
            account = find(change, user)
            changed = replace(account, disabled=True)
            _leave_an_administrator(change, account, changed)
            self._note(Tag.ACCOUNT_DISABLED, account, actor)
            change.put(changed)
            for kind in (OpenSession, ApiToken, Invited):
                change.drop(kind, user=account.id)

    def enable(self, user: str, actor: Actor) -> None:
        with self._parts.store.change() as change:
            account = find(change, user)
            self._note(Tag.ACCOUNT_ENABLED, account, actor)
            change.put(replace(account, disabled=False))

    def set_password(self, user: str, password: str, actor: Actor) -> None:
        check_password(password, self.user(user).name)
        hashed = self._parts.passwords.hash(password)
        with self._parts.store.change() as change:
            account = find(change, user)
            self._note(Tag.PASSWORD_CHANGED, account, actor)
            change.put(replace(account, password=hashed))
            change.drop(OpenSession, user=account.id)
            change.drop(Invited, user=account.id)

    def renew_factor(self, user: str, actor: Actor) -> Factor:
        secret = self._parts.codes.secret()
        with self._parts.store.change() as change:
            account = find(change, user)
            self._note(Tag.FACTOR_RENEWED, account, actor)
            # Codes of the new secret have steps of their own; none has counted yet.
            change.put(replace(account, factor=secret, step=0))
            change.drop(OpenSession, user=account.id)
            change.drop(Invited, user=account.id)
        return self._parts.codes.factor(account.name, secret)

    def renew_codes(self, user: str, actor: Actor) -> tuple[str, ...]:
        with self._parts.store.change() as change:
            account = find(change, user)
            self._note(Tag.CODES_RENEWED, account, actor)
            return _new_codes(change, account)

    # --- tokens ------------------------------------------------------------------------------------

    def issue_token(
        self, user: str, label: str, scope: tuple[Permission, ...], days: int, actor: Actor
    ) -> TokenMade:
        wanted = frozenset(scope)
        if not 1 <= days <= LONGEST_TOKEN:
            raise InvalidRequest("token-days", days=days, most=LONGEST_TOKEN)
        with self._parts.store.change() as change:
            account = find(change, user)
            allowed = frozenset[Permission]().union(*(ALLOWS[grant.role] for grant in account.grants))
            beyond = sorted(wanted - (allowed - IN_PERSON))
            if beyond or not wanted or account.disabled:
                raise InvalidRequest("token-scope", name=account.name, beyond=", ".join(beyond) or "-")
            secret, now = new_token(), self._parts.clock.now()
            kept = ApiToken(
                hash=digest(secret),
                id=public_id(),
                user=account.id,
                label=label.strip() or "token",
                scope=tuple(sorted(wanted)),
                created_at=now,
                expires_at=now + timedelta(days=days),
                used_at=None,
            )
            data = (("token", kept.id), ("scope", " ".join(kept.scope)), ("days", str(days)))
            self._note(Tag.TOKEN_ISSUED, account, actor, *data, text=kept.label)
            change.put(kept)
            self._parts.ageing.begins(kept.hash, now)
        return TokenMade(secret, _token(kept))

    def revoke_token(self, token: str, actor: Actor) -> None:
        with self._parts.store.change() as change:
            kept = change.one(ApiToken, id=token)
            if kept is None:
                raise NotFound(kind="token", name=token)
            note = Noted(f"user:{kept.user}", (("token", kept.id),))
            self._parts.journal.commit(Tag.TOKEN_REVOKED, [note], actor)
            change.drop(ApiToken, hash=kept.hash)

    # --- parts -------------------------------------------------------------------------------------

    def _note(self, tag: Tag, account: Account, actor: Actor, *data: tuple[str, str], text: str = "") -> None:
        self._parts.journal.commit(tag, [Noted(account.person, data, Text(text))], actor)


def find(look: Look, user: str) -> Account:
    """By id or name. Raises NotFound."""
    number = user.removeprefix("user:")
    found = look.one(Account, id=int(number)) if user != number and number.isdecimal() else None
    found = found or look.one(Account, key=key_of(user))
    if found is None:
        raise NotFound(kind="user", name=user)
    return found


def _shown(look: Look, account: Account) -> User:
    return User(
        id=account.person,
        name=account.name,
        grants=account.grants,
        disabled=account.disabled,
        enrolled=account.password is not None and account.factor is not None,
        codes=len(look.every(RecoveryCode, user=account.id)),
        created_at=account.created_at,
    )


def _token(kept: ApiToken) -> TokenShown:
    return TokenShown(
        kept.id, f"user:{kept.user}", kept.label, kept.scope, kept.created_at, kept.expires_at, kept.used_at
    )


def _new_codes(change: Change, account: Account) -> tuple[str, ...]:
    codes = tuple(new_code(CODE_GROUPS) for _ in range(CODES))
    change.drop(RecoveryCode, user=account.id)
    for code in codes:
        change.put(RecoveryCode(digest_of_code(code), account.id))
    return codes


def _leave_an_administrator(change: Change, before: Account, after: Account) -> None:
    """Somebody must be left who can let others in again."""
    if not _administers(before) or _administers(after):
        return
    if not any(_administers(one) for one in change.every(Account) if one.id != before.id):
        raise InvalidRequest("last-administrator", name=before.name)


def _administers(account: Account) -> bool:
    return account.usable and Grant(Role.ADMINISTRATOR) in account.grants


def _checked_name(name: str) -> str:
    shown = unicodedata.normalize("NFC", name).strip()
    # Names are typed at night and stand in the log: no control characters, nothing that looks like an id.
    if not 1 <= len(shown) <= 64 or not shown.isprintable() or ":" in shown:
        raise InvalidRequest("name-invalid", name=shown[:64] if shown.isprintable() else "?")
    return shown


def _checked_grants(grants: Collection[Grant]) -> tuple[Grant, ...]:
    if not grants:
        raise InvalidRequest("no-role")
    return tuple(sorted(set(grants)))


def _plain(grants: Collection[Grant]) -> list[tuple[str, str]]:
    return [("roles", " ".join(f"{grant.role}@{grant.site}" for grant in grants))]


def check_password(password: str, name: str) -> None:
    """Raises InvalidRequest (password-length, password-simple)."""
    said = unicodedata.normalize("NFKC", password)
    if not SHORTEST <= len(said) <= LONGEST:
        raise InvalidRequest("password-length", least=SHORTEST, most=LONGEST)
    folded = said.casefold()
    if len(set(folded)) < DIFFERENT or (
        len(name) > 3 and key_of(name) in folded and len(said) < 2 * SHORTEST
    ):
        raise InvalidRequest("password-simple")
