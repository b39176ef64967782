"""Revisions of the inventory: checked, kept, compared, put in force."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.responses import JSONResponse

from controller.api.access import Needs, Viewer
from controller.api.models import inventory as models
from controller.api.once import ActsOnce
from controller.api.problems import Changed, PreconditionNeeded, documented
from controller.api.service import Serving
from controller.engine.execution.marks import Marks
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission

router = APIRouter(
    prefix="/inventory",
    tags=["inventory"],
    responses=documented(400, 401, 403, 404, 409, 413, 422, 429, 500, 503),
)

Editor = Annotated[Person, Depends(Needs(Permission.EDIT_DOCUMENTS))]
Revision = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description="The ``ETag`` of ``/inventory/active`` as it was seen.",
        examples=['"9f86d081…"'],
    ),
]


@router.get("/active", summary="The revision in force")
def active(serving: Serving, response: Response, _: Viewer) -> models.RevisionShown:
    found = serving.office.documents_in_force().inventory
    response.headers["ETag"] = etag(found.digest)
    return models.revision(found, active=True)


@router.put(
    "/active",
    summary="Put a kept revision in force",
    responses=documented(412, 428),
)
def activate(
    serving: Serving,
    response: Response,
    person: Editor,
    asked: models.RevisionNamed,
    if_match: IfMatch = None,
) -> models.RevisionShown:
    """Writes the site's inventory file. Runs under way go on with the revision they were planned from."""
    if if_match is None:
        raise PreconditionNeeded(header="If-Match")
    revisions = serving.office.revisions
    present = revisions.active()
    if if_match.strip() not in (etag(present), "*"):
        raise Changed(expected=if_match.strip(), found=etag(present))
    found = revisions.activate(asked.revision, present, person.actor)
    response.headers["ETag"] = etag(found.digest)
    return models.revision(found, active=True)


@router.post("/validate", summary="Every mistake of an inventory, with its line")
def validate(serving: Serving, _: Editor, asked: models.InventoryText) -> models.RevisionShown:
    """Nothing is kept. A file with mistakes is answered with a problem that lists them all."""
    found = serving.office.revisions.documents(asked.text).inventory
    return models.revision(found, active=found.digest == serving.office.revisions.active())


@router.get("/revisions", summary="Revisions that were kept, the newest first")
def revisions(serving: Serving, _: Viewer) -> list[models.RevisionListed]:
    kept = serving.office.revisions
    present = kept.active()
    return [
        models.RevisionListed(revision=digest, at=at, active=digest == present) for at, digest in kept.known()
    ]


@router.post("/revisions", status_code=201, summary="Keep a revision", response_model=models.RevisionShown)
def keep(serving: Serving, person: Editor, once: ActsOnce, asked: models.InventoryText) -> JSONResponse:
    """Checked whole before it is kept; nothing is in force before it is activated."""
    kept = serving.office.revisions

    def act(_marks: Marks) -> models.RevisionShown:
        found = kept.keep(asked.text, person.actor)
        return models.revision(found, active=found.digest == kept.active())

    return once.answer(person, 201, act)


@router.get("/revisions/{revision}", summary="A revision with its text")
def show(serving: Serving, response: Response, _: Viewer, revision: Revision) -> models.RevisionText:
    kept = serving.office.revisions
    text = kept.text(revision)
    response.headers["ETag"] = etag(revision)
    shown = models.revision(kept.examined(text), active=revision == kept.active())
    return models.RevisionText(**shown.model_dump(), text=text)


@router.get("/revisions/{revision}/difference", summary="What a revision changes")
def difference(
    serving: Serving,
    _: Viewer,
    revision: Revision,
    against: Annotated[
        str | None, Query(pattern=r"^[0-9a-f]{64}$", description="By default the one in force.")
    ] = None,
) -> models.RevisionDifference:
    kept = serving.office.revisions
    before = kept.examined(kept.text(against or kept.active()))
    after = kept.examined(kept.text(revision))
    return models.RevisionDifference(
        before=before.digest,
        after=after.digest,
        devices=models.listed(before.devices, after.devices),
        segments=models.listed(before.segments, after.segments),
        conduits=models.listed(before.conduits, after.conduits),
    )


def etag(revision: str) -> str:
    return f'"{revision}"'
