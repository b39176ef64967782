"""Moments and durations as people say them."""

from __future__ import annotations

from datetime import datetime, timedelta

from controller.text.catalogue import Catalogue

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


TENTHS_BELOW = 9.95
"""Seconds; above, tenths are noise."""


def duration(words: Catalogue, seconds: float) -> str:
    """``1.4 s``, ``41 s``, ``3 min 20 s``, ``2 h 5 min``, ``4 d``: the largest unit and the one below it;
    tenths where they matter."""
    if 0 < seconds < TENTHS_BELOW:
        tenths = f"{max(seconds, 0.1):.1f}".removesuffix(".0")
        return words.text("unit.second", number=tenths.replace(".", words.text("unit.decimal")))
    left = max(0, int(seconds))
    first = next((index for index, (_, size) in enumerate(_UNITS) if left >= size), len(_UNITS) - 1)
    parts: list[str] = []
    for unit, size in _UNITS[first : first + 2]:
        number, left = divmod(left, size)
        if number or not parts:
            parts.append(words.text(f"unit.{unit}", number=number))
    return " ".join(parts)


def age(words: Catalogue, then: datetime, now: datetime) -> str:
    """How long ago ``then`` was; a moment in the future has no age, the clock was set back."""
    passed = now - then
    if passed < timedelta(0):
        return words.text("unit.future")
    return words.text("unit.ago", duration=duration(words, int(passed.total_seconds())))


def moment(then: datetime) -> str:
    """Local date and time with its offset: unambiguous on paper, years later."""
    local = then.astimezone()
    return f"{local:%Y-%m-%d %H:%M:%S} {local:%z}"
