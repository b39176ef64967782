"""What happens in a home, told live to any number of watchers: the log itself, entry by entry.

A watcher's place is the number of an entry, so it can leave and come back without losing or hearing anything
twice. Entries of the last minutes are kept at hand; older ones are read from the log again. One that listens
too slowly is told to take stock anew, and nobody waits for it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Condition, Thread
from typing import Any

import structlog

from controller.domain.errors import CordonError
from controller.domain.facts import Actor, Fact, OutcomeRecorded, PointRead, Text
from controller.domain.tags import Tag
from controller.engine.ports import Committed, Journal
from controller.workers.loglines import log_line

KEPT = 2048
"""Entries kept at hand for watchers that were away for a moment."""

QUEUE = 512
"""Events one watcher may be behind."""

_TOGETHER = 0.1
"""Seconds to wait for more once something happened: a cut commits hundreds of times, a watcher reads once."""

_EACH = 0.002
"""Seconds more for each watcher, so that telling many takes no more of a processor than telling a few."""

_LONGEST = 1.0

_UNHEARD = 5.0
"""Seconds to wait for more while nobody listens: then the processor is for whoever acts."""

_LOOK_EVERY = 1.0
"""Seconds between two looks at the log: what went through the spool comes in without a commit of ours."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as watchers hear it: ``seq`` its number, ``tag`` what happened, ``data`` its JSON text;
    ``run`` the run it tells of."""

    seq: int
    tag: str
    data: str
    run: str | None


ReadLog = Callable[[int], Iterator[Told]]
"""Entries later than that number, in order."""


class Subscription:
    """One watcher's queue. ``take`` and ``lost`` are for the watcher, the rest for the feed."""

    def __init__(self, feed: Feed, position: int, notify: Callable[[], None]) -> None:
        self._feed = feed
        self._queue: deque[Told] = deque()
        self._notify = notify
        self._lost = False
        self.position = position

    def take(self) -> tuple[bool, list[Told]]:
        """What came since, and whether something before it was dropped because nobody took it."""
        with self._feed.changed:
            lost, self._lost = self._lost, False
            found = list(self._queue)
            self._queue.clear()
        if found:
            self.position = found[-1].seq
        return lost, found

    def close(self) -> None:
        self._feed.leave(self)

    def offer(self, events: Sequence[Told]) -> None:
        """Called with the feed's lock held."""
        if len(self._queue) + len(events) > QUEUE:
            self._queue.clear()
            self._lost = True
        else:
            self._queue.extend(events)
        self.wake()

    def wake(self) -> None:
        self._notify()


class Feed:
    """Reads the log in a thread of its own as it grows. ``head`` is the last entry it has told."""

    def __init__(self, read: ReadLog, head: int) -> None:
        self.changed = Condition()
        self._read = read
        self._head = head
        self._recent: deque[Told] = deque(maxlen=KEPT)
        self._oldest = head + 1
        self._listening: list[Subscription] = []
        self._woken = False
        self._over = False
        self._thread = Thread(target=self._follow, name="feed", daemon=True)

    @property
    def head(self) -> int:
        with self.changed:
            return self._head

    @property
    def over(self) -> bool:
        return self._over

    @property
    def watchers(self) -> int:
        with self.changed:
            return len(self._listening)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Everybody who listens is told that it is over."""
        with self.changed:
            self._over = True
            self.changed.notify_all()
            for each in self._listening:
                each.wake()

    def stop(self) -> None:
        """As :meth:`end`; returns when the log is no longer read."""
        self.end()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def wake(self) -> None:
        """Something was committed. Never blocks for longer than a moment."""
        with self.changed:
            self._woken = True
            self.changed.notify_all()

    def subscribe(self, after: int, notify: Callable[[], None]) -> Subscription | None:
        """From the entry after ``after`` on; None where that is too long ago: :meth:`page` first.
        ``notify`` is called whenever there is something to take, from another thread."""
        with self.changed:
            if after + 1 < self._oldest:
                return None
            missed = [told for told in self._recent if told.seq > after]
            if len(missed) > QUEUE:
                return None
            subscription = Subscription(self, after, notify)
            self._listening.append(subscription)
            self.changed.notify_all()
            if missed:
                subscription.offer(missed)
            return subscription

    def leave(self, subscription: Subscription) -> None:
        with self.changed:
            if subscription in self._listening:
                self._listening.remove(subscription)

    def page(self, after: int, size: int = 200) -> list[Told]:
        """The next entries of the log that the feed has told. Raises JournalUnreadable."""
        head = self.head
        found: list[Told] = []
        for told in self._read(after):
            if told.seq > head or len(found) == size:
                break
            found.append(told)
        return found

    def _follow(self) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self._woken or self._over, _LOOK_EVERY)
                if self._woken and not self._over:
                    self.changed.wait_for(lambda: self._over or self._listening, _UNHEARD)
                    together = min(_TOGETHER + _EACH * len(self._listening), _LONGEST)
                    self.changed.wait_for(lambda: self._over, together)
                if self._over:
                    return
                self._woken = False
            try:
                self._tell(list(self._read(self._head)))
            except (CordonError, OSError) as error:  # the next look may find a disk that answers
                _log.warning("the log cannot be followed", why=str(error))
            except Exception:  # noqa: BLE001 - one entry nobody can tell must not silence those after it
                _log.exception("the feed failed")

    def _tell(self, new: Sequence[Told]) -> None:
        if not new:
            return
        with self.changed:
            self._recent.extend(new)
            self._head = new[-1].seq
            self._oldest = self._recent[0].seq
            for each in self._listening:
                each.offer(new)


class FollowedJournal:
    """A journal whose commits wake the feed."""

    def __init__(self, journal: Journal, woken: Callable[[], None]) -> None:
        self._journal = journal
        self._woken = woken

    def commit(self, tag: Tag, facts: Sequence[Fact], actor: Actor) -> Committed:
        try:
            return self._journal.commit(tag, facts, actor)
        finally:
            self._woken()

    @property
    def degraded(self) -> bool:
        return self._journal.degraded


def told(seq: int, at: datetime, tag: str, actor: Actor, degraded: bool, facts: Sequence[Fact]) -> Told:
    """An entry as watchers hear it: what it says on one line, and each reading of a point; no transcript."""
    mute = [
        replace(fact, transcript=Text("")) if isinstance(fact, OutcomeRecorded) else fact for fact in facts
    ]
    line = log_line(seq, at, tag, actor, degraded, mute)
    data = {
        "seq": seq,
        "at": line.at,
        "tag": tag,
        "actor": line.actor,
        "run": line.run,
        "data": dict(line.data),
        "text": line.text,
        "points": [_point(fact) for fact in facts if isinstance(fact, PointRead)],
    }
    return Told(seq, tag, json.dumps(data, ensure_ascii=False, separators=(",", ":")), line.run)


def _point(read: PointRead) -> dict[str, Any]:
    return {
        "device": read.point.device,
        "object": read.point.object,
        "vlan": read.point.vlan,
        "wanted": read.wanted.value,
        "outcome": read.outcome.value,
        "proof": read.proof.value,
        "cause": read.cause,
        "read_at": read.read_at.isoformat() if read.read_at else None,
    }
