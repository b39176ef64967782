"""The logbook for everybody, the audit log for auditors: the same entries, read and verified."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from controller.api.access import Needs, Viewer
from controller.api.models import Written
from controller.api.models import log as models
from controller.api.once import ActsOnce
from controller.api.paging import Page, WhichPart, cursor_after, read_cursor
from controller.api.problems import documented, words_of
from controller.api.service import Serving
from controller.domain.errors import InvalidRequest
from controller.domain.logbook import LogDetails
from controller.engine.execution.marks import Marks
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission
from controller.text import Catalogue
from controller.workers.office import LogLine

router = APIRouter(tags=["log"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503))

Writer = Annotated[Person, Depends(Needs(Permission.WRITE_LOG))]
Auditor = Annotated[Person, Depends(Needs(Permission.READ_AUDIT))]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for."""

    part: WhichPart
    tag: Annotated[
        str | None, Query(max_length=60, pattern=r"^[a-z:]+$", description="A tag, or how it begins.")
    ] = None
    run: Annotated[str | None, Query(max_length=40, pattern=r"^[0-9a-f-]+$", description="One run's.")] = None
    last: Annotated[bool, Query(description="Begin with the newest entries instead of the oldest.")] = False


AttachmentName = Annotated[
    str,
    Query(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f/\\]+$",
        description="What the file is called.",
    ),
]

WhichEntries = Annotated[Wanted, Depends()]


@router.get("/logbook", summary="What happened, machine and people in one order, oldest first")
def logbook(
    serving: Serving, request: Request, person: Viewer, wanted: WhichEntries
) -> Page[models.EntryShown]:
    """What devices answered is left out for those who may not read it."""
    plain = person.may(Permission.READ_TRANSCRIPTS, serving.site)
    return _entries(serving, words_of(request), wanted, transcripts=plain)


@router.post("/logbook", status_code=201, summary="Write into the logbook", response_model=Written)
def write(serving: Serving, person: Writer, once: ActsOnce, asked: models.NoteAsked) -> JSONResponse:
    """An entry is never changed: a correction is a new one that names the old. Attachments are sent
    first."""

    def act(marks: Marks) -> Written:
        kept = tuple(serving.office.attachment(each.sha256, each.name) for each in asked.attachments)
        details = LogDetails(
            status=asked.status,
            by=asked.by.strip(),
            at=asked.happened_at,
            corrects=asked.corrects,
            handed_to=asked.handed_to.strip(),
            attachments=kept,
            nothing=asked.nothing,
        )
        return Written(seq=serving.office.write_log(asked.text, person.actor, details, marks))

    return once.answer(person, 201, act, again=lambda _: Written(seq=None))


@router.post("/logbook/attachments", status_code=201, summary="Keep a file for an entry to cite")
async def attach(
    serving: Serving, _: Writer, request: Request, name: AttachmentName
) -> models.AttachmentShown:
    """The body is the file as it is, at most 8 MiB. It is kept in the home by its SHA-256; the entry that
    cites it puts it on record."""
    content = await request.body()
    kept = await run_in_threadpool(serving.office.attach_content, name, content)
    return models.AttachmentShown(sha256=kept.digest, name=kept.name, size=kept.size, file=kept.file)


@router.get("/logbook/rhythm", summary="When something is to be written next")
def rhythm(serving: Serving, _: Viewer) -> models.RhythmShown:
    found = serving.office.rhythm()
    if found is None:
        return models.RhythmShown(minutes=0, last=None, due_at=None, due=False)
    now = serving.office.composition.clock().now()
    return models.RhythmShown(minutes=found.minutes, last=found.last, due_at=found.due, due=found.is_due(now))


@router.put("/logbook/rhythm", summary="Agree how often something is written", response_model=Written)
def agree_rhythm(serving: Serving, person: Writer, once: ActsOnce, asked: models.RhythmAsked) -> JSONResponse:
    """For an incident: where nothing is written for that long, the service puts it on record, and every
    watcher hears of it."""

    def act(marks: Marks) -> Written:
        return Written(seq=serving.office.agree_rhythm(asked.minutes, person.actor, marks))

    return once.answer(person, 200, act, again=lambda _: Written(seq=None))


@router.get("/audit", summary="The whole log, oldest first")
def audit(serving: Serving, request: Request, _: Auditor, wanted: WhichEntries) -> Page[models.EntryShown]:
    return _entries(serving, words_of(request), wanted, transcripts=True)


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
    serving: Serving, words: Catalogue, wanted: Wanted, *, transcripts: bool
) -> Page[models.EntryShown]:
    cursor, limit = wanted.part.cursor, wanted.part.limit
    after = _after(cursor)
    if wanted.last and cursor is None:
        after = max(0, serving.office.entries() - limit)
    lines = serving.office.log(since=after, tag=wanted.tag, run=wanted.run)
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
