"""What a plan leaves connected, told with ``cordon plan``: for people in short, as an object in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from controller.engine.network.afterwards import Afterwards, SegmentAfter
from controller.text import Catalogue

NAMED = 8
"""Of a list of names; ``--json`` has them all."""


def afterwards_lines(found: Afterwards, words: Catalogue) -> Iterator[str]:
    yield words.text("afterwards.title")
    yield from (f"  {line}" for line in _reach(found, words))
    cut = [each for each in found.segments if each.cut]
    closed = [each.name for each in cut if not each.reaches]
    if closed:
        yield "  " + words.text("afterwards.closed", segments=_some(closed, words))
    for each in cut:
        if each.reaches:
            yield "  " + words.text("afterwards.cut-reaches", segment=each.name, others=_others(each, words))
    spread = [f"{each.name} {each.spread}" for each in cut if each.spread]
    if spread:
        yield "  " + words.text("afterwards.spread", segments=_some(spread, words))
    for each in found.segments:
        if not each.cut:
            others = _others(each, words) or words.text("afterwards.nothing")
            yield "  " + words.text("afterwards.reaches", segment=each.name, others=others)
    shut = [each.name for each in found.conduits if not each.open_to]
    if shut:
        yield "  " + words.text("afterwards.shut", conduits=_some(shut, words))
    for conduit in found.conduits:
        if conduit.open_to:
            segments = _some(conduit.open_to, words)
            yield "  " + words.text("afterwards.open", conduit=conduit.name, segments=segments)


def _reach(found: Afterwards, words: Catalogue) -> Iterator[str]:
    before: frozenset[str] = frozenset()
    for wave in found.waves:
        more = sorted(set(wave.lost) - before)
        if more:
            devices = _some(more, words)
            yield words.text("afterwards.lost", wave=wave.index + 1, count=len(more), devices=devices)
        before |= set(wave.lost)
    if found.way_unknown:
        devices = _some(found.way_unknown, words)
        yield words.text("afterwards.unknown", count=len(found.way_unknown), devices=devices)
    left = len(set(found.managed) - before - set(found.way_unknown))
    yield words.text("afterwards.managed", count=left, total=len(found.managed))


def _others(segment: SegmentAfter, words: Catalogue) -> str:
    every = {family for _, families in segment.reaches for family in families}
    return _some(
        (
            name if set(families) == every else f"{name} (IPv{'/'.join(map(str, families))})"
            for name, families in segment.reaches
        ),
        words,
    )


def _some(names: Iterable[str], words: Catalogue) -> str:
    every: Sequence[str] = list(names)
    shown = ", ".join(every[:NAMED])
    more = len(every) - NAMED
    return shown if more <= 0 else f"{shown} {words.text('afterwards.more', count=more)}"


def plain_afterwards(found: Afterwards) -> dict[str, Any]:
    """``lost`` counts from the wave's end on; what is neither lost nor of unknown way is still managed."""
    return {
        "managed": list(found.managed),
        "way_unknown": list(found.way_unknown),
        "waves": [{"wave": each.index + 1, "lost": list(each.lost)} for each in found.waves],
        "segments": [
            {
                "name": each.name,
                "cut": each.cut,
                "reaches": [{"subject": name, "families": list(families)} for name, families in each.reaches],
                "spread": each.spread,
                "together": [list(group) for group in each.together],
            }
            for each in found.segments
        ],
        "conduits": [
            {"name": each.name, "cut": each.cut, "open_to": list(each.open_to)} for each in found.conduits
        ],
    }
