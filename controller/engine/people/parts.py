"""What accounts rest on."""

from __future__ import annotations

from dataclasses import dataclass

from controller.engine.people.accounts import AccountStore, Limits, OneTimeCodes, Passwords
from controller.engine.people.ageing import Ageing
from controller.engine.ports import Clock, Journal


@dataclass(frozen=True, slots=True)
class AccountParts:
    """One for a home: ``ageing`` remembers for all who use it."""

    store: AccountStore
    passwords: Passwords
    codes: OneTimeCodes
    journal: Journal
    clock: Clock
    limits: Limits
    ageing: Ageing
