"""Long lists in parts: ``?part=2`` of the same address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from controller.web.visits import Visit

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """``number`` out of ``parts``, from 1; ``before`` and ``after`` are addresses, "" at the ends."""

    items: Sequence[T]
    number: int
    parts: int
    total: int
    before: str
    after: str

    def showing(self, items: Sequence[U]) -> Part[U]:
        """The same part with what is shown of each item in its place."""
        return Part(items, self.number, self.parts, self.total, self.before, self.after)


def part(items: Sequence[T], visit: Visit, size: int) -> Part[T]:
    asked = visit.sent.get("part", "1")
    parts = max(1, -(-len(items) // size))
    number = min(max(1, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1), parts)
    at = (number - 1) * size
    return Part(
        items=items[at : at + size],
        number=number,
        parts=parts,
        total=len(items),
        before=_address(visit, number - 1) if number > 1 else "",
        after=_address(visit, number + 1) if number < parts else "",
    )


def _address(visit: Visit, number: int) -> str:
    query = [(name, value) for name, value in parse_qsl(visit.request.url.query) if name != "part"]
    return f"{visit.request.url.path}?{urlencode([*query, ('part', str(number))])}"
