"""Runs, their steps, and the work of hands."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from controller.api.models import (
    A_SHA,
    Asked,
    Name,
    PointShown,
    Reason,
    Sha,
    point,
)
from controller.api.models.plans import CutAsked, ReturnAsked
from controller.domain.lifecycle import OVER, RunState
from controller.domain.proof import Outcome, Proof
from controller.engine.execution.walklist import Errand
from controller.engine.ports import RunRecord, StepRecord
from controller.text import Catalogue
from controller.text.sentences import cause_text


class RunShown(BaseModel):
    run: str = Field(examples=["20260211-031502-9c41"])
    action: Literal["isolate", "restore"]
    plan: str
    playbook: str
    level: int | None
    state: RunState
    over: bool
    opened_at: datetime
    moved_at: datetime
    actor: str
    joins: str | None


def run(record: RunRecord) -> RunShown:
    return RunShown(
        run=record.run,
        action=record.action.value,
        plan=record.plan,
        playbook=record.playbook,
        level=record.level,
        state=record.state,
        over=record.state in OVER,
        opened_at=record.opened_at,
        moved_at=record.moved_at,
        actor=record.actor,
        joins=record.joins,
    )


class CutRun(CutAsked):
    """``plan``: the hash of what was shown; where it is given, nothing else is carried out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "isolate", "level": 5, "plan": A_SHA, "reason": "files are being encrypted"}
            ]
        }
    )

    plan: Sha | None = None
    reason: Reason = ""


class ReturnRun(ReturnAsked):
    """``plan``: the hash of what was shown; nothing else is carried out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"action": "restore", "next_wave": True, "plan": A_SHA, "reason": "wing B is clean"}]
        }
    )

    plan: Sha
    reason: Reason = ""


class Begun(BaseModel):
    """``joined``: a run of the same plan was under way, and this request was added to it."""

    run: str
    plan: str
    joined: bool


class ResumeAsked(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"accept_drift": ["acc-1"]}]})

    accept_drift: list[Name] = Field(default=[], max_length=1000)
    keep_theirs: list[Name] = Field(default=[], max_length=1000)


class StopAsked(BaseModel):
    """``stopping``: blocks under way end, no other begins."""

    run: str
    stopping: bool


class StepKnown(BaseModel):
    point: PointShown
    outcome: Outcome
    proof: str
    method: str
    cause: str
    text: str
    read_at: datetime | None
    state: dict[str, str] | None


class RunWhole(RunShown):
    reason_given: bool = False
    proofs: dict[Proof, int]
    unproven: int


class ErrandShown(BaseModel):
    """``code`` names the step on paper and over the telephone."""

    code: str
    run: str
    point: PointShown
    subjects: list[str]
    building: str
    rack: str
    outcome: Outcome
    proof: Proof
    cause: str
    text: str
    commands: list[str]


class ClaimAsked(Asked):
    """``by``: whoever was at the device. ``withdraw``: it was not done after all."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"by": "Zoé", "reason": "cable pulled", "at": "2026-02-11T03:21:00+01:00"}]
        }
    )

    by: Name
    reason: Reason = ""
    at: datetime | None = None
    withdraw: bool = False


class TranscriptShown(BaseModel):
    seq: int
    at: str
    device: str
    outcome: str
    text: str


def step(found: StepRecord, words: Catalogue) -> StepKnown:
    return StepKnown(
        point=point(found.point),
        outcome=found.outcome,
        proof=found.proof,
        method=found.method,
        cause=found.cause,
        text=cause_text(words, found.cause),
        read_at=found.read_at,
        state=dict(found.state) if found.state is not None else None,
    )


def errand(found: Errand, run_name: str, words: Catalogue) -> ErrandShown:
    return ErrandShown(
        code=found.code,
        run=run_name,
        point=point(found.point),
        subjects=list(found.subjects),
        building=found.location.building,
        rack=found.location.rack,
        outcome=found.outcome,
        proof=found.proof,
        cause=found.cause,
        text=cause_text(words, found.cause),
        commands=list(found.commands),
    )
