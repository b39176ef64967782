"""The logbook: what people wrote and what the machine did, in one order, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response

from controller.domain.drift import decided_on
from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.logbook import ATTACHED, LOGBOOK, FactStatus, LogDetails
from controller.domain.tags import Tag
from controller.engine.execution.marks import Marks
from controller.engine.people.roles import Permission
from controller.text.times import age
from controller.web.once import act_once
from controller.web.pages import again, day_time, go, show
from controller.web.recent import asked_to_stop, own_step
from controller.web.telling import actor_told, run_told
from controller.web.visits import For, Viewing, Visit
from controller.workers.office import LogLine

router = APIRouter()

PATH = "/logbook"
ROWS = 60
RUNS = 50
"""The latest runs offered for an export of one."""
LOOKED_AT = 2000
"""Entries one page looks at: of a long log a search goes on page by page."""
READ_THROUGH = 800
"""Of which one page reads all that is said: no more where a search goes through every kind of entry."""
_WINDOW = 400
VERIFIED_FOR = timedelta(minutes=5)
"""How long a verification is shown before a look begins another."""

KINDS = ("decisions", "people", "everything")
"""What people did and what came of it; what they wrote alone; the machine's own steps as well."""

Writing = Annotated[Visit, Depends(For(Permission.WRITE_LOG))]
Auditing = Annotated[Visit, Depends(For(Permission.READ_AUDIT))]


@dataclass(frozen=True, slots=True)
class Entry:
    """``said``: a person's own words. ``on_paper``: when it was so, for what was typed in later.
    ``corrects``: the entry it stands in place of; ``corrected``: another stands in place of it."""

    seq: int
    at: str
    what: str
    said: str
    by: str
    status: str
    status_text: str
    on_paper: str
    handed_to: str
    run: str
    corrects: str
    corrected: bool
    written: bool
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page. ``down_to``: the oldest entry looked at; ``older``: where it goes on, "" at the beginning."""

    entries: tuple[Entry, ...]
    down_to: int
    older: str


@router.get(PATH)
def logbook(visit: Viewing) -> Response:
    corrects = visit.sent.get("corrects")
    return _shown(visit, {"corrects": corrects if corrects.isascii() and corrects.isdigit() else ""})


@router.post(PATH)
def write(visit: Writing) -> Response:
    sent = visit.sent
    details = LogDetails(
        status=_status(sent.get("status")),
        by=sent.get("by"),
        at=_moment(sent.get("at")),
        corrects=_number(sent.get("corrects")),
        handed_to=sent.get("handed_to"),
        nothing="nothing" in sent,
    )

    def act(marks: Marks) -> str:
        visit.service.office.write_log(sent.get("text"), visit.person.actor, details, marks)
        return ""

    act_once(visit, act)
    return go(PATH, "log-nothing" if details.nothing else "log-written")


@router.post(f"{PATH}/rhythm")
def agree_rhythm(visit: Writing) -> Response:
    minutes = _number(visit.sent.get("minutes")) or 0

    def act(marks: Marks) -> str:
        visit.service.office.agree_rhythm(minutes, visit.person.actor, marks)
        return ""

    act_once(visit, act)
    return go(PATH, "log-rhythm" if minutes else "log-no-rhythm", minutes=minutes)


@router.get(f"{PATH}/verify")
def verify(visit: Auditing) -> Response:
    """The last verification, which is that of no more than its time; a new one where there is none, where one
    is asked for, and where the last is from a while ago."""
    office, words = visit.service.office, visit.words
    verification, last = office.verification, office.verification.last
    failed = last is None or isinstance(last.found, CordonError)
    if failed or "anew" in visit.sent or (last and visit.now - last.at > VERIFIED_FOR):
        verification.ask()
    under_way, last = verification.under_way, verification.last
    found = last.found if last is not None else None
    if isinstance(found, CordonError):
        raise found
    problem = words.text(f"verify.{found.problem}", detail=found.detail) if found and found.problem else ""
    head = office.log_head()
    answer = show(
        visit,
        "verified.html",
        found=found,
        problem=problem,
        under_way=under_way,
        at=day_time(last.at) if last else "",
        since=head[0] - found.entries if found and not problem and head else 0,
        signed=_signed(visit),
        runs=[each.run for each in office.runs()[::-1][:RUNS]],
    )
    return again(answer, 3) if under_way else answer


def _shown(visit: Visit, typed: dict[str, str]) -> Response:
    sent, words, office = visit.sent, visit.words, visit.service.office
    kind = sent.get("show") if sent.get("show") in KINDS else KINDS[0]
    searched = sent.get("search")[:200]
    before = _number(sent.get("before"))
    rhythm = office.rhythm()
    return show(
        visit,
        "logbook.html",
        refresh=0 if before or searched or visit.may(Permission.WRITE_LOG) else 10,
        leaf=_leaf(visit, kind, searched, before),
        kind=kind,
        kinds=KINDS,
        searched=searched,
        latest=before is None,
        typed=typed,
        statuses=tuple(FactStatus),
        signed=_signed(visit),
        overdue=words.text("logbook.overdue", age=age(words, rhythm.last, visit.now), minutes=rhythm.minutes)
        if rhythm and rhythm.is_due(visit.now)
        else "",
        next_by=day_time(rhythm.due) if rhythm and not rhythm.is_due(visit.now) else "",
        minutes=rhythm.minutes if rhythm else 0,
        may_write=visit.may(Permission.WRITE_LOG),
        may_verify=visit.may(Permission.READ_AUDIT),
    )


def _signed(visit: Visit) -> str:
    """Through which entry the log is signed, and since when."""
    head = visit.service.office.seal().latest()
    if head is None:
        return visit.words.text("logbook.not-signed")
    at = day_time(datetime.fromisoformat(head.at))
    return visit.words.text("logbook.signed", size=head.checkpoint.size, at=at)


# --- reading -----------------------------------------------------------------------------------------


def _leaf(visit: Visit, kind: str, searched: str, before: int | None) -> Leaf:
    office = visit.service.office
    head = office.log_head()  # what was written a moment ago is in it, whoever has been told
    top = before - 1 if before else head[0] if head else 0
    corrected = {
        dict(noted.data).get("corrects") for _, noted in office.noted(LOGBOOK)
    }  # of the whole log, wherever the correction stands
    found: list[Entry] = []
    looked_at = min(LOOKED_AT, READ_THROUGH) if searched and kind == "everything" else LOOKED_AT
    floor, low = max(0, top - looked_at), top
    while low > floor and len(found) < ROWS:
        high, low = low, max(floor, low - _WINDOW)
        window = office.leaf(low, high, lambda tag: _of_kind(tag, kind))
        for line in reversed(window):
            if not _holds(line, searched):
                continue
            found.append(_entry(line, corrected, visit))
            if len(found) == ROWS:
                low = line.seq - 1
                break
    query = {"before": str(low + 1), "show": kind, **({"search": searched} if searched else {})}
    return Leaf(tuple(found), low + 1, f"{PATH}?{urlencode(query)}" if low > 0 else "")


def _of_kind(tag: str, kind: str) -> bool:
    if kind == "people":
        return tag == Tag.LOG_WRITTEN
    return kind != "decisions" or not own_step(tag)


def _holds(line: LogLine, searched: str) -> bool:
    if not searched:
        return True
    looked_in = (line.text, line.actor, line.run or "", *line.data.values())
    return any(searched.casefold() in each.casefold() for each in looked_in)


def _entry(line: LogLine, corrected: set[str | None], visit: Visit) -> Entry:
    words, data = visit.words, line.data
    written = line.tag == Tag.LOG_WRITTEN
    stops = asked_to_stop(line)
    personal = stops or line.tag.startswith(("person:", Tag.RUN_OPENED))
    status = data.get("status", "") if written else ""
    what = words.text(f"tag.{line.tag.replace(':', '.')}")
    if not written and (state := data.get("state")) and f"state.{state}" in words:
        what = words.text("situation.moved", what=what, state=words.text(f"state.{state}"))
    if stops:
        what = words.text("situation.asked-to-stop")
    if decided := data.get("drift-decided"):
        what = f"{what} · {_decided(decided, visit)}"
    said = line.text if personal else ""
    if written and data.get("nothing"):
        said = words.text("logbook.nothing")
    happened = data.get("happened", "") if written else ""
    return Entry(
        seq=line.seq,
        at=day_time(datetime.fromisoformat(line.at)),
        what="" if written else what,
        said=said,
        by=data.get("by", line.actor) if written else actor_told(line.actor),
        status=status,
        status_text=words.text(f"fact-status.{status}") if status else "",
        on_paper=day_time(datetime.fromisoformat(happened)) if happened else "",
        handed_to=data.get("handed_to", "") if written else "",
        run=run_told(data["subject"] if stops else line.run),
        corrects=data.get("corrects", "") if written else "",
        corrected=str(line.seq) in corrected,
        written=written,
        files=tuple(name for key, name in data.items() if key.startswith(f"{ATTACHED} ")),
    )


def _decided(said: str, visit: Visit) -> str:
    """What was decided of devices that somebody changed by hand."""
    return " · ".join(
        visit.words.text(
            f"drift-page.consent-{'ours' if decided_on(each) == each else 'theirs'}", device=decided_on(each)
        )
        for each in said.split(", ")
    )


# --- what was typed ----------------------------------------------------------------------------------


def _status(typed: str) -> FactStatus | None:
    if not typed:
        return None
    try:
        return FactStatus(typed)
    except ValueError:
        raise InvalidRequest("fact-status", value=typed, known=", ".join(FactStatus)) from None


def _moment(typed: str) -> datetime | None:
    """As a browser's field for a time says it: local."""
    if not typed:
        return None
    try:
        return datetime.fromisoformat(typed).astimezone()
    except (ValueError, OverflowError):
        raise InvalidRequest("time-expected", value=typed) from None


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None
