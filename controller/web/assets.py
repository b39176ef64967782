"""What pages load: from here, never from elsewhere."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from fastapi import APIRouter, Response

from controller.api.access import anyone

router = APIRouter()

STYLE_PATH = "/assets/console.css"
SCRIPT_PATH = "/assets/console.js"

_LOOKS = anyone("how pages look is no secret, and an invited person sees one")
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
"""A page cites them by their content: a changed one has another address."""


def _read(name: str) -> str:
    return (files(__package__) / "static" / name).read_text("utf-8")


def _cited(path: str, content: str) -> str:
    return f"{path}?{hashlib.sha256(content.encode()).hexdigest()[:12]}"


_STYLE, _SCRIPT = _read("console.css"), _read("console.js")

STYLE = _cited(STYLE_PATH, _STYLE)
SCRIPT = _cited(SCRIPT_PATH, _SCRIPT)


@router.get(STYLE_PATH, dependencies=[_LOOKS])
def style() -> Response:
    return Response(_STYLE, media_type="text/css", headers=_KEPT)


@router.get(SCRIPT_PATH, dependencies=[_LOOKS])
def script() -> Response:
    return Response(_SCRIPT, media_type="text/javascript", headers=_KEPT)
