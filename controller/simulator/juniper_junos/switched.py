"""What a Junos configuration means to the switch: its VLANs by number, and its interfaces.

Ethernet Switching User Guide (ELS): an interface of ``family ethernet-switching`` is an access interface
unless it says otherwise, in VLAN ``default`` where it names none; ``members`` are names, numbers, ranges or
``all``; a routed VLAN names its ``irb`` unit. Interfaces User Guide for Switches, "Disabling a Physical
Interface", "Disabling a Logical Interface".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.simulator.switching import Interface, Kind
from controller.simulator.vlans import ALL_VLANS

if TYPE_CHECKING:
    from controller.simulator.juniper_junos.configuration import Configuration

ETHERNET = ("unit", "0", "family", "ethernet-switching")


@dataclass(frozen=True, slots=True)
class Switching:
    """``vlans``: names by number."""

    vlans: Mapping[int, str]
    interfaces: Mapping[str, Interface]


def switching(configuration: Configuration) -> Switching:
    numbers = {
        name: int(configuration.value("vlans", name, "vlan-id") or 0) for name in configuration.names("vlans")
    }
    vlans = {1: "default", **{number: name for name, number in numbers.items() if number}}
    found = {name: _port(configuration, name, numbers) for name in configuration.ports}
    for name in configuration.names("interfaces"):
        if name.startswith("ae"):
            found[name] = _port(configuration, name, numbers)
    for unit in configuration.names("interfaces", "irb", "unit"):
        found[f"irb.{unit}"] = _routed(configuration, unit, numbers)
    return Switching(vlans, found)


def vlans_of(members: tuple[str, ...], numbers: Mapping[str, int]) -> frozenset[int]:
    """The numbers of those that are written as numbers, and of the named ones that there are."""
    found: set[int] = set()
    for each in members:
        if each == "all":
            return ALL_VLANS
        span = re.fullmatch(r"(\d+)(?:-(\d+))?", each)
        if span:
            found |= set(range(int(span[1]), int(span[2] or span[1]) + 1))
        elif numbers.get(each):
            found.add(numbers[each])
    return frozenset(found)


def _port(configuration: Configuration, name: str, numbers: Mapping[str, int]) -> Interface:
    here = ("interfaces", name)
    off = configuration.active(*here, "disable") or configuration.active(*here, "unit", "0", "disable")
    members = vlans_of(configuration.values(*here, *ETHERNET, "vlan", "members"), numbers)
    trunk = configuration.value(*here, *ETHERNET, "interface-mode") == "trunk"
    bundle = configuration.value(*here, "ether-options", "802.3ad")
    return Interface(
        name,
        Kind.AGGREGATE if name.startswith("ae") else Kind.PORT,
        number=int(name[2:]) if name.startswith("ae") else 0,
        description=configuration.value(*here, "description"),
        shutdown=off,
        mode="trunk" if trunk else "access",
        access_vlan=min(members, default=1),
        allowed=members if trunk else ALL_VLANS,
        channel_group=int(bundle[2:]) if bundle else None,
        access_groups=_filters(configuration, (*here, *ETHERNET), "ethernet"),
    )


def _routed(configuration: Configuration, unit: str, numbers: Mapping[str, int]) -> Interface:
    here = ("interfaces", "irb", "unit", unit)
    named = [
        number
        for name, number in numbers.items()
        if configuration.value("vlans", name, "l3-interface") == f"irb.{unit}"
    ]
    groups = (
        *_filters(configuration, (*here, "family", "inet"), "ip"),
        *_filters(configuration, (*here, "family", "inet6"), "ipv6"),
    )
    return Interface(
        f"irb.{unit}",
        Kind.SVI,
        number=named[0] if named else 0,
        description=configuration.value(*here, "description"),
        shutdown=configuration.active("interfaces", "irb", "disable")
        or configuration.active(*here, "disable"),
        access_groups=groups,
    )


def _filters(
    configuration: Configuration, family: tuple[str, ...], short: str
) -> tuple[tuple[str, str], ...]:
    found = ((way, configuration.value(*family, "filter", f"{way}put")) for way in ("in", "out"))
    return tuple((f"{short} {way}", name) for way, name in found if name)
