"""What every device was told and what it did with it, in one order: the oracle of the tests."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.simulator.vlans import ALL_VLANS, vlan_text

if TYPE_CHECKING:
    from controller.simulator.device import Configuration

Record = dict[str, Any]


def plain(value: object) -> object:
    """A configuration object as JSON can hold it; VLAN sets as numbers and ranges."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, frozenset):
        return "all" if value == ALL_VLANS else vlan_text(value)
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value


def differences(before: Configuration, after: Configuration) -> list[dict[str, object]]:
    """The objects that changed, each with its values ``before`` and ``after``; None where it was not."""
    old, new = before.objects(), after.objects()
    return [
        {"object": name, "before": plain(old.get(name)), "after": plain(new.get(name))}
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


class CommandLog:
    """Records in memory and, with a path, as JSON lines on disk, each flushed as it is made.

    A record has ``seq`` from 1, ``t`` (CLOCK_MONOTONIC, nanoseconds), ``device`` and ``event``; one of a
    ``line`` also has ``session``, ``user``, ``mode``, ``line``, ``result`` and ``changed``.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.records: list[Record] = []
        self._file = path.open("a", encoding="utf-8") if path else None
        self.listeners: list[Callable[[Record], None]] = []

    def add(self, device: str, event: str, **data: object) -> Record:
        record: Record = {
            "seq": len(self.records) + 1,
            "t": time.monotonic_ns(),
            "device": device,
            "event": event,
        }
        record.update(data)
        self.records.append(record)
        if self._file:
            self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
            self._file.flush()
        for listener in list(self.listeners):
            listener(record)
        return record

    def since(self, seq: int, device: str | None = None) -> list[Record]:
        return [each for each in self.records[seq:] if device is None or each["device"] == device]
