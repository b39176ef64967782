"""Interface names as NX-OS writes and accepts them.

Cisco Nexus 9000 Series NX-OS Interfaces Configuration Guide: ``Ethernet1/1`` (``Eth1/1``), ``port-channel1``
(``Po1``), ``Vlan110``, ``mgmt0``; the type may be abbreviated and stand apart from its number, in any case
of letters; ranges are ``Ethernet1/1-4``.
"""

from __future__ import annotations

import re

from controller.simulator.switching import Interface, Kind

TYPES = {"Ethernet": "Eth", "port-channel": "Po", "Vlan": "Vlan", "mgmt": "mgmt"}
_NAME = re.compile(r"([A-Za-z][A-Za-z-]*)\s*(\d+(?:/\d+){0,2})$")
_RANGE = re.compile(r"([A-Za-z][A-Za-z-]*\s*\d+/)(\d+)\s*-\s*(\d+)$")


def interface_name(text: str) -> str | None:
    """``eth 1/1`` → ``Ethernet1/1``; None where the type is unknown or ambiguous."""
    found = _NAME.match(text.strip())
    if not found:
        return None
    kinds = [kind for kind in TYPES if kind.lower().startswith(found[1].lower())]
    if len(kinds) != 1 or ("/" in found[2]) != (kinds[0] == "Ethernet"):
        return None
    return kinds[0] + found[2]


def interface_range(text: str) -> list[str] | None:
    """``Eth1/1-4`` → the names; None where it is no range."""
    found = _RANGE.match(text.strip())
    names = [f"{found[1]}{index}" for index in range(int(found[2]), int(found[3]) + 1)] if found else []
    full = [interface_name(name) for name in names]
    return [name for name in full if name is not None] if full and None not in full else None


def short_name(name: str) -> str:
    for kind, short in TYPES.items():
        if name.startswith(kind):
            return short + name[len(kind) :]
    return name


def made(name: str) -> Interface:
    """An interface as it is before anything is configured on it: an SVI is shut until it is opened."""
    kinds = {"port-channel": Kind.AGGREGATE, "Vlan": Kind.SVI}
    kind = next((kind for word, kind in kinds.items() if name.startswith(word)), Kind.PORT)
    return Interface(name, kind, int(re.split(r"\D+", name)[-1]), shutdown=kind is Kind.SVI)


def sort_key(name: str) -> tuple[int, list[int]]:
    """The order of the configuration: SVIs, aggregates, ports."""
    rank = next(
        rank for rank, kind in enumerate(("Vlan", "port-channel", "Eth", "mgmt")) if name.startswith(kind)
    )
    return rank, [int(part) for part in re.findall(r"\d+", name)]
