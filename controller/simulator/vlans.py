"""VLAN numbers and the lists they are written in (IEEE 802.1Q: 1 to 4094).

Most switches write a list as numbers and ranges joined by commas, without spaces; those that do not have
their own way in their package.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

ALL_VLANS = frozenset(range(1, 4095))


def vlan_list(text: str) -> frozenset[int] | None:
    """``1,5-7`` → {1, 5, 6, 7}; None where malformed or out of 1..4094."""
    vlans: set[int] = set()
    for part in text.split(","):
        found = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", part)
        if not found:
            return None
        low, high = int(found[1]), int(found[2] or found[1])
        if not 1 <= low <= high <= 4094:
            return None
        vlans.update(range(low, high + 1))
    return frozenset(vlans)


def vlan_spans(vlans: Iterable[int], shortest: int = 3) -> list[str]:
    """Sorted spans; fewer neighbours than ``shortest`` are written one by one: ``5,6``, but ``5-7``."""
    spans: list[str] = []
    run: list[int] = []
    for vlan in [*sorted(vlans), None]:
        if run and (vlan is None or vlan != run[-1] + 1):
            spans += [str(each) for each in run] if len(run) < shortest else [f"{run[0]}-{run[-1]}"]
            run = []
        if vlan is not None:
            run.append(vlan)
    return spans


def vlan_text(vlans: Iterable[int], shortest: int = 3) -> str:
    return ",".join(vlan_spans(vlans, shortest)) or "none"


def wrapped(head: str, continued: str, spans: list[str], width: int = 79) -> list[str]:
    """Spans joined by commas over as many lines as needed, each beginning with its own words."""
    lines = [head]
    for span in spans:
        joined = lines[-1] + ("" if lines[-1] in (head, continued) else ",") + span
        if len(joined) > width:
            lines.append(continued + span)
        else:
            lines[-1] = joined
    return lines
