"""The configuration of an EOS switch and the text it is written as.

Arista EOS User Manual, "show running-config": defaults are not written, lines within a block are indented by
three spaces, the text ends in ``end``; "switchport mode" (``access`` by default), "switchport trunk allowed
vlan". "BGP": what is within ``router bgp`` is indented alike; "ip route".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.simulator.arista_eos.names import sort_key
from controller.simulator.bgp import Bgp, Default, statics
from controller.simulator.device import copied
from controller.simulator.filters import AccessList
from controller.simulator.secrets import stored
from controller.simulator.switching import Interface
from controller.simulator.vlans import ALL_VLANS, vlan_text


@dataclass(frozen=True, slots=True)
class User:
    privilege: int
    secret: str


@dataclass(frozen=True, slots=True)
class Settings:
    """``idle`` in seconds, 0 never."""

    hostname: str = "localhost"
    enable_secret: str = ""
    banner_login: str = ""
    banner_motd: str = ""
    idle: int = 0
    lldp: bool = True


@dataclass(slots=True)
class Configuration:
    settings: Settings = field(default_factory=Settings)
    users: dict[str, User] = field(default_factory=dict)
    vlans: dict[int, str] = field(default_factory=lambda: {1: "default"})
    interfaces: dict[str, Interface] = field(default_factory=dict)
    lists: dict[tuple[str, str], AccessList] = field(default_factory=dict)
    """By family (``ip``, ``ipv6``) and name."""
    bgp: Bgp | None = None
    defaults: tuple[Default, ...] = ()

    def copy(self) -> Configuration:
        return copied(self)

    def objects(self) -> dict[str, object]:
        found: dict[str, object] = {"settings": self.settings}
        found.update({f"username {name}": user for name, user in self.users.items()})
        found.update({f"vlan {vlan}": name for vlan, name in self.vlans.items()})
        found.update({f"interface {name}": interface for name, interface in self.interfaces.items()})
        found.update({f"{family} access-list {name}": each for (family, name), each in self.lists.items()})
        found.update({"router bgp": self.bgp} if self.bgp else {})
        found.update({f"ip route {each.via}": each for each in self.defaults})
        return found

    def ordered(self) -> list[Interface]:
        return sorted(self.interfaces.values(), key=lambda each: sort_key(each.name))

    def text(self) -> str:
        own = self.settings
        blocks = [["transceiver qsfp default-mode 4x10G"], [f"hostname {own.hostname}"]]
        blocks += [[] if own.lldp else ["no lldp run"], ["spanning-tree mode mstp"]]
        if own.enable_secret:
            blocks.append([f"enable password sha512 {own.enable_secret}"])
        blocks.append(
            [
                f"username {name} privilege {user.privilege} secret sha512 {user.secret}"
                for name, user in self.users.items()
            ]
        )
        for vlan, name in sorted(self.vlans.items()):
            if vlan != 1:
                blocks.append([f"vlan {vlan}", *([f"   name {name}"] if name != f"VLAN{vlan:04}" else [])])
        blocks += [written(each) for each in self.ordered()]
        for (family, name), each in sorted(self.lists.items()):
            entries = [f"   {entry.words}" for entry in each.entries]
            blocks.append([f"{family} access-list {name}", *entries])
        blocks += [["ip routing"], *self._routing()]
        for kind, text in (("login", own.banner_login), ("motd", own.banner_motd)):
            blocks.append([f"banner {kind}", text, "EOF"] if text else [])
        return "\n!\n".join("\n".join(block) for block in blocks if block) + "\n!\nend"

    def _routing(self) -> list[list[str]]:
        routes = [
            [
                f"{to} {each.via}{f' {each.distance}' if each.distance != 1 else ''}"
                for each in statics(self, version)
            ]
            for version, to in ((4, "ip route 0.0.0.0/0"), (6, "ipv6 route ::/0"))
        ]
        if self.bgp is None:
            return routes
        block = [f"router bgp {self.bgp.asn}"]
        for address, each in self.bgp.neighbors:
            block.append(f"   neighbor {address} remote-as {each.remote_as}")
            block += [f"   neighbor {address} shutdown"] if each.shutdown else []
        return [*routes, block]


def written(interface: Interface) -> list[str]:
    """The lines of an interface."""
    lines = [f"interface {interface.name}"]
    lines += [f"   description {interface.description}"] if interface.description else []
    lines += ["   shutdown"] if interface.shutdown else []
    if not interface.is_svi:
        if interface.access_vlan != 1:
            lines.append(f"   switchport access vlan {interface.access_vlan}")
        if interface.native_vlan != 1:
            lines.append(f"   switchport trunk native vlan {interface.native_vlan}")
        if interface.allowed != ALL_VLANS:
            lines.append(f"   switchport trunk allowed vlan {vlan_text(interface.allowed, 2)}")
        lines += ["   switchport mode trunk"] if interface.mode == "trunk" else []
        if interface.channel_group is not None:
            lines.append(f"   channel-group {interface.channel_group} mode {interface.channel_mode}")
    elif interface.address:
        lines.append(f"   ip address {'/'.join(interface.address)}")
    lines += [f"   ipv6 address {address}" for address in interface.addresses6]
    for which, name in interface.access_groups:
        family, direction = which.split()
        lines.append(f"   {family} access-group {name} {direction}")
    lines += ["   spanning-tree portfast"] if interface.portfast else []
    return lines


def hashed(secret: str) -> str:
    return stored(secret, "$6$")
