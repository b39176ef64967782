"""What named persons state and decide of a subject's return: on record at once, and nothing but said.

A statement is its author's, who alone can take it back. It counts until the subject is cut again; whether it
is enough is for the gate (:mod:`controller.engine.planning.gates`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from controller.domain.errors import InvalidRequest, NotFound, NotPermitted
from controller.domain.facts import Attested, GateDecided, Text
from controller.domain.logbook import Attachment, attached
from controller.domain.tags import Tag
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission
from controller.engine.people.tokens import public_id
from controller.engine.ports import History, Journal

_STATEMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Statement:
    """``name`` is the word the gate asks for, ``dated`` the day it speaks of, ISO 8601 or ""; ``text`` and a
    file (``attachment``) say more."""

    subject: str
    name: str
    text: str = ""
    dated: str = ""
    attachment: Attachment | None = None


class StatementBook:
    """Safe to call from many threads."""

    def __init__(self, journal: Journal, history: Callable[[], History]) -> None:
        self._journal = journal
        self._history = history

    def attest(self, statement: Statement, site: str, person: Person) -> Attested:
        """Raises NotPermitted, InvalidRequest (statement-invalid, not-a-day)."""
        _check(person, Permission.ATTEST, site)
        if not _STATEMENT.fullmatch(statement.name):
            raise InvalidRequest("statement-invalid", name=statement.name[:64])
        if statement.dated:
            _check_day(statement.dated)
        fact = Attested(
            public_id(),
            statement.subject,
            statement.name,
            person.id,
            True,
            statement.dated,
            statement.attachment.digest if statement.attachment else "",
            Text(statement.text),
        )
        cited = attached([statement.attachment] if statement.attachment else [])
        self._journal.commit(Tag.ATTESTATION_GIVEN, [fact, *cited], person.actor)
        return fact

    def withdraw(self, subject: str, name: str, site: str, person: Person, reason: str = "") -> Attested:
        """Takes back all that the person stated of ``subject`` under ``name``; the last of it. Raises
        NotPermitted, NotFound."""
        _check(person, Permission.ATTEST, site)
        words = [each.fact for each in self._history().statements(subject).words]
        gone = {word.attestation for word in words if isinstance(word, Attested) and not word.given}
        own = [
            word
            for word in words
            if isinstance(word, Attested) and word.given and word.attestation not in gone
            if (word.statement, word.person) == (name, person.id)
        ]
        if not own:
            raise NotFound(kind="attestation", name=name)
        facts = [
            Attested(each.attestation, subject, name, person.id, False, "", "", Text(reason)) for each in own
        ]
        self._journal.commit(Tag.ATTESTATION_WITHDRAWN, facts, person.actor)
        return facts[-1]

    def decide(self, subject: str, site: str, person: Person, reason: str, *, go: bool) -> GateDecided:
        """Raises NotPermitted."""
        _check(person, Permission.APPROVE, site)
        fact = GateDecided(subject, person.id, go, Text(reason))
        self._journal.commit(Tag.GATE_DECIDED, [fact], person.actor)
        return fact


def _check(person: Person, permission: Permission, site: str) -> None:
    """A person, not a token: somebody stands for it by name."""
    if not (person.present and person.may(permission, site)):
        raise NotPermitted(permission=permission.value, site=site)


def _check_day(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest("not-a-day", day=text[:32]) from None
