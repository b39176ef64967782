"""Entries of the log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from controller.api.models import Asked, Name, Sha
from controller.domain.logbook import LONGEST_RHYTHM, FactStatus

Said = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class EntryShown(BaseModel):
    seq: int
    at: str
    tag: str
    tag_text: str
    actor: str
    run: str | None
    data: dict[str, str]
    text: str


class AttachmentAsked(Asked):
    """A file that was sent before."""

    sha256: Sha
    name: Name


class NoteAsked(Asked):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "07:40 the laboratory works on paper from now on"},
                {
                    "text": "the screens in radiology: it was one kiosk",
                    "status": "established",
                    "corrects": 214,
                    "by": "Dr Martin",
                    "happened_at": "2026-03-02T03:20:00+01:00",
                },
            ]
        }
    )

    text: Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\x00]*$")] = Field(
        default="", description="Empty only with `nothing`."
    )
    status: FactStatus | None = Field(default=None, description="How sure it is.")
    by: Said = Field(default="", description="Whose words these are, if not those of who types them.")
    happened_at: AwareDatetime | None = Field(
        default=None, description="When it was so, for what was on paper first; the entry has both times."
    )
    corrects: Annotated[int, Field(ge=1, le=2**53)] | None = Field(
        default=None, description="The entry this one stands in place of."
    )
    handed_to: Said = Field(default="", description="Who takes over.")
    attachments: Annotated[list[AttachmentAsked], Field(max_length=20)] = Field(default_factory=list)
    nothing: bool = Field(default=False, description="That there is nothing to report.")


class AttachmentShown(BaseModel):
    """``file`` is its place below the home's evidence directory; ``size`` in bytes."""

    sha256: str
    name: str
    size: int
    file: str


class RhythmAsked(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"minutes": 30}]})

    minutes: Annotated[int, Field(ge=0, le=LONGEST_RHYTHM, description="0: no rhythm any more.")]


class RhythmShown(BaseModel):
    """``minutes`` 0: none was agreed."""

    minutes: int
    last: datetime | None
    due_at: datetime | None
    due: bool


class Span(BaseModel):
    """``until`` is "" while it lasts."""

    since: str
    until: str


class VerdictShown(BaseModel):
    """``degraded``: when the log went through the spool."""

    whole: bool
    entries: int
    head: str
    first_bad: int | None
    problem: str
    text: str
    detail: str
    erased: int
    degraded: list[Span]
