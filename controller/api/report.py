"""The report of an incident, for those who may read the whole log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from controller.api.access import Needs
from controller.api.problems import documented, words_of
from controller.api.service import Serving
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission
from controller.workers.exporting import Extract

router = APIRouter(tags=["log"], responses=documented(400, 401, 403, 404, 422, 429, 500, 503))

Auditor = Annotated[Person, Depends(Needs(Permission.READ_AUDIT))]

PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be told; the whole log without any of them."""

    run: Annotated[
        str,
        Query(
            max_length=40,
            pattern=r"^[0-9a-f-]*$",
            description="Around one run (its name may be cut short): from what was asked before it to "
            "the return of what it cut.",
        ),
    ] = ""
    since: Annotated[AwareDatetime | None, Query(description="From that time on.")] = None
    until: Annotated[AwareDatetime | None, Query(description="Before that time.")] = None
    roles_only: Annotated[bool, Query(description="With account ids and person-N in place of names.")] = False


@router.get(
    "/audit/report",
    summary="An incident told for people, as PDF",
    response_class=Response,
    responses={200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}},
)
def report(
    serving: Serving, request: Request, person: Auditor, asked: Annotated[Asked, Depends()]
) -> Response:
    """In the language the client prefers. Reads and verifies the whole log: some seconds where it is long.
    That it was made is put on record."""
    lang = words_of(request).lang
    extract = Extract(asked.run, asked.since, asked.until, asked.roles_only)
    handed = serving.office.report(extract, lang, person.actor)
    named = f'attachment; filename="report.{lang}.pdf"'
    return Response(handed.made.pdf, media_type=PDF, headers={"Content-Disposition": named})
