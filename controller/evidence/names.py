"""Who is named in the log, and what stands there instead where an export goes out without names.

Only names that are on record as names are known. One that a person wrote into a sentence and nowhere else
stays where it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from controller.domain.entry import SealedEntry, SealedText
from controller.domain.logbook import ATTACHED, BY, HANDED_TO

_PERSONS = frozenset({BY, HANDED_TO})
"""Subjects of notes whose text is a person's name and nothing else."""

_MAYBE = frozenset({ATTACHED, "witness"})
"""And of those whose text may hold one: the name of a file, of a place or of a person."""

_NAMED_FIRST = frozenset({"person:point:claimed", "person:claim:withdrawn"})
"""Tags of entries whose notes begin with a name: who did a step by hand."""

_CREATED = "account:user:created"
"""The tag of an entry whose note is an account's name; its subject is the account's id."""

_GIVES_ROLES = frozenset({_CREATED, "account:user:roles"})

_SHORTEST = 3
"""Letters of a part of a name that is looked for by itself: initials and Dr are in every sentence."""

_FORMS = frozenset({"madame", "monsieur", "mme", "mlle", "docteur", "doctor", "prof", "professeur", "mrs"})

_SUBJECT, _DATA, _TEXT = 4, 5, 6
"""Columns of the table ``note``."""

_FIRST_PERSON = 1000
"""Numbers of accounts below are the system's own."""

_KIND, _CONTENT = 4, 6
"""Columns of the table ``revision``."""


@dataclass(slots=True)
class Names:
    """The same name gets the same word everywhere: an account its roles and number (``responder-7``; without
    an account of Cordon its id, ``os:1000``), a contact of the site their function, anybody else
    ``person-N``. An account's roles are those it had where the text stands."""

    _ids: dict[str, str] = field(default_factory=dict)
    _roles: dict[str, str] = field(default_factory=dict)
    _persons: int = 0
    _found: tuple[re.Pattern[str], dict[str, str]] | None = None

    def learn(self, sealed: SealedEntry) -> None:
        """Who is named in one entry; every entry is learnt from before anything is replaced."""
        body = json.loads(sealed.entry.body)
        contents = _contents(sealed.texts)
        name = contents.get(body["actor"]["name"] or "")
        if name:
            self._know(name, str(body["actor"]["id"]))
        self._take_roles(body["tag"], sealed)
        notes = sealed.rows.get("note", ())
        if body["tag"] == _CREATED:
            for row in notes:
                self._know(contents.get(str(row[_TEXT]), ""), str(row[_SUBJECT]))
        for function, contact in _contacts(sealed):
            self._meet(contact, function)
        named_here = [contents.get(commitment, "") for commitment in _naming(sealed, _PERSONS)]
        if body["tag"] in _NAMED_FIRST:
            named_here += [contents.get(str(row[_TEXT]), "").split(": ")[0] for row in notes]
        for named in named_here:
            self._meet(named)

    def replaced(self, sealed: SealedEntry) -> dict[str, str]:
        """By commitment, what goes out in place of the texts of this entry that hold a name."""
        body = json.loads(sealed.entry.body)
        self._take_roles(body["tag"], sealed)
        known = {body["actor"]["name"], *_naming(sealed, _PERSONS | _MAYBE)}
        found: dict[str, str] = {}
        for commitment, content in _contents(sealed.texts).items():
            if commitment in known:
                found[commitment] = self._word(self._ids[content]) if content in self._ids else ""
                continue
            said = self.without(content)
            if said != content:
                found[commitment] = said
        return found

    def without(self, text: str) -> str:
        """``text`` with every name in it replaced."""
        pattern, ids = self._pattern()
        return pattern.sub(lambda hit: self._word(ids[hit[0].casefold()]), text)

    def _know(self, name: str, id_: str) -> None:
        if name and self._ids.get(name) != id_:
            self._ids[name] = id_
            self._found = None

    def _meet(self, name: str, function: str = "") -> None:
        """Somebody who may have no account."""
        if name and name not in self._ids:
            self._persons += not function
            self._know(name, function or f"person-{self._persons}")

    def _take_roles(self, tag: str, sealed: SealedEntry) -> None:
        if tag not in _GIVES_ROLES:
            return
        for row in sealed.rows.get("note", ()):
            grants = str(dict(json.loads(str(row[_DATA]))).get("roles", "")).split()
            roles = dict.fromkeys(grant.split("@")[0] for grant in grants)
            self._roles[str(row[_SUBJECT])] = "+".join(roles)

    def _word(self, id_: str) -> str:
        roles = self._roles.get(id_)
        return f"{roles}-{id_.removeprefix('user:')}" if roles else id_

    def _pattern(self) -> tuple[re.Pattern[str], dict[str, str]]:
        """What finds a known name, whole or in part, and whose it is."""
        if self._found is None:
            known = [(name, id_) for name, id_ in self._ids.items() if not _is_of_the_machine(id_)]
            ids = {part.casefold(): id_ for name, id_ in reversed(known) for part in _parts(name)}
            ids |= {name.casefold(): id_ for name, id_ in known}
            longest_first = sorted(ids, key=len, reverse=True)
            either = "|".join(map(re.escape, longest_first))
            found = rf"(?<!\w)(?:{either})(?!\w)" if ids else r"(?!)"
            self._found = re.compile(found, re.IGNORECASE), ids
        return self._found


def _is_of_the_machine(id_: str) -> bool:
    """Whether it is an account of the operating system that is no person's: their names are words that
    devices use, too (``root``)."""
    kind, _, number = id_.partition(":")
    return kind == "os" and number.isdecimal() and int(number) < _FIRST_PERSON


def _contacts(sealed: SealedEntry) -> Iterator[tuple[str, str]]:
    """Function and name of whom to call, as the site's inventory has them."""
    for row in sealed.rows.get("revision", ()):
        if row[_KIND] != "inventory" or "contacts" not in str(row[_CONTENT]):
            continue
        # A library that only an export without names needs.
        import yaml  # noqa: PLC0415 - as said above

        try:
            document = yaml.load(str(row[_CONTENT]), yaml.CBaseLoader)  # noqa: S506 - it makes strings only
        except yaml.YAMLError:
            continue
        listed = document.get("contacts") if isinstance(document, dict) else None
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, dict) and isinstance(each.get("name"), str):
                role = each.get("role")
                said = role.get("en") or role.get("fr") if isinstance(role, dict) else role
                yield str(said or "contact"), each["name"]


def _parts(name: str) -> Iterator[str]:
    for part in re.findall(r"\w+", name):
        if len(part) >= _SHORTEST and part.casefold() not in _FORMS:
            yield part


def _naming(sealed: SealedEntry, subjects: frozenset[str]) -> list[str]:
    """The commitments of notes on these subjects."""
    notes = sealed.rows.get("note", ())
    return [str(row[_TEXT]) for row in notes if row[_SUBJECT] in subjects and row[_TEXT]]


def _contents(texts: Sequence[SealedText]) -> dict[str, str]:
    return {each.commitment: each.content.decode() for each in texts if each.content is not None}
