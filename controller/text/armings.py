"""The sessions held open beforehand, as people read of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from controller.domain.armed import LOST, ArmedDevice, Standing
from controller.domain.armed import counted as numbers
from controller.text.catalogue import Catalogue
from controller.text.times import age


def counted(words: Catalogue, found: Iterable[ArmedDevice]) -> str:
    armed, wanted = numbers(found)
    return words.text("armed.count", armed=armed, wanted=wanted)


def failure_text(words: Catalogue, each: ArmedDevice) -> str:
    """Nothing where nothing failed."""
    if not each.failure:
        return ""
    return words.text(f"armed.failure.{LOST}" if each.failure == LOST else f"open.{each.failure}")


def armed_line(words: Catalogue, each: ArmedDevice, now: datetime) -> str:
    """One device: how it stands and since when, then what else is known."""
    parts = [
        words.text(
            "armed.line",
            device=each.device,
            standing=words.text(f"armed.standing.{each.standing.value}"),
            since=f"{each.since.astimezone():%H:%M:%S}",
            why=words.text(f"armed.why.{each.why.value}"),
        )
    ]
    parts.extend(details(words, each, now))
    return "; ".join(parts)


def details(words: Catalogue, each: ArmedDevice, now: datetime) -> Iterator[str]:
    if each.read_at is not None:
        yield words.text("armed.read", age=age(words, each.read_at, now))
    if each.until is not None:
        yield words.text("armed.until", at=f"{each.until.astimezone():%H:%M:%S}")
    if each.failure and each.standing is not Standing.OFF:
        yield words.text("armed.failed", why=failure_text(words, each))
    if each.by:
        yield words.text("armed.by", who=each.by)
