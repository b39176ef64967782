"""A report handed out: made, and that it was made put on record as an export is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.errors import CordonError
from controller.domain.facts import Actor
from controller.workers.requests import RecordExport

if TYPE_CHECKING:
    from controller.bootstrap import Composition
    from controller.workers.exporting import Extract
    from controller.workers.reporting.making import ReportMade


@dataclass(frozen=True, slots=True)
class ReportHanded:
    """``digest`` is the SHA-256 of the PDF. ``entry`` and ``unrecorded`` as those of an export."""

    made: ReportMade
    digest: str
    entry: int | None = None
    unrecorded: str = ""


def hand_report(
    composition: Composition,
    extract: Extract,
    lang: str,
    record: Callable[[RecordExport], int | None],
    actor: Actor | None,
) -> ReportHanded:
    """Without an ``actor`` nothing is put on record, nor anything written in the home. Raises NotFound,
    InvalidRequest, JournalUnreadable."""
    from controller.workers.reporting.making import make_report  # noqa: PLC0415 - only who asks pays for it

    made = make_report(composition, extract, lang)
    digest = hashlib.sha256(made.pdf).hexdigest()
    if actor is None:
        return ReportHanded(made, digest)
    names = "replaced" if extract.without_names else "in"
    scope = f"report, {made.scope or 'all'}"
    try:
        entry = record(RecordExport(digest, len(made.pdf), scope, names, made.entries, made.through, actor))
    except (CordonError, OSError) as error:
        return ReportHanded(made, digest, None, error.code if isinstance(error, CordonError) else "internal")
    return ReportHanded(made, digest, entry)
