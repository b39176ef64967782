"""A plan with its exact commands, device by device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Response

from controller.domain.plan import Operation, Wave
from controller.web.pages import show
from controller.web.parts import Part, part
from controller.web.telling import hazards_told
from controller.web.visits import Viewing

router = APIRouter()

Hash = Annotated[str, Path(pattern=r"^[0-9a-f]{12,64}$")]

DEVICES = 100
"""Operations on one page."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What goes to one device in one wave. ``steps``: the point, its segments, its lines; ``confirm``: what
    another log-in sends once all of it reads as wanted."""

    wave: int
    stage: str
    proof: str
    device: str
    platform: str
    enter: tuple[str, ...]
    leave: tuple[str, ...]
    steps: tuple[tuple[str, str, tuple[str, ...]], ...]
    confirm: tuple[str, ...] = ()


@router.get("/plans/{plan}")
def plan(visit: Viewing, plan: Hash) -> Response:
    found = visit.service.plan(plan)
    every = [(wave, operation) for wave in found.waves for operation in wave.operations]
    here: Part[tuple[Wave, Operation]] = part(every, visit, DEVICES)
    return show(
        visit,
        "plan.html",
        plan=found.hash,
        action=visit.words.text(f"action.{found.action}", playbook=found.playbook),
        points=found.point_count,
        devices=len({operation.device for _, operation in every}),
        hazards=hazards_told(found.hazards, visit.words, visit.service.office.documents_in_force().inventory),
        sent=[
            Sent(
                wave=wave.index + 1,
                stage=wave.stage,
                proof=visit.words.text(f"proof.{wave.verify}"),
                device=operation.device,
                platform=operation.platform,
                enter=(operation.timer or operation).enter,
                leave=(operation.timer or operation).leave,
                confirm=operation.timer.confirm if operation.timer else (),
                steps=tuple(
                    (str(step.point.id), ", ".join(step.subjects), step.lines()) for step in operation.steps
                ),
            )
            for wave, operation in here.items
        ],
        part=here,
    )
