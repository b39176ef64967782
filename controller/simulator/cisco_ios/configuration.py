"""The configuration of a switch: values that are replaced, never altered, and the text they are written as.

Cisco IOS Configuration Fundamentals Command Reference, "show running-config": defaults are not written.
LAN Switching Command Reference, "switchport trunk allowed vlan": a list too long for a line is continued
on ``switchport trunk allowed vlan add`` lines.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from controller.simulator.bgp import Bgp, Default, statics
from controller.simulator.cisco_ios.accesslists import AccessList
from controller.simulator.cisco_ios.names import number, sort_key
from controller.simulator.switching import Interface, Kind
from controller.simulator.vlans import ALL_VLANS, vlan_spans, wrapped

TUNNEL = ("tunnel source", "tunnel mode", "tunnel destination", "tunnel protection")
"""The lines of a tunnel, in the order of the configuration."""


def made(name: str) -> Interface:
    """An interface as it is before anything is configured on it."""
    kinds = {"Port-channel": Kind.AGGREGATE, "Vlan": Kind.SVI, "Tunnel": Kind.TUNNEL}
    kind = next((kind for word, kind in kinds.items() if name.startswith(word)), Kind.PORT)
    return Interface(name, kind, number(name), mode="dynamic auto")


def written(interface: Interface) -> list[str]:
    """The lines of an interface."""
    lines = [f"interface {interface.name}"]
    if interface.description:
        lines.append(f" description {interface.description}")
    if not interface.is_svi and not interface.is_tunnel:
        if interface.access_vlan != 1:
            lines.append(f" switchport access vlan {interface.access_vlan}")
        if interface.native_vlan != 1:
            lines.append(f" switchport trunk native vlan {interface.native_vlan}")
        if interface.allowed != ALL_VLANS:
            head = " switchport trunk allowed vlan "
            lines += wrapped(head, head + "add ", vlan_spans(interface.allowed) or ["none"])
        if interface.mode != "dynamic auto":
            lines.append(f" switchport mode {interface.mode}")
        if interface.voice_vlan is not None:
            lines.append(f" switchport voice vlan {interface.voice_vlan}")
    else:
        lines.append(f" ip address {' '.join(interface.address)}" if interface.address else " no ip address")
    for which, name in interface.access_groups:
        family, direction = which.split()
        lines.append(f" {'ip access-group' if family == 'ip' else 'ipv6 traffic-filter'} {name} {direction}")
    if interface.shutdown:
        lines.append(" shutdown")
    if interface.channel_group is not None:
        lines.append(f" channel-group {interface.channel_group} mode {interface.channel_mode}")
    if interface.portfast:
        lines.append(" spanning-tree portfast")
    lines += [f" ipv6 address {address}" for address in interface.addresses6]
    lines += [f" {each} {interface.setting(each)}" for each in TUNNEL if interface.setting(each)]
    return lines


@dataclass(frozen=True, slots=True)
class User:
    privilege: int
    secret: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything global that has a single value. ``exec_timeout`` in seconds, 0 never; ``block_for`` is
    seconds, attempts, and the seconds within which they must fall. ``archive`` is where copies of the
    configuration go, "" where none are made; ``aaa``: ``new-model`` and the method lists, empty without.
    ``exclusive``: ``auto`` or ``manual``, "" where everybody may configure at once. ``file_prompt``:
    ``quiet`` where file operations ask nothing; ``scp_server``: whether files can be sent by secure copy."""

    hostname: str = "Switch"
    enable_secret: str = ""
    banner_login: str = ""
    banner_motd: str = ""
    domain_lookup: bool = True
    exec_timeout: int = 600
    length: int = 24
    vty_lines: int = 16
    block_for: tuple[int, int, int] | None = None
    buffered_logging: bool = True
    archive: str = ""
    aaa: tuple[str, ...] = ()
    exclusive: str = ""
    file_prompt: str = ""
    scp_server: bool = False


@dataclass(slots=True)
class Configuration:
    """Frozen values in dictionaries: a copy is shallow, a comparison exact."""

    settings: Settings = field(default_factory=Settings)
    users: dict[str, User] = field(default_factory=dict)
    vlans: dict[int, str] = field(default_factory=lambda: {1: "default"})
    interfaces: dict[str, Interface] = field(default_factory=dict)
    lists: dict[tuple[str, str], AccessList] = field(default_factory=dict)
    """By family (``ip``, ``ipv6``) and name."""
    bgp: Bgp | None = None
    defaults: tuple[Default, ...] = ()

    def copy(self) -> Configuration:
        return Configuration(
            self.settings,
            dict(self.users),
            dict(self.vlans),
            dict(self.interfaces),
            dict(self.lists),
            self.bgp,
            self.defaults,
        )

    def objects(self) -> dict[str, object]:
        """Every object by a readable name: what a comparison reports."""
        found: dict[str, object] = {"settings": self.settings}
        found.update({f"username {name}": user for name, user in self.users.items()})
        found.update({f"vlan {vlan}": name for vlan, name in self.vlans.items()})
        found.update({f"interface {name}": interface for name, interface in self.interfaces.items()})
        found.update({each.header: each for each in self.lists.values()})
        found.update({"router bgp": self.bgp} if self.bgp else {})
        found.update({f"ip route {each.via}": each for each in self.defaults})
        return found

    def ordered_interfaces(self) -> list[Interface]:
        return sorted(self.interfaces.values(), key=lambda interface: sort_key(interface.name))

    def _routing(self) -> list[list[str]]:
        blocks: list[list[str]] = []
        if self.bgp is not None:
            block = [f"router bgp {self.bgp.asn}"]
            for address, each in self.bgp.neighbors:
                block.append(f" neighbor {address.upper()} remote-as {each.remote_as}")
                block += [f" neighbor {address.upper()} shutdown"] if each.shutdown else []
            blocks.append(block)
        for version, to in ((4, "ip route 0.0.0.0 0.0.0.0"), (6, "ipv6 route ::/0")):
            for route in statics(self, version):
                distance = f" {route.distance}" if route.distance != 1 else ""
                blocks.append([f"{to} {route.via.upper()}{distance}"])
        return blocks

    def text(self) -> str:
        """The commands that make this configuration, without the lines ``show`` puts before them."""
        own = self.settings
        blocks: list[list[str]] = [
            [
                "version 17.9",
                "service timestamps debug datetime msec",
                "service timestamps log datetime msec",
            ],
            [f"hostname {own.hostname}"],
        ]
        if own.enable_secret:
            blocks.append([f"enable secret 9 {own.enable_secret}"])
        blocks.append([f"aaa {each}" for each in own.aaa] or ["no aaa new-model"])
        if own.archive:
            blocks.append(["archive", f" path {own.archive}"])
        if own.file_prompt:
            blocks.append([f"file prompt {own.file_prompt}"])
        if own.exclusive:
            blocks.append([f"configuration mode exclusive {own.exclusive}"])
        if not own.domain_lookup:
            blocks.append(["no ip domain lookup"])
        if own.block_for:
            seconds, attempts, within = own.block_for
            blocks.append([f"login block-for {seconds} attempts {attempts} within {within}"])
        blocks.append(["vtp mode transparent"])
        blocks.append(
            [f"username {n} privilege {u.privilege} secret 9 {u.secret}" for n, u in self.users.items()]
        )
        for vlan, name in sorted(self.vlans.items()):
            if vlan != 1:
                blocks.append([f"vlan {vlan}", *([f" name {name}"] if name != f"VLAN{vlan:04}" else [])])
        blocks += [written(interface) for interface in self.ordered_interfaces()]
        blocks += self._routing()
        if own.scp_server:
            blocks.append(["ip scp server enable"])
        blocks += [each.configuration() for key, each in sorted(self.lists.items())]
        if own.banner_login:
            blocks.append([f"banner login ^C{own.banner_login}^C"])
        if own.banner_motd:
            blocks.append([f"banner motd ^C{own.banner_motd}^C"])
        minutes, seconds = divmod(own.exec_timeout, 60)
        vty = [f"line vty 0 {own.vty_lines - 1}"]
        vty += [f" exec-timeout {minutes} {seconds}"] if own.exec_timeout != 600 else []
        vty += [f" length {own.length}"] if own.length != 24 else []
        login = [] if own.aaa else [" login local"]
        blocks.append(["line con 0", " stopbits 1", *vty, *login, " transport input ssh"])
        return "\n!\n".join("\n".join(block) for block in blocks if block) + "\n!\nend"


def hashed(secret: str) -> str:
    """The stored form of a secret. Not scrypt, though written as type 9: it need only be stable."""
    digest = hashlib.sha256(b"simulated" + secret.encode()).digest()
    return "$9$" + base64.b64encode(digest[:24]).decode().rstrip("=")
