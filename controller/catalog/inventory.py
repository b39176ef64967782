"""``inventory.yaml`` into :class:`Inventory`."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import TypeVar

from controller.catalog.document import parse, read_source
from controller.catalog.findings import Findings
from controller.catalog.inventory_checks import Check
from controller.catalog.inventory_shape import (
    ConduitShape,
    CredentialShape,
    DeviceShape,
    InventoryShape,
    PathShape,
    PointShape,
    ProbeShape,
    SecretShape,
    SegmentShape,
    WaypointShape,
)
from controller.catalog.ports import NAMED_PORTS, canonical
from controller.catalog.scalars import Endpoint
from controller.catalog.shape import validate
from controller.catalog.subject_checks import SubjectCheck
from controller.domain.errors import InvalidInput
from controller.domain.inventory import (
    Bilingual,
    Conduit,
    Contact,
    ControllerSite,
    Device,
    Foothold,
    HighAvailability,
    Hypervisor,
    Inventory,
    Link,
    Location,
    NapalmAccess,
    Need,
    Point,
    PointId,
    PointKind,
    Port,
    Segment,
)
from controller.domain.path import (
    SSH_PORT,
    TELNET_PORT,
    Credential,
    Path,
    PathKind,
    SecretRef,
    SecretSource,
    Waypoint,
)
from controller.domain.probe import Probe, ProbeKind, ProbeTarget
from controller.domain.profile import DeviceProfile

ValueT = TypeVar("ValueT")

_SECTIONS = ("credentials", "jump_hosts", "console_servers", "devices", "segments", "conduits")


def inventory_source(path: FilePath) -> str:
    """The text of the file: what a revision stores and :func:`inventory_from_text` reads.

    Raises InvalidInput where there is no such file or it is not UTF-8."""
    findings = Findings()
    text = read_source(path, findings)
    if text is None:
        raise InvalidInput(tuple(findings))
    return text


def load_inventory(path: FilePath, profiles: Mapping[str, DeviceProfile]) -> Inventory:
    """The inventory in ``path``. Raises InvalidInput with every mistake in it."""
    return inventory_from_text(inventory_source(path), str(path), profiles)


def inventory_from_text(
    text: str, name: str, profiles: Mapping[str, DeviceProfile], platforms: Collection[str] = ()
) -> Inventory:
    """The inventory written in ``text``; ``name`` stands for its file in problems.

    ``platforms`` are known ones whose profile could not be read. Raises InvalidInput with every mistake."""
    findings = Findings()
    inventory = WrittenInventory(text, name).examine(profiles, platforms, findings)
    if inventory is None:
        raise InvalidInput(tuple(findings))
    return inventory


class WrittenInventory:
    """What stands in ``text``, before it is held against the profiles of its devices. ``name`` stands for its
    file; ``platforms`` are those of the devices, as far as they can be told."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._problems = Findings()
        self._document = parse(text, name, self._problems)
        document = self._document
        # All that is named, also what is refused: whoever names it made no mistake.
        self._names = (
            {section: dict.fromkeys(document.keys(section)) for section in _SECTIONS}
            if document is not None
            else {}
        )
        self._shape = validate(InventoryShape, document, self._problems) if document is not None else None
        devices = self._shape.devices.values() if self._shape is not None else ()
        self.platforms = frozenset(device.platform for device in devices)

    def examine(
        self, profiles: Mapping[str, DeviceProfile], platforms: Collection[str], findings: Findings
    ) -> Inventory | None:
        """Called once. Notes every mistake in ``findings``; the inventory where there is none. ``platforms``:
        known ones without a profile here."""
        problems, document, shape = self._problems, self._document, self._shape
        if document is not None and shape is not None:
            check = Check(document, self._names, shape, profiles, platforms, problems)
            check.run()
            SubjectCheck(check).run()
        findings.extend(problems)
        if shape is None or len(problems):
            return None
        return _Build(shape, profiles).inventory(hashlib.sha256(self._text.encode()).hexdigest())


class _Build:
    """Values of the domain from a shape in which nothing is wrong."""

    def __init__(self, shape: InventoryShape, profiles: Mapping[str, DeviceProfile]) -> None:
        self._shape = shape
        self._profiles = profiles

    def inventory(self, digest: str) -> Inventory:
        shape = self._shape
        site = shape.controller
        return Inventory(
            site=shape.site,
            controller=ControllerSite(
                attached_to=self._port(*site.attached_to) if site.attached_to else None,
                consoles=tuple(self._port(console.device, console.interface) for console in site.consoles),
                rests_on=tuple(
                    Foothold(what, segment=where)
                    if isinstance(where, str)
                    else Foothold(what, port=self._port(*where))
                    for what, where in site.rests_on.given()
                ),
            ),
            credentials=_frozen({name: _credential(name, each) for name, each in shape.credentials.items()}),
            devices=_frozen({name: self._device(name, item) for name, item in shape.devices.items()}),
            links=tuple(
                Link((self._port(*first), self._port(*second)), link.kind)
                for link in shape.links
                for first, second in [link.ends]
            ),
            segments=_frozen({name: self._segment(name, item) for name, item in shape.segments.items()}),
            conduits=_frozen({name: self._conduit(name, item) for name, item in shape.conduits.items()}),
            digest=digest,
            contacts=tuple(
                Contact(each.role.value(), each.phone, each.name or "") for each in shape.contacts
            ),
            hypervisors=tuple(
                Hypervisor(name, tuple(self._port(*port) for port in each.ports))
                for name, each in shape.hypervisors.items()
            ),
        )

    def _port(self, device: str, name: str) -> Port:
        profile = self._profiles.get(self._shape.devices[device].platform)
        return Port(device, (canonical(name, profile.names) if profile else None) or name)

    def _device(self, name: str, shape: DeviceShape) -> Device:
        location = shape.location
        return Device(
            name=name,
            platform=shape.platform,
            role=shape.role,
            paths=tuple(self._path(path) for path in shape.paths),
            credentials=shape.credentials,
            host_key=shape.host_key,
            management=shape.management,
            location=Location(location.building or "", location.rack or "") if location else Location(),
            canary=self._port(name, shape.canary.interface).interface if shape.canary else None,
            ha=HighAvailability(shape.ha.peer, shape.ha.synced) if shape.ha else None,
            managed_by=shape.managed_by,
            legacy_ssh=shape.legacy_ssh,
            careful=shape.careful,
            napalm=NapalmAccess(shape.napalm.port, shape.napalm.certificate) if shape.napalm else None,
            armed=shape.armed,
            settings=_frozen(shape.settings),
            canary_svi=(
                self._port(name, shape.canary.svi).interface if shape.canary and shape.canary.svi else None
            ),
        )

    def _path(self, shape: PathShape) -> Path:
        via = self._waypoint(self._shape.jump_hosts, shape.via) if shape.via else None
        if shape.console:
            server = self._waypoint(self._shape.console_servers, shape.console)
            port, line = shape.port or server.port, shape.line or ""
            return Path(server.address, port, PathKind.CONSOLE, via=via, console=server, line=line)
        if shape.telnet:
            return Path(shape.telnet, shape.port or TELNET_PORT, PathKind.TELNET, via=via)
        return Path(str(shape.ssh), shape.port or SSH_PORT, via=via)

    def _waypoint(self, declared: Mapping[str, WaypointShape], name: str) -> Waypoint:
        shape = declared[name]
        chain: list[Credential] = []
        next_: str | None = shape.credentials
        while next_ is not None:
            chain.append(_credential(next_, self._shape.credentials[next_]))
            next_ = chain[-1].fallback
        return Waypoint(name, shape.ssh, shape.port, tuple(chain), shape.host_key, shape.legacy_ssh)

    def _segment(self, name: str, shape: SegmentShape) -> Segment:
        points = [self._point(point) for point in shape.points]
        gateways = tuple(self._port(*gateway) for gateway in shape.gateways)
        listed = {point.port for point in points}
        points += [
            Point(PointId(*gateway), PointKind.SVI)
            for gateway in dict.fromkeys(gateways)
            if gateway not in listed
        ]
        return Segment(
            name=name,
            title=shape.title.value(),
            priority=shape.priority,
            role=shape.role,
            impact=shape.impact.value() if shape.impact else None,
            keep_alive=shape.keep_alive,
            depends_on=tuple(shape.depends_on),
            needs=tuple(Need(need.segment, need.dies_after) for need in shape.needs),
            vlans=tuple(shape.vlans),
            prefixes=tuple(shape.prefixes),
            ipv6_none=shape.ipv6 is not None,
            gateways=gateways,
            points=tuple(points),
            probes=tuple(_probe(probe) for probe in shape.probes),
            forbidden=tuple(_probe(probe) for probe in shape.forbidden),
        )

    def _conduit(self, name: str, shape: ConduitShape) -> Conduit:
        return Conduit(
            name=name,
            title=shape.title.value() if shape.title else Bilingual(name, name),
            kind=shape.kind,
            priority=shape.priority,
            keep_alive=tuple(shape.keep_alive),
            points=tuple(self._point(point) for point in shape.points),
            probes=tuple(_probe(probe) for probe in shape.probes),
            forbidden=tuple(_probe(probe) for probe in shape.forbidden),
        )

    def _point(self, shape: PointShape) -> Point:
        kind, name = shape.objects()[0]
        if kind in NAMED_PORTS:
            name = self._port(shape.device, name).interface
        return Point(PointId(shape.device, name, shape.vlan), kind, shape.tagged)


def _credential(name: str, shape: CredentialShape) -> Credential:
    return Credential(
        name=name,
        username=shape.username,
        password=_secret(shape.password),
        key=_secret(shape.key),
        enable=_secret(shape.enable),
        fallback=shape.fallback,
    )


def _secret(shape: SecretShape | None) -> SecretRef | None:
    if shape is None:
        return None
    values = {source: getattr(shape, source.value) for source in SecretSource}
    source, name = next((source, name) for source, name in values.items() if name is not None)
    return SecretRef(source, name)


def _probe(shape: ProbeShape) -> Probe:
    target = shape.tcp or Endpoint(str(shape.icmp), None)
    return Probe(_target(target), shape.source, _target(shape.control))


def _target(endpoint: Endpoint) -> ProbeTarget:
    kind = ProbeKind.ICMP if endpoint.port is None else ProbeKind.TCP
    return ProbeTarget(kind, endpoint.address, endpoint.port)


def _frozen(values: Mapping[str, ValueT]) -> Mapping[str, ValueT]:
    return MappingProxyType(dict(values))
