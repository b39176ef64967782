"""The logbook for everybody, the audit log for auditors: the same entries, read and verified."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from controller.api.access import Needs, Viewer
from controller.api.models import Written
from controller.api.models import log as models
from controller.api.once import ActsOnce
from controller.api.paging import Cursor, Limit, Page, cursor_after, read_cursor
from controller.api.problems import documented, words_of
from controller.api.service import Serving
from controller.domain.errors import InvalidRequest
from controller.engine.execution.marks import Marks
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission
from controller.text import Catalogue
from controller.workers.office import LogLine

router = APIRouter(tags=["log"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503))

Writer = Annotated[Person, Depends(Needs(Permission.WRITE_LOG))]
Auditor = Annotated[Person, Depends(Needs(Permission.READ_AUDIT))]
TagFilter = Annotated[
    str | None, Query(max_length=60, pattern=r"^[a-z:]+$", description="A tag, or how it begins.")
]
RunFilter = Annotated[str | None, Query(max_length=40, pattern=r"^[0-9a-f-]+$", description="One run's.")]
Last = Annotated[bool, Query(description="Begin with the newest entries instead of the oldest.")]


@router.get("/logbook", summary="What happened, machine and people in one order, oldest first")
def logbook(
    serving: Serving,
    request: Request,
    person: Viewer,
    tag: TagFilter = None,
    run: RunFilter = None,
    last: Last = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[models.EntryShown]:
    """What devices answered is left out for those who may not read it."""
    plain = person.may(Permission.READ_TRANSCRIPTS, serving.site)
    return _entries(serving, words_of(request), (tag, run), (cursor, limit), last=last, transcripts=plain)


@router.post("/logbook", status_code=201, summary="Write into the logbook", response_model=Written)
def write(serving: Serving, person: Writer, once: ActsOnce, asked: models.NoteAsked) -> JSONResponse:
    def act(marks: Marks) -> Written:
        return Written(seq=serving.office.write_once(asked.text, person.actor, marks))

    return once.answer(person, 201, act, again=lambda _: Written(seq=None))


@router.get("/audit", summary="The whole log, oldest first")
def audit(
    serving: Serving,
    request: Request,
    _: Auditor,
    tag: TagFilter = None,
    run: RunFilter = None,
    last: Last = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[models.EntryShown]:
    return _entries(serving, words_of(request), (tag, run), (cursor, limit), last=last, transcripts=True)


@router.get("/audit/verify", summary="Whether nothing was altered or removed")
def verify(serving: Serving, request: Request, _: Auditor) -> models.VerdictShown:
    """Reads the whole log: some seconds where it is long."""
    found = serving.office.verify()
    return models.VerdictShown(
        whole=not found.problem,
        entries=found.entries,
        head=found.head,
        first_bad=found.first_bad,
        problem=found.problem,
        text=words_of(request).text(f"verify.{found.problem}") if found.problem else "",
        detail=found.detail,
        erased=found.erased,
        degraded=[models.Span(since=since, until=until) for since, until in found.degraded],
    )


def _entries(
    serving: Serving,
    words: Catalogue,
    which: tuple[str | None, str | None],
    part: tuple[str | None, int],
    *,
    last: bool,
    transcripts: bool,
) -> Page[models.EntryShown]:
    (tag, run), (cursor, limit) = which, part
    after = _after(cursor)
    if last and cursor is None:
        after = max(0, serving.office.feed.head - limit)
    lines = serving.office.log(since=after, tag=tag, run=run)
    found = list(islice(lines, limit + 1))
    following = cursor_after(str(found[limit - 1].seq)) if len(found) > limit else None
    return Page(items=[_entry(line, words, transcripts) for line in found[:limit]], next=following)


def _after(cursor: str | None) -> int:
    seq = read_cursor(cursor)
    if seq is None:
        return 0
    if not (seq.isascii() and seq.isdigit()):
        raise InvalidRequest("cursor-unknown", cursor=cursor)
    return min(int(seq), 2**62)


def _entry(line: LogLine, words: Catalogue, transcripts: bool) -> models.EntryShown:
    text = "" if line.tag.startswith("engine:operation") and not transcripts else line.text
    return models.EntryShown(
        seq=line.seq,
        at=line.at,
        tag=line.tag,
        tag_text=words.text(f"tag.{line.tag.replace(':', '.')}"),
        actor=line.actor,
        run=line.run,
        data=dict(line.data),
        text=text,
    )
