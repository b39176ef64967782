"""Interface names as AOS-CX writes and accepts them.

AOS-CX 10.15 Monitoring Guide, "show interface" and "show running-config interface": ports are
``member/slot/port`` (``1/1/1``); LAGs and VLAN interfaces a word and a number, apart (``interface lag 1``,
``interface vlan 110``) or together (``interface vlan100``), together in what ``show`` prints (``lag1``).
Ranges are ``1/1/10-1/1/12``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from controller.simulator.switching import Interface, Kind

_PORT = re.compile(r"(\d+)/(\d+)/(\d+)")
_LOGICAL = re.compile(r"(lag|vlan) ?(\d{1,4})", re.IGNORECASE)


def interface_name(text: str) -> str | None:
    """``lag1`` → ``lag 1``; None where it is no name."""
    found = _LOGICAL.fullmatch(text.strip())
    if found:
        return f"{found[1].lower()} {int(found[2])}"
    return text if _PORT.fullmatch(text) else None


def interface_range(text: str) -> list[str] | None:
    """``1/1/10-1/1/12`` → the ports; None where it is no range."""
    first, _, last = text.strip().partition("-")
    low, high = _PORT.fullmatch(first), _PORT.fullmatch(last)
    if not low or not high or low.groups()[:2] != high.groups()[:2]:
        return None
    return [f"{low[1]}/{low[2]}/{index}" for index in range(int(low[3]), int(high[3]) + 1)]


def shown_name(name: str) -> str:
    """``lag 1`` → ``lag1``."""
    return name.replace(" ", "")


def listed(names: Sequence[str]) -> list[str]:
    """In their order, neighbouring ports as a range, each but the last with a comma: ``1/1/2-1/1/4,``."""
    runs: list[list[str]] = []
    for name in names:
        following = interface_range(f"{runs[-1][-1]}-{name}") if runs else None
        if following is not None and len(following) == 2:
            runs[-1].append(name)
        else:
            runs.append([name])
    parts = [run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return [f"{shown_name(part)}{',' if at < len(parts) else ''}" for at, part in enumerate(parts, start=1)]


def made(name: str) -> Interface:
    """An interface as it is before anything is configured on it: a LAG is shut when it is created."""
    number = int(re.split(r"\D+", name)[-1])
    if name.startswith("lag"):
        return Interface(name, Kind.AGGREGATE, number, shutdown=True)
    return Interface(name, Kind.SVI if name.startswith("vlan") else Kind.PORT, number)


def sort_key(name: str) -> tuple[int, list[int]]:
    """The order of the configuration: LAGs, ports, VLAN interfaces."""
    rank = 0 if name.startswith("lag") else 2 if name.startswith("vlan") else 1
    return rank, [int(part) for part in re.findall(r"\d+", name)]
