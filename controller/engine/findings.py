"""The hazards one compilation gathers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from controller.domain.plan import Hazard, Severity

SHOWN = 5
"""Of a list in a text; the whole list is in the hazard's data."""


@dataclass
class Findings:
    """Each code is found once a culprit: what was found first stays."""

    hazards: dict[tuple[str, str], Hazard] = field(default_factory=dict, kw_only=True)

    def hazard(self, code: str, severity: Severity, culprit: str, **data: str) -> None:
        self.hazards.setdefault((code, culprit), Hazard(code, severity, culprit, tuple(sorted(data.items()))))


def some(names: Iterable[str]) -> str:
    """The first few, and how many more."""
    every = list(names)
    more = f" (+{len(every) - SHOWN})" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more
