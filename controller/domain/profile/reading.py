"""How the state of a point is read, and how an answer is understood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from controller.domain.template import Template

State = Mapping[str, str]
"""The state of a point as read: field to value, complete or not at all."""


Condition = Mapping[str, tuple[Template, ...]]
"""Field to the values that satisfy it; an empty mapping always holds."""


SOURCE = "source"
"""The group of a pattern that tells of which network a listed match speaks."""


class Each(StrEnum):
    """A line repeated, or a pattern required, once for each prefix of the subject; or, in a limit, a line
    repeated for each network let through, and for each that was let through before. Where such a line names
    ``prefix``, it is repeated for each pair of the two."""

    PREFIX4 = "prefixes4"
    PREFIX6 = "prefixes6"
    ALLOWED4 = "allowed4"
    ALLOWED6 = "allowed6"
    FORMER4 = "former4"
    FORMER6 = "former6"


@dataclass(frozen=True, slots=True)
class RegexParse:
    """Named groups of ``pattern`` are fields. Where it does not match but ``given`` does, the fields are
    ``otherwise``: an absence counts only in an answer recognised as one.

    With ``each``, the pattern is tried once per prefix: fields on which all agree keep their value, else
    ``partial``; with no prefix, each field of ``otherwise`` is ``none``. ``values`` renames raw values.
    ``within`` turns a field that is a list of numbers and ranges (``1,5-7``, over any number of lines) into
    ``yes`` or ``no``: whether the number it gives is in it, or the port (``1/1/4`` in ``1/1/1-8``); ``all``
    holds every number.
    ``listed``: fields that hold what every match gives, sorted, joined by commas. Where the pattern has a
    group ``source``, a network, only matches that touch the prefix count, and those of another network say
    so.
    """

    pattern: Template
    given: Template | None = None
    otherwise: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    matched: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    values: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    each: Each | None = None
    within: Mapping[str, Template] = field(default_factory=lambda: MappingProxyType({}))
    listed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TableParse:
    """A TextFSM template of ntc-templates (``cisco_ios_show_vlan``), the row wanted and its columns."""

    template: str
    row: Mapping[str, Template]
    fields: Mapping[str, str]
    otherwise: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    values: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))


Parse = RegexParse | TableParse


class Family(StrEnum):
    """Of the address that a point's object is."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"


@dataclass(frozen=True, slots=True)
class Read:
    """A command that changes nothing and how its answer is understood. Reads of several points that
    come out as the same text are sent once. With ``family`` it is one only of points whose object is an
    address of that family."""

    send: Template
    parse: tuple[Parse, ...]
    family: Family | None = None


@dataclass(frozen=True, slots=True)
class CounterSpec:
    """A reading of a point that only ever grows: the sum of what the group ``value`` of each match gives. An
    answer without a match says nothing."""

    send: Template
    value: re.Pattern[str]
