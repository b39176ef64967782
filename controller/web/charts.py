"""Charts drawn on the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.text import Catalogue
from controller.text.times import duration
from controller.workers.course import Moment

WIDTH, HEIGHT = 320, 120
_LEFT, _TOP, _BOTTOM = 0, 12, 96
_MOST_POINTS = 400


@dataclass(frozen=True, slots=True)
class Chart:
    """``path``: the line. ``label`` says what it shows. ``last_y``: where the line ends."""

    path: str
    label: str
    top: str
    now: str
    last_y: float
    start: str
    end: str


def confirmed_over_time(
    found: Sequence[Moment], total: int, lasting: float, words: Catalogue
) -> Chart | None:
    """None while nothing is confirmed."""
    if not found or not total:
        return None
    span = max(lasting, found[-1].seconds, 0.1)
    steps = found[:: max(1, len(found) // _MOST_POINTS)]
    if steps[-1] is not found[-1]:
        steps = [*steps, found[-1]]

    def x(seconds: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT) * seconds / span, 1)

    def y(known: int) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * known / total, 1)

    path = f"M{x(0)} {y(0)}" + "".join(f"H{x(each.seconds)}V{y(each.known)}" for each in steps)
    last = found[-1].known
    return Chart(
        path=f"{path}H{x(span)}",
        label=words.text("run-page.chart-label", known=last, total=total, duration=duration(words, span)),
        top=str(total),
        now=str(last),
        last_y=y(last),
        start="0",
        end=duration(words, span),
    )
