"""Interface names as Comware writes and accepts them.

Comware 7 Interface Command Reference, "interface": a type and its number, with or without a space between,
the type abbreviated while unique; tables print short names (``GE1/0/1``, ``XGE1/0/25``, ``BAGG1``).
"""

from __future__ import annotations

import re

TYPES = {
    "GigabitEthernet": "GE",
    "Ten-GigabitEthernet": "XGE",
    "Bridge-Aggregation": "BAGG",
    "Vlan-interface": "Vlan",
}
_NAME = re.compile(r"([A-Za-z][A-Za-z-]*?)\s*(\d+(?:/\d+){0,2})$")


def interface_name(text: str) -> str | None:
    """``gi1/0/1`` → ``GigabitEthernet1/0/1``; None where the type is unknown or ambiguous."""
    found = _NAME.match(text.strip())
    if not found:
        return None
    given = found[1].lower()
    kinds = [kind for kind, short in TYPES.items() if given == short.lower()]
    kinds = kinds or [kind for kind in TYPES if kind.lower().startswith(given)]
    if len(kinds) != 1 or ("Ethernet" in kinds[0]) != (found[2].count("/") == 2):
        return None
    return kinds[0] + found[2]


def short_name(name: str) -> str:
    """``GigabitEthernet1/0/1`` → ``GE1/0/1``."""
    for kind, short in TYPES.items():
        if name.startswith(kind):
            return short + name[len(kind) :]
    return name


def number(name: str) -> int:
    """The last number of a name: the VLAN of a VLAN interface, the group of an aggregate."""
    return int(re.split(r"\D+", name)[-1])


def sort_key(name: str) -> tuple[int, list[int]]:
    """The order of the configuration: aggregates, VLAN interfaces, then ports."""
    kinds = ("Bridge", "Vlan", "Giga", "Ten")
    rank = next(index for index, kind in enumerate(kinds) if name.startswith(kind))
    return rank, [int(part) for part in re.findall(r"\d+", name)]
