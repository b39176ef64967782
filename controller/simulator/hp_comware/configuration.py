"""The configuration of a Comware switch and the text it is written as.

Comware 7 Fundamentals Command Reference, "display current-configuration": views are set off by ``#``, the
text ends in ``return``, defaults are not written. Layer 2 - LAN Switching Command Reference: "port link-type"
(``access`` by default), "port trunk permit vlan" (VLAN 1 alone by default; spans are written ``2 to 5``).
ACL and QoS Command Reference: "acl", "rule", "packet-filter". Layer 3 - IP Routing Command Reference: "bgp",
"ip route-static" (60 by default).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.simulator.bgp import Bgp, Default, statics
from controller.simulator.device import copied
from controller.simulator.hp_comware.names import sort_key
from controller.simulator.secrets import stored
from controller.simulator.switching import Interface, Kind
from controller.simulator.views import number, spans
from controller.simulator.vlans import ALL_VLANS

ONLY_FIRST = frozenset({1})
STATIC, EBGP = 60, 255
"""Preferences of static routes and of what BGP gives."""

ListKey = tuple[str, str]
"""Family (``ip``, ``ipv6``, ``mac``) and name of an access list."""

OPENED = {"ip": "acl advanced name", "ipv6": "acl ipv6 advanced name", "mac": "acl mac name"}
BOUND = {"ip": "packet-filter name", "ipv6": "packet-filter ipv6 name", "mac": "packet-filter mac name"}
DIRECTIONS = {"in": "inbound", "out": "outbound"}


@dataclass(frozen=True, slots=True)
class User:
    secret: str


@dataclass(frozen=True, slots=True)
class Settings:
    """``idle`` in seconds."""

    sysname: str = "H3C"
    idle: int = 600


Rules = tuple[tuple[int, str], ...]
"""Number and words (``deny ip``) of each rule, in their order."""


@dataclass(slots=True)
class Configuration:
    settings: Settings = field(default_factory=Settings)
    users: dict[str, User] = field(default_factory=dict)
    vlans: dict[int, str] = field(default_factory=lambda: {1: "VLAN 0001"})
    interfaces: dict[str, Interface] = field(default_factory=dict)
    lists: dict[ListKey, Rules] = field(default_factory=dict)
    bgp: Bgp | None = None
    defaults: tuple[Default, ...] = ()

    def copy(self) -> Configuration:
        return copied(self)

    def objects(self) -> dict[str, object]:
        found: dict[str, object] = {"settings": self.settings}
        found.update({f"local-user {name}": user for name, user in self.users.items()})
        found.update({f"vlan {vlan}": name for vlan, name in self.vlans.items()})
        found.update({f"interface {name}": each for name, each in self.interfaces.items()})
        found.update({f"{OPENED[family]} {name}": rules for (family, name), rules in self.lists.items()})
        found.update({"bgp": self.bgp} if self.bgp else {})
        found.update({f"ip route-static {each.via}": each for each in self.defaults})
        return found

    def ordered(self) -> list[Interface]:
        return sorted(self.interfaces.values(), key=lambda each: sort_key(each.name))

    def text(self) -> str:
        blocks = [[" version 7.1.070, Release CORDON-SIMULATED"], [f" sysname {self.settings.sysname}"]]
        for vlan, name in sorted(self.vlans.items()):
            blocks.append([f"vlan {vlan}", *([f" name {name}"] if name != f"VLAN {vlan:04}" else [])])
        blocks += [written(each) for each in self.ordered()]
        blocks += [written_bgp(self.bgp)] if self.bgp else []
        blocks.append(["line vty 0 63", " authentication-mode scheme", " user-role network-operator"])
        for version, to in ((4, "ip route-static 0.0.0.0 0"), (6, "ipv6 route-static :: 0")):
            routes = [f" {to} {each.via.upper()}{_preference(each)}" for each in statics(self, version)]
            blocks += [routes] if routes else []
        for (family, name), rules in sorted(self.lists.items()):
            blocks.append([f"{OPENED[family]} {name}", *(f" rule {index} {what}" for index, what in rules)])
        for name, user in self.users.items():
            blocks.append(
                [
                    f"local-user {name} class manage",
                    f" password hash {user.secret}",
                    " service-type ssh",
                    " authorization-attribute user-role network-admin",
                ]
            )
        return "#\n" + "\n#\n".join("\n".join(block) for block in blocks) + "\n#\nreturn"


def made(name: str) -> Interface:
    """An interface as it is before anything is configured on it."""
    kinds = {"Bridge-Aggregation": Kind.AGGREGATE, "Vlan-interface": Kind.SVI}
    kind = next((kind for word, kind in kinds.items() if name.startswith(word)), Kind.PORT)
    return Interface(name, kind, number(name), allowed=ONLY_FIRST)


def written(interface: Interface) -> list[str]:
    """The lines of an interface."""
    lines = [f"interface {interface.name}"]
    lines += [f" description {interface.description}"] if interface.description else []
    if interface.is_svi:
        lines += [f" ip address {' '.join(interface.address)}"] if interface.address else []
        lines += [f" ipv6 address {each}" for each in interface.addresses6]
    elif interface.mode == "trunk":
        lines.append(" port link-type trunk")
        lines += [] if 1 in interface.allowed else [" undo port trunk permit vlan 1"]
        if interface.allowed not in (ONLY_FIRST, frozenset()):
            allowed = "all" if interface.allowed == ALL_VLANS else spans(interface.allowed)
            lines.append(f" port trunk permit vlan {allowed}")
        lines += [f" port trunk pvid vlan {interface.native_vlan}"] if interface.native_vlan != 1 else []
    elif interface.access_vlan != 1:
        lines.append(f" port access vlan {interface.access_vlan}")
    lines += [" shutdown"] if interface.shutdown else []
    for which, name in interface.access_groups:
        family, direction = which.split()
        lines.append(f" {BOUND[family]} {name} {DIRECTIONS[direction]}")
    if interface.channel_group is not None:
        lines.append(f" port link-aggregation group {interface.channel_group}")
    return lines


def written_bgp(bgp: Bgp) -> list[str]:
    lines = [f"bgp {bgp.asn}"]
    for address, each in bgp.neighbors:
        lines.append(f" peer {address.upper()} as-number {each.remote_as}")
        lines += [f" peer {address.upper()} ignore"] if each.shutdown else []
    return lines


def _preference(route: Default) -> str:
    return f" preference {route.distance}" if route.distance != STATIC else ""


def hashed(secret: str) -> str:
    return stored(secret, "$h$6$")
