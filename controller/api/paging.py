"""Pages of a list, from a cursor on: what was listed before is neither repeated nor passed over when the list
grows meanwhile."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from controller.domain.errors import InvalidRequest

T = TypeVar("T")
R = TypeVar("R")

Cursor = Annotated[
    str | None,
    Query(max_length=500, pattern=r"^[A-Za-z0-9_=-]+$", description="``next`` of the page before."),
]
Limit = Annotated[int, Query(ge=1, le=500, description="Most items of a page.")]


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a list is asked for."""

    cursor: Cursor = None
    limit: Limit = 100


WhichPart = Annotated[Part, Depends()]


class Page(BaseModel, Generic[T]):
    """``next`` is the cursor of the next page, null on the last."""

    items: list[T]
    next: str | None = Field(examples=["YWNjLTE"])


def page(items: Sequence[R], key: Callable[[R], str], part: Part, shown: Callable[[R], T]) -> Page[T]:
    """``items`` are in the order of ``key``, which tells them apart."""
    after = read_cursor(part.cursor)
    left = [item for item in items if after is None or key(item) > after]
    found = left[: part.limit]
    following = cursor_after(key(found[-1])) if len(left) > part.limit else None
    return Page(items=[shown(item) for item in found], next=following)


def read_cursor(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidRequest("cursor-unknown", cursor=cursor) from None


def cursor_after(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
