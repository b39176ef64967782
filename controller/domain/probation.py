"""The watch over a subject that has just come back: how long it was observed, and how that ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from controller.domain.facts import Noted, Text

PROBATION = "probation"
"""The subject of notes about it."""


class ProbationState(StrEnum):
    """``tripped``: a tripwire was met, the cut is going out; ``cut-again``: it is cut again; ``left``:
    somebody cut the subject meanwhile. The text is ``probation-state.<value>``."""

    UNDER_WAY = "under-way"
    PASSED = "passed"
    TRIPPED = "tripped"
    CUT_AGAIN = "cut-again"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Probation:
    """Of one subject since ``wave``, the first of ``run`` that brought any of it back. ``watch`` and
    ``observed`` are seconds; ``observed`` as recorded last. ``cause`` is a code, ``by`` the run that cut
    again."""

    run: str
    wave: int
    subject: str
    watch: int
    observed: int = 0
    state: ProbationState = ProbationState.UNDER_WAY
    cause: str = ""
    by: str = ""

    @property
    def open(self) -> bool:
        return self.state in (ProbationState.UNDER_WAY, ProbationState.TRIPPED)

    @property
    def left(self) -> int:
        """Seconds still to be observed."""
        return max(0, self.watch - self.observed)

    def fact(self, text: str = "") -> Noted:
        data = (
            ("run", self.run),
            ("wave", str(self.wave)),
            ("subject", self.subject),
            ("watch", str(self.watch)),
            ("observed", str(self.observed)),
            ("state", self.state.value),
            ("cause", self.cause),
            ("by", self.by),
        )
        return Noted(PROBATION, data, Text(text))


def probations(notes: Iterable[Noted]) -> tuple[Probation, ...]:
    """The last word on each subject; ``notes``: those of :data:`PROBATION`, oldest first."""
    found: dict[str, Probation] = {}
    for note in notes:
        data = dict(note.data)
        each = Probation(
            run=data["run"],
            wave=int(data["wave"]),
            subject=data["subject"],
            watch=int(data["watch"]),
            observed=int(data["observed"]),
            state=ProbationState(data["state"]),
            cause=data["cause"],
            by=data["by"],
        )
        found.pop(each.subject, None)
        found[each.subject] = each
    return tuple(found.values())
