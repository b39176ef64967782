"""JSON Schemas of the formats, for editors (draft 2020-12)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from controller.catalog.inventory_shape import InventoryShape
from controller.catalog.playbook_shape import PlaybookShape
from controller.catalog.profile_shape import ProfileShape
from controller.catalog.shape import Shape


class SchemaKind(StrEnum):
    INVENTORY = "inventory"
    PROFILE = "profile"
    PLAYBOOK = "playbook"


_SHAPES: dict[SchemaKind, type[Shape]] = {
    SchemaKind.INVENTORY: InventoryShape,
    SchemaKind.PROFILE: ProfileShape,
    SchemaKind.PLAYBOOK: PlaybookShape,
}


def schema(kind: SchemaKind) -> dict[str, Any]:
    """What an editor can tell of a file while it is written; :mod:`controller.catalog` checks the rest."""
    generated = _SHAPES[kind].model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cordon:schema:{kind.value}:1",
        **_tidy(generated),
        "title": f"Cordon {kind.value}, format 1",
    }


def _tidy(value: Any) -> Any:
    """Without defaults of null, which are no values of these formats, and without Python's class titles."""
    if isinstance(value, dict):
        options = value.get("anyOf")
        if isinstance(options, list) and {"type": "null"} in options:
            rest = [option for option in options if option != {"type": "null"}]
            value = {key: item for key, item in value.items() if key != "anyOf"}
            value |= rest[0] if len(rest) == 1 else {"anyOf": rest}
        return {
            key: _tidy(item)
            for key, item in value.items()
            if not (key == "default" and item is None) and not (key == "title" and isinstance(item, str))
        }
    return [_tidy(item) for item in value] if isinstance(value, list) else value
