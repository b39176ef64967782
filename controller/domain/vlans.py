"""VLAN numbers as switches list them: ``1,5-7``."""

from __future__ import annotations

import re
from functools import lru_cache

VLANS = "vlans"
"""The setting that tells which VLANs there are, for trunks that carry all."""

OTHERS = "others"
"""What a template calls them without the point's own."""


@lru_cache(maxsize=1024)
def without(listed: str, vlan: int | None) -> str:
    """``1-4094`` without 110 → ``1-109,111-4094``; "" where the list is none."""
    spans: list[str] = []
    for part in listed.replace(" ", "").split(","):
        found = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", part)
        if found is None:
            return ""
        low, high = int(found[1]), int(found[2] or found[1])
        spans += _cut(low, high, vlan)
    return ",".join(spans)


def _cut(low: int, high: int, vlan: int | None) -> list[str]:
    kept = [(low, high)] if vlan is None or not low <= vlan <= high else [(low, vlan - 1), (vlan + 1, high)]
    return [f"{first}-{last}" if last > first else str(first) for first, last in kept if first <= last]
