"""Interface names as IOS writes and accepts them.

Cisco IOS Interface and Hardware Component Command Reference, "interface": a name is a type, which may be
abbreviated while unambiguous, an optional space, and slot/subslot/port.
"""

from __future__ import annotations

import re

RESERVED_VLANS = frozenset(range(1002, 1006))

TYPES = {
    "GigabitEthernet": "Gi",
    "TenGigabitEthernet": "Te",
    "FastEthernet": "Fa",
    "Port-channel": "Po",
    "Vlan": "Vl",
    "Loopback": "Lo",
    "Tunnel": "Tu",
}
_NAME = re.compile(r"([A-Za-z][A-Za-z-]*)\s*(\d+(?:/\d+){0,2})$")
_SPAN = re.compile(r"(.*?)(\d+)\s*-\s*(\d+)$")


def interface_name(text: str) -> str | None:
    """``gi 1/0/1`` → ``GigabitEthernet1/0/1``; None where the type is unknown or ambiguous."""
    found = _NAME.match(text.strip())
    if not found:
        return None
    kinds = [kind for kind in TYPES if kind.lower().startswith(found[1].lower())]
    if len(kinds) != 1:
        return None
    slashes = found[2].count("/")
    if (kinds[0] in ("Port-channel", "Vlan", "Loopback", "Tunnel")) != (slashes == 0):
        return None
    return kinds[0] + found[2]


def short_name(name: str) -> str:
    """``GigabitEthernet1/0/1`` → ``Gi1/0/1``."""
    for kind, short in TYPES.items():
        if name.startswith(kind):
            return short + name[len(kind) :]
    return name


def is_physical(name: str) -> bool:
    return "/" in name


def number(name: str) -> int:
    """The last number of a name: the VLAN of an SVI, the group of a port-channel."""
    return int(re.split(r"\D+", name)[-1])


def sort_key(name: str) -> tuple[int, list[int]]:
    """The order of the configuration: port-channels and tunnels, physical ports, then SVIs."""
    rank = 0 if name.startswith(("Port-channel", "Tunnel")) else 2 if name.startswith("Vlan") else 1
    return rank, [int(part) for part in re.findall(r"\d+", name)]


def interface_range(text: str) -> list[str] | None:
    """``Gi1/0/1 - 4, Gi1/0/9`` → the names; None where any part is not a name or a range."""
    names: list[str] = []
    for part in text.split(","):
        span = _SPAN.match(part.strip())
        first = interface_name(part if span is None else span[1] + span[2])
        if first is None:
            return None
        if span is None:
            names.append(first)
            continue
        stem, low, high = first[: -len(str(int(span[2])))], int(span[2]), int(span[3])
        if high < low:
            return None
        names += [f"{stem}{index}" for index in range(low, high + 1)]
    return names
