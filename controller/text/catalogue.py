"""Message catalogues: TOML files, one per language, their tables joined to dotted codes.

A text is filled by ``str.format`` from values, never from other texts: ``{{`` and ``}}`` are braces. Where a
text depends on a number it is written twice, as ``<code>.one`` and ``<code>.many``, and chosen by ``count``.
French texts are written with plain spaces and apostrophes; shown, no line is broken where the language
forbids it, and what elides is the typographic apostrophe.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files

from controller.domain.inventory import Bilingual

LANGUAGES = ("fr", "en")

_UNBROKEN = re.compile(r" (?=[:;?!»%](?!\S))|(?<=«) ")
"""The spaces of French at which no line may end."""

_ELIDED = re.compile(r"(?<=\w)'(?=[\w{«])")
"""The apostrophes of French: what quotes a command stands beside a space."""


def language(asked: str | None, environ: Mapping[str, str]) -> str:
    """The language to speak: the one asked for, else that of the environment; French for any ``fr…``, else
    English."""
    candidates = (asked, *(environ.get(name) for name in ("CORDON_LANG", "LC_ALL", "LC_MESSAGES", "LANG")))
    wanted = next((candidate for candidate in candidates if candidate), "")
    return "fr" if wanted.lower().startswith("fr") else "en"


class Catalogue:
    """The texts of one language. Looking one up never fails: an unknown code comes back as it is, with its
    data, because a missing phrase must not hide the error it was for."""

    def __init__(self, lang: str) -> None:
        self.lang = lang if lang in LANGUAGES else "en"
        source = files(__package__).joinpath(f"{self.lang}.toml").read_text("utf-8")
        self._texts = {code: self._set(text) for code, text in _flat(tomllib.loads(source))}

    def __contains__(self, code: str) -> bool:
        return code in self._texts or f"{code}.many" in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def raw(self, code: str) -> str:
        """The text as written, its placeholders open. Raises KeyError."""
        return self._texts[code]

    def text(self, code: str, /, **data: object) -> str:
        """The text of ``code``, filled with ``data``; ``count`` also chooses ``.one`` or ``.many``."""
        found = self._texts.get(code)
        if found is None and "count" in data:
            found = self._texts.get(f"{code}.{self._number(data['count'])}")
        if found is None:
            return code + "".join(f" {name}={value}" for name, value in sorted(data.items()))
        return found.format_map(_Data(data))

    def pick(self, text: Bilingual | None) -> str:
        """The site's own words in this language; "" where there are none."""
        if text is None:
            return ""
        return text.fr if self.lang == "fr" else text.en

    def _set(self, text: str) -> str:
        if self.lang != "fr":
            return text
        return _ELIDED.sub("\N{RIGHT SINGLE QUOTATION MARK}", _UNBROKEN.sub("\N{NO-BREAK SPACE}", text))

    def _number(self, count: object) -> str:
        single = (0, 1) if self.lang == "fr" else (1,)
        return "one" if count in single else "many"


class _Data(dict[str, object]):
    """A value the caller did not have shows as its placeholder."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        code = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{code}.")
        else:
            yield code, str(value)
