"""The JSON Schemas accept what the catalog accepts, and let an editor mark the usual mistakes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.catalog.schema import SchemaKind, schema
from controller.catalog.shipped import shipped_examples, shipped_playbooks, shipped_profiles
from tests.unit.catalog.sample import INVENTORY, PLAYBOOK, SWITCH

Draft202012Validator = pytest.importorskip("jsonschema").Draft202012Validator

SOUND = [
    (SchemaKind.INVENTORY, INVENTORY),
    (SchemaKind.PROFILE, SWITCH),
    (SchemaKind.PLAYBOOK, PLAYBOOK),
    *((SchemaKind.INVENTORY, path) for path in sorted(shipped_examples().glob("*/inventory.yaml"))),
    *((SchemaKind.PROFILE, path) for path in sorted(shipped_profiles().glob("*.yaml"))),
    *((SchemaKind.PLAYBOOK, path) for path in sorted(shipped_playbooks().glob("*.yaml"))),
]


class EditorLoader(yaml.SafeLoader):
    """YAML 1.2 as editors read it: ``NO`` and ``22:22`` are texts there."""


EditorLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("int", r"^-?[0-9]+$", "-0123456789"),
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
):
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def errors(kind: SchemaKind, text: str) -> list[str]:
    content: Any = yaml.load(text, Loader=EditorLoader)  # noqa: S506 - a SafeLoader
    return [error.message for error in Draft202012Validator(schema(kind)).iter_errors(content)]


@pytest.mark.parametrize("kind", list(SchemaKind))
def test_a_schema_is_one(kind: SchemaKind) -> None:
    found = schema(kind)
    Draft202012Validator.check_schema(found)
    assert found["$schema"].endswith("2020-12/schema")
    assert kind.value in found["$id"]


@pytest.mark.parametrize(
    ("kind", "source"),
    SOUND,
    ids=[
        f"{source.parent.name}/{source.name}" if isinstance(source, Path) else f"sample-{kind}"
        for kind, source in SOUND
    ],
)
def test_sound_files_pass(kind: SchemaKind, source: Path | str) -> None:
    text = source if isinstance(source, str) else source.read_text("utf-8")
    assert errors(kind, text) == []


@pytest.mark.parametrize(
    ("kind", "text", "old", "new"),
    [
        (SchemaKind.INVENTORY, INVENTORY, "format: 1", "format: 2"),
        (SchemaKind.INVENTORY, INVENTORY, "format: 1\n", ""),
        (SchemaKind.INVENTORY, INVENTORY, "site: ch-sample\n", ""),
        (SchemaKind.INVENTORY, INVENTORY, "management: inband", "managment: inband"),
        (SchemaKind.INVENTORY, INVENTORY, "role: access", "role: acces"),
        (SchemaKind.INVENTORY, INVENTORY, "    role: access\n", ""),
        (SchemaKind.INVENTORY, INVENTORY, "legacy_ssh: true", "legacy_ssh: NO"),
        (SchemaKind.INVENTORY, INVENTORY, "legacy_ssh: true", "legacy_ssh:"),
        (SchemaKind.INVENTORY, INVENTORY, "port: 2222", "port: 22:22"),
        (SchemaKind.INVENTORY, INVENTORY, "vlans: [110]", "vlans: [4095]"),
        (SchemaKind.INVENTORY, INVENTORY, "vlans: [110]", "vlans: 110"),
        (SchemaKind.INVENTORY, INVENTORY, "{ssh: 10.0.0.2}", "{ssh: core-2.example.org}"),
        (SchemaKind.INVENTORY, INVENTORY, "{env: CORDON_NET}", "hunter2"),
        (SchemaKind.INVENTORY, INVENTORY, "{env: CORDON_NET}", "{env: A, file: /b}"),
        (SchemaKind.INVENTORY, INVENTORY, "dies_after: 8h", "dies_after: 8 hours"),
        (SchemaKind.INVENTORY, INVENTORY, "{device: core-1, svi: Vlan110}", "{device: core-1}"),
        (SchemaKind.INVENTORY, INVENTORY, "device: core-1, svi: Vlan110", "device: core-1, svi: a, ssid: b"),
        (SchemaKind.INVENTORY, INVENTORY, "ipv6: none", "ipv6: some"),
        (SchemaKind.INVENTORY, INVENTORY, "{fr: SAMU, en: Emergency calls}", "{fr: SAMU}"),
        (SchemaKind.PROFILE, SWITCH, "settle: 500", "settle: soon"),
        (SchemaKind.PROFILE, SWITCH, "      acl:\n", "      alc:\n"),
        (
            SchemaKind.PROFILE,
            SWITCH,
            "each: prefixes4\n            given",
            "each: prefixes5\n            given",
        ),
        (SchemaKind.PROFILE, SWITCH, "regex: '^allowed", "regexp: '^allowed"),
        (SchemaKind.PLAYBOOK, PLAYBOOK, "action: restore", "action: restart"),
        (SchemaKind.PLAYBOOK, PLAYBOOK, "[svi, acl]", "[svi, ack]"),
        (SchemaKind.PLAYBOOK, PLAYBOOK, "hold: 30m", "hold: 30"),
        (SchemaKind.PLAYBOOK, PLAYBOOK, "keep_alive: false", "keepalive: false"),
        (SchemaKind.PLAYBOOK, PLAYBOOK, "verify: proven", "verify: unknown"),
    ],
)
def test_usual_mistakes_are_marked(kind: SchemaKind, text: str, old: str, new: str) -> None:
    assert text.count(old) == 1
    assert errors(kind, text.replace(old, new))
