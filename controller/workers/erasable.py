"""What of a home may be erased: what a selection comes to, what has been kept for long enough, what waits for
a second person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from controller.domain.errors import InvalidRequest
from controller.domain.retention import Payload, PayloadKind, Retention, Selection, digest_of, selection_from
from controller.engine.people.erasing import STANDS

if TYPE_CHECKING:
    from controller.bootstrap import Home
    from controller.engine.ports import History


@dataclass(frozen=True, slots=True)
class Erasable:
    """What a selection comes to. ``counts`` by kind and ``entries`` of what is still there to be erased;
    ``payloads`` all of it, erased or not. ``spared``: the first entry of an incident that is not over, with
    the run; nothing from there on is erased."""

    payloads: tuple[Payload, ...]
    counts: Mapping[PayloadKind, int]
    entries: tuple[int, ...]
    spared: tuple[int, str] | None

    @property
    def digest(self) -> str:
        return digest_of(self.payloads)


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """One that waits for a second person. ``texts`` and ``files``: how many it was about to erase."""

    digest: str
    requester: str
    reason: str
    at: datetime
    selection: Selection = field(repr=False)
    through: int
    texts: int
    files: int


def erasable(home: Home, selection: Selection, through: int) -> Erasable:
    """Raises JournalUnreadable."""
    found = tuple(each for each in home.payloads(through) if selection.takes(each))
    left = [each for each in found if not each.gone]
    entries = tuple(sorted({each.entry for each in left}))
    return Erasable(found, Counter(each.kind for each in left), entries, _spared(home, home.history()))


def waiting(home: Home, now: datetime) -> tuple[ErasureRequest, ...]:
    """The requests a second person may answer. Raises JournalUnreadable."""
    newest = {
        each.data["digest"]: ErasureRequest(
            digest=each.data["digest"],
            requester=each.data["requester"],
            reason=each.reason,
            at=each.at,
            selection=selection_from(each.data),
            through=int(each.data["through"]),
            texts=int(each.data["texts"]),
            files=int(each.data["files"]),
        )
        for each in home.erasures_requested()
        if not each.over and now - each.at < STANDS
    }
    return tuple(newest.values())


def expired(home: Home, retention: Retention, now: datetime) -> Erasable:
    """What is older than its kind is kept for, before an incident that is not over. Raises
    JournalUnreadable."""
    spared = _spared(home, home.history())
    through = home.head()[0] if spared is None else spared[0] - 1
    longest = {kind: now - timedelta(days=days) for kind, days in retention.items()}
    found = tuple(
        each
        for each in home.payloads(through if retention else 0)
        if not each.gone and each.kind in longest and each.at < longest[each.kind]
    )
    entries = tuple(sorted({each.entry for each in found}))
    return Erasable(found, Counter(each.kind for each in found), entries, None)


def _spared(home: Home, history: History) -> tuple[int, str] | None:
    runs = sorted({hold.key.run for hold in history.open_holds()})
    first = home.first_entry_of(runs) if runs else None
    return None if first is None else (first, runs[0])


def check_spared(found: Erasable) -> None:
    """Raises InvalidRequest."""
    if found.spared is not None:
        first, run = found.spared
        late = [each for each in found.entries if each >= first]
        if late:
            raise InvalidRequest("erase-incident-open", entry=first, run=run, late=len(late))


def with_whole_files(home: Home, found: Erasable) -> list[Payload]:
    """Without files that an entry outside still cites: what two entries share goes with both."""
    chosen = {(each.entry, each.name) for each in found.payloads}
    cited = home.citations() if any(each.digest for each in found.payloads) else {}
    return [
        each
        for each in sorted(found.payloads)
        if not each.gone
        and not (each.digest and any((entry, each.name) not in chosen for entry in cited[each.name]))
    ]
