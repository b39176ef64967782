"""What keeps a request together with what was done for it, so that asking twice does nothing twice."""

from __future__ import annotations

from controller.domain.facts import Fact, Noted

REQUEST = "request"
"""The subject of the notes that keep :data:`Marks`."""

Marks = tuple[tuple[str, str], ...]
"""What whoever asks wants kept with the first entry of what is done: asked twice in the same words, they can
be told what became of it, whatever happened in between."""


def marked(marks: Marks, run: str = "") -> list[Fact]:
    """The note that keeps ``marks`` with what was done."""
    return [Noted(REQUEST, (*marks, ("run", run)))] if marks else []
