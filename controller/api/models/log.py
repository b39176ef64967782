"""Entries of the log."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from controller.api.models import (
    Asked,
)


class EntryShown(BaseModel):
    seq: int
    at: str
    tag: str
    tag_text: str
    actor: str
    run: str | None
    data: dict[str, str]
    text: str


class NoteAsked(Asked):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "07:40 the laboratory works on paper from now on"}]}
    )

    text: Annotated[str, StringConstraints(min_length=1, max_length=10_000, pattern=r"^[^\x00]*\S[^\x00]*$")]


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
