"""What pages load: from here, never from elsewhere."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Response

from controller.api.access import anyone

router = APIRouter()

STYLE = "/assets/console.css"

_STYLE = (files(__package__) / "static" / "console.css").read_text("utf-8")


@router.get(STYLE, dependencies=[anyone("how pages look is no secret, and an invited person sees one")])
def style() -> Response:
    return Response(_STYLE, media_type="text/css")
