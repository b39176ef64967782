"""Passwords as argon2id hashes (RFC 9106), worked out a few at a time and behind everything else.

A hash is slow and takes much memory on purpose: a flood of wrong passwords would take the machine from a cut.
So hashing has threads of its own, few and of low priority, and a queue that is soon full.
"""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from controller.domain.errors import SignInBusy

P = ParamSpec("P")
T = TypeVar("T")

NICE = 10
"""The priority of the hashing threads: everything else goes before."""


class Argon2Passwords:
    """Implements Passwords. ``memory`` in KiB; ``room``: how many may wait for a thread."""

    def __init__(self, passes: int, memory: int, threads: int, room: int = 32) -> None:
        self._hash = PasswordHash((Argon2Hasher(time_cost=passes, memory_cost=memory, parallelism=1),))
        self._threads = ThreadPoolExecutor(threads, "passwords", initializer=_stand_back)
        self._places = threading.BoundedSemaphore(threads + room)
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
        if not self._places.acquire(blocking=False):
            raise SignInBusy
        try:
            return self._threads.submit(work, *args, **kwargs).result()
        finally:
            self._places.release()


def _prepared(password: str) -> str:
    """The same password typed on another keyboard or system is the same bytes."""
    return unicodedata.normalize("NFKC", password)


def _stand_back() -> None:
    """On Linux a priority is a thread's own."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
