"""The configuration of a VRP switch and the text it is written as.

S2720, S5700, and S6700 V200R019C10 Command Reference: "display current-configuration" (views are set off by
``#``, the text ends in ``return``, defaults are not written), "vlan batch", "port link-type", "port default
vlan", "port trunk allow-pass vlan" (VLAN 1 alone by default; ``all`` is kept as the VLANs it is),
"eth-trunk", "acl name" (a named list gets the largest number of its kind that is free, and is written with
it), "traffic-filter (system view)", "traffic-filter (interface view)", "ip route-static" (preference 60 by
default), "preference (BGP-IPv4 unicast address family view)" (255 by default).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from controller.simulator.bgp import Bgp, Default, statics
from controller.simulator.device import copied
from controller.simulator.huawei_vrp.names import sort_key
from controller.simulator.secrets import stored
from controller.simulator.switching import Interface, Kind
from controller.simulator.views import number, spans

ONLY_FIRST = frozenset({1})
STATIC, EBGP = 60, 255
"""Preferences of static routes and of what BGP gives."""

LARGEST = {"basic": 2999, "advance": 3999, "link": 4999}
"""Number of a named list, by its kind."""


@dataclass(frozen=True, slots=True)
class User:
    secret: str


@dataclass(frozen=True, slots=True)
class Settings:
    """``idle`` in seconds."""

    sysname: str = "HUAWEI"
    idle: int = 600


@dataclass(frozen=True, slots=True)
class AccessList:
    """``kind``: ``basic``, ``advance`` or ``link``; ``rules``: number and words (``deny ip``), in order."""

    kind: str
    number: int
    rules: tuple[tuple[int, str], ...] = ()

    def with_rule(self, index: int | None, what: str) -> AccessList:
        """In place of the one of that number; without a number the next multiple of 5."""
        rules = dict(self.rules)
        if index is None:
            index = (max(rules, default=0) // 5 + 1) * 5
        rules[index] = what
        return replace(self, rules=tuple(sorted(rules.items())))

    def without_rule(self, index: int) -> AccessList:
        return replace(self, rules=tuple(rule for rule in self.rules if rule[0] != index))


ListKey = tuple[str, str]
"""``acl`` or ``acl ipv6``, and the name."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A ``traffic-filter`` line. ``direction``: ``inbound`` or ``outbound``."""

    direction: str
    listed: ListKey

    @property
    def words(self) -> str:
        family, name = self.listed
        return f"{self.direction} {family} name {name}"


def written_bgp(bgp: Bgp) -> list[str]:
    """Peers first, then each family of addresses with those that have one of it."""
    lines = [f"bgp {bgp.asn}"]
    for address, peer in bgp.neighbors:
        lines.append(f" peer {address.upper()} as-number {peer.remote_as}")
        lines += [f" peer {address.upper()} ignore"] if peer.shutdown else []
    for version in (4, 6):
        of_family = [f"  peer {address.upper()} enable" for address, _peer in bgp.of_family(version)]
        if of_family or version == 4:
            lines += [" #", f" ipv{version}-family unicast", "  undo synchronization", *of_family]
    return lines


@dataclass(slots=True)
class Configuration:
    """``filters`` by VLAN (0: none, every one) or by interface, in the order they were applied."""

    settings: Settings = field(default_factory=Settings)
    users: dict[str, User] = field(default_factory=dict)
    vlans: dict[int, str] = field(default_factory=lambda: {1: "VLAN 0001"})
    interfaces: dict[str, Interface] = field(default_factory=dict)
    lists: dict[ListKey, AccessList] = field(default_factory=dict)
    filters: dict[int | str, tuple[Filter, ...]] = field(default_factory=dict)
    bgp: Bgp | None = None
    defaults: tuple[Default, ...] = ()

    def copy(self) -> Configuration:
        return copied(self)

    def objects(self) -> dict[str, object]:
        found: dict[str, object] = {"settings": self.settings}
        found.update({f"local-user {name}": user for name, user in self.users.items()})
        found.update({f"vlan {vlan}": name for vlan, name in self.vlans.items()})
        found.update({f"interface {name}": each for name, each in self.interfaces.items()})
        found.update({f"{family} name {name}": each for (family, name), each in self.lists.items()})
        found.update({"bgp": self.bgp} if self.bgp else {})
        found.update({f"ip route-static {each.via}": each for each in self.defaults})
        found.update({f"traffic-filter {where}": each for where, each in self.filters.items()})
        return found

    def ordered(self) -> list[Interface]:
        return sorted(self.interfaces.values(), key=lambda each: sort_key(each.name))

    def free_number(self, family: str, kind: str) -> int:
        taken = {each.number for (of, _name), each in self.lists.items() if of == family}
        return next(index for index in range(LARGEST[kind], 0, -1) if index not in taken)

    def apply(self, where: int | str, one: Filter) -> None:
        """Once, behind those that are there."""
        there = self.filters.get(where, ())
        self.filters[where] = there if one in there else (*there, one)

    def take_away(self, where: int | str, one: Filter) -> bool:
        """False where it was not applied."""
        there = self.filters.get(where, ())
        left = tuple(each for each in there if each != one)
        self.filters.pop(where, None)
        if left:
            self.filters[where] = left
        return left != there

    def text(self) -> str:
        blocks = [[f"sysname {self.settings.sysname}"]]
        batch = self.vlans.keys() - ONLY_FIRST
        blocks += [[f"vlan batch {spans(batch)}"]] if batch else []
        for (family, name), each in sorted(self.lists.items()):
            rules = [f" rule {index} {what}" for index, what in each.rules]
            blocks.append([f"{family} name {name} {each.number}", *rules])
        blocks += [
            [f"vlan {vlan}", f" description {name}"]
            for vlan, name in sorted(self.vlans.items())
            if name != f"VLAN {vlan:04}"
        ]
        vlan_filters = [
            f"traffic-filter {f'vlan {vlan} ' if vlan else ''}{one.words}"
            for vlan, each in sorted(
                (key, each) for key, each in self.filters.items() if isinstance(key, int)
            )
            for one in each
        ]
        blocks += [vlan_filters] if vlan_filters else []
        users = [
            line
            for name, user in self.users.items()
            for line in (
                f" local-user {name} password irreversible-cipher {user.secret}",
                f" local-user {name} privilege level 15",
                f" local-user {name} service-type ssh",
            )
        ]
        blocks.append(["aaa", *users])
        blocks += [self.written(each) for each in self.ordered()]
        blocks += [written_bgp(self.bgp)] if self.bgp else []
        for version, to in ((4, "ip route-static 0.0.0.0 0.0.0.0"), (6, "ipv6 route-static :: 0")):
            routes = [f"{to} {each.via.upper()}{_preference(each)}" for each in statics(self, version)]
            blocks += [routes] if routes else []
        blocks.append(["user-interface vty 0 4", " authentication-mode aaa", " protocol inbound ssh"])
        head = "!Software Version V200R019C10 CORDON-SIMULATED\n"
        return head + "#\n" + "\n#\n".join("\n".join(block) for block in blocks) + "\n#\nreturn"

    def written(self, interface: Interface) -> list[str]:
        """The lines of an interface."""
        lines = [f"interface {interface.name}"]
        lines += [f" description {interface.description}"] if interface.description else []
        if interface.is_svi:
            lines += [f" ip address {' '.join(interface.address)}"] if interface.address else []
        elif interface.mode != "auto":
            lines.append(f" port link-type {interface.mode}")
        if interface.mode == "access" and interface.access_vlan != 1:
            lines.append(f" port default vlan {interface.access_vlan}")
        if interface.mode == "trunk":
            lines += [f" port trunk pvid vlan {interface.native_vlan}"] if interface.native_vlan != 1 else []
            lines += [] if 1 in interface.allowed else [" undo port trunk allow-pass vlan 1"]
            more = interface.allowed - ONLY_FIRST
            lines += [f" port trunk allow-pass vlan {spans(more)}"] if more else []
        lines += [" shutdown"] if interface.shutdown else []
        lines += [f" traffic-filter {each.words}" for each in self.filters.get(interface.name, ())]
        if interface.channel_group is not None:
            lines.append(f" eth-trunk {interface.channel_group}")
        return lines


def _preference(route: Default) -> str:
    return f" preference {route.distance}" if route.distance != STATIC else ""


def made(name: str) -> Interface:
    """An interface as it is before anything is configured on it: the link type is negotiated."""
    kinds = {"Eth-Trunk": Kind.AGGREGATE, "Vlanif": Kind.SVI}
    kind = next((kind for word, kind in kinds.items() if name.startswith(word)), Kind.PORT)
    return Interface(name, kind, number(name), allowed=ONLY_FIRST, mode="" if kind is Kind.SVI else "auto")


def hashed(secret: str) -> str:
    return stored(secret, "$1a$", "$")
