"""Plans: compiled, shown, compared; nothing here is sent to a device."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Request, Response

from controller.api.access import Needs, Viewer
from controller.api.models import plans as models
from controller.api.problems import HazardShown, documented, words_of
from controller.api.service import Serving
from controller.domain.drift import keeping
from controller.domain.plan import Plan
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission
from controller.engine.planning.plans import Return
from controller.workers.office import Cut

router = APIRouter(
    prefix="/plans", tags=["plans"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503)
)

Planner = Annotated[Person, Depends(Needs(Permission.PLAN))]
Hash = Annotated[str, Path(pattern=r"^[0-9a-f]{12,64}$", description="A plan's hash, or how it begins.")]
Question = Annotated[models.CutAsked | models.ReturnAsked, Body(discriminator="action")]


@router.post("", status_code=201, summary="Compile a plan and show what it would do")
def create(
    serving: Serving, request: Request, response: Response, _: Planner, asked: Question
) -> models.PlanShown:
    """It is kept for a while under its hash; the same question gives the same hash as long as nothing it
    rests on has changed."""
    cut = None if isinstance(asked, models.ReturnAsked) else cut_of(asked)
    plan = serving.office.plan_cut(cut) if cut else serving.office.plan_return(_wanted(asked))
    serving.keep_plan(plan)
    response.headers["Location"] = f"/api/v1/plans/{plan.hash}"
    return models.plan(plan, words_of(request))


@router.get("/{plan}", summary="A plan with its exact commands")
def show(serving: Serving, request: Request, _: Viewer, plan: Hash) -> models.PlanShown:
    return models.plan(serving.plan(plan), words_of(request))


@router.get("/{plan}/hazards", summary="What the planner found, those that refuse first")
def hazards(serving: Serving, request: Request, _: Viewer, plan: Hash) -> list[HazardShown]:
    return models.hazards(serving.plan(plan), words_of(request))


@router.get("/{plan}/difference/{other}", summary="What the second plan does otherwise than the first")
def difference(
    serving: Serving, request: Request, _: Viewer, plan: Hash, other: Hash
) -> models.PlanDifference:
    return models.difference(serving.plan(plan), serving.plan(other), words_of(request))


def cut_of(asked: models.CutAsked) -> Cut:
    overrides, devices = frozenset(asked.overrides), frozenset(asked.at_neighbour)
    subjects = tuple(asked.subjects)
    return Cut(asked.playbook, asked.level, subjects, overrides, devices, asked.wave, asked.of)


def return_of(asked: models.ReturnAsked) -> Return:
    return Return(
        next_wave=asked.next_wave,
        subjects=tuple(asked.subjects),
        level=asked.level,
        everything=asked.everything,
        playbook=asked.playbook,
        accept_drift=frozenset(asked.accept_drift) | {keeping(name) for name in asked.keep_theirs},
        retire=asked.retire,
        devices=tuple(asked.devices),
        towards=tuple(asked.towards),
        points=tuple(asked.points),
    )


def _wanted(asked: models.CutAsked | models.ReturnAsked) -> Return:
    if not isinstance(asked, models.ReturnAsked):
        raise TypeError(asked)
    return return_of(asked)


def compiled(serving: Serving, asked: models.CutAsked) -> Plan:
    return serving.office.plan_cut(cut_of(asked))
