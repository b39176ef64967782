"""How the site stands, and whether a cut would work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from controller.api.models import (
    Both,
    PointShown,
    both,
    point,
)
from controller.api.models.runs import RunShown, run
from controller.api.problems import HazardShown
from controller.domain.inventory import Conduit, Subject
from controller.domain.proof import Proof
from controller.domain.readiness import Readiness
from controller.domain.timer import Holder, TimerState
from controller.engine.holding.situation import Situation, SubjectSituation, SubjectState
from controller.text import Catalogue
from controller.text.sentences import plain_hazard


class SubjectShown(BaseModel):
    name: str
    kind: Literal["segment", "conduit"]
    title: Both
    priority: int
    state: SubjectState
    proof: Proof | None
    proofs: dict[Proof, int]
    held: int
    oldest_read: datetime | None
    since: datetime | None
    wave: int | None = Field(description="Place in the order of return, from 1; null while connected.")
    waits_for: list[str]
    back: int = Field(description="Points that came back while others of the subject are held.")
    towards: list[str] = Field(description="What its held points let through: segments, addresses, networks.")


class TimerShown(BaseModel):
    """What takes back what a return brought to the device and nobody has confirmed, ``after`` seconds."""

    device: str
    run: str
    holder: Holder
    after: int
    state: TimerState


class SituationShown(BaseModel):
    """``seq``: the last entry of the log it is made from; live events after it tell what changed since."""

    site: str
    at: datetime
    seq: int
    level: int | None
    since: datetime | None
    proofs: dict[Proof, int]
    inventory_changed: bool
    subjects: list[SubjectShown]
    under_way: list[RunShown]
    timers: list[TimerShown] = []


def situation(found: Situation, seq: int) -> SituationShown:
    return SituationShown(
        site=found.site,
        at=found.at,
        seq=seq,
        level=found.level,
        since=found.since,
        proofs=_every_proof(found.proofs),
        inventory_changed=found.inventory_changed,
        subjects=[_subject(each) for each in found.subjects],
        under_way=[run(each) for each in found.under_way],
        timers=[
            TimerShown(
                device=each.device, run=each.run, holder=each.holder, after=each.after, state=each.state
            )
            for each in found.timers
        ],
    )


def _subject(each: SubjectSituation) -> SubjectShown:
    subject: Subject = each.subject
    return SubjectShown(
        name=subject.name,
        kind="conduit" if isinstance(subject, Conduit) else "segment",
        title=both(subject.title),
        priority=subject.priority,
        state=each.state,
        proof=each.proof if each.held else None,
        proofs=_every_proof(each.proofs),
        held=each.held,
        oldest_read=each.oldest_read,
        since=each.since,
        wave=each.wave,
        waits_for=list(each.waits_for),
        back=each.back,
        towards=list(each.towards),
    )


def _every_proof(found: Mapping[Proof, int]) -> dict[Proof, int]:
    return {proof: found.get(proof, 0) for proof in Proof}


class DeviceReady(BaseModel):
    """``blocked``: its points that a cut could not reach."""

    device: str
    ready: bool
    obstacles: list[str]
    points: int
    blocked: list[PointShown]
    hazards: list[HazardShown]


class LevelReady(BaseModel):
    level: int
    playbook: str
    points: int
    blocked: list[PointShown]
    by_hand: int
    seconds: float
    refusals: list[HazardShown]


class ReadinessShown(BaseModel):
    """The last live check of all devices that is on record."""

    site: str
    at: datetime
    ready: bool
    inventory: str
    devices: list[DeviceReady]
    levels: list[LevelReady]


def readiness(found: Readiness, words: Catalogue) -> ReadinessShown:
    return ReadinessShown(
        site=found.site,
        at=found.at,
        ready=found.ready,
        inventory=found.inventory,
        devices=[
            DeviceReady(
                device=each.device,
                ready=each.ready,
                obstacles=[obstacle.code for obstacle in each.obstacles],
                points=len(each.points),
                blocked=[point(blocked) for blocked in sorted(each.blocked, key=lambda one: one.order)],
                hazards=[HazardShown(**plain_hazard(hazard, words)) for hazard in each.hazards],
            )
            for each in found.devices
        ],
        levels=[
            LevelReady(
                level=each.level,
                playbook=each.playbook,
                points=each.points,
                blocked=[point(blocked) for blocked in each.blocked],
                by_hand=each.by_hand,
                seconds=each.milliseconds / 1000,
                refusals=[HazardShown(**plain_hazard(hazard, words)) for hazard in each.refusals],
            )
            for each in found.levels
        ],
    )
