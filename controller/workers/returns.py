"""Plans of return, kept compiled as long as what they rest on is the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import RLock
from typing import TypeVar

from controller.domain.plan import Plan
from controller.engine.holding.waiting import Awaited, awaited
from controller.engine.planning.plans import CutsAgain, Documents, Held, Return, plan_return
from controller.engine.planning.watching import open_probations
from controller.engine.points.holds import HoldBook
from controller.engine.ports import Clock, History

T = TypeVar("T")

AT_HAND = 16
"""Of what was asked for last."""

_AWAITED: tuple[str, str | None] = ("awaited", None)
"""The key of what is awaited without a playbook."""


def _changes(history: History) -> Hashable:
    return (history.changes(), open_probations(history))


class Returns:
    """For who asks again and again: compiling the return of a large site takes seconds, and most of what
    happens in a crisis changes nothing about it. Whatever does has it compiled anew, before it is shown or
    sent. For many threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = RLock()
        self._rest_on: tuple[History, Documents, Hashable] | None = None
        self._held: Held | None = None
        self._again: CutsAgain | None = None
        self._made: OrderedDict[Hashable, object] = OrderedDict()

    def book(self, documents: Documents, history: History) -> HoldBook:
        """What is held now; to be read only."""
        with self._lock:
            return self._now(documents, history).book

    def plan(self, documents: Documents, history: History, wanted: Return) -> Plan:
        """As :func:`controller.engine.planning.plans.plan_return`."""
        with self._lock:
            held = self._now(documents, history)
            return self._kept(wanted, lambda: plan_return(documents, held.book, history, wanted, held))

    def awaited(self, documents: Documents, history: History, playbook: str | None) -> Awaited:
        """As :func:`controller.engine.holding.waiting.awaited`."""
        with self._lock:
            held = self._now(documents, history)
            return self._kept(
                ("awaited", playbook),
                lambda: awaited(
                    lambda wanted: plan_return(documents, held.book, history, wanted, held), playbook
                ),
            )

    def at_hand(self, documents: Documents, history: History) -> Awaited | None:
        """What is awaited without a playbook, if nothing has to be compiled or counted for it, nor waited
        for."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            found = self._made.get(_AWAITED) if self._stands(documents, history, _changes(history)) else None
        finally:
            self._lock.release()
        return found if isinstance(found, Awaited) and found.counted else None

    def _now(self, documents: Documents, history: History) -> Held:
        """Asked before anything is read: what changes meanwhile is seen the next time."""
        changes = _changes(history)
        if self._held is None or not self._stands(documents, history, changes):
            self._made.clear()
            if self._again is None or self._again.documents is not documents:
                self._again = CutsAgain(documents)
            self._held = Held(documents, HoldBook(history, self._clock), history, self._again)
            self._rest_on = (history, documents, changes)
        return self._held

    def _stands(self, documents: Documents, history: History, changes: Hashable) -> bool:
        """Whether what was made rests on what is."""
        known = self._rest_on
        return (
            self._held is not None
            and known is not None
            and known[0] is history
            and known[1] is documents
            and known[2] == changes
            and not self._held.book.blind
        )

    def _kept(self, key: Hashable, make: Callable[[], T]) -> T:
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = make()
        self._made.move_to_end(key)
        while len(self._made) > AT_HAND:
            self._made.popitem(last=False)
        return found  # type: ignore[return-value]  # what stands under a key was made for it
