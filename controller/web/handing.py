"""The log handed over: an export that proves itself, and the report of an incident; each is put on record."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from controller.api.report import PDF
from controller.engine.people.roles import Permission
from controller.web.logbook import PATH
from controller.web.visits import For, Visit
from controller.workers.exporting import Extract

router = APIRouter()

_NAME = "cordon-log.zip"

Auditing = Annotated[Visit, Depends(For(Permission.READ_AUDIT))]


@router.post(f"{PATH}/export")
def export(visit: Auditing) -> Response:
    """Written into a directory of its own, sent, and taken away again."""
    directory = Path(mkdtemp(prefix="cordon-export-"))
    extract = _extract(visit, (visit.words.lang,))
    try:
        visit.service.office.export(directory / _NAME, extract, visit.person.actor)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    taken_away = BackgroundTask(shutil.rmtree, directory, ignore_errors=True)
    return FileResponse(directory / _NAME, filename=_NAME, background=taken_away)


@router.post(f"{PATH}/report")
def report(visit: Auditing) -> Response:
    """In the language of the page."""
    lang = visit.words.lang
    handed = visit.service.office.report(_extract(visit), lang, visit.person.actor)
    named = f'attachment; filename="report.{lang}.pdf"'
    return Response(handed.made.pdf, media_type=PDF, headers={"Content-Disposition": named})


def _extract(visit: Visit, reports: tuple[str, ...] = ()) -> Extract:
    """Of one run, where one is named, else of all there is."""
    sent = visit.sent
    return Extract(sent.get("run")[:40], without_names="roles_only" in sent, reports=reports)
