"""The site as its engineers describe it: devices, links, segments, conduits and their points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from controller.domain.path import Credential, Path, PathKind
from controller.domain.probe import Probe


class PointKind(StrEnum):
    INTERFACE = "interface"
    AGGREGATE = "aggregate"
    SVI = "svi"
    POLICY = "policy"
    SSID = "ssid"
    TUNNEL = "tunnel"
    BGP_PEER = "bgp_peer"


class Method(StrEnum):
    """How a point is cut. Those in :data:`WHOLE_PORT` take every VLAN of the port with them."""

    SHUTDOWN = "shutdown"
    SVI = "svi"
    ACL = "acl"
    POLICY = "policy"
    VLAN = "vlan"
    SSID = "ssid"
    TUNNEL = "tunnel"
    BGP = "bgp"
    DROP_FLOW = "drop_flow"


WHOLE_PORT = frozenset({Method.SHUTDOWN})


METHODS_OF: Mapping[PointKind, frozenset[Method]] = MappingProxyType(
    {
        PointKind.INTERFACE: frozenset(
            {Method.SHUTDOWN, Method.VLAN, Method.ACL, Method.POLICY, Method.DROP_FLOW}
        ),
        PointKind.AGGREGATE: frozenset({Method.SHUTDOWN, Method.VLAN, Method.ACL}),
        PointKind.SVI: frozenset({Method.SVI, Method.ACL}),
        PointKind.POLICY: frozenset({Method.POLICY}),
        PointKind.SSID: frozenset({Method.SSID}),
        PointKind.TUNNEL: frozenset({Method.TUNNEL}),
        PointKind.BGP_PEER: frozenset({Method.BGP}),
    }
)
"""The methods a kind of point can have at all; a profile offers some of them."""


class DeviceRole(StrEnum):
    FIREWALL = "firewall"
    CORE = "core"
    DISTRIBUTION = "distribution"
    ACCESS = "access"
    WLAN = "wlan"
    VPN = "vpn"
    WAN = "wan"


class SegmentRole(StrEnum):
    """What a segment is for; the shipped levels select by it. ``aaa`` goes last: log-ins need it."""

    CLINICAL = "clinical"
    GENERAL = "general"
    CORE = "core"
    AAA = "aaa"
    BACKUP = "backup"


class ConduitKind(StrEnum):
    INTERNET = "internet"
    WAN = "wan"
    VPN = "vpn"
    VENDOR = "vendor"


class LinkKind(StrEnum):
    """Only ``data`` links may ever be cut."""

    DATA = "data"
    PEER_LINK = "peer-link"
    STACK = "stack"
    HA = "ha"
    STORAGE = "storage"


class Management(StrEnum):
    OOB = "oob"
    INBAND = "inband"


MANUAL = "manual"
"""The platform of what is only on the walk-list: Cordon never contacts it."""


REHEARSAL = "rehearsal"
"""The subject canary ports are cut for: the name of no segment and no conduit."""


@dataclass(frozen=True, slots=True)
class Bilingual:
    fr: str
    en: str


class Port(NamedTuple):
    device: str
    interface: str


class PointId(NamedTuple):
    """The identity of a point. ``object`` is the port, SVI, policy, SSID … as the device names it."""

    device: str
    object: str
    vlan: int | None = None

    def __str__(self) -> str:
        return f"{self.device} {self.object}" + (f" vlan {self.vlan}" if self.vlan is not None else "")

    @property
    def order(self) -> tuple[str, str, int]:
        """A sort key: a point without VLAN stands before the VLANs of the same object."""
        return (self.device, self.object, -1 if self.vlan is None else self.vlan)


@dataclass(frozen=True, slots=True)
class Point:
    """Where a segment or conduit is cut. ``tagged``: the VLAN is one of several a port carries tagged."""

    id: PointId
    kind: PointKind
    tagged: bool = False
    port: Port = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Planning asks for it a dozen times a point: made once.
        object.__setattr__(self, "port", Port(self.id.device, self.id.object))


@dataclass(frozen=True, slots=True)
class Location:
    building: str = ""
    rack: str = ""


@dataclass(frozen=True, slots=True)
class HighAvailability:
    peer: str
    synced: bool = True


@dataclass(frozen=True, slots=True)
class NapalmAccess:
    """That returns go to the device through NAPALM: at the address of its session, by ``port`` (None: where
    its kind is usually asked). ``certificate``: the SHA-256 of the one it shows, in hexadecimal."""

    port: int | None = None
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A managed device. ``canary`` and ``canary_svi``: an unused port and VLAN interface, for rehearsals.
    ``settings`` are the site's values for what its profile leaves open
    (``quarantine_vlan`` …); ``host_key`` is an OpenSSH public key without comment, None until trusted.
    ``careful``: Netmiko's own preparation of a session, and one line at a time. ``armed``: whether a session
    with it is held open while a service runs; None: as its role says."""

    name: str
    platform: str
    role: DeviceRole
    paths: tuple[Path, ...] = ()
    credentials: str | None = None
    host_key: str | None = None
    management: Management = Management.OOB
    location: Location = Location()
    canary: str | None = None
    ha: HighAvailability | None = None
    managed_by: str | None = None
    legacy_ssh: bool = False
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    canary_svi: str | None = None
    careful: bool = False
    napalm: NapalmAccess | None = None
    armed: bool | None = None

    @property
    def address(self) -> str | None:
        """Its own, by the first path that leads there; None where all are ports of console servers."""
        return next((path.address for path in self.paths if path.kind is not PathKind.CONSOLE), None)

    @property
    def ssh_paths(self) -> tuple[Path, ...]:
        """Those on which its host key is asked for."""
        return tuple(path for path in self.paths if path.kind is PathKind.SSH)


@dataclass(frozen=True, slots=True)
class Link:
    ends: tuple[Port, Port]
    kind: LinkKind = LinkKind.DATA


@dataclass(frozen=True, slots=True)
class Need:
    """A service a segment lives on; ``dies_after``: seconds until its loss is felt, None if at once."""

    segment: str
    dies_after: int | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """``priority`` 1 returns first. ``points`` include the gateways, as points of kind ``svi``. ``forbidden``
    probes must not be answered while it is watched after a return."""

    name: str
    title: Bilingual
    priority: int
    role: SegmentRole = SegmentRole.GENERAL
    impact: Bilingual | None = None
    keep_alive: bool = False
    depends_on: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    vlans: tuple[int, ...] = ()
    prefixes: tuple[str, ...] = ()
    ipv6_none: bool = False
    gateways: tuple[Port, ...] = ()
    points: tuple[Point, ...] = ()
    probes: tuple[Probe, ...] = ()
    forbidden: tuple[Probe, ...] = ()


@dataclass(frozen=True, slots=True)
class Conduit:
    """``keep_alive`` names the segments and conduits whose traffic must go on through it while it is cut."""

    name: str
    title: Bilingual
    kind: ConduitKind
    priority: int
    keep_alive: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    probes: tuple[Probe, ...] = ()
    forbidden: tuple[Probe, ...] = ()


Subject = Segment | Conduit
"""What is cut and brought back as one."""


def serves_everybody(subject: Subject) -> bool:
    """Whether the others live on it: log-ins, addresses, names. It returns before them."""
    return isinstance(subject, Segment) and subject.role in (SegmentRole.AAA, SegmentRole.CORE)


def needed_by(subject: Subject) -> tuple[str, ...]:
    """What it depends on or needs, by name; those return first."""
    if not isinstance(subject, Segment):
        return ()
    names = dict.fromkeys((*subject.depends_on, *(need.segment for need in subject.needs)))
    return tuple(name for name in names if name != subject.name)


class Footing(StrEnum):
    """What the controller itself cannot run without."""

    HOST = "host"
    HYPERVISOR = "hypervisor"
    DISK = "disk"
    DIRECTORY = "directory"


@dataclass(frozen=True, slots=True)
class Foothold:
    """Where a footing of the controller is plugged in: a port, or the segment it is in."""

    what: Footing
    port: Port | None = None
    segment: str = ""


@dataclass(frozen=True, slots=True)
class ControllerSite:
    """Where the controller's own path enters, if in-band, the responders' own ports, and what the controller
    rests on."""

    attached_to: Port | None = None
    consoles: tuple[Port, ...] = ()
    rests_on: tuple[Foothold, ...] = ()


@dataclass(frozen=True, slots=True)
class Hypervisor:
    """A virtualisation host. Its guests reach each other inside it, whatever is cut at its ``ports``."""

    name: str
    ports: tuple[Port, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call; ``name`` may be "": a function outlives its holder, and stays on record."""

    role: Bilingual
    phone: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """One site, validated. ``digest`` is the SHA-256 of its source, the revision a run cites."""

    site: str
    controller: ControllerSite
    credentials: Mapping[str, Credential]
    devices: Mapping[str, Device]
    links: tuple[Link, ...]
    segments: Mapping[str, Segment]
    conduits: Mapping[str, Conduit]
    digest: str
    contacts: tuple[Contact, ...] = ()
    hypervisors: tuple[Hypervisor, ...] = ()

    def subjects(self) -> Iterator[Subject]:
        """Segments, then conduits; their names never collide (the catalog refuses it)."""
        yield from self.segments.values()
        yield from self.conduits.values()

    def subject(self, name: str) -> Subject | None:
        return self.segments.get(name) or self.conduits.get(name)
