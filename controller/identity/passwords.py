"""Passwords as argon2id hashes (RFC 9106), worked out a few at a time and behind everything else.

A hash is slow and takes much memory on purpose: a flood of wrong passwords would take the machine from a cut.
So hashing has threads of its own, few and of low priority, and a queue that is soon full. While a run acts
there is one hash at a time with a rest after each, and the queue is shorter still: whoever has the right
password is in within seconds, or told to try again.
"""

from __future__ import annotations

import os
import threading
import time
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from controller.domain.errors import SignInBusy

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
        self._taken = 0
        self._one = threading.Lock()
        self._rests_until = 0.0
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        return self._work(self._hash.hash, _prepared(password))

    def check(self, password: str, known: str | None) -> tuple[bool, str | None]:
        return self._work(self._check, _prepared(password), known)

    def _check(self, password: str, known: str | None) -> tuple[bool, str | None]:
        if self._nobody is None:
            self._nobody = self._hash.hash(os.urandom(16).hex())
        try:
            right, renewed = self._hash.verify_and_update(password, known or self._nobody)
        except UnknownHashError:
            return False, None
        return (right, renewed) if known else (False, None)

    def _work(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        places = min(self._places, 1 + ROOM_MEANWHILE) if self._acts() else self._places
        with self._lock:
            if self._taken >= places:
                raise SignInBusy
            self._taken += 1
        try:
            return self._threads.submit(self._in_turn, partial(work, *args, **kwargs)).result()
        finally:
            with self._lock:
                self._taken -= 1

    def _in_turn(self, work: Callable[[], T]) -> T:
        if not self._acts():
            return work()
        with self._one:
            while self._acts() and (left := self._rests_until - time.monotonic()) > 0:
                time.sleep(min(left, _LOOK_EVERY))
            began = time.monotonic()
            try:
                return work()
            finally:
                now = time.monotonic()
                self._rests_until = now + REST * (now - began)


def _prepared(password: str) -> str:
    """The same password typed on another keyboard or system is the same bytes."""
    return unicodedata.normalize("NFKC", password)


def _stand_back() -> None:
    """On Linux a priority is a thread's own."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
