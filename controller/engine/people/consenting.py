"""Whose consent to a request counts, when it is given and for as long as the person may."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from controller.domain.errors import NotPermitted
from controller.domain.playbook import Gate
from controller.engine.people.account_records import Account, Consent, Request
from controller.engine.people.accounts import EVERY_SITE, Look, Person
from controller.engine.people.roles import Permission, Role, allows


def given(look: Look, request: Request) -> list[Consent]:
    """Consents that still count: whoever gave them is still there and still may."""
    found = sorted(look.every(Consent, request=request.id), key=lambda each: each.at)
    return [one for one in found if one.person != request.requester and _still_may(look, one, request)]


def _still_may(look: Look, consent: Consent, request: Request) -> bool:
    roles = _roles(look, consent, request)
    return allows(roles, Permission.APPROVE) and _fits(roles, request)


def _roles(look: Look, consent: Consent, request: Request) -> set[Role]:
    """None of an account that is no longer usable."""
    account = look.one(Account, id=int(consent.person.removeprefix("user:")))
    if account is None or not account.usable:
        return set()
    return {grant.role for grant in account.grants if grant.site in (EVERY_SITE, request.site)}


def suffices(look: Look, request: Request, gates: Iterable[Gate], actor: str) -> bool:
    """Whether enough persons beside ``actor`` consented, for each of ``gates`` enough with one of its
    roles."""
    counted = [one for one in given(look, request) if one.person != actor]
    if len(counted) < request.needed:
        return False
    held = [{role.value for role in _roles(look, one, request)} for one in counted]
    return all(
        sum(1 for roles in held if not gate.roles or roles.intersection(gate.roles)) >= max(1, gate.approvals)
        for gate in gates
        if gate.approvals or gate.roles
    )


def _fits(roles: Collection[Role], request: Request) -> bool:
    return not request.roles or bool({role.value for role in roles}.intersection(request.roles))


def check_may(person: Person, request: Request) -> None:
    """Raises NotPermitted where the person may not answer the request."""
    roles = {grant.role for grant in person.grants if grant.site in (EVERY_SITE, request.site)}
    allowed = person.present and person.may(Permission.APPROVE, request.site)
    if not (allowed and _fits(roles, request)):
        wanted = " / ".join((Permission.APPROVE.value, *request.roles))
        raise NotPermitted(permission=wanted, site=request.site)


def usable(look: Look, person: str) -> bool:
    """Whether the account of a person (``user:<number>``) still is."""
    account = look.one(Account, id=int(person.removeprefix("user:")))
    return account is not None and account.usable
