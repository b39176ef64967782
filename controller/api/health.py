"""Whether the service lives, and what it is: the two questions nobody has to sign in for."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from controller.api.access import anyone
from controller.api.models import service as models
from controller.api.problems import documented
from controller.api.service import Serving

router = APIRouter(tags=["service"], responses=documented(422, 429, 500))


@router.get(
    "/health",
    summary="Alive, journal writable, leading",
    dependencies=[anyone("a monitor asks, and it tells nothing of the site")],
    response_model=models.Health,
    responses={503: {"model": models.Health, "description": "Alive, but nothing can be recorded"}},
)
def health(serving: Serving) -> JSONResponse:
    """503 while nothing can be put on record: then a return is refused, and a cut needs
    ``--without-journal``."""
    writable, leading = serving.office.condition()
    found = models.Health(
        alive=True, journal_writable=writable, leading=leading, forwarding=serving.forwarding()
    )
    return JSONResponse(found.model_dump(), 200 if writable and leading else 503)


@router.get(
    "/version",
    summary="What this is, and the fingerprint of its certificate",
    dependencies=[anyone("whoever connects compares the fingerprint before signing in")],
)
def version(serving: Serving) -> models.VersionShown:
    return models.VersionShown(version=serving.version, fingerprint=serving.fingerprint)
