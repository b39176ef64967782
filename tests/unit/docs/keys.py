"""Every key of a format, as the pages name it: ``devices.NAME.paths[].port``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from controller.catalog.schema import SchemaKind, schema

_ALIKE = (
    (re.compile(r"^points\.\w+$"), "points.KIND"),
    (re.compile(r"^points\.KIND\.methods\.\w+$"), "points.KIND.methods.METHOD"),
    (re.compile(r"^tables\.\w+$"), "tables.TABLE"),
    (re.compile(r"^discover\.\w+$"), "discover.LISTING"),
    (re.compile(r"^(conduits|segments)\.NAME\.forbidden$"), r"segments.NAME.probes"),
    (re.compile(r"^conduits\.NAME\.(points|probes)$"), r"segments.NAME.\1"),
    (re.compile(r"^console_servers$"), "jump_hosts"),
    (re.compile(r"^credentials\.NAME\.(password|key|enable)$"), "SECRET"),
    (re.compile(r"^(.*\.)?(title|impact|contacts\[\]\.role)$"), "TEXT"),
    (re.compile(r"^(.*)\.(isolate|send)$"), "LINE"),
)
"""Places below which the same keys stand; the pages describe them once, under the second name."""


def keys(kind: SchemaKind) -> list[str]:
    whole = schema(kind)
    return list(dict.fromkeys(_keys(whole, whole["$defs"], "")))


def _keys(node: Mapping[str, Any], defs: Mapping[str, Any], path: str) -> Iterator[str]:
    if "$ref" in node:
        yield from _keys(defs[str(node["$ref"]).removeprefix("#/$defs/")], defs, path)
        return
    for option in node.get("anyOf", ()):
        yield from _keys(option, defs, path)
    if isinstance(node.get("items"), dict):
        yield from _keys(node["items"], defs, path if path == "LINE" else f"{path}[]")
    for name, value in node.get("properties", {}).items():
        found = f"{path}.{name}" if path else name
        yield found
        yield from _keys(value, defs, _generic(found))
    for value in (*node.get("patternProperties", {}).values(), node.get("additionalProperties")):
        if isinstance(value, dict):
            yield from _keys(value, defs, f"{path}.NAME")


def _generic(path: str) -> str:
    for pattern, name in _ALIKE:
        path = pattern.sub(name, path)
    return path
