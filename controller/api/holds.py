"""What is held, and holds that outlive their points: moved to those that took their place. Holds that end
without a return are asked for as a run: ``retire``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from controller.api.access import Needs, Viewer
from controller.api.models import holds as models
from controller.api.models.runs import Begun
from controller.api.once import ActsOnce
from controller.api.paging import Page, WhichPart, page
from controller.api.problems import documented, words_of
from controller.api.runs import begun_before
from controller.api.service import Serving
from controller.domain.errors import NotPermitted
from controller.domain.hold import Hold
from controller.engine.execution.marks import Marks
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission

router = APIRouter(
    prefix="/holds", tags=["holds"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503)
)

Mover = Annotated[Person, Depends(Needs(Permission.RESTORE))]


@router.get("", summary="What is held, point by point")
def holds(
    serving: Serving,
    _: Viewer,
    part: WhichPart,
    device: Annotated[str | None, Query(max_length=200, description="At this device only.")] = None,
) -> Page[models.HoldShown]:
    found = [each for each in serving.office.open_holds() if device in (None, each.key.point.device)]
    return page(sorted(found, key=_order), _order, part, models.hold)


@router.post("/transfer/look", summary="Show what would move where, and what the new points are now")
def look(serving: Serving, request: Request, _: Mover, asked: models.TransferAsked) -> models.TransferShown:
    """Reads the new points at their devices; changes nothing."""
    transfers, wanted = serving.office.transfers(), models.transfer_of(asked)
    found, points, silent = transfers.shown(wanted)
    for each in found:
        serving.keep_plan(each.plan)
    return models.transfer(found, points, silent, words_of(request))


@router.post(
    "/transfer", status_code=202, summary="Move holds to the points that took the place", response_model=Begun
)
def transfer(serving: Serving, person: Mover, once: ActsOnce, asked: models.TransferRun) -> JSONResponse:
    """The new points are cut and read back first; a hold whose new point is not known to be cut stays where
    it is. One run for each plan that was shown, the first of which is answered; ``GET /holds`` tells what is
    still held at the old points."""

    def act(marks: Marks) -> Begun:
        if asked.overrides and not person.may(Permission.OVERRIDE, serving.site):
            raise NotPermitted(permission=Permission.OVERRIDE.value, site=serving.site)
        wanted = models.transfer_of(asked)
        begun = serving.office.begin_transfer(wanted, tuple(asked.plans), asked.reason, person.actor, marks)
        return Begun(run=begun.run, plan=begun.plan, joined=begun.joined)

    return once.answer(person, 202, act, again=lambda receipt: begun_before(serving, receipt))


def _order(hold: Hold) -> str:
    device, name, vlan = hold.key.point.order
    return f"{device}\n{name}\n{vlan + 1:05d}\n{hold.key.run}\n{hold.key.subject}"
