"""The configuration of an OmniSwitch and the text it is written as.

OmniSwitch AOS Release 8 CLI Reference Guide: "show configuration snapshot" (a section per application, headed
``! VLAN:``, with lines or without; neighbouring ports of a VLAN are one range), "interfaces admin-state",
"interfaces alias", "vlan", "vlan members untagged", "vlan members tagged", "linkagg lacp agg size", "linkagg
lacp port actor admin-key" (ports join the aggregate that has their key), "linkagg static agg size", "ip
interface", "ipv6 interface", "mvrp", "session prompt".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from controller.simulator.switching import Interface, Kind


@dataclass(frozen=True, slots=True)
class User:
    secret: str


@dataclass(frozen=True, slots=True)
class Settings:
    """``idle`` in seconds; ``prompt`` as it stands before the space behind it; ``mvrp``: VLANs are learnt."""

    name: str = "OmniSwitch"
    prompt: str = "->"
    idle: int = 600
    mvrp: bool = False


@dataclass(frozen=True, slots=True)
class Gateway:
    """An IP interface of a VLAN; ``family``: ``ip`` or ``ipv6``."""

    family: str
    name: str
    vlan: int
    address: tuple[str, str] = ("", "")
    shutdown: bool = False

    def lines(self, index: int) -> list[str]:
        placed = f"address {self.address[0]} mask {self.address[1]} " if self.family == "ip" else ""
        counted = f" ifindex {index}" if self.family == "ip" else ""
        made = f'{self.family} interface "{self.name}" {placed}vlan {self.vlan}{counted}'
        return [made, *([f'{self.family} interface "{self.name}" admin-state disable'] * self.shutdown)]


@dataclass(slots=True)
class Configuration:
    """An aggregate is found by its number, a port by its name."""

    settings: Settings = field(default_factory=Settings)
    users: dict[str, User] = field(default_factory=dict)
    vlans: dict[int, str] = field(default_factory=lambda: {1: "VLAN 1"})
    interfaces: dict[str, Interface] = field(default_factory=dict)
    gateways: dict[tuple[str, str], Gateway] = field(default_factory=dict)
    """By family and name."""

    def copy(self) -> Configuration:
        return Configuration(
            self.settings, dict(self.users), dict(self.vlans), dict(self.interfaces), dict(self.gateways)
        )

    def objects(self) -> dict[str, object]:
        found: dict[str, object] = {"settings": self.settings}
        found.update({f"user {name}": user for name, user in self.users.items()})
        found.update({f"vlan {vlan}": name for vlan, name in self.vlans.items()})
        found.update({written(each): each for each in self.interfaces.values()})
        found.update({f"{family} interface {name}": each for (family, name), each in self.gateways.items()})
        return found

    def ordered(self) -> list[Interface]:
        """Ports, then aggregates."""
        return sorted(
            self.interfaces.values(),
            key=lambda each: (each.is_aggregate, [int(part) for part in each.name.split("/")]),
        )

    def join(self) -> None:
        """Each port into the aggregate that is of its kind and has its key."""
        having = {
            (each.channel_mode, of(each, "key")): each.number
            for each in self.interfaces.values()
            if each.is_aggregate
        }
        for name, each in self.interfaces.items():
            if each.is_physical:
                group = having.get((each.channel_mode, of(each, "key")))
                self.interfaces[name] = replace(each, channel_group=group)

    def text(self) -> str:
        ports = [each for each in self.ordered() if each.is_physical]
        sections = {
            "Chassis": [f'system name "{self.settings.name}"'],
            "Interface": [line for each in ports for line in _port_lines(each)],
            "Link Aggregate": [line for each in self.ordered() for line in _aggregated(each)],
            "VLAN": [*self._vlans(), *self._members()],
            "PVLAN": [],
            "Spanning Tree": [],
            "DA-UNP": [],
            "IP": self._gateways("ip"),
            "IPv6": self._gateways("ipv6"),
            "AAA": [],
            "QOS": [],
            "MVRP": ["mvrp enable"] if self.settings.mvrp else [],
            "Session manager": (
                [f'session prompt default "{self.settings.prompt}"'] if self.settings.prompt != "->" else []
            ),
            "SSH": [],
        }
        return "\n\n".join("\n".join([f"! {title}: ", *lines]) for title, lines in sections.items())

    def _gateways(self, family: str) -> list[str]:
        found = [each for each in self.gateways.values() if each.family == family]
        return [line for index, each in enumerate(found, start=1) for line in each.lines(index)]

    def _vlans(self) -> list[str]:
        lines = []
        for vlan, name in sorted(self.vlans.items()):
            lines.append(f"vlan {vlan} admin-state enable")
            lines += [f'vlan {vlan} name "{name}"'] if name != f"VLAN {vlan}" else []
        return lines

    def _members(self) -> list[str]:
        """By VLAN, each kind's ports and then its aggregates, as far as they are neighbours."""
        having: dict[tuple[int, str], list[Interface]] = {}
        for each in self.ordered():
            if each.channel_group is None:
                kinds = {each.access_vlan: "untagged"} if each.access_vlan != 1 else {}
                kinds |= dict.fromkeys(each.allowed, "tagged")
                for vlan, kind in kinds.items():
                    having.setdefault((vlan, kind), []).append(each)
        return [
            f"vlan {vlan} members {where} {kind}"
            for (vlan, kind), members in sorted(having.items())
            for where in _ranges(members)
        ]


def _port_lines(each: Interface) -> list[str]:
    lines = [f"interfaces port {each.name} admin-state disable"] if each.shutdown else []
    return lines + ([f'interfaces port {each.name} alias "{each.description}"'] if each.description else [])


def _aggregated(each: Interface) -> list[str]:
    key = of(each, "key")
    if each.is_physical:
        line = {
            "lacp": f"linkagg lacp port {each.name} actor admin-key {key}",
            "static": f"linkagg static port {each.name} agg {key}",
        }
        return [line[each.channel_mode]] if each.channel_mode else []
    state = "disable" if each.shutdown else "enable"
    lines = [f"linkagg {each.channel_mode} agg {each.name} size {of(each, 'size')} admin-state {state}"]
    keyed = [f"linkagg lacp agg {each.name} actor admin-key {key}"]
    return lines + keyed * (each.channel_mode == "lacp")


def _ranges(members: list[Interface]) -> Iterator[str]:
    """``port 1/1/1-4``, ``linkagg 7``."""
    runs: list[list[Interface]] = []
    for each in members:
        last = runs[-1][-1] if runs else None
        if last and _slot(last) == _slot(each) and last.number + 1 == each.number:
            runs[-1].append(each)
        else:
            runs.append([each])
    for run in runs:
        yield written(run[0]) + (f"-{run[-1].number}" if len(run) > 1 else "")


def _slot(each: Interface) -> tuple[bool, str]:
    return each.is_aggregate, each.name.rpartition("/")[0]


def of(each: Interface, which: str) -> str:
    """``key`` or ``size`` of an aggregate, ``key`` of a port that joins one; "" where it has none."""
    return dict(each.extras).get(which, "")


def written(each: Interface) -> str:
    """As it is named in commands: ``port 1/1/1``, ``linkagg 7``."""
    return f"{'linkagg' if each.is_aggregate else 'port'} {each.name}"


def port(name: str) -> Interface:
    """A port as it is before anything is configured on it."""
    return Interface(name, number=int(name.rpartition("/")[2]), allowed=frozenset())


def aggregate(mode: str, number: int, size: int, key: int) -> Interface:
    """``mode``: ``lacp`` or ``static``."""
    made = Interface(str(number), Kind.AGGREGATE, number, allowed=frozenset(), channel_mode=mode)
    return made.with_extra("size", str(size)).with_extra("key", str(key))


def hashed(secret: str) -> str:
    """The stored form of a secret: it need only be stable."""
    return hashlib.sha256(b"simulated" + secret.encode()).hexdigest()
