"""Interface names as Comware writes and accepts them.

Comware 7 Interface Command Reference, "interface"; tables print short names (``GE1/0/1``, ``XGE1/0/25``,
``BAGG1``).
"""

from __future__ import annotations

import re

from controller.simulator import views

TYPES = {
    "GigabitEthernet": "GE",
    "Ten-GigabitEthernet": "XGE",
    "Bridge-Aggregation": "BAGG",
    "Vlan-interface": "Vlan",
}


def interface_name(text: str) -> str | None:
    """``gi1/0/1`` → ``GigabitEthernet1/0/1``; None where the type is unknown or ambiguous."""
    return views.full_name(text, TYPES)


def short_name(name: str) -> str:
    """``GigabitEthernet1/0/1`` → ``GE1/0/1``."""
    return views.short_name(name, TYPES)


def sort_key(name: str) -> tuple[int, list[int]]:
    """The order of the configuration: aggregates, VLAN interfaces, then ports."""
    kinds = ("Bridge", "Vlan", "Giga", "Ten")
    rank = next(index for index, kind in enumerate(kinds) if name.startswith(kind))
    return rank, [int(part) for part in re.findall(r"\d+", name)]
