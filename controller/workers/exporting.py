"""Which entries of a home's log go into an export, and the export made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from controller.domain.errors import CordonError, InvalidRequest, NotFound
from controller.domain.facts import Actor
from controller.workers.requests import RecordExport

if TYPE_CHECKING:
    from pathlib import Path

    from controller.bootstrap import Composition, Home
    from controller.evidence.export import Exported

Bound = int | datetime | None
"""The number of an entry, or a time."""


@dataclass(frozen=True, slots=True)
class Extract:
    """What tells of ``run`` (or the beginning of its name); what came after entry ``since`` or from that time
    on, up to entry ``until`` or before that time; the whole log without any of them. ``reports``: the
    languages of the reports that go with it."""

    run: str = ""
    since: Bound = None
    until: Bound = None
    without_names: bool = False
    reports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Handed:
    """An export on disk. ``entry`` is the number of the entry that tells of it, None where there is none:
    ``unrecorded`` is the code of why, "" where nobody asked for one or it is only in the spool yet."""

    exported: Exported
    entry: int | None = None
    unrecorded: str = ""


def export(
    composition: Composition,
    path: Path,
    extract: Extract,
    record: Callable[[RecordExport], int | None],
    actor: Actor | None,
) -> Handed:
    """``record`` hands a request to whoever leads; without an ``actor`` nothing is put on record, nor
    anything written in the home. Raises NotFound, InvalidRequest, JournalUnreadable."""
    exported, said = _write(composition, path, extract)
    if actor is None:
        return Handed(exported)
    names = "replaced" if extract.without_names else "in"
    try:
        entry = record(
            RecordExport(exported.digest, exported.size, said, names, exported.shown, exported.entries, actor)
        )
    except (CordonError, OSError) as error:
        return Handed(exported, None, error.code if isinstance(error, CordonError) else "internal")
    return Handed(exported, entry)


def _write(composition: Composition, path: Path, extract: Extract) -> tuple[Exported, str]:
    """The file, and what it holds in words of the log."""
    # Only who exports pays for these.
    from controller.evidence.export import Scope, write_export  # noqa: PLC0415 - as said above
    from controller.workers.reporting.making import ReportFiles  # noqa: PLC0415 - as said above

    home = composition.home(create=False)
    through, _ = home.head()
    run = run_of(home, extract.run)
    said = scope_of(run, extract)
    entries = entries_wanted(home, run, extract, through) if said else None
    if entries is not None and not entries:
        raise InvalidRequest("export-empty")
    scope = Scope(entries, extract.without_names, said or "all")
    now = composition.clock().now()
    teller = ReportFiles(home, extract.reports, said, path.name, now)
    try:
        exported = write_export(path, lambda: home.sealed(through), home.evidence, scope, now, teller)
        return exported, scope.said
    except FileExistsError:
        raise InvalidRequest("export-exists", file=str(path)) from None
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise InvalidRequest("not-writable", file=str(path), detail=detail) from None


def run_of(home: Home, named: str) -> str:
    """The one run whose name begins so; "" for "". Raises NotFound."""
    if not named:
        return ""
    found = [record.run for record in home.history().runs() if record.run.startswith(named)]
    if len(found) != 1:
        raise NotFound(kind="run", name=named)
    return found[0]


def scope_of(run: str, extract: Extract) -> str:
    """What was asked for, in words of the log; "" for the whole."""
    parts = [f"run {run}" if run else "", _said("since", extract.since), _said("until", extract.until)]
    return ", ".join(part for part in parts if part)


def entries_wanted(home: Home, run: str, extract: Extract, through: int) -> frozenset[int]:
    """The numbers of the entries asked for, up to ``through``."""
    since, until = extract.since, extract.until
    found = home.entries(
        run=run or None,
        after=since if isinstance(since, int) else 0,
        since=since if isinstance(since, datetime) else None,
        until=until if isinstance(until, datetime) else None,
    )
    last = min(through, until) if isinstance(until, int) else through
    return frozenset(record.entry.seq for record in found if record.entry.seq <= last)


def _said(word: str, bound: Bound) -> str:
    if bound is None:
        return ""
    return f"{word} {bound.isoformat() if isinstance(bound, datetime) else f'entry {bound}'}"
