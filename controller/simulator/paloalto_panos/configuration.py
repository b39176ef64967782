"""The configuration of a PAN-OS firewall and the ``set`` commands it is written as.

PAN-OS CLI Quick Start, "Modify the Configuration" and "View Settings" (``set cli config-output-format set``);
PAN-OS Administrator's Guide, "Security Policy" (what a rule must have), "Configure Interfaces" (link state),
"Session Settings" (``rematch``, on unless it is set off), "Set Up an IPSec Tunnel" (a tunnel is in use unless
``disabled`` is set), "Configure BGP" (virtual router, peer group, peer).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

NEEDED = {
    "rules": ("from", "to", "source", "destination", "application", "service", "action"),
    "gateways": ("peer-address ip",),
    "tunnels": ("auto-key ike-gateway", "tunnel-interface"),
    "peers": ("peer-as", "peer-address ip"),
}
"""What a security rule, an IKE gateway, a tunnel and a BGP peer must have to be committed."""

LISTS = ("from", "to", "source", "destination", "application", "service")

PLACES = {
    "rules": "rulebase security rules",
    "gateways": "network ike gateway",
    "tunnels": "network tunnel ipsec",
    "routers": "network virtual-router",
    "peers": "network virtual-router",
}
"""Below what each kind of entry is written."""


@dataclass(frozen=True, slots=True)
class Port:
    """``link_state``: ``auto``, ``up`` or ``down``; "" is auto, and not written."""

    link_state: str = ""
    comment: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule, a gateway, a tunnel, a virtual router or a peer: its values by key, those of a list in their
    order."""

    values: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def get(self, key: str) -> tuple[str, ...]:
        return dict(self.values).get(key, ())

    def having(self, key: str, values: Iterable[str]) -> Entry:
        kept = {**dict(self.values), key: tuple(values)}
        return Entry(tuple(sorted((name, given) for name, given in kept.items() if given)))

    @property
    def disabled(self) -> bool:
        return self.get("disabled") == ("yes",)


@dataclass(slots=True)
class Configuration:
    """``rules`` in their order. Where there are several virtual systems, the key of a rule, a zone or an
    address is that of its own and its name, by :func:`key_of`; a peer's that of its virtual router, group and
    name."""

    settings: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    ports: dict[str, Port] = field(default_factory=dict)
    zones: dict[str, tuple[str, ...]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    rules: dict[str, Entry] = field(default_factory=dict)
    gateways: dict[str, Entry] = field(default_factory=dict)
    tunnels: dict[str, Entry] = field(default_factory=dict)
    routers: dict[str, Entry] = field(default_factory=dict)
    peers: dict[str, Entry] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self.objects() == other.objects()

    __hash__ = None  # type: ignore[assignment] # it is altered

    def copy(self) -> Configuration:
        return Configuration(*(dict(getattr(self, each.name)) for each in fields(self)))

    def objects(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for each in fields(self):
            entries: Mapping[str, object] = getattr(self, each.name)
            found.update({f"{each.name} {key}": value for key, value in entries.items()})
        return {**found, "order": tuple(self.rules)}

    def taking(self, other: Configuration, names: Iterable[str]) -> Configuration:
        """With the objects of these names as ``other`` has them."""
        taken = self.copy()
        for name in names:
            kind, _space, key = name.partition(" ")
            if not key:
                continue
            here, there = getattr(taken, kind), getattr(other, kind)
            if key in there:
                here[key] = there[key]
            else:
                here.pop(key, None)
        if "order" in names:
            known = [each for each in other.rules if each in taken.rules]
            rest = [each for each in taken.rules if each not in known]
            taken.rules = {each: taken.rules[each] for each in (*known, *rest)}
        return taken

    def text(self) -> str:
        lines = [f"set deviceconfig system hostname {self.settings['hostname']}"]
        lines += [
            f"set deviceconfig setting config {key} {value}"
            for key, value in self.settings.items()
            if key != "hostname"
        ]
        lines += [f"set mgt-config users {name} phash {phash}" for name, phash in self.users.items()]
        for name, port in self.ports.items():
            base = f"set network interface ethernet {name}"
            lines += [f"{base} link-state {port.link_state}"] if port.link_state else []
            lines += [f"{base} comment {quoted(port.comment)}"] if port.comment else []
            lines += [f"{base} layer3 ip {each}" for each in port.addresses]
        for key, members in self.zones.items():
            lines.append(f"set {placed('zone', key)} network layer3 {listed(members)}")
        lines += [f"set {placed('address', key)} ip-netmask {each}" for key, each in self.addresses.items()]
        for kind, place in PLACES.items():
            entries: Mapping[str, Entry] = getattr(self, kind)
            for key, entry in entries.items():
                base = f"set {place} {_peer(key)}" if kind == "peers" else f"set {placed(place, key)}"
                lines += [f"{base} {name} {listed(values)}" for name, values in entry.values]
        return "\n".join(lines)


def key_of(*names: str) -> str:
    return "\t".join(each for each in names if each)


def placed(place: str, key: str) -> str:
    """Where an entry stands, below its virtual system where there are several."""
    system, _, name = key.rpartition("\t")
    return f"{f'vsys {system} ' if system else ''}{place} {quoted(name)}"


def _peer(key: str) -> str:
    router, group, peer = map(quoted, key.split("\t"))
    return f"{router} protocol bgp peer-group {group} peer {peer}"


def quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


def listed(values: tuple[str, ...]) -> str:
    return quoted(values[0]) if len(values) == 1 else f"[ {' '.join(map(quoted, values))} ]"


def digest(secret: str) -> str:
    """The stored form of a secret: it need only be stable."""
    return "$5$" + hashlib.sha256(b"simulated" + secret.encode()).hexdigest()[:40]
