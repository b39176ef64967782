"""The API's description (OpenAPI 3.1, as the application makes it of itself) as a page shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Description = Mapping[str, Any]

_SHAPES = "#/components/schemas/"
_PROBLEM = "ProblemDocument"
_LIMITS = {
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "minLength": "length ≥ {}",
    "maxLength": "length ≤ {}",
    "minItems": "count ≥ {}",
    "maxItems": "count ≤ {}",
}


@dataclass(frozen=True)
class Piece:
    """A piece of a type as it is written; ``shape`` where it names one."""

    text: str
    shape: bool = False


Kind = tuple[Piece, ...]


@dataclass(frozen=True)
class Field:
    """``place``: path, query or header; "" in a body. ``note`` is the description's own text, code in
    backquotes. ``fallback`` is JSON, or "" where there is none."""

    name: str
    kind: Kind
    required: bool
    note: str = ""
    limits: str = ""
    fallback: str = ""
    place: str = ""


@dataclass(frozen=True)
class Shape:
    """An object with its fields, or a word out of ``values``. ``examples`` are JSON."""

    name: str
    note: str
    fields: tuple[Field, ...]
    values: tuple[str, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """``note`` is "" where it says no more than the code does."""

    code: str
    kind: Kind
    media: str
    note: str = ""
    example: str = ""


@dataclass(frozen=True)
class Operation:
    """``needs``: permissions, the second instead of the first where the body says so; empty where anyone may,
    and then ``open`` says why. ``problems``: codes answered with a problem document."""

    anchor: str
    method: str
    path: str
    summary: str
    note: str
    needs: tuple[str, ...]
    open: str
    parameters: tuple[Field, ...]
    bodies: tuple[Shape, ...]
    answers: tuple[Answer, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Described:
    """``groups``: by tag, in the order of the description. ``shapes``: every one, by name."""

    version: str
    note: str
    groups: tuple[tuple[str, tuple[Operation, ...]], ...]
    shapes: tuple[Shape, ...]


def described(whole: Description) -> Described:
    groups: dict[str, list[Operation]] = {}
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            [tag] = operation["tags"]
            groups.setdefault(tag, []).append(_operation(whole, method.upper(), path, operation))
    return Described(
        version=whole["info"]["version"],
        note=whole["info"].get("description", "").strip(),
        groups=tuple((tag, tuple(found)) for tag, found in groups.items()),
        shapes=tuple(_shape(whole, name) for name in sorted(whole["components"]["schemas"])),
    )


def _operation(whole: Description, method: str, path: str, found: Description) -> Operation:
    answers = found["responses"].items()
    problems = [code for code, answer in answers if _PROBLEM in (piece.text for piece in _answer(answer)[0])]
    return Operation(
        anchor=re.sub(r"[^a-z0-9]+", "-", f"{method} {path.removeprefix('/api/v1')}".lower()).strip("-"),
        method=method,
        path=path,
        summary=found["summary"],
        note=found.get("description", ""),
        needs=tuple(found.get("x-permissions", ())),
        open=found.get("x-open", ""),
        parameters=tuple(_parameter(each) for each in found.get("parameters", ())),
        bodies=tuple(_bodies(whole, found.get("requestBody"))),
        answers=tuple(_shown(code, answer) for code, answer in answers if code not in problems),
        problems=tuple(sorted(problems)),
    )


def _parameter(found: Description) -> Field:
    schema = found["schema"]
    return Field(
        found["name"],
        _kind(schema),
        found.get("required", False),
        found.get("description", ""),
        _limits(schema),
        _json(schema["default"]) if schema.get("default") not in (None, "") else "",
        found["in"],
    )


def _bodies(whole: Description, body: Description | None) -> Iterator[Shape]:
    for content in (body or {}).get("content", {}).values():
        schema = content["schema"]
        for each in schema.get("oneOf", [schema]):
            yield _shape(whole, each["$ref"].removeprefix(_SHAPES))


def _answer(found: Description) -> tuple[Kind, str, str]:
    for media, content in found.get("content", {}).items():
        return _kind(content.get("schema", {})), media, content.get("example", "")
    return (), "", ""


def _shown(code: str, found: Description) -> Answer:
    kind, media, example = _answer(found)
    note = found.get("description", "")
    return Answer(code, kind, media, "" if note == "Successful Response" else note, example)


def _shape(whole: Description, name: str) -> Shape:
    found = whole["components"]["schemas"][name]
    required = found.get("required", ())
    return Shape(
        name=name,
        note=found.get("description", ""),
        fields=tuple(
            Field(
                each,
                _kind(schema),
                each in required,
                schema.get("description", ""),
                _limits(schema),
                _json(schema["default"]) if schema.get("default") not in (None, "", []) else "",
            )
            for each, schema in found.get("properties", {}).items()
        ),
        values=tuple(found.get("enum", ())),
        examples=tuple(json.dumps(each, ensure_ascii=False, indent=2) for each in found.get("examples", ())),
    )


def _kind(schema: Description) -> Kind:
    """As programmers write it: ``Shape[]``, ``string | null``, ``{string: integer}``."""
    if "$ref" in schema:
        return (Piece(schema["$ref"].removeprefix(_SHAPES), shape=True),)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return _joined([_kind(each) for each in schema[key]])
    for key in ("const", "enum"):
        if key in schema:
            words = [schema[key]] if key == "const" else schema[key]
            return (Piece(" | ".join(_json(each) for each in words)),)
    if schema.get("type") == "array":
        return (*_kind(schema.get("items", {})), Piece("[]"))
    if isinstance(schema.get("additionalProperties"), Mapping):
        return (Piece("{string: "), *_kind(schema["additionalProperties"]), Piece("}"))
    kind = schema.get("type", "JSON")
    return (Piece(f"{kind} ({schema['format']})" if "format" in schema else kind),)


def _joined(kinds: Sequence[Kind]) -> Kind:
    found: list[Piece] = []
    for at, kind in enumerate(kinds):
        found += [Piece(" | "), *kind] if at else kind
    return tuple(found)


def _limits(schema: Description) -> str:
    said = [form.format(f"{schema[key]:.0f}") for key, form in _LIMITS.items() if key in schema]
    inner = [_limits(each) for each in schema.get("anyOf", ())]
    return ", ".join(filter(None, [*said, *inner]))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
