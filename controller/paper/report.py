"""The report of an incident as pages: what a director reads first, then everything it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest

from controller.paper.document import Document, Table
from controller.paper.sheet import Frame
from controller.paper.walk import Seal, print_seal


@dataclass(frozen=True, slots=True)
class Facts:
    """What is what."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Points:
    """A list."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sub:
    """A heading inside a section."""

    title: str


@dataclass(frozen=True, slots=True)
class Commands:
    """Lines to type."""

    lines: tuple[str, ...]


Block = str | Facts | Points | Sub | Commands | Table | Seal
"""A text is a paragraph."""


@dataclass(frozen=True, slots=True)
class Part:
    """``apart``: on a page of its own."""

    title: str
    blocks: tuple[Block, ...]
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """``warning`` stands in a box before everything, "" where there is nothing to warn of; ``summary`` and
    ``facts`` are the first page."""

    title: str
    subtitle: str
    facts: Facts
    warning: str
    summary: Part
    contents: str
    parts: tuple[Part, ...] = field(default=())


def print_report(frame: Frame, report: Report) -> bytes:
    """The PDF."""
    page = Document(frame)
    page.title(report.title)
    page.line(report.subtitle, size=13)
    page.space(3)
    if report.warning:
        page.boxed(report.warning)
    page.facts(report.facts.pairs)
    _print_part(page, report.summary)
    page.contents(report.contents)
    for part in report.parts:
        _print_part(page, part)
    return page.content()


def _print_part(page: Document, part: Part) -> None:
    if part.apart:
        page.page()
    page.section(part.title)
    for block, following in zip_longest(part.blocks, part.blocks[1:]):
        if isinstance(block, Sub) and isinstance(following, Facts):
            page.keep_together(following.pairs)
        match block:
            case str():
                page.paragraph(block)
            case Facts(pairs):
                page.facts(pairs)
            case Points(texts):
                for text in texts:
                    page.point(text)
                page.space(1.5)
            case Sub(title):
                page.subheading(title)
            case Commands(lines):
                page.commands(lines)
                page.space(2)
            case Table():
                page.table(block)
            case Seal():
                print_seal(page, "", block)
