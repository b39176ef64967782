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

_NAMED_FIRST = frozenset({"person:point:claimed", "person:claim:withdrawn", "account:user:created"})
"""Tags of entries whose notes begin with a name: who did a step by hand, whose account it is."""

_SHORTEST = 3
"""Letters of a part of a name that is looked for by itself: initials and Dr are in every sentence."""

_FORMS = frozenset({"madame", "monsieur", "mme", "mlle", "docteur", "doctor", "prof", "professeur", "mrs"})

_SUBJECT, _TEXT = 4, 6
"""Columns of the table ``note``."""


@dataclass(slots=True)
class Names:
    """The same name gets the same word everywhere: the id of an account, else ``person-N``."""

    _words: dict[str, str] = field(default_factory=dict)
    _persons: int = 0

    def learn(self, sealed: SealedEntry) -> None:
        body = json.loads(sealed.entry.body)
        contents = _contents(sealed.texts)
        name = contents.get(body["actor"]["name"] or "")
        if name:
            self._words[name] = str(body["actor"]["id"])
        named_here = [contents.get(commitment, "") for commitment in _naming(sealed, _PERSONS)]
        if body["tag"] in _NAMED_FIRST:
            named_here += [
                contents.get(str(row[_TEXT]), "").split(": ")[0] for row in sealed.rows.get("note", ())
            ]
        for named in named_here:
            if named and named not in self._words:
                self._persons += 1
                self._words[named] = f"person-{self._persons}"

    def replaced(self, sealed: SealedEntry) -> dict[str, str]:
        """By commitment, what goes out in place of the texts of this entry that hold a name."""
        actor = json.loads(sealed.entry.body)["actor"]["name"]
        known = {actor, *_naming(sealed, _PERSONS | _MAYBE)}
        pattern, words = self._pattern()
        found: dict[str, str] = {}
        for commitment, content in _contents(sealed.texts).items():
            if commitment in known:
                found[commitment] = self._words.get(content, "")
                continue
            said = pattern.sub(lambda hit: words[hit[0].casefold()], content) if pattern else content
            if said != content:
                found[commitment] = said
        return found

    def _pattern(self) -> tuple[re.Pattern[str] | None, dict[str, str]]:
        known = self._words.items()
        words = {part.casefold(): word for name, word in reversed(known) for part in _parts(name)}
        words |= {name.casefold(): word for name, word in known}
        if not words:
            return None, words
        longest_first = sorted(words, key=len, reverse=True)
        either = "|".join(map(re.escape, longest_first))
        return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE), words


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
