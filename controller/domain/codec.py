"""Frozen dataclasses to plain JSON values and back, by their type hints."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from controller.domain.bulk import uncollected

T = TypeVar("T")


_Form = Callable[[Any], Any]


def to_plain(value: object) -> Any:
    """``value`` as dicts, lists, strings, integers, booleans and None."""
    kind: Any = type(value)
    return _writer(kind)(value)


def from_plain(kind: type[T], value: object) -> T:
    """The inverse of :func:`to_plain`; a field that has a default may be missing, as in what an older Cordon
    wrote. Raises TypeError, KeyError or ValueError on anything else."""
    hint: Any = kind
    with uncollected():
        return typing.cast(T, _reader(hint)(value))


# Plans of a hundred thousand steps are written and read: what to do with a type is worked out once.


@cache
def _writer(kind: Any) -> _Form:
    if is_dataclass(kind):
        names = tuple(_hints(kind))
        return lambda value: {name: to_plain(getattr(value, name)) for name in names}
    if issubclass(kind, StrEnum):
        return lambda value: value.value
    if issubclass(kind, datetime):
        return datetime.isoformat
    if issubclass(kind, Mapping):
        return lambda value: {str(to_plain(key)): to_plain(item) for key, item in value.items()}
    if issubclass(kind, tuple | list):
        return lambda value: [to_plain(item) for item in value]
    if issubclass(kind, frozenset):
        return lambda value: sorted(to_plain(item) for item in value)
    if issubclass(kind, bool | int | str | types.NoneType):
        return lambda value: value
    raise TypeError(f"no plain form for {kind.__name__}")


@cache
def _reader(kind: Any) -> _Form:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        read = _reader(next(argument for argument in arguments if argument is not type(None)))
        return lambda value: None if value is None else read(value)
    if origin is not None:
        return _collection_reader(origin, arguments)
    if isinstance(kind, typing.NewType):
        return _reader(kind.__supertype__)
    if is_dataclass(kind):
        return _dataclass_reader(kind)
    if issubclass(kind, StrEnum):
        by_value = {member.value: member for member in kind}
        return lambda value: by_value[value]
    if issubclass(kind, datetime):
        return datetime.fromisoformat
    if issubclass(kind, tuple):
        named: Any = kind
        return _tuple_reader(named._make, tuple(typing.get_type_hints(kind).values()))
    return lambda value: _expect(kind, value)


def _collection_reader(origin: Any, arguments: tuple[Any, ...]) -> _Form:
    if issubclass(origin, Mapping):
        read_key, read_item = _reader(arguments[0]), _reader(arguments[1])
        return lambda value: {read_key(key): read_item(item) for key, item in _expect(dict, value).items()}
    if origin is tuple and arguments[1:] != (...,):
        return _tuple_reader(tuple, arguments)
    read = _reader(arguments[0])
    return lambda value: origin(map(read, _expect(list, value)))


def _tuple_reader(make: _Form, hints: tuple[Any, ...]) -> _Form:
    reads = tuple(_reader(hint) for hint in hints)
    return lambda value: make([read(item) for read, item in zip(reads, _expect(list, value), strict=True)])


def _dataclass_reader(kind: Any) -> _Form:
    reads = tuple((name, _reader(hint)) for name, hint in _hints(kind).items())
    given = {
        each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING
    }
    return lambda value: kind(
        **{name: read(value[name]) for name, read in reads if name in value or name in given}
    )


def _expect(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value


def _hints(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind) if field.init}
