"""Frozen dataclasses to plain JSON values and back, by their type hints."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def to_plain(value: object) -> Any:
    """``value`` as dicts, lists, strings, integers, booleans and None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: to_plain(getattr(value, name)) for name in _hints(type(value))}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(to_plain(key)): to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(to_plain(item) for item in value)
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"no plain form for {type(value).__name__}")


def from_plain(kind: type[T], value: object) -> T:
    """The inverse of :func:`to_plain`. Raises TypeError, KeyError or ValueError on anything else."""
    return typing.cast(T, _build(kind, value))


def _build(kind: Any, value: Any) -> Any:  # noqa: PLR0911 - one return per form of type hint
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _build(next(a for a in arguments if a is not type(None)), value)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is ...:
            return tuple(_build(arguments[0], item) for item in value)
        return tuple(_build(argument, item) for argument, item in zip(arguments, value, strict=True))
    if origin is frozenset:
        return frozenset(_build(arguments[0], item) for item in value)
    if origin is not None and issubclass(origin, Mapping):
        return {_build(arguments[0], key): _build(arguments[1], item) for key, item in value.items()}
    if isinstance(kind, typing.NewType):
        return value
    if issubclass(kind, StrEnum):
        return kind(value)
    if issubclass(kind, datetime):
        return datetime.fromisoformat(value)
    if is_dataclass(kind):
        make: Any = kind
        return make(**{name: _build(hint, value[name]) for name, hint in _hints(make).items()})
    if issubclass(kind, tuple):
        hints = typing.get_type_hints(kind)
        return kind(*(_build(hint, item) for hint, item in zip(hints.values(), value, strict=True)))
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
