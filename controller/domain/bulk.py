"""Building very many small values at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector of cycles: in a plan of a hundred thousand steps there is none, and looking for
    them again and again takes as long as planning. Memory without cycles is freed as ever."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


_YOUNG, _MIDDLE, _OLD = 50_000, 20, 20


def settled() -> None:
    """What is in memory by now stays: the collector of cycles need not walk through it again and again, nor
    look after every few hundred values of the tens of thousands that a page is made of. For a process that
    has read what it will keep."""
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
