"""Passwords as argon2id hashes (RFC 9106), worked out a few at a time and behind everything else.

A hash is slow and takes much memory on purpose: a flood of wrong passwords would take the machine from a cut.
So hashing has threads of its own, few and of low priority, and a queue that is soon full. While a run acts
there is one hash at a time with a rest after each, and the queue is shorter still. Whoever comes from where
nobody failed goes before those who guess, and takes their place in a full queue.
"""

from __future__ import annotations

import os
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any, ParamSpec, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from controller.domain.errors import SignInBusy
from controller.engine.people.accounts import KNOWN, Turn

P = ParamSpec("P")
T = TypeVar("T")

NICE = 10
"""The priority of the hashing threads: everything else goes before."""

ROOM = 16
"""How many may wait for a thread: each keeps one of those that answer requests."""

ROOM_MEANWHILE = 3
"""While a run acts."""

REST = 4.0
"""Times as long as a hash took nothing is hashed after it, while a run acts."""

_LOOK_EVERY = 0.05


@dataclass(eq=False, slots=True)
class _Asked:
    """Somebody who waits for a thread."""

    work: Callable[[], Any]
    turn: Turn
    answer: Future[Any] = field(default_factory=Future)


class Argon2Passwords:
    """Implements Passwords. ``memory`` in KiB; ``room``: how many may wait for a thread; ``acts``: whether a
    run does."""

    def __init__(
        self,
        passes: int,
        memory: int,
        threads: int,
        room: int = ROOM,
        acts: Callable[[], bool] = lambda: False,
    ) -> None:
        self._hash = PasswordHash((Argon2Hasher(time_cost=passes, memory_cost=memory, parallelism=1),))
        self._threads = ThreadPoolExecutor(threads, "passwords", initializer=_stand_back)
        self._acts = acts
        self._lock = threading.Lock()
        self._places = threads + room
        self._under_way = 0
        self._waiting: list[_Asked] = []
        self._one = threading.Lock()
        self._rests_until = 0.0
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        return self._work(KNOWN, self._hash.hash, _prepared(password))

    def check(self, password: str, known: str | None, turn: Turn = KNOWN) -> tuple[bool, str | None]:
        return self._work(turn, self._check, _prepared(password), known)

    def _check(self, password: str, known: str | None) -> tuple[bool, str | None]:
        if self._nobody is None:
            self._nobody = self._hash.hash(os.urandom(16).hex())
        try:
            right, renewed = self._hash.verify_and_update(password, known or self._nobody)
        except UnknownHashError:
            return False, None
        return (right, renewed) if known else (False, None)

    def _work(self, turn: Turn, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        asked = _Asked(partial(work, *args, **kwargs), turn)
        places = min(self._places, 1 + ROOM_MEANWHILE) if self._acts() else self._places
        with self._lock:
            self._waiting.append(asked)
            over = self._under_way + len(self._waiting) - places
            for each in _in_order(self._waiting)[-over:] if over > 0 else ():
                self._waiting.remove(each)
                each.answer.set_exception(SignInBusy())
        if not asked.answer.done():
            # One call for each who waits; whom it serves is decided when a thread is free.
            self._threads.submit(self._next)
        found: T = asked.answer.result()
        return found

    def _next(self) -> None:
        if not self._acts():
            self._serve()
            return
        with self._one:
            while self._acts() and (left := self._rests_until - time.monotonic()) > 0:
                time.sleep(min(left, _LOOK_EVERY))
            began = time.monotonic()
            self._serve()
            now = time.monotonic()
            self._rests_until = now + REST * (now - began)

    def _serve(self) -> None:
        with self._lock:
            if not self._waiting:
                return
            asked = _in_order(self._waiting)[0]
            self._waiting.remove(asked)
            self._under_way += 1
        try:
            asked.answer.set_result(asked.work())
        except BaseException as error:  # noqa: BLE001 - whoever waits is told, whatever it was
            asked.answer.set_exception(error)
        finally:
            with self._lock:
                self._under_way -= 1


def _in_order(waiting: Iterable[_Asked]) -> list[_Asked]:
    """Who is served first, first: by how far their place stands behind, then one of each place after the
    other."""
    seen: Counter[str] = Counter()
    ranked: list[tuple[int, int, int, _Asked]] = []
    for number, each in enumerate(waiting):
        ranked.append((each.turn.behind, seen[each.turn.place], number, each))
        seen[each.turn.place] += 1
    return [each for *_, each in sorted(ranked, key=itemgetter(0, 1, 2))]


def _prepared(password: str) -> str:
    """The same password typed on another keyboard or system is the same bytes."""
    return unicodedata.normalize("NFKC", password)


def _stand_back() -> None:
    """On Linux a priority is a thread's own."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
