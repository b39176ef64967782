"""How the log itself stands while a report is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from controller.workers.auditing import SignedHead


@dataclass(frozen=True, slots=True)
class Standing:
    """``entries`` of the log were verified; ``problem`` is the code of the first fault, in entry
    ``first_bad`` if it is in one, "" where the log is whole. The first ``signed`` are under one of
    ``checkpoints`` signatures; ``keys`` signed, in order, at the entries ``replaced`` without the word of the
    one before. ``erased`` texts are gone by the law."""

    entries: int
    chain: str
    origin: str
    problem: str = ""
    detail: str = ""
    first_bad: int | None = None
    signed: int = 0
    checkpoints: int = 0
    keys: tuple[str, ...] = ()
    replaced: tuple[int, ...] = ()
    erased: int = 0
    head: SignedHead | None = None
