"""The inventory of one lab: ``examples/lab/inventory.yaml`` with what only a running lab knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

EXAMPLE = Path(__file__).parents[2] / "examples" / "lab" / "inventory.yaml"
_MACHINE = {"core-router": "core"}
"""Devices of the inventory that share another one's machine, and so its host key."""


def document(host_keys: Mapping[str, str], inband: bool = False) -> dict[str, Any]:
    """The inventory as plain mappings and texts, for tests to change before they write it.

    ``host_keys``: machine to OpenSSH public key. In-band, the controller is attached to core's port ``noc``.
    """
    found: dict[str, Any] = yaml.load(EXAMPLE.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 - texts only
    for name, device in found["devices"].items():
        device["host_key"] = host_keys[_MACHINE.get(name, name)]
        if inband:
            device["management"] = "inband"
    if inband:
        found["controller"]["attached_to"] = ["core", "noc"]
    return found


def text(host_keys: Mapping[str, str], inband: bool = False) -> str:
    return written(document(host_keys, inband))


def written(content: Mapping[str, Any]) -> str:
    """``content`` as YAML: JSON-like scalars quoted, so that every text stays the text it was."""
    return yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False, width=200)
