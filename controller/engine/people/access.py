"""Everything about who may do what in one home, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controller.engine.people.accounts import AccountStore, Limits, OneTimeCodes, Passwords
from controller.engine.people.ageing import Ageing
from controller.engine.people.approval_book import ApprovalBook
from controller.engine.people.breakglass import GlassCase
from controller.engine.people.parts import AccountParts
from controller.engine.people.signin import AccountSignIn
from controller.engine.people.statements import StatementBook
from controller.engine.people.users import AccountUsers
from controller.engine.ports import Clock, History, Journal


@dataclass(frozen=True, slots=True)
class Access:
    """One for a home, made by its leader; also without the lead, to look."""

    sign_in: AccountSignIn
    users: AccountUsers
    approvals: ApprovalBook
    glass: GlassCase
    statements: StatementBook


def access(
    store: AccountStore,
    passwords: Passwords,
    codes: OneTimeCodes,
    journal: Journal,
    clock: Clock,
    history: Callable[[], History],
    limits: Limits,
) -> Access:
    parts = AccountParts(store, passwords, codes, journal, clock, limits, Ageing(clock))
    sign_in = AccountSignIn(parts)
    glass = GlassCase(store, sign_in, journal, clock)
    return Access(
        sign_in,
        AccountUsers(parts),
        ApprovalBook(store, journal, clock, limits, glass, history, parts.ageing),
        glass,
        StatementBook(journal, history),
    )
