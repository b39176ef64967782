"""The hazards one compilation gathers."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.domain.plan import Hazard, Severity


@dataclass
class Findings:
    """Each code is found once a culprit: what was found first stays."""

    hazards: dict[tuple[str, str], Hazard] = field(default_factory=dict, kw_only=True)

    def hazard(self, code: str, severity: Severity, culprit: str, **data: str) -> None:
        self.hazards.setdefault((code, culprit), Hazard(code, severity, culprit, tuple(sorted(data.items()))))
