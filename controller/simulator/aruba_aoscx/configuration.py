"""The configuration of an AOS-CX switch and the text it is written as.

AOS-CX 10.06 Diagnostics and Supportability Guide, "show running-config": no line says that it ends; access
lists stand before VLANs, VLANs before interfaces, routing after them; lines within a block are indented by
four spaces. Command-Line Interface Guide, "show running-config interface": the same lines, and ``exit``
behind them.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from controller.simulator.aruba_aoscx.lists import AccessList
from controller.simulator.aruba_aoscx.names import sort_key
from controller.simulator.bgp import Bgp
from controller.simulator.switching import Interface
from controller.simulator.vlans import ALL_VLANS, vlan_text

VERSION = "FL.10.13.1010"
DEFAULT_NAME = "DEFAULT_VLAN_1"


@dataclass(frozen=True, slots=True)
class User:
    group: str
    secret: str


@dataclass(frozen=True, slots=True)
class Settings:
    """``idle`` in minutes, 0 never."""

    hostname: str = "switch"
    idle: int = 30


@dataclass(slots=True)
class Configuration:
    settings: Settings = field(default_factory=Settings)
    users: dict[str, User] = field(default_factory=dict)
    vlans: dict[int, str] = field(default_factory=lambda: {1: DEFAULT_NAME})
    interfaces: dict[str, Interface] = field(default_factory=dict)
    lists: dict[tuple[str, str], AccessList] = field(default_factory=dict)
    """By family (``ip``, ``ipv6``) and name."""
    bgp: Bgp | None = None

    def copy(self) -> Configuration:
        return Configuration(
            self.settings,
            dict(self.users),
            dict(self.vlans),
            dict(self.interfaces),
            dict(self.lists),
            self.bgp,
        )

    def objects(self) -> dict[str, object]:
        found: dict[str, object] = {"settings": self.settings}
        found.update({f"user {name}": user for name, user in self.users.items()})
        found.update({f"vlan {vlan}": name for vlan, name in self.vlans.items()})
        found.update({f"interface {name}": interface for name, interface in self.interfaces.items()})
        found.update({f"access-list {family} {name}": each for (family, name), each in self.lists.items()})
        found.update({"router bgp": self.bgp} if self.bgp else {})
        return found

    def ordered(self) -> list[Interface]:
        return sorted(self.interfaces.values(), key=lambda each: sort_key(each.name))

    def text(self) -> str:
        lines = [f"!Version ArubaOS-CX {VERSION}", "!export-password: default"]
        lines.append(f"hostname {self.settings.hostname}")
        for name, user in self.users.items():
            lines.append(f"user {name} group {user.group} password ciphertext {user.secret}")
        lines += [f"session-timeout {self.settings.idle}"] if self.settings.idle != 30 else []
        lines += ["!", "!", "!", "ssh server vrf default"]
        for (family, name), each in sorted(self.lists.items()):
            lines += [f"access-list {family} {name}", *(f"    {entry.words}" for entry in each.entries)]
        lines += self._vlans()
        for interface in self.ordered():
            lines += written(interface)
        lines.append("!")
        if self.bgp is not None:
            lines.append(f"router bgp {self.bgp.asn}")
            for address, neighbor in self.bgp.neighbors:
                lines.append(f"    neighbor {address} remote-as {neighbor.remote_as}")
                lines += [f"    neighbor {address} shutdown"] if neighbor.shutdown else []
            lines.append("!")
        return "\n".join(lines)

    def _vlans(self) -> list[str]:
        """Those without a line of their own in one list, as far as the next that has one."""
        lines: list[str] = []
        together: list[int] = []
        for vlan, name in sorted(self.vlans.items()):
            if name in (DEFAULT_NAME, f"VLAN{vlan}"):
                together.append(vlan)
                continue
            lines += [f"vlan {vlan_text(together, 2)}"] if together else []
            lines += [f"vlan {vlan}", f"    name {name}"]
            together = []
        return [*lines, *([f"vlan {vlan_text(together, 2)}"] if together else [])]


def written(interface: Interface) -> list[str]:
    """The lines of an interface."""
    lines = [f"interface {interface.name}"]
    if interface.is_svi:
        lines += ["    shutdown"] if interface.shutdown else []
        lines += [f"    description {interface.description}"] if interface.description else []
        lines += [f"    ip address {'/'.join(interface.address)}"] if interface.address else []
        lines += [f"    ipv6 address {address}" for address in interface.addresses6]
    else:
        lines.append("    shutdown" if interface.shutdown else "    no shutdown")
        lines += [f"    description {interface.description}"] if interface.description else []
        if interface.channel_group is not None:
            return [*lines, f"    lag {interface.channel_group}"]
        lines.append("    no routing")
        if interface.mode == "trunk":
            lines.append(f"    vlan trunk native {interface.native_vlan}")
            allowed = "all" if interface.allowed == ALL_VLANS else vlan_text(interface.allowed, 2)
            lines.append(f"    vlan trunk allowed {allowed}")
        else:
            lines.append(f"    vlan access {interface.access_vlan}")
        if interface.is_aggregate and interface.channel_mode:
            lines.append(f"    lacp mode {interface.channel_mode}")
    for which, name in interface.access_groups:
        family, direction = which.split()
        routed = "routed-" if interface.is_svi else ""
        lines.append(f"    apply access-list {family} {name} {routed}{direction}")
    return lines


def hashed(secret: str) -> str:
    """The stored form of a secret: it need only be stable."""
    digest = hashlib.sha256(b"simulated" + secret.encode()).digest()
    return "AQBap" + base64.b64encode(digest[:24]).decode().rstrip("=")
