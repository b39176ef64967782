"""Frozen dataclasses as tables of distinct values, column by column: for what is large and full of repetition
and has to be read fast. The plan of a hundred thousand steps is read in a fraction of the time it takes to
compile it; :mod:`controller.domain.codec` writes the same values one by one, for records that must be read
without knowing the types.

Every dataclass, named tuple, tuple and mapping has its table, those it is made of before it; a value stands
for another by its row. Equal values come back as one object.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from itertools import chain, cycle
from operator import attrgetter
from typing import Any, TypeVar

from controller.domain.bulk import uncollected

T = TypeVar("T")

Tables = list[list[list[Any]]]
"""A table is a list of columns for a dataclass or named tuple, a list of rows for a tuple, keys and values in
turn for a mapping. What is left in them are strings, integers, booleans and None."""


def to_tables(kind: type[T], value: T) -> Tables:
    """``value``, an instance of the dataclass ``kind``. Raises TypeError for a type without such a form."""
    root: Any = kind
    written: dict[Any, _Written] = {hint: _Written(hint) for hint in _order(root)}
    for hint, table in written.items():
        table.parts = [_form(part, written) for part in _parts(hint)]
    with uncollected():
        written[root].row(value)
    return [table.content() for table in written.values()]


def from_tables(kind: type[T], tables: Tables) -> T:
    """The inverse. Raises ValueError, TypeError, KeyError or IndexError for what is plainly something else;
    that ``tables`` are what was written is for a digest to prove."""
    root: Any = kind
    known: dict[Any, list[Any]] = {}
    with uncollected():
        for hint, content in zip(_order(root), tables, strict=True):
            known[hint] = _read(hint, content, known)
    return typing.cast(T, known[root][0])


class _Written:
    """One table being written. ``parts``: of each part of a value what stands for it in a row, None where it
    stands for itself."""

    def __init__(self, hint: Any) -> None:
        self._hint = hint
        self._rows: dict[tuple[Any, ...], int] = {}
        self._seen: dict[int, int] = {}
        self._kept: list[object] = []  # an identity counts as long as its object lives
        self._items = _items(hint)
        self.parts: list[_Form | None] = []

    def row(self, value: Any) -> int:
        found = self._seen.get(id(value))
        if found is None:
            row = tuple(
                [
                    item if form is None or item is None else form(item)
                    for item, form in zip(self._items(value), cycle(self.parts), strict=False)
                ]
            )
            found = self._seen[id(value)] = self._rows.setdefault(row, len(self._rows))
            self._kept.append(value)
        return found

    def content(self) -> list[list[Any]]:
        rows = [list(row) for row in self._rows]
        return [list(column) for column in zip(*rows, strict=True)] if _is_record(self._hint) else rows


def _items(hint: Any) -> Callable[[Any], Iterable[Any]]:
    """How the parts of a value are had."""
    if is_dataclass(hint):
        names = _names(hint)
        return attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    if _is_record(hint) or not _is_mapping(hint):
        return iter
    return lambda value: chain.from_iterable(value.items())


_Form = Callable[[Any], Any]


def _read(hint: Any, content: list[list[Any]], known: Mapping[Any, list[Any]]) -> list[Any]:
    if not content:
        return []
    parts = _parts(hint)
    if _is_record(hint):
        columns = [_values(part, column, known) for part, column in zip(parts, content, strict=True)]
        return list(map(hint, *columns))
    if _is_mapping(hint):
        key, item = parts
        return [
            dict(zip(_values(key, row[::2], known), _values(item, row[1::2], known), strict=True))
            for row in content
        ]
    if len(parts) == 1:
        return [tuple(_values(parts[0], row, known)) for row in content]
    turned = zip(*content, strict=True)
    columns = [_values(part, list(column), known) for part, column in zip(parts, turned, strict=True)]
    return list(zip(*columns, strict=True))


def _values(hint: Any, stored: Sequence[Any], known: Mapping[Any, list[Any]]) -> Sequence[Any]:
    """The values of one column, or of one row of values alike."""
    bare = _bare(hint)
    table: Any = known.get(bare)
    if table is None and not issubclass(bare, StrEnum):
        return stored
    look_up = (_members(bare) if table is None else table).__getitem__
    if bare is not hint:
        return [None if each is None else look_up(each) for each in stored]
    return list(map(look_up, stored))


@cache
def _order(kind: Any) -> tuple[Any, ...]:
    """The types that have a table, each after those it is made of."""
    found: dict[Any, None] = {}

    def visit(hint: Any) -> None:
        if hint not in found and not _is_scalar(hint):
            for part in _parts(hint):
                visit(_bare(part))
            found[hint] = None

    visit(kind)
    return tuple(found)


@cache
def _parts(hint: Any) -> tuple[Any, ...]:
    """The types of the parts of a value: one for each column, or those that take turns in a row."""
    if is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return tuple(hints[name] for name in _names(hint))
    if _is_record(hint):
        return tuple(typing.get_type_hints(hint).values())
    arguments = typing.get_args(hint)
    return arguments[:1] if arguments[1:] == (...,) else arguments


def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.init)


@cache
def _is_record(hint: Any) -> bool:
    """A dataclass or named tuple."""
    return isinstance(hint, type) and not typing.get_args(hint) and not _is_scalar(hint)


@cache
def _is_mapping(hint: Any) -> bool:
    return issubclass(typing.get_origin(hint) or hint, Mapping)


@cache
def _is_scalar(hint: Any) -> bool:
    if typing.get_origin(hint) is not None:
        if not issubclass(typing.get_origin(hint), tuple | Mapping):
            raise TypeError(f"no table for {hint}")
        return False
    if is_dataclass(hint) or (issubclass(hint, tuple) and hasattr(hint, "_fields")):
        return False
    if issubclass(hint, bool | int | str):
        return True
    raise TypeError(f"no table for {hint.__name__}")


@cache
def _bare(hint: Any) -> Any:
    """The type without ``| None``."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        arguments = [each for each in typing.get_args(hint) if each is not types.NoneType]
        if len(arguments) != 1:
            raise TypeError(f"no table for {hint}")
        return _bare(arguments[0])
    return hint


def _form(part: Any, written: Mapping[Any, _Written]) -> _Form | None:
    bare = _bare(part)
    if bare in written:
        return written[bare].row
    return attrgetter("value") if issubclass(bare, StrEnum) else None


@cache
def _members(kind: type[StrEnum]) -> Mapping[str, StrEnum]:
    return {member.value: member for member in kind}
