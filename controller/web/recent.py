"""The last that happened, in a line each: what people decided and wrote, and what the site did to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from controller.domain.tags import Tag
from controller.web.pages import clock_time
from controller.web.telling import actor_told, run_told
from controller.web.visits import Visit
from controller.workers.office import LogLine

LINES = 8
LOOKED_AT = 400
"""Entries from the end of the log among which they are found."""
_TOGETHER = 100

_QUIET = (
    "account:",
    "engine:evidence",
    "engine:hold",
    "engine:operation",
    "engine:probe",
    "engine:startup",
    "engine:wave",
    "home:checkpoint",
    "home:lead:",
    "home:secret",
    "service:",
    "watch:point:read",
)
"""Tags of entries that tell of the machine's own steps, by how they begin."""


@dataclass(frozen=True, slots=True)
class RecentLine:
    """``said``: a person's own words."""

    at: str
    seq: int
    text: str
    said: str
    by: str
    run: str


def own_step(tag: str) -> bool:
    """Whether an entry of that tag tells of the machine's own steps alone."""
    return tag.startswith(_QUIET)


def asked_to_stop(line: LogLine) -> bool:
    """Whether it is a person's word that a run is to be aborted, with their reason."""
    return line.tag == Tag.RUN_MOVED and line.data.get("wanted") == "abort"


def recent(visit: Visit) -> list[RecentLine]:
    """The newest first."""
    office = visit.service.office
    head = office.log_head()  # what was written a moment ago is in it, whoever has been told
    low = top = head[0] if head else 0
    floor = max(0, top - LOOKED_AT)
    found: list[LogLine] = []
    while low > floor and len(found) < LINES:
        high, low = low, max(floor, low - _TOGETHER)
        found = office.leaf(low, high, lambda tag: not own_step(tag)) + found
    return [_shown(line, visit) for line in reversed(found[-LINES:])]


def _shown(line: LogLine, visit: Visit) -> RecentLine:
    words = visit.words
    text = words.text(f"tag.{line.tag.replace(':', '.')}")
    if line.tag == Tag.RUN_MOVED and "state" in line.data:
        text = words.text("situation.moved", what=text, state=words.text(f"state.{line.data['state']}"))
    if stops := asked_to_stop(line):
        text = words.text("situation.asked-to-stop")
    personal = stops or line.tag.startswith(("person:", Tag.RUN_OPENED))
    return RecentLine(
        at=clock_time(datetime.fromisoformat(line.at)),
        seq=line.seq,
        text=text,
        said=line.text.partition("\n")[0][:200] if personal else "",
        by=actor_told(line.actor),
        run=run_told(line.data["subject"] if stops else line.run),
    )
