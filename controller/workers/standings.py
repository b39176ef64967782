"""How far a point is, in one word that faces show."""

from __future__ import annotations

from enum import StrEnum

from controller.domain.proof import Outcome, Proof
from controller.engine.events import StepResult


class Standing(StrEnum):
    """How a point is shown, best first; the text is ``standing.<value>``."""

    PROVEN = "proven"
    CONFIRMED = "confirmed"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    PENDING = "pending"


def standing(result: StepResult) -> Standing:
    if result.proof is Proof.CONTRADICTED:
        return Standing.FAILED
    if result.proof is not Proof.UNKNOWN:
        return Standing(result.proof.value)
    if result.outcome is Outcome.REJECTED:
        return Standing.FAILED
    return Standing.SENT if result.outcome is Outcome.SENT else Standing.UNKNOWN
