"""Requests that count once: a key a client chose, with what was asked under it and what became of it.

What an act begins with carries the key into the log (see ``Marks``), so that a client that heard no answer
can ask again, in the same words, also after the service died in between.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from controller.domain.errors import InvalidRequest
from controller.domain.facts import Actor, Noted
from controller.domain.tags import Tag
from controller.engine.execution.marks import REQUEST, Marks
from controller.workers.resident import Resident

REMEMBERED = timedelta(hours=24)
"""A key counts this long."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """``body``: digest of what was asked. ``answer`` is None while it is under way, or where all that is left
    of it is the ``run`` it began."""

    body: str
    at: datetime
    run: str = ""
    status: int = 0
    answer: Any = None
    over: bool = False


class Receipts:
    """The keys of the last day. Safe to call from many threads."""

    def __init__(self, office: Resident) -> None:
        self._office = office
        self._clock = office.composition.clock()
        self._lock = Lock()
        self._known: dict[str, Receipt] = {}
        self._load()

    def claim(self, person: str, key: str, body: bytes) -> tuple[Receipt | None, Marks]:
        """The receipt of the same request asked before, or the marks it is to be carried out with. Raises
        InvalidRequest where the key stands for something else (key-reused) or it is still under way
        (request-under-way)."""
        name, asked = _name(person, key), hashlib.sha256(body).hexdigest()
        now = self._clock.now()
        with self._lock:
            self._forget(now)
            known = self._known.get(name)
            if known is None:
                self._known[name] = Receipt(asked, now)
                return None, (("key", name), ("body", asked))
        if known.body != asked:
            raise InvalidRequest("key-reused", key=key)
        if not known.over:
            raise InvalidRequest("request-under-way", key=key)
        return known, ()

    def release(self, person: str, key: str) -> None:
        """It came to nothing: it may be asked again."""
        with self._lock:
            known = self._known.get(_name(person, key))
            if known is not None and not known.over:
                del self._known[_name(person, key)]

    def settle(self, person: str, key: str, status: int, answer: Any, actor: Actor, *, marked: bool) -> None:
        """``marked``: the act itself put the key on record, and its answer can be told from there."""
        name = _name(person, key)
        with self._lock:
            known = self._known[name]
            run = str(answer.get("run", "")) if isinstance(answer, dict) else ""
            self._known[name] = Receipt(known.body, known.at, run, status, answer, over=True)
        if not marked:
            data = (("key", name), ("body", known.body), ("run", run), ("status", str(status)))
            self._office.journal.commit(Tag.REQUEST_ANSWERED, [Noted(REQUEST, data)], actor)

    def _load(self) -> None:
        now = self._clock.now()
        for at, note in self._office.noted(REQUEST):
            data = dict(note.data)
            if "key" in data and now - at < REMEMBERED:
                status = int(data.get("status") or 0)
                self._known[data["key"]] = Receipt(
                    data.get("body", ""), at, data.get("run", ""), status, over=True
                )

    def _forget(self, now: datetime) -> None:
        for name in [name for name, known in self._known.items() if now - known.at > REMEMBERED]:
            del self._known[name]


def _name(person: str, key: str) -> str:
    return hashlib.sha256(json.dumps([person, key]).encode()).hexdigest()
