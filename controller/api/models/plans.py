"""Plans: what is asked for, and what would be done."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from controller.api.models import (
    Asked,
    Name,
    PointShown,
    point,
)
from controller.api.problems import HazardShown
from controller.domain.plan import Operation, Plan, Rendering, Wave
from controller.domain.proof import Proof
from controller.text import Catalogue
from controller.text.sentences import plain_hazard


class CutAsked(Asked):
    """What to isolate: exactly one of a level, a playbook, segments and conduits by name, or what a restore
    was to bring back, all of it or one wave."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"action": "isolate", "level": 5}, {"action": "isolate", "wave": 2}]}
    )

    action: Literal["isolate"] = "isolate"
    level: int | None = Field(default=None, ge=1, le=9, examples=[5])
    playbook: Name | None = None
    subjects: list[Name] = Field(default=[], max_length=1000)
    overrides: list[Name] = Field(
        default=[], max_length=100, description="Segments kept alive that are to be cut all the same."
    )
    at_neighbour: list[Name] = Field(
        default=[],
        max_length=100,
        description="Devices that nothing is sent to: they are cut off at their neighbours' ports instead.",
    )

    wave: int | None = Field(
        default=None, ge=1, le=10000, description="What this wave of a restore was to bring back."
    )
    of: str = Field(
        default="",
        pattern=r"^[0-9a-f-]{0,40}$",
        description="The restore meant, the last one without; alone: all it was to bring back.",
    )

    @model_validator(mode="after")
    def _one(self) -> CutAsked:
        again = self.wave is not None or bool(self.of)
        if sum((self.level is not None, self.playbook is not None, bool(self.subjects), again)) != 1:
            raise ValueError("exactly one of level, playbook, subjects, wave and of")
        return self


class ReturnAsked(Asked):
    """What to bring back: exactly one of the next wave, a level, a playbook, names, or everything; or whose
    holds are to end without a return."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"action": "restore", "next_wave": True}]})

    action: Literal["restore"]
    next_wave: bool = False
    everything: bool = False
    level: int | None = Field(default=None, ge=1, le=9)
    playbook: Name | None = None
    subjects: list[Name] = Field(default=[], max_length=1000)
    accept_drift: list[Name] = Field(
        default=[], max_length=1000, description="Devices on which a change by somebody else is overwritten."
    )
    keep_theirs: list[Name] = Field(
        default=[], max_length=1000, description="Devices on which what somebody else changed stays so."
    )

    retire: bool = Field(
        default=False,
        description="End the holds of the subjects without bringing anything back: always by two persons.",
    )
    devices: list[Name] = Field(default=[], max_length=1000, description="Retire what is held there only.")
    towards: list[Name] = Field(
        default=[],
        max_length=1000,
        description="Bring the subjects back for these segments, addresses and networks alone.",
    )
    points: list[Name] = Field(
        default=[],
        max_length=1000,
        description="Bring the subjects back there alone: a device, or a device and its port or ports.",
    )

    @model_validator(mode="after")
    def _one(self) -> ReturnAsked:
        if (self.retire or self.devices) and not (self.retire and self.subjects):
            raise ValueError("retire wants subjects, and devices want retire")
        if (self.towards or self.points) and (self.retire or not self.subjects):
            raise ValueError("towards and points want subjects, and nothing retired")
        given = (self.next_wave, self.everything, self.level is not None, self.playbook is not None)
        if sum((*given, bool(self.subjects))) != 1:
            raise ValueError("exactly one of next_wave, everything, level, playbook, subjects")
        return self


class RenderingShown(BaseModel):
    """``when``: the state read right before that the lines are for; none where they are for any."""

    method: str
    commands: list[str]
    when: dict[str, list[str]] = {}

    @classmethod
    def of(cls, found: Rendering) -> RenderingShown:
        when = {name: list(values) for name, values in found.when.items()}
        return cls(method=found.method.value, commands=list(found.commands), when=when)


class StepShown(BaseModel):
    point: PointShown
    subjects: list[str]
    first: RenderingShown
    fallbacks: list[RenderingShown]


class OperationShown(BaseModel):
    """``confirm``: what another log-in sends once everything reads as wanted, where the device returns to
    isolation by itself unless it does."""

    device: str
    platform: str
    enter: list[str]
    leave: list[str]
    steps: list[StepShown]
    confirm: list[str] = []


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
        points=found.point_count,
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
        enter=list((found.timer or found).enter),
        leave=list((found.timer or found).leave),
        confirm=list(found.timer.confirm) if found.timer else [],
        steps=[
            StepShown(
                point=point(step.point.id),
                subjects=list(step.subjects),
                first=RenderingShown.of(step.rendering),
                fallbacks=[RenderingShown.of(each) for each in step.fallbacks],
            )
            for step in found.steps
        ],
    )
