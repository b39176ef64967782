"""Revisions of the inventory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from controller.api.models import (
    A_SHA,
    Asked,
    Sha,
)
from controller.domain.inventory import Inventory

_FILE = """\
format: 1
site: ch-exemple
devices:
  modem: {platform: manual, role: wan, location: {building: B, rack: R5}}
segments:
  office:
    title: {fr: Bureaux, en: Offices}
    priority: 3
    ipv6: none
    prefixes: [10.9.0.0/24]
    points: [{device: modem, interface: lan}]
"""


class InventoryText(Asked):
    """The whole file, as YAML."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": _FILE}]})

    text: Annotated[str, StringConstraints(min_length=1, max_length=6_000_000)]


class RevisionShown(BaseModel):
    revision: str
    site: str
    active: bool
    devices: int
    segments: int
    conduits: int
    points: int


class RevisionText(RevisionShown):
    text: str


class RevisionNamed(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"revision": A_SHA}]})

    revision: Sha


class RevisionListed(BaseModel):
    revision: str
    at: datetime
    active: bool


class ListDifference(BaseModel):
    added: list[str]
    removed: list[str]
    changed: list[str]


class RevisionDifference(BaseModel):
    before: str
    after: str
    devices: ListDifference
    segments: ListDifference
    conduits: ListDifference


def revision(found: Inventory, *, active: bool) -> RevisionShown:
    return RevisionShown(
        revision=found.digest,
        site=found.site,
        active=active,
        devices=len(found.devices),
        segments=len(found.segments),
        conduits=len(found.conduits),
        points=len({each.id for subject in found.subjects() for each in subject.points}),
    )


def listed(before: Mapping[str, Any], after: Mapping[str, Any]) -> ListDifference:
    return ListDifference(
        added=[name for name in after if name not in before],
        removed=[name for name in before if name not in after],
        changed=[name for name in after if name in before and before[name] != after[name]],
    )
