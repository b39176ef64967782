"""What the routes take and give, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from controller.api.problems import HazardShown
from controller.domain.inventory import Bilingual, Conduit, Device, Inventory, PointId, Segment, Subject
from controller.domain.lifecycle import OVER, RunState
from controller.domain.plan import Operation, Plan, Wave
from controller.domain.playbook import Playbook
from controller.domain.proof import Outcome, Proof
from controller.domain.readiness import Readiness
from controller.engine.ports import RunRecord, StepRecord
from controller.engine.situation import Situation, SubjectSituation, SubjectState
from controller.engine.walklist import Errand
from controller.text import Catalogue
from controller.text.sentences import cause_text, plain_hazard

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Reason = Annotated[
    str,
    StringConstraints(max_length=2000, pattern=r"^[^\x00]*$"),
    Field(description="Goes into the log as it stands.", examples=["files are being encrypted"]),
]
Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Asked(BaseModel):
    """What a client sends: nothing it does not know."""

    model_config = ConfigDict(extra="forbid")


class Both(BaseModel):
    fr: str
    en: str


def both(text: Bilingual | None) -> Both:
    return Both(fr=text.fr, en=text.en) if text else Both(fr="", en="")


class PointShown(BaseModel):
    device: str = Field(examples=["acc-1"])
    object: str = Field(examples=["GigabitEthernet1/0/1"])
    vlan: int | None = None


def point(found: PointId) -> PointShown:
    return PointShown(device=found.device, object=found.object, vlan=found.vlan)


# --- the service -------------------------------------------------------------------------------------


class Health(BaseModel):
    """``armed``: sessions held open, ready to fire; ``none`` in this version."""

    alive: bool
    journal_writable: bool
    leading: bool
    armed: Literal["none"] = "none"


class VersionShown(BaseModel):
    """``fingerprint``: SHA-256 of the service's certificate; compare it with what the console printed."""

    product: Literal["cordon"] = "cordon"
    version: str
    api: Literal["v1"] = "v1"
    fingerprint: str


# --- the site ----------------------------------------------------------------------------------------


class DeviceShown(BaseModel):
    name: str
    platform: str
    role: str
    addresses: list[str]
    management: str
    building: str
    rack: str
    managed_by: str | None
    trusted: bool = Field(description="Whether its host key is pinned.")


class SegmentShown(BaseModel):
    name: str
    title: Both
    impact: Both
    priority: int
    role: str
    keep_alive: bool
    depends_on: list[str]
    vlans: list[int]
    prefixes: list[str]
    points: list[PointShown]


class ConduitShown(BaseModel):
    name: str
    title: Both
    kind: str
    priority: int
    keep_alive: list[str]
    points: list[PointShown]


class PlaybookShown(BaseModel):
    name: str
    title: Both
    level: int | None
    restores: bool
    stages: list[str]
    revision: str


class PointHeld(BaseModel):
    """``held``: some run keeps it cut; ``proof`` is as it counts now."""

    point: PointShown
    kind: str
    subjects: list[str]
    held: bool
    runs: list[str]
    proof: Proof
    read_at: datetime | None


def device(found: Device) -> DeviceShown:
    return DeviceShown(
        name=found.name,
        platform=found.platform,
        role=found.role.value,
        addresses=[path.address for path in found.paths],
        management=found.management.value,
        building=found.location.building,
        rack=found.location.rack,
        managed_by=found.managed_by,
        trusted=found.host_key is not None,
    )


def segment(found: Segment) -> SegmentShown:
    return SegmentShown(
        name=found.name,
        title=both(found.title),
        impact=both(found.impact),
        priority=found.priority,
        role=found.role.value,
        keep_alive=found.keep_alive,
        depends_on=list(found.depends_on),
        vlans=list(found.vlans),
        prefixes=list(found.prefixes),
        points=[point(each.id) for each in found.points],
    )


def conduit(found: Conduit) -> ConduitShown:
    return ConduitShown(
        name=found.name,
        title=both(found.title),
        kind=found.kind.value,
        priority=found.priority,
        keep_alive=list(found.keep_alive),
        points=[point(each.id) for each in found.points],
    )


def playbook(found: Playbook) -> PlaybookShown:
    return PlaybookShown(
        name=found.name,
        title=both(found.title),
        level=found.level,
        restores=any(stage.action.value == "restore" for stage in found.stages),
        stages=[stage.name for stage in found.stages],
        revision=found.digest,
    )


# --- the situation -----------------------------------------------------------------------------------


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


# --- plans -------------------------------------------------------------------------------------------


class CutAsked(Asked):
    """What to isolate: exactly one of a level, a playbook, or segments and conduits by name."""

    action: Literal["isolate"] = "isolate"
    level: int | None = Field(default=None, ge=1, le=9, examples=[5])
    playbook: Name | None = None
    subjects: list[Name] = Field(default=[], max_length=1000)
    overrides: list[Name] = Field(
        default=[], max_length=100, description="Segments kept alive that are to be cut all the same."
    )

    @model_validator(mode="after")
    def _one(self) -> CutAsked:
        if sum((self.level is not None, self.playbook is not None, bool(self.subjects))) != 1:
            raise ValueError("exactly one of level, playbook, subjects")
        return self


class ReturnAsked(Asked):
    """What to bring back: exactly one of the next wave, a level, a playbook, names, or everything."""

    action: Literal["restore"]
    next_wave: bool = False
    everything: bool = False
    level: int | None = Field(default=None, ge=1, le=9)
    playbook: Name | None = None
    subjects: list[Name] = Field(default=[], max_length=1000)
    accept_drift: list[Name] = Field(
        default=[], max_length=1000, description="Devices on which a change by somebody else is accepted."
    )

    @model_validator(mode="after")
    def _one(self) -> ReturnAsked:
        given = (self.next_wave, self.everything, self.level is not None, self.playbook is not None)
        if sum((*given, bool(self.subjects))) != 1:
            raise ValueError("exactly one of next_wave, everything, level, playbook, subjects")
        return self


class RenderingShown(BaseModel):
    method: str
    commands: list[str]


class StepShown(BaseModel):
    point: PointShown
    subjects: list[str]
    first: RenderingShown
    fallbacks: list[RenderingShown]


class OperationShown(BaseModel):
    device: str
    platform: str
    enter: list[str]
    leave: list[str]
    steps: list[StepShown]


class WaveShown(BaseModel):
    wave: int
    stage: str
    verify: Proof
    waits: bool
    operations: list[OperationShown]


class PlanShown(BaseModel):
    """``plan`` is the hash: what is carried out is exactly this, or nothing."""

    plan: str
    site: str
    playbook: str
    action: Literal["isolate", "restore"]
    level: int | None
    subjects: list[str]
    points: int
    devices: list[str]
    refused: bool
    hazards: list[HazardShown]
    inventory: str
    waves: list[WaveShown]


class PlanDifference(BaseModel):
    """``changed``: points in both whose lines differ."""

    before: str
    after: str
    added: list[PointShown]
    removed: list[PointShown]
    changed: list[PointShown]
    hazards_added: list[HazardShown]
    hazards_removed: list[HazardShown]


def plan(found: Plan, words: Catalogue) -> PlanShown:
    named = dict.fromkeys(name for _, _, step in found.steps() for name in step.subjects)
    if found.ends:
        named = dict.fromkeys(subject for _, subject, _ in found.ends)
    return PlanShown(
        plan=found.hash,
        site=found.site,
        playbook=found.playbook,
        action=found.action.value,
        level=found.level,
        subjects=list(named),
        points=sum(1 for _ in found.steps()),
        devices=sorted({each.device for wave in found.waves for each in wave.operations}),
        refused=bool(found.refusals),
        hazards=hazards(found, words),
        inventory=found.basis.inventory,
        waves=[_wave(wave) for wave in found.waves],
    )


def hazards(found: Plan, words: Catalogue) -> list[HazardShown]:
    return [HazardShown(**plain_hazard(hazard, words)) for hazard in sorted(found.hazards)]


def difference(before: Plan, after: Plan, words: Catalogue) -> PlanDifference:
    old = {step.point.id: step for _, _, step in before.steps()}
    new = {step.point.id: step for _, _, step in after.steps()}
    in_both = [each for each in new if each in old]
    shown_before, shown_after = hazards(before, words), hazards(after, words)
    known = {(each.code, each.culprit) for each in shown_before}
    still = {(each.code, each.culprit) for each in shown_after}
    return PlanDifference(
        before=before.hash,
        after=after.hash,
        added=[point(each) for each in new if each not in old],
        removed=[point(each) for each in old if each not in new],
        changed=[point(each) for each in in_both if old[each] != new[each]],
        hazards_added=[each for each in shown_after if (each.code, each.culprit) not in known],
        hazards_removed=[each for each in shown_before if (each.code, each.culprit) not in still],
    )


def _wave(found: Wave) -> WaveShown:
    return WaveShown(
        wave=found.index + 1,
        stage=found.stage,
        verify=found.verify,
        waits=found.waits,
        operations=[_operation(each) for each in found.operations],
    )


def _operation(found: Operation) -> OperationShown:
    return OperationShown(
        device=found.device,
        platform=found.platform,
        enter=list(found.enter),
        leave=list(found.leave),
        steps=[
            StepShown(
                point=point(step.point.id),
                subjects=list(step.subjects),
                first=RenderingShown(
                    method=step.rendering.method.value, commands=list(step.rendering.commands)
                ),
                fallbacks=[
                    RenderingShown(method=each.method.value, commands=list(each.commands))
                    for each in step.fallbacks
                ],
            )
            for step in found.steps
        ],
    )


# --- runs --------------------------------------------------------------------------------------------


class CutRun(CutAsked):
    """``plan``: the hash of what was shown; where it is given, nothing else is carried out."""

    plan: Sha | None = None
    reason: Reason = ""


class ReturnRun(ReturnAsked):
    """``plan``: the hash of what was shown; nothing else is carried out."""

    plan: Sha
    reason: Reason = ""


class Begun(BaseModel):
    """``joined``: a run of the same plan was under way, and this request was added to it."""

    run: str
    plan: str
    joined: bool


class ReasonAsked(Asked):
    reason: Reason = ""


class ResumeAsked(Asked):
    accept_drift: list[Name] = Field(default=[], max_length=1000)


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


# --- the log -----------------------------------------------------------------------------------------


class EntryShown(BaseModel):
    seq: int
    at: str
    tag: str
    tag_text: str
    actor: str
    run: str | None
    data: dict[str, str]
    text: str


class NoteAsked(Asked):
    text: Annotated[str, StringConstraints(min_length=1, max_length=10_000, pattern=r"^[^\x00]*\S[^\x00]*$")]


class Written(BaseModel):
    """``seq``: the number of the entry; null while it is only in the spool."""

    seq: int | None


class Span(BaseModel):
    """``until`` is "" while it lasts."""

    since: str
    until: str


class VerdictShown(BaseModel):
    """``degraded``: when the log went through the spool."""

    whole: bool
    entries: int
    head: str
    first_bad: int | None
    problem: str
    text: str
    detail: str
    erased: int
    degraded: list[Span]


# --- inventory revisions -----------------------------------------------------------------------------


class InventoryText(Asked):
    """The whole file, as YAML."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=6_000_000)]


class RevisionShown(BaseModel):
    revision: str
    site: str
    active: bool
    devices: int
    segments: int
    conduits: int
    points: int


class RevisionText(RevisionShown):
    text: str


class RevisionNamed(Asked):
    revision: Sha


class RevisionListed(BaseModel):
    revision: str
    at: datetime
    active: bool


class ListDifference(BaseModel):
    added: list[str]
    removed: list[str]
    changed: list[str]


class RevisionDifference(BaseModel):
    before: str
    after: str
    devices: ListDifference
    segments: ListDifference
    conduits: ListDifference


def revision(found: Inventory, *, active: bool) -> RevisionShown:
    return RevisionShown(
        revision=found.digest,
        site=found.site,
        active=active,
        devices=len(found.devices),
        segments=len(found.segments),
        conduits=len(found.conduits),
        points=len({each.id for subject in found.subjects() for each in subject.points}),
    )


def listed(before: Mapping[str, Any], after: Mapping[str, Any]) -> ListDifference:
    return ListDifference(
        added=[name for name in after if name not in before],
        removed=[name for name in before if name not in after],
        changed=[name for name in after if name in before and before[name] != after[name]],
    )
