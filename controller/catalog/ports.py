"""Port names as people write them: ``Gi1/0/1`` and ``GigabitEthernet1/0/1`` are one port."""

from __future__ import annotations

import re
from collections.abc import Mapping

from controller.domain.inventory import PointKind

NAMED_PORTS = frozenset({PointKind.INTERFACE, PointKind.AGGREGATE, PointKind.SVI})
"""Kinds of point whose object is a port or SVI, named after the profile's ``names``."""

_PORT = re.compile(r"(\d*[A-Za-z][A-Za-z_-]*)\s*(.*)")
"""A type, which may begin with its speed (``40GE``), and a number."""


def canonical(name: str, names: Mapping[str, tuple[str, ...]]) -> str | None:
    """``name`` in its long form, or None where no long name or abbreviation begins it.

    ``names`` maps long names to abbreviations; empty, every name is right as written.
    """
    if not names:
        return name
    match = _PORT.fullmatch(name)
    if not match:
        return None
    word = match[1].casefold()
    for long, short in names.items():
        if word == long.casefold() or word in (abbreviation.casefold() for abbreviation in short):
            return long + match[2]
    return None
