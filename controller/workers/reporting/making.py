"""A report made: from the entries of a log, as they are or without names, in the words of a language."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from controller.bootstrap.documents import StoredDocuments
from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.facts import Actor, Noted, Text
from controller.engine.incident.incident import IncidentBook
from controller.engine.incident.told import Incident, Record
from controller.paper.report import Facts, Part, Points, Report, print_report
from controller.paper.sheet import Frame
from controller.text import Catalogue
from controller.workers.auditing import LogSeal
from controller.workers.exporting import Extract, entries_wanted, run_of, scope_of
from controller.workers.reporting.decisions import decisions, returns
from controller.workers.reporting.lines import time_line
from controller.workers.reporting.record import state, verification
from controller.workers.reporting.sections import cuts, open_points, reading
from controller.workers.reporting.standing import Standing
from controller.workers.reporting.summary import summary
from controller.workers.reporting.words import Words

if TYPE_CHECKING:
    from controller.bootstrap import Composition, Home
    from controller.domain.entry import SealedEntry
    from controller.domain.inventory import Inventory
    from controller.evidence.names import Names


class ReportFiles:
    """Takes the entries that are to be told and makes a report of them in each of ``langs``. ``said``: what
    was asked for, in words of the log; ``file``: the export they go into, "" where they stand alone.
    ``problem``, once they are made: the code of why the log cannot be trusted, "" where it is whole."""

    def __init__(self, home: Home, langs: Sequence[str], said: str, file: str, at: datetime) -> None:
        self._home = home
        self._langs = langs
        self._said = said
        self._file = file
        self._at = at
        self.problem = ""
        self._names: Names | None = None
        self._book = IncidentBook()

    def begin(self, names: Names | None) -> None:
        self._names = names

    def take(self, sealed: SealedEntry, instead: Mapping[str, str]) -> None:
        if self._langs:
            self._book.take(_record(self._home, sealed, instead))

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Raises JournalUnreadable."""
        if not self._langs:
            return
        found, standing = self._book.told(), standing_of(self._home)
        self.problem = standing.problem
        inventory, names = _inventory(self._home, found), self._names
        masked: Callable[[str], str] = _as_it_is if names is None else names.without
        for lang in self._langs:
            words = Words(Catalogue(lang), inventory, masked)
            report = report_of(
                found, standing, words, self._said, self._file, without_names=names is not None
            )
            yield f"report.{lang}.pdf", print_report(_frame(found, standing, words, self._at), report)


@dataclass(frozen=True, slots=True)
class ReportMade:
    """``entries`` of the log are told in it; ``problem`` is the code of why the log cannot be trusted, ""
    where it is whole. ``scope`` in words of the log, ``through`` the entry up to which it was read."""

    pdf: bytes
    entries: int
    through: int
    scope: str
    problem: str


def make_report(composition: Composition, extract: Extract, lang: str) -> ReportMade:
    """Of a run: from its decision, or what was asked before it, to the return of the last of its points, with
    all that happened meanwhile. Raises NotFound, InvalidRequest, JournalUnreadable."""
    home = composition.home(create=False)
    through, _ = home.head()
    run = run_of(home, extract.run)
    said = scope_of(run, extract)
    wanted = _told(home, run, extract, through) if said else None
    if wanted is not None and not wanted:
        raise InvalidRequest("export-empty")
    made = ReportFiles(home, (lang,), said, "", composition.clock().now())
    names = _names(home, through) if extract.without_names else None
    made.begin(names)
    entries = 0
    for sealed in home.sealed(through):
        if wanted is None or sealed.entry.seq in wanted:
            entries += 1
            made.take(sealed, names.replaced(sealed) if names is not None else {})
    [(_, pdf)] = made.files()
    return ReportMade(pdf, entries, through, said, made.problem)


def _told(home: Home, run: str, extract: Extract, through: int) -> frozenset[int]:
    """The numbers of the entries asked for."""
    bounded = extract.since is not None or extract.until is not None
    wanted = entries_wanted(home, "", extract, through) if bounded else None
    if not run:
        return wanted or frozenset()
    around = _around(home, run, through)
    return frozenset(around) if wanted is None else wanted.intersection(around)


def _around(home: Home, run: str, through: int) -> range:
    """From what was asked before the run until the last that tells of it."""
    told = [record.entry.seq for record in home.entries(run=run)]
    asked = [
        (record.entry.seq, fact.subject, ("run", run) in fact.data)
        for record in home.entries(tag="approval:request")
        for fact in record.facts
        if isinstance(fact, Noted)
    ]
    used = {subject for _, subject, its in asked if its}
    told += [seq for seq, subject, _ in asked if subject in used]
    return range(min(told, default=1), min(max(told, default=0), through) + 1)


def _names(home: Home, through: int) -> Names:
    from controller.evidence.names import Names  # noqa: PLC0415 - only who takes names out pays for it

    names = Names()
    for sealed in home.sealed(through):
        names.learn(sealed)
    return names


def report_of(
    found: Incident, standing: Standing, words: Words, said: str, file: str, *, without_names: bool
) -> Report:
    """``said``: what was asked for, where it is not the whole log."""
    return Report(
        title=words("title.report"),
        subtitle=words("subtitle", site=found.site or words("site-unknown")),
        facts=Facts(tuple(_facts(found, words, said, without_names=without_names))),
        warning=_warning(standing, words),
        summary=Part(words("title.summary"), (Points(summary(found, standing, words)),)),
        contents=words("title.contents"),
        parts=(
            reading(words),
            decisions(found, words),
            cuts(found, words),
            returns(found, words),
            open_points(found, words),
            time_line(found, words),
            state(found, words),
            verification(found, standing, file, words),
        ),
    )


def standing_of(home: Home) -> Standing:
    """Reads and checks the whole log. Raises JournalUnreadable."""
    verified = home.verify()
    first = next((each for each in verified.faults), None)
    return Standing(
        entries=verified.seq,
        chain=verified.chain.hex(),
        origin=verified.origin,
        problem=first.code if first else "",
        detail=first.detail if first else "",
        first_bad=verified.first_bad,
        signed=verified.signed,
        checkpoints=verified.checkpoints,
        keys=verified.keys,
        replaced=verified.replaced,
        erased=verified.erased,
        head=LogSeal(lambda: home, lambda _: None).latest(),
    )


# --- parts ---------------------------------------------------------------------------------------------


def _facts(found: Incident, words: Words, said: str, *, without_names: bool) -> Iterator[tuple[str, str]]:
    yield words("fact.site"), found.site or words("site-unknown")
    if found.first and found.last:
        first, last = found.first.at, found.last.at
        yield (
            words("fact.period"),
            words.span(first, last),
        )
        yield words("fact.zone"), words("fact.zone-said", zone=words.zone(last))
    yield (
        words("fact.runs"),
        words("fact.runs-said", cuts=len(found.cuts), returns=len(found.returns)),
    )
    yield words("fact.entries"), words("fact.some" if said else "fact.all", count=found.entries, said=said)
    yield words("fact.version"), words("fact.without-names" if without_names else "fact.with-names")


def _warning(standing: Standing, words: Words) -> str:
    if not standing.problem:
        return ""
    why = words.plain(f"verify.{standing.problem}", entry=standing.first_bad, detail=standing.detail)
    return f"{words('log-bad')} {why}"


def _frame(found: Incident, standing: Standing, words: Words, at: datetime) -> Frame:
    title = f"{words('title.report')} — {found.site or words('site-unknown')}"
    made = words("made", moment=words.moment(at), program=" ".join(("Cordon", *_version())))
    head = standing.head
    log = [words.plain("paper.checkpoint-short", said=head.spoken)] if head else []
    return Frame(
        title,
        (title, " · ".join((made, *log))),
        words.catalogue.raw("paper.page"),
        words.catalogue.lang,
        at,
    )


def _version() -> tuple[str, ...]:
    try:
        return (version("cordon-controller"),)
    except PackageNotFoundError:
        return ()


def _inventory(home: Home, found: Incident) -> Inventory | None:
    """Of the last run, for titles; without it the names of segments do."""
    if not found.documents:
        return None
    inventory, profiles = found.documents[-1]
    reader, history = StoredDocuments(), home.history()
    try:
        known = reader.profiles(history.revision("profiles", profiles))
        return reader.inventory(history.revision("inventory", inventory), known)
    except CordonError:
        return None


def _record(home: Home, sealed: SealedEntry, instead: Mapping[str, str]) -> Record:
    """Of an entry whose data are not what they were, what its body still says: an export goes out all the
    same, and its verifier names the entry."""
    body = json.loads(sealed.entry.body)
    try:
        found = home.record(sealed, instead)
        actor, facts = found.actor, found.facts
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        actor, facts = Actor(str(body["actor"]["id"]), Text("")), ()
    return Record(
        seq=sealed.entry.seq,
        at=datetime.fromisoformat(body["at"]),
        tag=body["tag"],
        actor=actor,
        facts=facts,
        degraded=body["degraded"],
        monotonic=body["monotonic"],
        boot=body["boot"],
    )


def _as_it_is(text: str) -> str:
    return text
