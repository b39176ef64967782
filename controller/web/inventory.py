"""The inventory and the playbooks in force, as they were validated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from fastapi import APIRouter, Response

from controller.domain.errors import CordonError, Problem
from controller.domain.inventory import Segment, Subject
from controller.engine.people.roles import Permission
from controller.text import Catalogue
from controller.text.sentences import problem_text
from controller.web.pages import day_time, show
from controller.web.parts import part
from controller.web.telling import title_of
from controller.web.visits import Viewing, Visit

router = APIRouter()

PATH = "/inventory"
ROWS = 100
DEVICES = 6
"""Devices named beside a segment; the rest are counted."""
REVISIONS = 20
"""Revisions listed, the newest first."""


@dataclass(frozen=True, slots=True)
class Row:
    """A segment or conduit. ``kept``: stays alive whatever is cut; ``sub``: VLANs and prefixes, or the kind;
    ``more``: devices beyond those named."""

    name: str
    title: str
    sub: str
    priority: int
    kept: str
    points: int
    devices: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Mistake:
    """``line`` is 0 where it concerns the whole file; ``quoted`` what stands there, "" where it is another
    file than the text beside it."""

    file: str
    line: int
    said: str
    quoted: str


@router.get(PATH)
def inventory(visit: Viewing) -> Response:
    documents = visit.service.office.documents_in_force()
    found, words = documents.inventory, visit.words
    rows = [
        _row(each, words) for each in sorted(found.subjects(), key=lambda each: (each.priority, each.name))
    ]
    lapse = documents.lapse
    return show(
        visit,
        "inventory.html",
        digest=found.digest,
        counts=(
            words.text("count.devices", count=len(found.devices)),
            words.text("count.segments", count=len(found.segments)),
            words.text("count.conduits", count=len(found.conduits)),
            words.text(
                "count.points", count=len({each.id for row in found.subjects() for each in row.points})
            ),
        ),
        kept_alive=sum(bool(each.keep_alive) for each in found.segments.values()),
        part=part(rows, visit, ROWS),
        playbooks=len(documents.playbooks),
        revisions=_revisions(visit),
        lapsed=day_time(lapse.kept_at) if lapse else "",
        mistakes=mistakes_of(lapse.problems, "", words) if lapse else (),
        may_edit=visit.may(Permission.EDIT_DOCUMENTS),
    )


def mistakes_of(
    problems: Iterable[Problem], text: str, words: Catalogue, file: str = "inventory"
) -> tuple[Mistake, ...]:
    """``text``: what was examined, as ``file``, for the lines quoted."""
    lines = text.splitlines()
    return tuple(
        Mistake(
            file=PurePath(each.file).name,
            line=each.line,
            said=problem_text(each, words),
            quoted=lines[each.line - 1].strip() if each.file == file and 0 < each.line <= len(lines) else "",
        )
        for each in problems
    )


def _revisions(visit: Visit) -> list[tuple[str, str, bool]]:
    """When it was kept, its digest, whether the file is just this."""
    kept = visit.service.office.revisions
    try:
        present = kept.active()
    except CordonError:
        present = ""
    return [(day_time(at), digest, digest == present) for at, digest in kept.known()[:REVISIONS]]


def _row(subject: Subject, words: Catalogue) -> Row:
    devices = tuple(dict.fromkeys(each.id.device for each in subject.points))
    if isinstance(subject, Segment):
        vlans = f"VLAN {', '.join(map(str, subject.vlans))}" if subject.vlans else ""
        sub = " · ".join(each for each in (vlans, ", ".join(subject.prefixes)) if each)
        kept = words.text("inventory.kept-alive") if subject.keep_alive else ""
    else:
        sub = words.text("inventory.conduit", kind=subject.kind.value)
        kept = (
            words.text("inventory.kept-for", names=", ".join(subject.keep_alive))
            if subject.keep_alive
            else ""
        )
    return Row(
        name=subject.name,
        title=title_of(subject, subject.name, words),
        sub=sub,
        priority=subject.priority,
        kept=kept,
        points=len(subject.points),
        devices=devices[:DEVICES],
        more=max(0, len(devices) - DEVICES),
    )
