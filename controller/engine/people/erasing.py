"""Who may have texts erased from the log: one person asks, another consents to exactly that."""

from __future__ import annotations

from datetime import timedelta

from controller.domain.errors import InvalidRequest, NotPermitted
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission

STANDS = timedelta(days=7)
"""For how long a request waits for the second person."""


def check_asks(person: Person, site: str) -> None:
    """Raises NotPermitted."""
    if not (person.present and person.may(Permission.ERASE, site)):
        raise NotPermitted(permission=Permission.ERASE.value, site=site)


def check_consents(person: Person, requester: str, site: str) -> None:
    """Whoever may erase, or answers for what others ask. Raises NotPermitted, InvalidRequest."""
    if person.id == requester:
        raise InvalidRequest("own-request")
    wanted = (Permission.ERASE, Permission.APPROVE)
    if not (person.present and any(person.may(each, site) for each in wanted)):
        raise NotPermitted(permission=" / ".join(wanted), site=site)


def check_denies(person: Person, requester: str, site: str) -> None:
    """As consent; and whoever asked may take it back. Raises NotPermitted."""
    if person.id != requester or not person.present:
        check_consents(person, requester, site)
