"""What people write into the log, beside what the machine records: in the same order, as established as they
say it is. An entry is never changed; a later one corrects it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from controller.domain.facts import Fact, Noted, Text

LOGBOOK = "log"
"""The subject of the note that is the entry itself; its text is what was written."""
BY = "log-by"
"""Its text: whose words they are, where it is not who typed them."""
HANDED_TO = "log-handed-to"
"""Its text: who takes over."""
ATTACHED = "attachment"
"""A file kept with the entry: ``file`` below the home's evidence directory, ``sha256``, ``size``; its text is
the name the file had."""


RHYTHM = "log-rhythm"
"""``minutes``: something is to be written that often, if only that there is nothing to report; 0: no more."""
LONGEST_RHYTHM = 24 * 60
"""Minutes."""
DUE = "log-due"
"""That nothing was written for so long: ``minutes`` as agreed, ``since`` when."""


class FactStatus(StrEnum):
    """How sure the writer is; the text is ``fact-status.<value>``."""

    ESTABLISHED = "established"
    UNCONFIRMED = "unconfirmed"
    HYPOTHESIS = "hypothesis"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on disk already. ``digest``: the SHA-256 of its content; ``name``: what it was called."""

    file: str
    digest: str
    size: int
    name: Text


@dataclass(frozen=True, slots=True)
class LogDetails:
    """What belongs to an entry besides its text. ``at``: when it was so, for what was written on paper first;
    ``corrects``: the number of the entry this one stands in place of; ``nothing``: that there is nothing to
    report."""

    status: FactStatus | None = None
    by: str = ""
    at: datetime | None = None
    corrects: int | None = None
    handed_to: str = ""
    attachments: tuple[Attachment, ...] = ()
    nothing: bool = False


NO_DETAILS = LogDetails()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every so many ``minutes`` something is to be written; ``last``: when something was, or when that was
    agreed; ``reminded``: when a silence since then was last put on record."""

    minutes: int
    last: datetime
    reminded: datetime | None = None

    @property
    def due(self) -> datetime:
        return self.last + timedelta(minutes=self.minutes)

    def is_due(self, now: datetime) -> bool:
        return now >= self.due

    def calls(self, now: datetime) -> bool:
        """Whether a reminder is to be put on record: one for each interval that passes in silence."""
        return now >= (self.reminded or self.last) + timedelta(minutes=self.minutes)


def rhythm_of(noted: Iterable[tuple[datetime, Noted]]) -> Rhythm | None:
    """What the notes on LOGBOOK, RHYTHM and DUE, in the order of the log, come to; None: no rhythm."""
    minutes, last, reminded = 0, None, None
    for at, note in noted:
        if note.subject == RHYTHM:
            minutes = int(dict(note.data)["minutes"])
        if note.subject == DUE:
            reminded = at
        else:
            last, reminded = at, None
    return Rhythm(minutes, last, reminded) if minutes and last else None


def logbook_facts(text: str, details: LogDetails) -> Sequence[Fact]:
    """The facts of one entry. Names are texts, so that they can be erased."""
    data: list[tuple[str, str]] = []
    if details.status is not None:
        data.append(("status", details.status.value))
    if details.at is not None:
        data.append(("happened", details.at.astimezone(UTC).isoformat()))
    if details.corrects is not None:
        data.append(("corrects", str(details.corrects)))
    if details.nothing:
        data.append(("nothing", "yes"))
    found = [Noted(LOGBOOK, tuple(data), Text(text))]
    if details.by:
        found.append(Noted(BY, (), Text(details.by)))
    if details.handed_to:
        found.append(Noted(HANDED_TO, (), Text(details.handed_to)))
    return [*found, *attached(details.attachments)]


def attached(files: Iterable[Attachment]) -> list[Noted]:
    """What puts ``files`` on record, in the entry that cites them."""
    return [
        Noted(ATTACHED, (("file", each.file), ("sha256", each.digest), ("size", str(each.size))), each.name)
        for each in files
    ]
