"""Interface names as VRP writes and accepts them.

S2720, S5700, and S6700 V200R019C10 Command Reference, "interface"; tables print short names (``GE0/0/1``,
``XGE0/0/25``), those of Eth-Trunks and VLANIF interfaces are not shortened.
"""

from __future__ import annotations

import re

from controller.simulator import views

TYPES = {"GigabitEthernet": "GE", "XGigabitEthernet": "XGE", "Eth-Trunk": "Eth-Trunk", "Vlanif": "Vlanif"}


def interface_name(text: str) -> str | None:
    """``gi0/0/1`` → ``GigabitEthernet0/0/1``; None where the type is unknown or ambiguous."""
    return views.full_name(text, TYPES)


def short_name(name: str) -> str:
    """``GigabitEthernet0/0/1`` → ``GE0/0/1``."""
    return views.short_name(name, TYPES)


def sort_key(name: str) -> tuple[int, list[int]]:
    """The order of the configuration: VLANIF interfaces, Eth-Trunks, then ports."""
    kinds = ("Vlanif", "Eth-Trunk", "Gigabit", "XGigabit")
    rank = next(index for index, kind in enumerate(kinds) if name.startswith(kind))
    return rank, [int(part) for part in re.findall(r"\d+", name)]
