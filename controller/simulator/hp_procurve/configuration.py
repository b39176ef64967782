"""The configuration of an AOS-S switch and the text it is written as.

ArubaOS-Switch 16.10 Basic Operation Guide, "show running-config", and IPv6 Configuration Guide, "show run":
what is about ports stands with the VLANs (``untagged``, ``tagged``), lines within a block are indented by
three spaces and each block ends in ``exit``; access lists come before ports, ports before VLANs. "show
config interface": one port with the VLANs it is in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from controller.simulator.hp_procurve.lists import AccessList
from controller.simulator.hp_procurve.names import listed, made, sort_key
from controller.simulator.switching import Interface
from controller.simulator.vlans import vlan_text

REVISION = "YA.16.10.0010"
DEFAULT_VLAN = "DEFAULT_VLAN"


@dataclass(frozen=True, slots=True)
class User:
    """``level``: ``manager`` or ``operator``."""

    level: str
    secret: str


@dataclass(slots=True)
class Configuration:
    hostname: str = "HP-2530-24G-PoEP"
    users: dict[str, User] = field(default_factory=dict)
    vlans: dict[int, str] = field(default_factory=lambda: {1: DEFAULT_VLAN})
    interfaces: dict[str, Interface] = field(default_factory=lambda: {"vlan 1": made("vlan 1")})
    lists: dict[tuple[str, str], AccessList] = field(default_factory=dict)
    """By family (``ip``, ``ipv6``) and name."""

    def copy(self) -> Configuration:
        return Configuration(
            self.hostname, dict(self.users), dict(self.vlans), dict(self.interfaces), dict(self.lists)
        )

    def objects(self) -> dict[str, object]:
        found: dict[str, object] = {"hostname": self.hostname}
        found.update({f"password {name}": user for name, user in self.users.items()})
        found.update({f"vlan {vlan} name": name for vlan, name in self.vlans.items()})
        found.update({f"interface {name}": interface for name, interface in self.interfaces.items()})
        found.update({f"{family} access-list {name}": each for (family, name), each in self.lists.items()})
        return found

    def ordered(self) -> list[Interface]:
        return sorted(self.interfaces.values(), key=lambda each: sort_key(each.name))

    def text(self) -> str:
        lines = [f"; J9773A Configuration Editor; Created on release #{REVISION}"]
        lines += ["; Ver #14:27.6f.f8.1d.fb.7f.bf.bb.ef.7c.59.fc.6b.fb.9f.fc.ff.ff.37.ef:05", ""]
        lines.append(f'hostname "{self.hostname}"')
        for trunk in self.ordered():
            if trunk.is_aggregate:
                members = listed(name for name in self.interfaces if self._group(name) == trunk.number)
                lines.append(f"trunk {members} trk{trunk.number} {trunk.channel_mode}")
        for _key, each in sorted(self.lists.items()):
            lines += each.lines()
        lines.append("ip routing")
        for interface in self.ordered():
            own = own_lines(interface)
            if own and not interface.is_svi:
                lines += [f"interface {interface.name}", *own, "   exit"]
        lines.append('snmp-server community "public" unrestricted')
        for vlan in sorted(self.vlans):
            lines += self.vlan(vlan)
        lines += ["no tftp server", "password manager"]
        return "\n".join(lines)

    def _group(self, name: str) -> int | None:
        return self.interfaces[name].channel_group

    def vlan(self, vlan: int) -> list[str]:
        """The lines of a VLAN."""
        switched = [each for each in self.ordered() if not each.is_svi and each.channel_group is None]
        untagged = [each.name for each in switched if each.access_vlan == vlan]
        tagged = [each.name for each in switched if vlan in each.allowed]
        elsewhere = [each.name for each in switched if each.access_vlan != vlan] if vlan == 1 else []
        lines = [f"vlan {vlan}", f'   name "{self.vlans[vlan]}"']
        lines += [f"   no untagged {listed(elsewhere)}"] if elsewhere else []
        lines += [f"   untagged {listed(untagged)}"] if untagged else []
        lines += [f"   tagged {listed(tagged)}"] if tagged else []
        return [*lines, *own_lines(self.interfaces[f"vlan {vlan}"]), "   exit"]

    def interface(self, name: str) -> list[str]:
        """The lines of a port as it is shown by itself: with the VLANs it is in."""
        each = self.interfaces[name]
        own = own_lines(each)
        first = [line for line in own if "access-group" not in line]
        vlans = [f"   tagged vlan {vlan_text(each.allowed, 2)}"] if each.allowed else []
        vlans += [f"   untagged vlan {each.access_vlan}"] if each.access_vlan else []
        rest = [line for line in own if "access-group" in line]
        return [f"interface {name}", *first, *vlans, *rest, "   exit"]


def own_lines(interface: Interface) -> list[str]:
    """What is written with the interface itself."""
    lines: list[str] = []
    if interface.is_svi:
        lines.append(
            f"   ip address {' '.join(interface.address)}" if interface.address else "   no ip address"
        )
        lines += [f"   ipv6 address {address}" for address in interface.addresses6]
    else:
        lines += ["   disable"] if interface.shutdown else []
        lines += [f'   name "{interface.description}"'] if interface.description else []
    for which, name in interface.access_groups:
        family, direction = which.split()
        lines.append(f'   {family} access-group "{name}" {direction}')
    return [*lines, *(["   disable layer3"] if interface.is_svi and interface.shutdown else [])]


def hashed(secret: str) -> str:
    """The stored form of a secret: it need only be stable."""
    return hashlib.sha256(b"simulated" + secret.encode()).hexdigest()[:40]
