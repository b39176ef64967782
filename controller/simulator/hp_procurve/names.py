"""Port names of AOS-S and the lists they are written in.

ArubaOS-Switch 16.10 Management and Configuration Guide, "trunk", "show interfaces brief": ports are numbers
(``24``), on modular switches with the slot before (``A24``), in a stack with the member (``1/24``); a trunk
group is one port more, ``Trk1``; lists join ports and ranges by commas (``1,3-5,Trk1``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from controller.simulator.switching import Interface, Kind

_PORT = re.compile(r"((?:[A-Z]|\d+/)?)(\d+)")
_TRUNK = re.compile(r"trk(\d+)", re.IGNORECASE)
NOBODY: frozenset[int] = frozenset()


def port_name(text: str) -> str | None:
    """``a1`` → ``A1``, ``trk1`` → ``Trk1``; None where it is no name."""
    trunk = _TRUNK.fullmatch(text)
    if trunk:
        return f"Trk{trunk[1]}"
    return text.upper() if _PORT.fullmatch(text.upper()) else None


def port_list(text: str) -> list[str] | None:
    """``1,3-5`` → the ports; None where malformed."""
    names: list[str] = []
    for part in text.split(","):
        low, dash, high = part.partition("-")
        first, last = port_name(low), port_name(high or low)
        one, other = _PORT.fullmatch(first or ""), _PORT.fullmatch(last or "")
        if first is None or last is None:
            return None
        if one and other and one[1] == other[1]:
            names += [f"{one[1]}{index}" for index in range(int(one[2]), int(other[2]) + 1)]
        elif not dash:
            names.append(first)
        else:
            return None
    return names


def listed(names: Iterable[str]) -> str:
    """The other way round: three neighbours or more, and two as well, are a range."""
    parts: list[list[str]] = []
    for name in sorted(names, key=sort_key):
        last = _PORT.fullmatch(parts[-1][-1]) if parts else None
        here = _PORT.fullmatch(name)
        if last and here and last[1] == here[1] and int(last[2]) + 1 == int(here[2]):
            parts[-1].append(name)
        else:
            parts.append([name])
    return ",".join(part[0] if len(part) == 1 else f"{part[0]}-{_number(part[-1])}" for part in parts)


def _number(name: str) -> str:
    return re.sub(r".*/", "", name)


def made(name: str) -> Interface:
    """A port or a trunk group as it is before anything is configured on it, untagged in VLAN 1; ``vlan 110``
    is the IP interface of a VLAN. ``access_vlan`` is the untagged VLAN (0: none), ``allowed`` the tagged
    ones."""
    kind = Kind.AGGREGATE if name.startswith("Trk") else Kind.SVI if name.startswith("vlan") else Kind.PORT
    return Interface(name, kind, int(re.split(r"\D+", name)[-1]), allowed=NOBODY)


def sort_key(name: str) -> tuple[int, str, list[int]]:
    """Ports, then trunk groups, then VLANs."""
    rank = 1 if name.startswith("Trk") else 2 if name.startswith("vlan") else 0
    letters = name[0] if name[0].isupper() and not rank else ""
    return rank, letters, [int(part) for part in re.findall(r"\d+", name)]
