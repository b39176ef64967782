"""Facts as rows and back.

Columns bear the names of the facts' fields. A point spreads over its own columns, a Text becomes its
commitment, whatever else is not a number or a word becomes JSON.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Table

from controller.domain import facts
from controller.domain.facts import Fact, Text
from controller.domain.inventory import Point, PointId, PointKind
from controller.store import schema
from controller.store.moments import utc

Cell = int | str | None
Row = tuple[Cell, ...]
"""The cells of one row in the order of its table's columns, without ``id`` and ``entry``."""

TABLES: Mapping[type, Table] = {
    facts.RevisionStored: schema.revision,
    facts.RunOpened: schema.run,
    facts.RunMoved: schema.run_move,
    facts.WaveMoved: schema.wave_move,
    facts.BaselineTaken: schema.baseline,
    facts.HoldOpened: schema.hold,
    facts.HoldEnded: schema.hold_end,
    facts.IntentRecorded: schema.intent,
    facts.OutcomeRecorded: schema.outcome,
    facts.PointRead: schema.point_read,
    facts.ProbeAnswered: schema.probe_answer,
    facts.StartupMoved: schema.startup,
    facts.EvidenceTaken: schema.evidence,
    facts.CheckpointSigned: schema.checkpoint,
    facts.Attested: schema.attested,
    facts.GateDecided: schema.gate_decision,
    facts.GateChecked: schema.gate_check,
    facts.Noted: schema.note,
}

_FACTS: Mapping[str, Any] = {table.name: kind for kind, table in TABLES.items()}

HEAD = ("place", "recorded_at")
"""What every row begins with."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    table.name: tuple(name for name in table.c.keys() if name not in {"id", "entry"})  # noqa: SIM118 - a column collection iterates over columns, not names
    for table in schema.COVERED
}


@dataclass(frozen=True, slots=True)
class _Field:
    """How one field of a fact is written into, and read from, the cells of its columns."""

    name: str
    columns: tuple[str, ...]
    write: Callable[[Any], tuple[Cell, ...]]
    read: Callable[..., Any]
    text: bool = False


@dataclass(frozen=True, slots=True)
class _Family:
    """``order``: for each column of the table, which of the cells written goes there. ``readers``: for each
    field, where its cells stand in a row and what makes its value of them; None for a text."""

    table: str
    fields: tuple[_Field, ...]
    order: tuple[int, ...]
    readers: tuple[tuple[tuple[int, ...], Callable[..., Any] | None], ...]


def to_row(fact: Fact, place: int, recorded_at: str, commit: Callable[[str], str]) -> tuple[str, Row]:
    """``fact`` as the name of its table and its row. ``commit`` makes a text's commitment.

    Raises TypeError or ValueError for values no table holds: nothing may fail once it is on its way."""
    kind: Any = type(fact)
    family = _family(kind)
    cells: list[Cell] = [place, recorded_at]
    for field in family.fields:
        value = getattr(fact, field.name)
        if field.text:
            cells.append(commit(value) if value else None)
        else:
            cells.extend(field.write(value))
    return family.table, tuple([cells[index] for index in family.order])


def from_row(table: str, row: Row, resolve: Callable[[str], str | None]) -> Fact:
    """The inverse of :func:`to_row`. ``resolve`` gives the text of a commitment, None once erased."""
    kind = _FACTS[table]
    values: list[Any] = []
    for places, read in _family(kind).readers:
        if read is None:
            commitment = row[places[0]]
            values.append(Text((resolve(str(commitment)) or "") if commitment else ""))
        elif len(places) == 1:
            values.append(read(row[places[0]]))
        else:
            values.append(read(*[row[place] for place in places]))
    fact: Fact = kind(*values)
    return fact


def is_fact(table: str) -> bool:
    return table in _FACTS


@cache
def _family(kind: Hashable) -> _Family:
    fact: Any = kind
    hints = typing.get_type_hints(fact)
    found = tuple(_field(field.name, hints[field.name]) for field in fields(fact))
    table = TABLES[fact].name
    written = (*HEAD, *(column for field in found for column in field.columns))
    columns = COLUMNS[table]
    return _Family(
        table,
        found,
        tuple(written.index(name) for name in columns),
        tuple(
            (tuple(columns.index(name) for name in field.columns), None if field.text else field.read)
            for field in found
        ),
    )


def _field(name: str, hint: Any) -> _Field:  # noqa: PLR0911 - one return per form of value
    if hint is Text:
        return _Field(name, (name,), _never, _never, text=True)
    if hint is Point:
        columns = ("device", "object", "vlan", "kind", "tagged")
        return _Field(
            name,
            columns,
            lambda point: (*_point_id(point.id), point.kind.value, int(point.tagged)),
            lambda device, object_, vlan, kind, tagged: Point(
                _identity(device, object_, vlan), PointKind(kind), bool(tagged)
            ),
        )
    if hint is PointId:
        return _Field(name, ("device", "object", "vlan"), _point_id, _identity)
    plain = _without_none(hint)
    if plain is str:
        return _Field(name, (name,), lambda value: (_word(value),), _same)
    if plain is bool:
        return _Field(name, (name,), lambda value: (int(value),), bool)
    if plain is int:
        return _Field(name, (name,), lambda value: (_number(value),), _same)
    if isinstance(plain, type) and issubclass(plain, StrEnum):
        return _Field(name, (name,), lambda value: (plain(value).value,), plain)
    if plain is datetime:
        return _Field(
            name,
            (name,),
            lambda value: (None if value is None else utc(value),),
            lambda cell: None if cell is None else datetime.fromisoformat(cell),
        )
    listed = _from_json(plain)
    return _Field(
        name,
        (name,),
        lambda value: (None if value is None else json_text(value),),
        lambda cell: None if cell is None else listed(json.loads(cell)),
    )


json_text = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, default=dict).encode
"""JSON in ASCII with sorted keys: one text for one value, and no character a database refuses."""


def _from_json(hint: Any) -> Callable[[Any], Any]:
    """What turns a decoded list back into tuples of points, methods and words; a state is a dict as it is."""
    parts = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and parts[-1] is ...:
        item = _from_json(parts[0])
        return lambda values: tuple([item(value) for value in values])
    if typing.get_origin(hint) is tuple:
        items = [_from_json(part) for part in parts]
        return lambda values: tuple([read(value) for read, value in zip(items, values, strict=True)])
    if hint is PointId:
        return lambda values: _identity(*values)
    return hint if isinstance(hint, type) and issubclass(hint, StrEnum) else _same


@lru_cache(maxsize=1 << 16)
def _identity(device: str, name: str, vlan: int | None) -> PointId:
    """One object for one point, in whatever row it stands: what is looked up by it is found at once."""
    return PointId(device, name, vlan)


def _point_id(point: PointId) -> tuple[Cell, ...]:
    return (_word(point.device), _word(point.object), _number(point.vlan))


def _word(value: str | None) -> str | None:
    if value is None or value.isascii():
        return value
    # A lone surrogate (a byte a device sent outside UTF-8) has no place in a database; its escape has.
    return value.encode("utf-8", "backslashreplace").decode()


def _number(value: int | None) -> int | None:
    if value is not None and not -(2**63) <= value < 2**63:
        raise ValueError(f"{value} has no place in a database")
    return value


def _without_none(hint: Any) -> Any:
    arguments: Sequence[Any] = [part for part in typing.get_args(hint) if part is not type(None)]
    return arguments[0] if type(None) in typing.get_args(hint) and len(arguments) == 1 else hint


def _same(value: Any) -> Any:
    return value


def _never(_value: Any) -> Any:
    raise TypeError("a text is read and written through its commitment")
