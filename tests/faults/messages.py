"""What a person is told of an ending, in the words of the catalogues."""

from __future__ import annotations

from collections.abc import Iterator

from controller.domain.proof import Proof
from controller.text import Catalogue
from tests.faults.device_faults import Ending
from tests.faults.site import SICK, WANTED


def told(ending: Ending, action: str, words: Catalogue) -> str:
    """In one cell of a table."""
    causes = dict.fromkeys(step.cause for step in ending.steps if step.proof is not Proof.CONFIRMED)
    if not causes:
        return f"{_all_well(action, words)} …"
    return "; ".join(words.text(code) for cause in causes for code in codes_of(cause))


def heard(ending: Ending, action: str, words: Catalogue, *, shown: bool) -> Iterator[str]:
    """The parts that the command's own words must have; ``shown``: those of ``cordon show`` afterwards."""
    lacking = [step for step in ending.steps if step.proof is not Proof.CONFIRMED]
    if not lacking:
        total = len(WANTED)
        yield f"{total} {words.text('proof.confirmed')}" if shown else _all_well(action, words)
    for step in lacking:
        yield f"  {SICK}: "
        yield words.text(f"proof.{step.proof}")
        for code in codes_of(step.cause):
            yield words.text(code)


def codes_of(cause: str) -> list[str]:
    """What the device did, and what came of it."""
    return [each if each.startswith("open.") else f"cause.{each}" for each in cause.split(" + ")]


def _all_well(action: str, words: Catalogue) -> str:
    total = len(WANTED)
    return words.text(f"end.{action}", count=total, total=total, duration="\n").partition("\n")[0].strip()
