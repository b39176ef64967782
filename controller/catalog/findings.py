"""Collecting the mistakes of a file, so that all of them are reported in one pass."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from controller.domain.errors import InvalidInput, Problem

SHOWN = 80
"""Characters of a wrong value that are shown: enough to find it, not enough to flood a terminal."""

LONGEST = 400
"""Characters of anything that goes into a message."""

_LISTED = 12


class Findings:
    """The mistakes found so far. The same mistake at the same place is kept once."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def add(self, file: str, at: tuple[int, int], code: str, **data: object) -> None:
        """Adds one mistake. A ``suggestion`` that is not empty selects the text ``<code>.suggested``."""
        suggestion = data.pop("suggestion", "")
        if suggestion:
            code, data["suggestion"] = f"{code}.suggested", suggestion
        shown = tuple((key, clip(str(value))) for key, value in sorted(data.items()))
        self._found[Problem(file, at[0], at[1], code, shown)] = None

    def extend(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self._found[problem] = None

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Swallows an InvalidInput raised within and keeps its problems."""
        try:
            yield
        except InvalidInput as error:
            self.extend(error.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self) -> None:
        if self._found:
            raise InvalidInput(tuple(self._found))


def clip(value: str) -> str:
    """``value`` on one line, without control characters, shortened."""
    flat = "".join(character if character.isprintable() else " " for character in value)
    return flat if len(flat) <= LONGEST else flat[:LONGEST] + "…"


def shorten(value: str) -> str:
    return value if len(value) <= SHOWN else value[:SHOWN] + "…"


def suggest(value: str, known: Iterable[str]) -> str:
    """The name among ``known`` that was probably meant, or ""."""
    by_folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(value.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else ""


def listed(known: Iterable[str]) -> str:
    """The first of ``known``, for a message."""
    names = list(known)
    return ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
