"""Interface names as EOS writes and accepts them.

Arista EOS User Manual, "Command-Line Interface" and "Data Transfer": ``Ethernet1`` (``Et1``), on modular and
split ports ``Ethernet3/1``; ``Port-Channel1`` (``Po1``), ``Vlan110`` (``Vl110``), ``Management1`` (``Ma1``).
The type may be abbreviated and stand apart from its number; ranges are ``Ethernet1-4,7``.
"""

from __future__ import annotations

import re

from controller.simulator.switching import Interface, Kind

TYPES = {"Ethernet": "Et", "Port-Channel": "Po", "Vlan": "Vl", "Management": "Ma"}
_NAME = re.compile(r"([A-Za-z][A-Za-z-]*)\s*(\d+(?:/\d+){0,2})$")
_RANGE = re.compile(r"([A-Za-z][A-Za-z-]*)\s*(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)$")


def interface_name(text: str) -> str | None:
    """``et 1`` → ``Ethernet1``; None where the type is unknown or ambiguous."""
    found = _NAME.match(text.strip())
    if not found:
        return None
    kinds = [kind for kind in TYPES if kind.lower().startswith(found[1].lower())]
    if len(kinds) != 1 or ("/" in found[2] and kinds[0] != "Ethernet"):
        return None
    return kinds[0] + found[2]


def interface_range(text: str) -> list[str] | None:
    """``Et1-2,5`` → the names; None where it is no range."""
    found = _RANGE.match(text.strip())
    if not found:
        return None
    names: list[str] = []
    for part in found[2].split(","):
        low, _, high = part.partition("-")
        names += [f"{found[1]}{index}" for index in range(int(low), int(high or low) + 1)]
    full = [interface_name(name) for name in names]
    return [name for name in full if name is not None] if None not in full else None


def short_name(name: str) -> str:
    for kind, short in TYPES.items():
        if name.startswith(kind):
            return short + name[len(kind) :]
    return name


def made(name: str) -> Interface:
    """An interface as it is before anything is configured on it."""
    kinds = {"Port-Channel": Kind.AGGREGATE, "Vlan": Kind.SVI}
    kind = next((kind for word, kind in kinds.items() if name.startswith(word)), Kind.PORT)
    return Interface(name, kind, int(re.split(r"\D+", name)[-1]))


def sort_key(name: str) -> tuple[int, list[int]]:
    """The order of the configuration: aggregates, ports, SVIs."""
    rank = next(rank for rank, kind in enumerate(("Po", "Et", "Ma", "Vl")) if name.startswith(kind))
    return rank, [int(part) for part in re.findall(r"\d+", name)]
