"""From a document to a pydantic model: every mistake of shape becomes a located Problem.

A refused value is taken out (or a valid one stands in for it) and the rest is validated again, so that what a
first mistake would hide is found in the same pass. The model that comes back is only good for further checks
when nothing was found; with mistakes it is never used for anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from controller.catalog.document import Document, Loc, Nothing
from controller.catalog.findings import Findings, listed, shorten, suggest

_ROUNDS = 8

_EXPECTED = {
    "model_type": "mapping-expected",
    "model_attributes_type": "mapping-expected",
    "dict_type": "mapping-expected",
    "list_type": "list-expected",
    "tuple_type": "list-expected",
    "too_short": "list-empty",
}


class Shape(BaseModel):
    """A mapping of a file: no other keys than its fields.

    ``stand_ins`` are valid values for required keys, used only to go on looking for mistakes;
    ``unknown_code`` replaces ``unknown-key`` where a key might be a secret written in the wrong place.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    stand_ins: ClassVar[Mapping[str, str]] = {}
    unknown_code: ClassVar[str] = ""


ShapeT = TypeVar("ShapeT", bound=Shape)


def validate(shape: type[ShapeT], document: Document, findings: Findings) -> ShapeT | None:
    """The model of ``document``, None when nothing is left to check. Look at ``findings`` either way."""
    for attempt in range(_ROUNDS):
        try:
            return shape.model_validate(document.plain())
        except ValidationError as error:
            details = error.errors(include_url=False)
        repairs: list[tuple[Loc, str | None]] = []
        for detail in details:
            loc = _loc(detail)
            if detail["type"] == "format-newer":
                # A newer grammar: whatever else looks wrong may be right there.
                _report(shape, document, findings, detail)
                return None
            if attempt == 0 or detail["type"] != "missing":
                _report(shape, document, findings, detail)
            owner = _shape_at(shape, loc[:-1])
            value = owner.stand_ins.get(str(loc[-1])) if owner and loc else None
            if detail["type"] == "missing" and value is None:
                loc = loc[:-1]
            if not loc:
                return None
            repairs.append((loc, value))
        # From the end, so that taking an item out of a list moves no item still to be treated.
        for loc, value in sorted(repairs, key=lambda repair: _order(repair[0]), reverse=True):
            if value is None:
                document.remove(loc)
            else:
                document.stand_in(loc, value)
    return None


def _report(shape: type[Shape], document: Document, findings: Findings, detail: ErrorDetails) -> None:
    loc, kind = _loc(detail), detail["type"]
    key = next((str(part) for part in reversed(loc) if isinstance(part, str)), "")
    owner = _shape_at(shape, loc[:-1])
    if kind == "extra_forbidden":
        if owner and owner.unknown_code:
            findings.add(document.file, document.at_key(loc), owner.unknown_code, key=str(loc[-2]))
            return
        if isinstance(detail["input"], Nothing):
            # {fr: Gaz, portes}: an unquoted comma made a key of the rest of a text.
            findings.add(document.file, document.at_key(loc), "text-unquoted", key=shorten(key))
            return
        known = _keys(owner)
        near = suggest(key, known)
        findings.add(
            document.file,
            document.at_key(loc),
            "unknown-key",
            key=shorten(key),
            known=listed(known),
            suggestion=near,
        )
    elif kind == "missing":
        at = document.at_key(loc[:-1])
        if key == "format":
            findings.add(document.file, at, "format-missing", known=1)
        else:
            findings.add(document.file, at, "key-missing", key=key)
    elif isinstance(detail["input"], Nothing):
        findings.add(document.file, document.at_key(loc), "value-missing", key=key)
    else:
        at = document.at_key(loc) if detail["loc"] and detail["loc"][-1] == "[key]" else document.at(loc)
        data: dict[str, object] = {"key": key, **detail.get("ctx", {})}
        if kind in _EXPECTED:
            data = {"key": key}
        findings.add(document.file, at, _EXPECTED.get(kind, kind), **data)


def _loc(detail: ErrorDetails) -> Loc:
    loc = detail["loc"]
    return loc[:-1] if loc and loc[-1] == "[key]" else loc


def _order(loc: Loc) -> tuple[tuple[int, int, str], ...]:
    return tuple((0, 0, key) if isinstance(key, str) else (1, key, "") for key in loc)


def _keys(shape: type[Shape] | None) -> list[str]:
    if shape is None:
        return []
    return [field.alias or name for name, field in shape.model_fields.items()]


def _shape_at(shape: type[Shape], loc: Loc) -> type[Shape] | None:
    """The model that describes the mapping at ``loc``."""
    current: Any = shape
    for key in loc:
        if isinstance(current, type) and issubclass(current, Shape):
            fields = {field.alias or name: field for name, field in current.model_fields.items()}
            if key not in fields:
                return None
            current = fields[str(key)].annotation
        else:
            arguments = get_args(current)
            current = arguments[-1] if get_origin(current) is dict else arguments[0] if arguments else None
        current = _bare(current)
    return current if isinstance(current, type) and issubclass(current, Shape) else None


def _bare(annotation: Any) -> Any:
    """Without ``Annotated`` and ``| None``."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType):
            annotation = next(item for item in get_args(annotation) if item is not NoneType)
        else:
            return annotation
