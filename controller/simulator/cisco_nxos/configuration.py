"""The configuration of an NX-OS switch and the text it is written as.

Cisco Nexus 9000 Series NX-OS Fundamentals Configuration Guide, "show running-config": features first, blocks
indented by two spaces, nothing at the end; Layer 2 Switching Configuration Guide, "switchport"; Security
Configuration Guide, "ip port access-group" (ports) and "ip access-group" (SVIs), "ipv6 port traffic-filter"
and "ipv6 traffic-filter"; Unicast Routing Configuration Guide, "Configuring Basic BGP" (each neighbour
is a block within ``router bgp``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.simulator.bgp import Bgp, Default, statics
from controller.simulator.cisco_nxos.names import sort_key
from controller.simulator.device import copied
from controller.simulator.filters import AccessList
from controller.simulator.secrets import stored
from controller.simulator.switching import Interface
from controller.simulator.vlans import ALL_VLANS, vlan_spans, vlan_text, wrapped


@dataclass(frozen=True, slots=True)
class User:
    role: str
    secret: str


@dataclass(frozen=True, slots=True)
class Settings:
    """``idle`` in seconds, 0 never; ``features`` those switched on."""

    hostname: str = "switch"
    banner_motd: str = ""
    idle: int = 0
    features: frozenset[str] = frozenset()


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
        blocks = [[f"version {VERSION} Bios:version 05.45"], [f"hostname {own.hostname}"]]
        blocks.append([f"feature {each}" for each in sorted(own.features)])
        blocks.append(
            [
                f"username {name} password 5 {user.secret}  role {user.role}"
                for name, user in self.users.items()
            ]
        )
        blocks.append([f"banner motd ^{own.banner_motd}^"] if own.banner_motd else [])
        for (family, name), each in sorted(self.lists.items()):
            entries = [f"  {entry.words} " for entry in each.entries]
            blocks.append([f"{family} access-list {name}", *entries])
        blocks.append([f"vlan {vlan_text(self.vlans, 2)}"])
        for vlan, name in sorted(self.vlans.items()):
            if name not in ("default", f"VLAN{vlan:04}"):
                blocks.append([f"vlan {vlan}", f"  name {name}"])
        for version, to in ((4, "ip route 0.0.0.0/0"), (6, "ipv6 route ::/0")):
            blocks.append(
                [
                    f"{to} {each.via}{f' {each.distance}' if each.distance != 1 else ''}"
                    for each in statics(self, version)
                ]
            )
        blocks += [written(each) for each in self.ordered()]
        blocks.append(written_bgp(self.bgp) if self.bgp else [])
        return "\n\n".join("\n".join(block) for block in blocks if block)


VERSION = "9.3(10)"


def written(interface: Interface) -> list[str]:
    """The lines of an interface."""
    lines = [f"interface {interface.name}"]
    lines += [f"  description {interface.description}"] if interface.description else []
    if interface.is_svi:
        lines += [] if interface.shutdown else ["  no shutdown"]
        lines += [f"  ip address {'/'.join(interface.address)}"] if interface.address else []
    else:
        lines += ["  switchport mode trunk"] if interface.mode == "trunk" else []
        if interface.access_vlan != 1:
            lines.append(f"  switchport access vlan {interface.access_vlan}")
        if interface.native_vlan != 1:
            lines.append(f"  switchport trunk native vlan {interface.native_vlan}")
        if interface.allowed != ALL_VLANS:
            head = "  switchport trunk allowed vlan "
            lines += wrapped(head, head + "add ", vlan_spans(interface.allowed, 2) or ["none"])
        lines += ["  shutdown"] if interface.shutdown else []
    lines += [f"  ipv6 address {address}" for address in interface.addresses6]
    for which, name in interface.access_groups:
        lines.append(f"  {bound_by(interface, which)} {name} {which.split()[1]}")
    lines += ["  spanning-tree port type edge"] if interface.portfast else []
    if interface.channel_group is not None:
        mode = f" mode {interface.channel_mode}" if interface.channel_mode != "on" else ""
        lines.append(f"  channel-group {interface.channel_group}{mode}")
    return lines


def written_bgp(bgp: Bgp) -> list[str]:
    lines = [f"router bgp {bgp.asn}"]
    for address, each in bgp.neighbors:
        lines += [f"  neighbor {address}", f"    remote-as {each.remote_as}"]
        lines += ["    shutdown"] if each.shutdown else []
    return lines


def bound_by(interface: Interface, which: str) -> str:
    """The words that bind a list: others on a switched port than on an SVI."""
    port = "" if interface.is_svi else "port "
    return f"ip {port}access-group" if which.startswith("ip ") else f"ipv6 {port}traffic-filter"


def hashed(secret: str) -> str:
    return stored(secret, "$5$")
