"""One printable document: A4, large type, black on white, every page saying what it belongs to.

Coordinates and sizes are millimetres, sizes of type are points.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import segno
from fpdf import FPDF, XPos, YPos

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells every table it leaves out

MARGIN = 15.0
BOTTOM = 22.0
BODY = 12.0
LEAST = 8.0
"""The smallest type a command is set in, so as to stay on one line, before it is broken."""

PROSE, CONSOLE = "prose", "console"
_UNBROKEN = "\N{NO-BREAK SPACE}"
"""Before the double marks of French; the only character that is not printable and yet stays."""

BROKEN = "↪ "
"""Stands before the rest of a command too long for one line: it goes on, nobody presses Enter before it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page says. ``foot`` stands in small type at its left, ``page`` holds ``{page}`` and
    ``{pages}``."""

    title: str
    foot: tuple[str, ...]
    page: str
    lang: str
    printed_at: datetime


class Sheet:
    """A document being set, from top to bottom."""

    def __init__(self, frame: Frame) -> None:
        self._pdf = pdf = _Pages(frame)
        fonts = Path(str(files("controller.paper"))) / "fonts"
        pdf.add_font(PROSE, "", fonts / "DejaVuSans.ttf")
        pdf.add_font(PROSE, "B", fonts / "DejaVuSans-Bold.ttf")
        pdf.add_font(CONSOLE, "", fonts / "DejaVuSansMono.ttf")
        pdf.add_font(CONSOLE, "B", fonts / "DejaVuSansMono-Bold.ttf")
        pdf.set_margins(MARGIN, MARGIN)
        pdf.set_auto_page_break(True, BOTTOM)
        pdf.set_lang(frame.lang)
        pdf.set_title(frame.title)
        pdf.set_creation_date(frame.printed_at)
        pdf.add_page()

    def content(self) -> bytes:
        return bytes(self._pdf.output())

    # --- pieces -------------------------------------------------------------------------------------

    def title(self, text: str) -> None:
        self.line(text, size=24, bold=True)
        self.space(1)

    def heading(self, text: str) -> None:
        """Never the last thing on a page."""
        self.need(30)
        self.space(4)
        self.line(text, size=16, bold=True)
        self.rule()

    def line(
        self, text: str, *, size: float = BODY, bold: bool = False, console: bool = False, width: float = 0
    ) -> None:
        """``text`` set over as many lines as it needs; ``width`` 0 is all there is."""
        pdf = self._pdf
        pdf.set_font(CONSOLE if console else PROSE, "B" if bold else "", size)
        height = size * 0.48
        said = shown(text) if console else unbroken(shown(text))
        pdf.multi_cell(width, height, said, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def bullet(self, text: str) -> None:
        pdf = self._pdf
        pdf.set_font(PROSE, "", BODY)
        pdf.cell(6, BODY * 0.48, "•")
        said = unbroken(shown(text))
        pdf.multi_cell(0, BODY * 0.48, said, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def commands(self, lines: Iterable[str]) -> None:
        """What to type, with a bar at its left. A command stays on one line if small type lets it."""
        pdf = self._pdf
        room = pdf.epw - 8
        for line in lines:
            size = self._fitting(shown(line), room)
            for index, part in enumerate(self._parts(shown(line), size, room)):
                height = size * 0.5
                if pdf.will_page_break(height):
                    pdf.add_page()
                pdf.set_line_width(0.8)
                pdf.line(MARGIN + 2, pdf.y, MARGIN + 2, pdf.y + height)
                pdf.set_x(MARGIN + 6)
                pdf.set_font(CONSOLE, "B", size)
                text = part if index == 0 else BROKEN + part
                pdf.cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def box(self, *, size: float = 7) -> None:
        """A box to tick, at the left; what follows stands beside it."""
        pdf = self._pdf
        pdf.set_line_width(0.6)
        pdf.rect(MARGIN, pdf.y + 0.5, size, size)
        pdf.set_x(MARGIN + size + 4)

    def beside(self, text: str, *, size: float, bold: bool = True, console: bool = False) -> None:
        """One line after what stands there already, without moving on to the next."""
        self._pdf.set_font(CONSOLE if console else PROSE, "B" if bold else "", size)
        self._pdf.cell(self._pdf.get_string_width(shown(text)) + 4, size * 0.48, shown(text))

    def end_line(self, height: float) -> None:
        self._pdf.set_x(MARGIN)
        self._pdf.set_y(self._pdf.y + height)

    def qr(self, content: str, size: float = 24) -> None:
        """At the right margin, its top where the text is; the text goes on beside it."""
        pdf = self._pdf
        stream = io.BytesIO()
        code(content).save(stream, kind="png", scale=8, border=2)
        x, y = pdf.x, pdf.y
        pdf.image(stream, x=pdf.w - MARGIN - size, y=y, w=size)
        pdf.set_xy(x, y)

    def rule(self) -> None:
        pdf = self._pdf
        pdf.set_line_width(0.3)
        pdf.line(MARGIN, pdf.y, pdf.w - MARGIN, pdf.y)
        self.space(2)

    def space(self, height: float) -> None:
        self._pdf.set_y(self._pdf.y + height)

    def page(self) -> None:
        self._pdf.add_page()

    def need(self, height: float) -> bool:
        """A new page, unless ``height`` is left on this one; whether one was begun."""
        wanting = self._pdf.y + height > self._pdf.h - BOTTOM
        if wanting:
            self._pdf.add_page()
        return wanting

    @property
    def whole_page(self) -> float:
        return float(self._pdf.h - MARGIN - BOTTOM)

    @contextmanager
    def narrow(self, right: float) -> Iterator[None]:
        """Keeps ``right`` free at the right, for what stands there."""
        pdf = self._pdf
        pdf.set_right_margin(MARGIN + right)
        try:
            yield
        finally:
            pdf.set_right_margin(MARGIN)

    # --- commands -----------------------------------------------------------------------------------

    def _fitting(self, line: str, room: float) -> float:
        size = BODY
        while size > LEAST and self._width(line, size) > room:
            size -= 0.5
        return size

    def _parts(self, line: str, size: float, room: float) -> list[str]:
        if self._width(line, size) <= room:
            return [line]
        fits = int(room / self._width("0", size)) - len(BROKEN)
        return [line[start : start + fits] for start in range(0, len(line), fits)]

    def _width(self, text: str, size: float) -> float:
        self._pdf.set_font(CONSOLE, "B", size)
        return float(self._pdf.get_string_width(text))


class _Pages(FPDF):
    def __init__(self, frame: Frame) -> None:
        super().__init__(format="A4")
        self._frame = frame
        self.alias_nb_pages("{nb}")

    def footer(self) -> None:
        frame = self._frame
        self.set_line_width(0.3)
        self.line(MARGIN, self.h - BOTTOM + 5, self.w - MARGIN, self.h - BOTTOM + 5)
        self.set_y(-BOTTOM + 6)
        self.set_font(PROSE, "B", 10)
        # Set from a fixed place: the width of the number of pages is not known yet.
        self.set_x(self.w - MARGIN - 32)
        self.cell(32, 4, frame.page.format(page=self.page_no(), pages="{nb}"), new_x=XPos.LMARGIN)
        self.set_font(PROSE, "", 8)
        for text in frame.foot:
            self.cell(0, 4, shown(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def code(content: str) -> segno.QRCode:
    """The QR code printed for ``content``."""
    return segno.make_qr(content, error="m")


def unbroken(text: str) -> str:
    """``text`` whose French punctuation stays on the line of its word."""
    text = text.replace("« ", f"«{_UNBROKEN}")
    for mark in "»:;!?%":
        text = text.replace(f" {mark}", f"{_UNBROKEN}{mark}")
    return text


def shown(text: str) -> str:
    """``text`` without what is no character on paper: a device or a person wrote it."""
    return "".join(each if each.isprintable() or each == _UNBROKEN else "?" for each in text)
