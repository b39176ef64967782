"""What a device tells of itself and of what is around it, and the probes it sends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from controller.domain.template import Template


class TableKind(StrEnum):
    """What a device knows of those connected to it."""

    MAC = "mac"
    ARP = "arp"
    SESSIONS = "sessions"


@dataclass(frozen=True, slots=True)
class TableRead:
    """A command that changes nothing and prints one table, or a part of it. It may name the platform's
    settings."""

    send: Template


class Listing(StrEnum):
    """What a device tells of its surroundings: devices at the other end of its cables, the addresses its
    switch has learned, those it resolved, and the names of ports it otherwise counts by number."""

    NEIGHBOURS = "neighbours"
    MACS = "macs"
    ADDRESSES = "addresses"
    PORTS = "ports"


LISTED: Mapping[Listing, frozenset[str]] = MappingProxyType(
    {
        Listing.NEIGHBOURS: frozenset({"port", "device", "far_port", "address", "description"}),
        Listing.MACS: frozenset({"port", "mac", "vlan"}),
        Listing.ADDRESSES: frozenset({"address", "mac"}),
        Listing.PORTS: frozenset({"number", "name"}),
    }
)
"""The fields of a row."""


NEEDED: Mapping[Listing, frozenset[str]] = MappingProxyType(
    {
        Listing.NEIGHBOURS: frozenset({"port", "device", "far_port"}),
        Listing.MACS: frozenset({"port", "mac"}),
        Listing.ADDRESSES: frozenset({"address", "mac"}),
        Listing.PORTS: frozenset({"number", "name"}),
    }
)
"""Those without which a row says nothing."""


@dataclass(frozen=True, slots=True)
class ListRead:
    """A command that changes nothing and prints rows: every match of ``rows``, whose named groups are the
    fields, or the rows of an ntc-templates ``textfsm`` template, with the column of each field."""

    send: Template
    rows: re.Pattern[str] | None = None
    textfsm: str = ""
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """A probe sent from the device itself: ``${address}`` and ``${port}``; ``answered`` marks success."""

    send: Template
    answered: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class VersionSpec:
    """What a device says it is: the first group of ``version``, and of ``model`` where the answer has it."""

    send: str
    version: re.Pattern[str]
    model: re.Pattern[str] | None = None
