"""Where a thread is, for every line the program logs meanwhile; :mod:`controller.telemetry.logs` adds it.

The engine logs with the standard library: what gives its lines their form takes longer to import than a
request to the leader takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_BOUND: ContextVar[Mapping[str, str]] = ContextVar("log_context", default=MappingProxyType({}))


def log_context() -> Mapping[str, str]:
    """What is bound in this thread: ``run``, ``device``, ``point``, those known."""
    return _BOUND.get()


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Within, lines of this thread, a library's too, say ``values`` beside what they said before."""
    before = _BOUND.set({**_BOUND.get(), **values})
    try:
        yield
    finally:
        _BOUND.reset(before)
