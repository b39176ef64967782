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
    return _OF[result.proof, result.outcome]


def _of(proof: Proof, outcome: Outcome) -> Standing:
    if proof is Proof.CONTRADICTED:
        return Standing.FAILED
    if proof is not Proof.UNKNOWN:
        return Standing(proof.value)
    if outcome is Outcome.REJECTED:
        return Standing.FAILED
    return Standing.SENT if outcome is Outcome.SENT else Standing.UNKNOWN


_OF = {(proof, outcome): _of(proof, outcome) for proof in Proof for outcome in Outcome}
