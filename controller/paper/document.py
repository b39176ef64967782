"""A document to read at a desk: sections with a table of contents, paragraphs, lists and tables that run over
as many pages as they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fpdf import FPDF, XPos, YPos

from controller.paper.sheet import BOTTOM, MARGIN, PROSE, Frame, Sheet, shown, unbroken

TEXT = 9.5
SMALL = 8.0

_LINE = 0.45
"""Millimetres of height a point of type takes."""

_PAD = 1.0
_GREY = 238
_SHARES = (0.24, 0.76)
"""Of a name and of what it is."""

_HEADING = 11.0
"""Millimetres of a heading inside a section."""

_GAP = 1.5
"""Millimetres between a number at the right of its column and what begins the next."""


@dataclass(frozen=True, slots=True)
class Said:
    """One paragraph of a cell."""

    text: str
    bold: bool = False


Cell = tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """``bar``: a bar at its left marks it, as what a person said."""

    cells: tuple[Cell, ...]
    bar: bool = False
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """``widths`` are shares of the page's width; ``right`` names the columns of numbers."""

    widths: tuple[float, ...]
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    right: frozenset[int] = frozenset()


def cell(text: str, *, bold: bool = False) -> Cell:
    return (Said(text, bold),)


class Document(Sheet):
    """A sheet with what longer documents need."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._contents = ""

    def contents(self, title: str) -> None:
        """The table of contents, here; what follows begins on a new page."""
        self.need(75)
        self.space(4)
        self.line(title, size=13, bold=True)
        self.space(1)
        self._pdf.insert_toc_placeholder(_contents)

    def section(self, title: str) -> None:
        self.need(48)
        self.space(5)
        # The outline knows where it is; the text is set here.
        self._pdf.start_section(shown(title))
        self.line(title, size=14, bold=True)
        self.rule()

    def subheading(self, title: str) -> None:
        self.need(24)
        self.space(3)
        self.line(title, size=11, bold=True)
        self.space(0.8)

    def paragraph(self, text: str, *, bold: bool = False, size: float = TEXT) -> None:
        self.line(text, size=size, bold=bold)
        self.space(1.2)

    def point(self, text: str) -> None:
        """One of a list."""
        pdf = self._pdf
        self.need(TEXT * _LINE)
        pdf.set_font(PROSE, "", TEXT)
        pdf.cell(5, TEXT * _LINE, "•")
        said = unbroken(shown(text))
        pdf.multi_cell(0, TEXT * _LINE, said, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.space(0.8)

    def boxed(self, text: str) -> None:
        """What nobody may overlook."""
        pdf = self._pdf
        lines = self._lines(text, pdf.epw - 10, 11, bold=True)
        height = len(lines) * 11 * _LINE + 6
        self.need(height + 4)
        self.space(2)
        pdf.set_line_width(0.8)
        pdf.rect(MARGIN, pdf.y, pdf.epw, height)
        pdf.set_xy(MARGIN + 4, pdf.y + 3)
        pdf.set_font(PROSE, "B", 11)
        for said in lines:
            pdf.set_x(MARGIN + 4)
            pdf.cell(0, 11 * _LINE, said, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.space(5)

    # --- tables ----------------------------------------------------------------------------------------

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """What is what, a line each, without rules."""
        for row in _rows(pairs):
            self._row(row, _SHARES, frozenset(), TEXT, ruled=False)
        self.space(1.5)

    def keep_together(self, pairs: Sequence[tuple[str, str]]) -> None:
        """A new page before a heading and its facts, where they would be parted and need not be."""
        height = _HEADING + sum(self._height(row, _SHARES, TEXT) for row in _rows(pairs))
        if height < self.whole_page / 2:
            self.need(height)

    def table(self, table: Table, *, size: float = SMALL) -> None:
        head = Row(tuple(cell(title) for title in table.heads), bold=True)
        self.need(20)
        self._head(head, table, size)
        for row in table.rows:
            self._row(row, table.widths, table.right, size, head=(head, table))
        self.space(3)

    def _head(self, head: Row, table: Table, size: float) -> None:
        self._row(head, table.widths, table.right, size, shade=True)

    def _height(self, row: Row, widths: Sequence[float], size: float) -> float:
        columns = [self._pdf.epw * width - 2 * _PAD for width in widths]
        lines = (
            sum(1 for _ in self._said(found, width, size, bold=row.bold))
            for found, width in zip(row.cells, columns, strict=True)
        )
        return max(lines) * size * _LINE + _PAD

    def _row(
        self,
        row: Row,
        widths: Sequence[float],
        right: frozenset[int],
        size: float,
        *,
        shade: bool = False,
        ruled: bool = True,
        head: tuple[Row, Table] | None = None,
    ) -> None:
        """Goes on over the page where it does not fit on one; the heads are repeated there."""
        pdf, height = self._pdf, size * _LINE
        margin, pdf.c_margin = pdf.c_margin, 0
        columns = [pdf.epw * width for width in widths]
        texts = [
            list(self._said(found, columns[index] - 2 * _PAD, size, bold=row.bold))
            for index, found in enumerate(row.cells)
        ]
        left = max((len(lines) for lines in texts), default=0)
        whole = left * height + 2 * _PAD / 2
        if whole < self.whole_page / 2 and pdf.y + whole > pdf.h - BOTTOM:
            self._over(head, size)
        start = 0
        while start < left:
            room = int((pdf.h - BOTTOM - pdf.y - _PAD) / height)
            if room < 1:
                self._over(head, size)
                continue
            part = [lines[start : start + room] for lines in texts]
            tall = max(len(lines) for lines in part) * height + _PAD
            self._part(part, columns, right, (size, height, tall), shade=shade, bar=row.bar)
            if ruled:
                pdf.set_line_width(0.1)
                pdf.line(MARGIN, pdf.y, pdf.w - MARGIN, pdf.y)
            start += room
        pdf.c_margin = margin

    def _part(
        self,
        part: Sequence[Sequence[tuple[str, bool]]],
        columns: Sequence[float],
        right: frozenset[int],
        measures: tuple[float, float, float],
        *,
        shade: bool,
        bar: bool,
    ) -> None:
        pdf = self._pdf
        size, height, tall = measures
        x, y = MARGIN, pdf.y
        if shade:
            pdf.set_fill_color(_GREY)
            pdf.rect(x, y, pdf.epw, tall, style="F")
        if bar:
            pdf.set_fill_color(0)
            pdf.rect(x - 1.6, y + 0.4, 0.9, tall - 0.8, style="F")
        for index, lines in enumerate(part):
            for number, (text, bold) in enumerate(lines):
                pdf.set_font(PROSE, "B" if bold else "", size)
                pdf.set_xy(x + _PAD, y + _PAD / 2 + number * height)
                width = columns[index] - 2 * _PAD
                if index in right:
                    pdf.cell(width - _GAP, height, text, align="R")
                else:
                    pdf.cell(width, height, text)
            x += columns[index]
        pdf.set_xy(MARGIN, y + tall)

    def _over(self, head: tuple[Row, Table] | None, size: float) -> None:
        self.page()
        if head is not None:
            self._head(*head, size)

    def _said(self, found: Cell, width: float, size: float, *, bold: bool) -> Iterator[tuple[str, bool]]:
        for said in found:
            for line in self._lines(said.text, width, size, bold=bold or said.bold):
                yield line, bold or said.bold

    def _lines(self, text: str, width: float, size: float, *, bold: bool) -> list[str]:
        pdf = self._pdf
        pdf.set_font(PROSE, "B" if bold else "", size)
        found: list[str] = []
        for paragraph in text.splitlines() or [""]:
            said = unbroken(shown(paragraph))
            if pdf.get_string_width(said) <= width:
                found.append(said)
                continue
            lines: Any = pdf.multi_cell(width, size, said, align="L", dry_run=True, output="LINES")
            found.extend(lines)
        return found


def _rows(pairs: Sequence[tuple[str, str]]) -> list[Row]:
    return [Row((cell(name, bold=True), cell(value))) for name, value in pairs]


def _contents(pdf: FPDF, outline: Sequence[Any]) -> None:
    for section in outline:
        link = pdf.add_link(page=section.page_number)
        pdf.set_font(PROSE, "", 10.5)
        number = str(section.page_number)
        width, tail = pdf.epw, pdf.get_string_width(number) + 2
        name = section.name
        dots = max(0, int((width - tail - pdf.get_string_width(name) - 4) / pdf.get_string_width(".")))
        pdf.cell(width - tail, 6.2, f"{name} {'.' * dots}", link=link)
        pdf.cell(tail, 6.2, number, align="R", link=link, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
