"""What earlier runs rest on, read again from the revisions the store keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from controller.domain.codec import from_plain
from controller.domain.inventory import Inventory
from controller.domain.plan import Plan
from controller.domain.profile import DeviceProfile
from controller.engine.ports import History, RunRecord


class DocumentReader(Protocol):
    """Reads stored sources again, for a run begun under an earlier revision."""

    def inventory(self, text: str, profiles: Mapping[str, DeviceProfile]) -> Inventory: ...

    def profiles(self, text: str) -> Mapping[str, DeviceProfile]: ...


AT_HAND = 8
"""Plans read last that are kept: reading a large one takes seconds, and it never changes."""


def stored_plan(history: History, digest: str) -> Plan:
    """Raises NotFound where no plan with this hash is kept."""
    return _read(history.revision("plan", digest))


@lru_cache(maxsize=AT_HAND)
def _read(text: str) -> Plan:
    return from_plain(Plan, json.loads(text))


def stored_documents(
    history: History, reader: DocumentReader, record: RunRecord
) -> tuple[Inventory, Mapping[str, DeviceProfile]]:
    """The inventory and the profiles a run was planned from, whatever the files say by now."""
    profiles = reader.profiles(history.revision("profiles", record.profiles))
    return reader.inventory(history.revision("inventory", record.inventory), profiles), profiles
