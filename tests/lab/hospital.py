"""What the lab's hospital is made of: segments, hosts, cables, addresses. Data only.

::

    internet ── wan fw lan ────── fw0 ┌──────┐ acc1 ── uplink acc1 cross ─┐
                                      │ core │                            │
    vendor ─ outside vpn inside ─ vpn0│      │ acc2 ── uplink acc2 cross ─┘
                        noc ─── probe0└──────┘
    noc ═ mgmt0 of each device (out-of-band), or port noc of core, in VLAN 5 (in-band)

    hosts at acc1: emergency1 maternity admin printers samu; at acc2: emergency2 laboratory imaging; at core:
    servers backup

acc1, acc2 and core are Open vSwitch. The triangle core–acc1–acc2 is closed: RSTP keeps one side blocked. core
also routes: FRR owns one ``vlanN`` per segment.
"""

from __future__ import annotations

from dataclasses import dataclass

MANAGEMENT_VLAN = 5


@dataclass(frozen=True)
class Segment:
    name: str
    vlan: int

    @property
    def prefix4(self) -> str:
        return f"10.10.{self.vlan}.0/24"

    @property
    def prefix6(self) -> str:
        return f"2001:db8:10:{self.vlan}::/64"

    def address4(self, host: int) -> str:
        return f"10.10.{self.vlan}.{host}"

    def address6(self, host: int) -> str:
        return f"2001:db8:10:{self.vlan}::{host}"


SEGMENTS = {
    segment.name: segment
    for segment in (
        Segment("emergency", 10),
        Segment("maternity", 20),
        Segment("laboratory", 30),
        Segment("imaging", 40),
        Segment("admin", 50),
        Segment("servers", 60),
        Segment("printers", 70),
        Segment("backup", 80),
        Segment("samu", 90),
    )
}
KEEP_ALIVE = "samu"
VLANS = tuple(segment.vlan for segment in SEGMENTS.values())


@dataclass(frozen=True)
class Host:
    """A computer on the data network. ``gateway4`` and ``gateway6`` are its default routes."""

    name: str
    address4: str
    address6: str
    gateway4: str
    gateway6: str
    device: str
    port: str
    segment: str | None = None

    @property
    def vlan(self) -> int | None:
        return SEGMENTS[self.segment].vlan if self.segment else None

    def address(self, family: int) -> str:
        return self.address4 if family == 4 else self.address6


def _host(name: str, segment: str, device: str, number: int = 10) -> Host:
    of = SEGMENTS[segment]
    return Host(
        name, of.address4(number), of.address6(number), of.address4(1), of.address6(1), device, name, segment
    )


HOSTS = {
    host.name: host
    for host in (
        _host("emergency1", "emergency", "acc1"),
        _host("emergency2", "emergency", "acc2", 11),
        _host("maternity", "maternity", "acc1"),
        _host("laboratory", "laboratory", "acc2"),
        _host("imaging", "imaging", "acc2"),
        _host("admin", "admin", "acc1"),
        _host("servers", "servers", "core"),
        _host("printers", "printers", "acc1"),
        _host("backup", "backup", "core"),
        _host("samu", "samu", "acc1"),
        Host("internet", "203.0.113.10", "2001:db8:ff::10", "203.0.113.1", "2001:db8:ff::1", "fw", "wan"),
        Host(
            "vendor", "198.51.100.10", "2001:db8:fe::10", "198.51.100.1", "2001:db8:fe::1", "vpn", "outside"
        ),
    )
}


@dataclass(frozen=True)
class Device:
    """``management`` are the addresses its sshd answers at; core has two: its switch and its router."""

    name: str
    management: tuple[str, ...]


DEVICES = {
    device.name: device
    for device in (
        Device("fw", ("10.255.0.10",)),
        Device("core", ("10.255.0.11", "10.255.0.12")),
        Device("acc1", ("10.255.0.21",)),
        Device("acc2", ("10.255.0.22",)),
        Device("vpn", ("10.255.0.30",)),
    )
}
NOC = "10.255.0.1"
PROBE_LEG = "10.254.0.10"
"""The controller's address on the leg from which it probes hosts (out-of-band only)."""


def management6(address4: str) -> str:
    """The IPv6 management address that goes with an IPv4 one."""
    return "fd00:255::" + address4.rsplit(".", 1)[1]


CABLES = (
    (("fw", "lan"), ("core", "fw0")),
    (("vpn", "inside"), ("core", "vpn0")),
    (("core", "acc1"), ("acc1", "uplink")),
    (("core", "acc2"), ("acc2", "uplink")),
    (("acc1", "cross"), ("acc2", "cross")),
)
"""Device to device; the hosts' own cables follow from :data:`HOSTS`."""

SWITCHES = {
    "core": ("acc1", "acc2"),
    "acc1": ("uplink", "cross"),
    "acc2": ("uplink", "cross"),
}
"""The Open vSwitch devices and their trunk ports."""
