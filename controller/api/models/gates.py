"""The gates of a restore, and what persons say at them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from controller.api.models import A_SHA, Asked, Name, Reason, Sha
from controller.api.problems import HazardShown
from controller.domain.facts import Attested
from controller.domain.playbook import Gate
from controller.engine.holding.waiting import Waiting
from controller.text import Catalogue
from controller.text.sentences import plain_hazard

Word = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class GateShown(BaseModel):
    """Times in seconds."""

    approvals: int
    roles: list[str]
    attest: list[str]
    probes: bool
    go: bool
    hold: int
    watch: int


class AttestationShown(BaseModel):
    """``attachment``: the SHA-256 of a file or ""."""

    id: str
    statement: str
    by: str
    dated: str
    attachment: str


class GateStanding(BaseModel):
    """``wants``: what is missing of persons and of time. ``open``: nothing is, but for probes, which are
    asked right before the wave. ``plan``: the hash others consent to; ``request``: the open request for it
    or "". ``unheard``: statements that do not count, since the account of who made them is disabled."""

    subject: str
    open: bool
    gates: list[GateShown]
    wants: list[HazardShown]
    attested: list[AttestationShown]
    unheard: list[AttestationShown]
    go: list[str]
    no_go: list[str]
    plan: str
    request: str


class AttachedFile(Asked):
    sha256: Sha
    name: Name


class AttestAsked(Asked):
    """``dated``: the day the statement speaks of, as 2026-11-20."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"statement": "edr-clean", "text": "scan at 14:00, nothing found", "dated": ""}]
        }
    )

    statement: Word
    text: Reason = ""
    dated: Annotated[str, StringConstraints(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")] = ""
    attachment: AttachedFile | None = Field(default=None, examples=[{"sha256": A_SHA, "name": "scan.txt"}])


class WithdrawAsked(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"statement": "edr-clean", "reason": "smoke"}]})

    statement: Word
    reason: Reason = ""


class DecisionAsked(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"go": True, "reason": "decision 14"}]})

    go: bool
    reason: Reason = ""


class Stated(BaseModel):
    id: str
    subject: str
    statement: str


class Decided(BaseModel):
    subject: str
    go: bool


def standing(found: Waiting, words: Catalogue) -> GateStanding:
    return GateStanding(
        subject=found.subject,
        open=not found.wants,
        gates=[_gate(each) for each in found.gates],
        wants=[HazardShown(**plain_hazard(want, words)) for want in found.wants],
        attested=[_attested(each) for each in found.attested],
        unheard=[_attested(each) for each in found.unheard],
        go=list(found.go),
        no_go=list(found.no_go),
        plan=found.plan,
        request=found.request,
    )


def _attested(fact: Attested) -> AttestationShown:
    return AttestationShown(
        id=fact.attestation,
        statement=fact.statement,
        by=fact.person,
        dated=fact.dated,
        attachment=fact.attachment,
    )


def _gate(gate: Gate) -> GateShown:
    return GateShown(
        approvals=gate.approvals,
        roles=list(gate.roles),
        attest=list(gate.attest),
        probes=gate.probes,
        go=gate.go,
        hold=gate.hold,
        watch=gate.watch,
    )
