"""What somebody changed at a point, as the lines of a diff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.drift import FieldDrift
    from controller.text import Catalogue


def field_lines(one: FieldDrift, words: Catalogue) -> Iterator[tuple[str, str]]:
    """A sign and what follows it: as Cordon left it (``-``) and now (``+``); a field as it was has none."""
    if not one.differs:
        yield "", f"{one.name}: {one.now}"
        return
    unknown = words.text("drift.unknown")
    before = words.text("drift.before", value=unknown if one.before is None else one.before)
    yield "-", f"{one.name}: {unknown if one.left is None else one.left}"
    yield "+", f"{one.name}: {one.now}  ({before})"
