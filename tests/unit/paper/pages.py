"""What a printed sheet holds, read back from its PDF."""

from __future__ import annotations

import io
import unicodedata

from PIL import Image
from pypdf import PdfReader

SCALE, BORDER = 8, 2


def lines(pdf: bytes) -> list[str]:
    """The text, line by line, page after page."""
    found: list[str] = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        found.extend(line.strip() for line in as_read(page.extract_text()).splitlines() if line.strip())
    return found


def as_read(text: str) -> str:
    """``text`` as :func:`lines` tells it."""
    return unicodedata.normalize("NFKC", text)


def text(pdf: bytes) -> str:
    return " ".join(" ".join(lines(pdf)).split())


def pages(pdf: bytes) -> int:
    return len(PdfReader(io.BytesIO(pdf)).pages)


def matrices(pdf: bytes) -> list[tuple[tuple[int, ...], ...]]:
    """The modules of every QR code, 1 for dark, as segno gives them; every picture is one."""
    return [
        _modules(Image.open(io.BytesIO(each.data)).convert("L"))
        for page in PdfReader(io.BytesIO(pdf)).pages
        for each in page.images
    ]


def _modules(image: Image.Image) -> tuple[tuple[int, ...], ...]:
    count = image.width // SCALE - 2 * BORDER
    middle = BORDER * SCALE + SCALE // 2
    return tuple(
        tuple(int(_dark(image, middle + x * SCALE, middle + y * SCALE)) for x in range(count))
        for y in range(count)
    )


def _dark(image: Image.Image, x: int, y: int) -> bool:
    value = image.getpixel((x, y))
    return isinstance(value, int | float) and value < 128
