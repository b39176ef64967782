"""Names of Junos interfaces.

Junos OS Interfaces Fundamentals, "Interface Naming": type-fpc/pic/port, ``ae`` and a number for aggregates,
``irb`` with a unit for each routed VLAN; a logical interface is the physical one, a dot and its unit, also
where a statement names one (``set interfaces irb.110``).
"""

from __future__ import annotations

import re

PHYSICAL = re.compile(r"(?:ge|xe|et|mge)-\d+/\d+/\d+")
_DEVICE = re.compile(r"(?:ge|xe|et|mge)-\d+/\d+/\d+|ae\d+|irb|lo0|me0|vme")
_UNITS = 16385


def device_name(text: str) -> str | None:
    """The physical interface, where the text names one and no unit of it."""
    return text if _DEVICE.fullmatch(text) else None


def logical_name(text: str) -> tuple[str, str] | None:
    """Physical interface and unit of ``irb.110``."""
    device, dot, unit = text.rpartition(".")
    if not dot or not unit.isdigit() or int(unit) >= _UNITS or device_name(device) is None:
        return None
    return device, unit


def sort_key(name: str) -> tuple[object, ...]:
    """Words before numbers, numbers by value."""
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"(\d+)", name))
