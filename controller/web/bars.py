"""Proof as a bar: how many points are how well known, best first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from controller.domain.proof import Proof
from controller.text import Catalogue

WIDTH = 1000
"""Units of the drawing."""

LEAST = 12
"""A single point among thousands is still seen."""

_OF_A_PROOF = {Proof.CONTRADICTED: "failed"}


@dataclass(frozen=True, slots=True)
class Part:
    """``kind``: as a standing is called. ``x`` and ``width`` out of WIDTH."""

    kind: str
    count: int
    text: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class ProofBar:
    """``label`` says in words what it draws."""

    parts: tuple[Part, ...]
    label: str


def bar_of_proofs(found: Mapping[Proof, int], words: Catalogue) -> ProofBar:
    return bar([(_OF_A_PROOF.get(each, each.value), found.get(each, 0)) for each in reversed(Proof)], words)


def bar(found: Iterable[tuple[str, int]], words: Catalogue) -> ProofBar:
    """Kinds with their counts, as ``standing.<kind>`` names them; those with none are left out."""
    counted = [(kind, count) for kind, count in found if count]
    total = sum(count for _, count in counted)
    widths = [max(WIDTH * count / total, LEAST) for _, count in counted]
    scale = WIDTH / sum(widths) if widths else 0
    parts, x = [], 0.0
    for (kind, count), width in zip(counted, widths, strict=True):
        text = words.text(f"standing.{kind}", count=count)
        parts.append(Part(kind, count, text, round(x, 1), round(width * scale, 1)))
        x += width * scale
    return ProofBar(tuple(parts), ", ".join(each.text for each in parts) or words.text("web.no-points"))
