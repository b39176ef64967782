"""Texts and files erased from a home: at the word of two persons, or when the time they are kept for is over.

The log says who asked, who consented, why and how much went; it still verifies. What belongs to an incident
that is not over stays, whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from controller.domain.errors import CordonError, InvalidRequest, NotFound
from controller.domain.facts import SYSTEM, Actor, Noted, Text
from controller.domain.retention import (
    ERASED_FILE,
    ERASURE_DENIED,
    ERASURE_REQUEST,
    Retention,
    Selection,
    retention_from,
    selection_from,
)
from controller.domain.tags import Tag
from controller.engine.people.erasing import check_asks, check_consents, check_denies
from controller.workers.accounting import identified
from controller.workers.erasable import (
    Erasable,
    ErasureRequest,
    check_spared,
    erasable,
    expired,
    waiting,
    with_whole_files,
)
from controller.workers.requests import Erase, ErasureAct

if TYPE_CHECKING:
    from controller.bootstrap import Composition, Home, Lead
    from controller.engine.people.access import Access
    from controller.engine.people.accounts import Credentials, Person
    from controller.engine.ports import Clock

TOGETHER = 500
"""Texts and files that go with one entry: more would keep a commit waiting."""


@dataclass(frozen=True, slots=True)
class Erased:
    """``entry``: the last that tells of it. ``wiped``: nothing of it is left in the files of the home; where
    not, the next erasure or the next start of a lead sees to it."""

    texts: int
    files: int
    entry: int | None
    wiped: bool


class Eraser:
    """For one leader. Safe to call from many threads; one erases at a time."""

    def __init__(
        self,
        home: Home,
        lead: Lead,
        access: Callable[[], Access],
        site: Callable[[], str],
        clock: Clock,
    ) -> None:
        self._home = home
        self._journal = lead.journal
        self._history = lead.history
        self._access = access
        self._site = site
        self._clock = clock
        self._one = Lock()
        self._unwiped = False

    def perform(self, request: Erase) -> int | None:
        """The number of the entry that tells. Raises InvalidRequest, NotPermitted, NotFound and as a
        sign-in."""
        with self._one:
            if request.act is ErasureAct.EXPIRE:
                return _told(self._expire(retention_from(request.retention), request.actor))
            if request.credentials is None:
                raise InvalidRequest("account-needed")
            person = identified(self._access(), request.credentials)
            match request.act:
                case ErasureAct.ASK:
                    return self._ask(request, person)
                case ErasureAct.APPROVE:
                    return _told(self._carry_out(request.digest, person))
                case _:
                    return self._deny(request.digest, person)

    def expire(self, retention: Retention) -> Erased:
        """Erases what has been kept for long enough. Raises CordonError."""
        with self._one:
            return self._expire(retention, SYSTEM)

    # --- two persons ---------------------------------------------------------------------------------

    def _ask(self, request: Erase, person: Person) -> int | None:
        check_asks(person, self._site())
        if not request.reason.strip():
            raise InvalidRequest("reason-needed", option="audit erase")
        selection, through = selection_from(dict(request.selection)), self._home.head()[0]
        found = self._of(selection, through)
        if not found.entries:
            raise InvalidRequest("erase-nothing")
        check_spared(found)
        if found.digest in {each.digest for each in waiting(self._home, self._clock.now())}:
            raise InvalidRequest("erase-asked", request=found.digest[:12])
        files = sum(bool(each.digest) for each in found.payloads if not each.gone)
        data = (
            ("digest", found.digest),
            *selection.data(),
            ("through", str(through)),
            ("texts", str(sum(found.counts.values()) - files)),
            ("files", str(files)),
            ("requester", person.id),
        )
        note = Noted(ERASURE_REQUEST, data, Text(request.reason))
        return self._journal.commit(Tag.ERASURE_REQUESTED, [note], person.actor).seq

    def _carry_out(self, digest: str, person: Person) -> Erased:
        asked = self._waiting(digest)
        check_consents(person, asked.requester, self._site())
        self._check_requester(asked)
        found = self._of(asked.selection, asked.through)
        if found.digest != asked.digest:
            raise InvalidRequest("erase-differs", request=asked.digest[:12])
        check_spared(found)
        said = (("request", asked.digest), ("requester", asked.requester))
        return self._erase(found, Text(asked.reason), person.actor, said)

    def _deny(self, digest: str, person: Person) -> int | None:
        asked = self._waiting(digest)
        check_denies(person, asked.requester, self._site())
        note = Noted(ERASURE_DENIED, (("request", asked.digest),))
        return self._journal.commit(Tag.ERASURE_DENIED, [note], person.actor).seq

    def _waiting(self, digest: str) -> ErasureRequest:
        found = [
            each
            for each in waiting(self._home, self._clock.now())
            if digest and each.digest.startswith(digest)
        ]
        if len(found) != 1:
            raise NotFound(kind="erasure", name=digest)
        return found[0]

    def _check_requester(self, asked: ErasureRequest) -> None:
        """Whoever asked is still there. Raises InvalidRequest."""
        user = self._access().users.user(asked.requester)
        if user.disabled:
            raise InvalidRequest("erase-requester", request=asked.digest[:12], name=user.name)

    # --- retention -----------------------------------------------------------------------------------

    def _expire(self, retention: Retention, actor: Actor) -> Erased:
        found = expired(self._home, retention, self._clock.now())
        said = " ".join(f"{kind}={days}d" for kind, days in sorted(retention.items()))
        return self._erase(found, Text(""), actor, (("retention", said),))

    # --- both ----------------------------------------------------------------------------------------

    def _of(self, selection: Selection, through: int) -> Erasable:
        return erasable(self._home, selection, through)

    def _erase(self, found: Erasable, reason: Text, actor: Actor, said: Sequence[tuple[str, str]]) -> Erased:
        if self._journal.degraded:
            raise InvalidRequest("erase-degraded")
        self._finish()
        left = with_whole_files(self._home, found)
        entry: int | None = None
        texts = files = 0
        for begin in range(0, len(left), TOGETHER):
            part = left[begin : begin + TOGETHER]
            commitments = [each.name for each in part if not each.digest]
            paths = {each.name: each.digest for each in part if each.digest}
            notes = [
                Noted(ERASED_FILE, (("file", path), ("sha256", digest))) for path, digest in paths.items()
            ]
            rest = ("left", str(len(left) - begin - len(part)))
            data = (("files", str(len(paths))), *said, rest)
            entry = self._journal.erase(commitments, reason, actor, data, notes).seq
            texts, files = texts + len(commitments), files + len(paths)
            if entry is None:
                # The spool has it; what it names goes when the database takes it.
                raise InvalidRequest("erase-degraded")
            for path in paths:
                self._home.remove_evidence(path)
        if left or self._unwiped:
            self._unwiped = not self._journal.wipe()
        return Erased(texts, files, entry, wiped=not self._unwiped)

    def _finish(self) -> None:
        """Files that the log says were erased, where a crash left them behind."""
        cited = self._home.citations()
        for path, erased in self._home.erased_files().items():
            if erased > max(cited.get(path, (0,))):
                self._home.remove_evidence(path)


def eraser_of(composition: Composition, home: Home, lead: Lead, access: Callable[[], Access]) -> Eraser:
    """For who leads ``home``."""

    def site() -> str:
        try:
            return composition.documents().inventory.site
        except CordonError:  # then only who may erase at every site may
            return ""

    return Eraser(home, lead, access, site, composition.clock())


class Erasing:
    """The same as a face works with it, whoever leads. ``home`` opens the home without making one; ``ask``
    has the leader carry a request out, and gives the number of its entry. Everything raises CordonError."""

    def __init__(
        self, composition: Composition, home: Callable[[], Home], ask: Callable[[Erase], int | None]
    ) -> None:
        self._composition = composition
        self._home = home
        self._ask = ask

    def preview(self, selection: Selection, through: int | None = None) -> Erasable:
        """``through``: only up to that entry."""
        home = self._home()
        return erasable(home, selection, home.head()[0] if through is None else through)

    def retention(self) -> Retention:
        return retention_from(self._composition.settings.retention)

    def expired(self) -> Erasable:
        """What the settings say has been kept for long enough."""
        return expired(self._home(), self.retention(), self._composition.clock().now())

    def waiting(self) -> tuple[ErasureRequest, ...]:
        return waiting(self._home(), self._composition.clock().now())

    def ask(self, selection: Selection, reason: str, actor: Actor, credentials: Credentials) -> int | None:
        return self._ask(
            Erase(ErasureAct.ASK, actor, selection.data(), reason=reason, credentials=credentials)
        )

    def approve(self, digest: str, actor: Actor, credentials: Credentials) -> int | None:
        return self._ask(Erase(ErasureAct.APPROVE, actor, digest=digest, credentials=credentials))

    def deny(self, digest: str, actor: Actor, credentials: Credentials) -> int | None:
        return self._ask(Erase(ErasureAct.DENY, actor, digest=digest, credentials=credentials))

    def expire(self, actor: Actor) -> int | None:
        retention = self._composition.settings.retention
        return self._ask(Erase(ErasureAct.EXPIRE, actor, retention=retention))


def _told(erased: Erased) -> int | None:
    """Raises InvalidRequest where it is gone from the log and not from the disk yet."""
    if not erased.wiped:
        raise InvalidRequest("erase-not-wiped", entry=erased.entry)
    return erased.entry
