"""Who shows password and code once more, for a word that counts: an unlocked screen says nothing for them."""

from __future__ import annotations

from controller.api.access import source_of
from controller.domain.errors import NotPermitted
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission
from controller.web.visits import Visit


def themselves(visit: Visit, permission: Permission) -> Person:
    """By the fields ``password`` and ``code`` of the form. Raises SignInFailed, SignInDelayed,
    NotPermitted."""
    sent, service = visit.sent, visit.service
    person = service.sign_in.identify(
        visit.person.name, sent.get("password"), "".join(sent.get("code").split()), source_of(visit.request)
    )
    if person.id != visit.person.id or not person.may(permission, service.site):
        raise NotPermitted(permission=permission.value, site=service.site)
    return person
