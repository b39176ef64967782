"""The situation on a wall: large, to be read from the back of a room, without anybody's name."""

from __future__ import annotations

from fastapi import APIRouter, Response

from controller.web.pages import show
from controller.web.situation import board_of
from controller.web.visits import Viewing

router = APIRouter()

PATH = "/projector"


@router.get(PATH)
def projector(visit: Viewing) -> Response:
    found = visit.service.office.situation()
    return show(visit, "projector.html", refresh=5, board=board_of(found, visit.words))
