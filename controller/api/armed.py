"""The sessions held open beforehand: how it stands with them, and who is to have one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from controller.api.access import Needs, Viewer
from controller.api.models import Asked, Name, Written
from controller.api.once import ActsOnce
from controller.api.problems import documented
from controller.api.service import Serving
from controller.domain.armed import Standing, Why, counted
from controller.engine.execution.marks import Marks
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission

router = APIRouter(tags=["armed"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503))

Engineer = Annotated[Person, Depends(Needs(Permission.EDIT_DOCUMENTS))]


class ArmedDeviceShown(BaseModel):
    """``failure``: the last, as a code. ``until``: when it is tried again."""

    device: str
    state: Standing
    why: Why
    since: datetime
    read_at: datetime | None
    until: datetime | None
    failure: str
    by: str


class ArmedShown(BaseModel):
    """``held``: whether this service holds sessions at all."""

    held: bool
    armed: int
    wanted: int
    devices: list[ArmedDeviceShown]


class ArmAsked(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"devices": ["acc-1"], "armed": True}]})

    devices: list[Name] = Field(min_length=1, max_length=1000)
    armed: bool


@router.get("/armed", summary="The sessions held open beforehand")
def armed(serving: Serving, _: Viewer) -> ArmedShown:
    found = serving.office.armed()
    numbers = counted(found or ())
    return ArmedShown(
        held=found is not None,
        armed=numbers[0],
        wanted=numbers[1],
        devices=[
            ArmedDeviceShown(
                device=each.device,
                state=each.standing,
                why=each.why,
                since=each.since,
                read_at=each.read_at,
                until=each.until,
                failure=each.failure,
                by=each.by,
            )
            for each in found or ()
        ],
    )


@router.post("/armed", status_code=201, summary="Hold sessions open, or no longer", response_model=Written)
def arm(serving: Serving, person: Engineer, once: ActsOnce, asked: ArmAsked) -> JSONResponse:
    """Until the service ends; what is to last is in the inventory. Refused for a device that cannot be
    armed: one without an SSH path of its own, or where no level cuts anything."""

    def act(marks: Marks) -> Written:
        return Written(seq=serving.office.arm_once(asked.devices, asked.armed, person.actor, marks))

    return once.answer(person, 201, act, again=lambda _: Written(seq=None))
