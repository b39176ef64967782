"""Everything about who may do what in one home, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controller.engine.accounts import AccountStore, Limits, OneTimeCodes, Passwords
from controller.engine.ageing import Ageing
from controller.engine.approval_book import ApprovalBook
from controller.engine.breakglass import GlassCase
from controller.engine.ports import Clock, History, Journal
from controller.engine.signin import AccountSignIn
from controller.engine.users import AccountUsers


@dataclass(frozen=True, slots=True)
class Access:
    """One for a home, made by its leader; also without the lead, to look."""

    sign_in: AccountSignIn
    users: AccountUsers
    approvals: ApprovalBook
    glass: GlassCase


def access(
    store: AccountStore,
    passwords: Passwords,
    codes: OneTimeCodes,
    journal: Journal,
    clock: Clock,
    history: Callable[[], History],
    limits: Limits,
) -> Access:
    ageing = Ageing(clock)
    sign_in = AccountSignIn(store, passwords, codes, journal, clock, limits, ageing)
    glass = GlassCase(store, sign_in, journal, clock)
    return Access(
        sign_in,
        AccountUsers(store, passwords, codes, journal, clock, limits, ageing),
        ApprovalBook(store, journal, clock, limits, glass, history, ageing),
        glass,
    )
