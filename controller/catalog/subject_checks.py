"""What must hold between segments, conduits and their points."""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from typing import NamedTuple

from controller.catalog.document import Loc
from controller.catalog.findings import listed
from controller.catalog.inventory_checks import Check
from controller.catalog.inventory_shape import ConduitShape, PointShape, SegmentShape
from controller.catalog.ports import NAMED_PORTS, canonical
from controller.catalog.scalars import Endpoint
from controller.domain.inventory import MANUAL, REHEARSAL, PointId, PointKind, Port
from controller.domain.probe import CONTROLLER, ProbeKind

_PART = re.compile(r"\(\?P<(\w+)>(?:[^()\\]|\\.)*\)")
"""A part of an object's name in the pattern of a profile."""

_OPTIONAL = re.compile(r"\(\?:([^()]*)\)\?")
"""What of a name, its parts said, may be left out."""

RESERVED = frozenset({"all", REHEARSAL})
"""What a selector says for everything, and what canary ports are cut for."""


class _Use(NamedTuple):
    subject: str
    loc: Loc
    keep_alive: bool


class SubjectCheck:
    def __init__(self, check: Check) -> None:
        self._check = check
        self._document = check.document
        self._inventory = check.inventory
        self._uses: dict[PointId, list[_Use]] = defaultdict(list)

    def run(self) -> None:
        for name, segment in self._inventory.segments.items():
            self._segment(name, segment)
        for name, conduit in self._inventory.conduits.items():
            self._conduit(name, conduit)
        self._shared()
        self._canaries()
        self._overlaps()
        depends = {name: segment.depends_on for name, segment in self._inventory.segments.items()}
        for loop in self._check.loops(depends):
            self._check.add(
                ("segments", loop[-2], "depends_on", depends[loop[-2]].index(loop[-1])),
                "dependency-loop",
                loop=" → ".join(loop),
            )

    def _segment(self, name: str, segment: SegmentShape) -> None:
        check, loc, names = self._check, ("segments", name), self._check.names["segments"]
        if name in RESERVED:
            check.add_at_key(loc, "name-reserved", name=name)
        for index, other in enumerate(segment.depends_on):
            check.known((*loc, "depends_on", index), other, "unknown-segment", names)
        for index, need in enumerate(segment.needs):
            check.known((*loc, "needs", index, "segment"), need.segment, "unknown-segment", names)
        points = self._points(loc, segment, segment.keep_alive)
        for index, (device, svi) in enumerate(segment.gateways):
            port = check.end((*loc, "gateways", index), device, svi)
            if port is None:
                continue
            if port not in points:  # else it is cut as the point says, which may be by a policy
                self._offered((*loc, "gateways", index), device, PointKind.SVI, False, port.interface)
                use = _Use(name, (*loc, "gateways", index), segment.keep_alive)
                self._uses[PointId(*port)].append(use)
        refused = any(self._document.pruned(*loc, key) for key in ("points", "gateways", "keep_alive"))
        if not (segment.points or segment.gateways or segment.keep_alive or refused):
            check.add_at_key(loc, "segment-without-points", name=name)
        self._probes(loc, segment)

    def _conduit(self, name: str, conduit: ConduitShape) -> None:
        check, loc = self._check, ("conduits", name)
        if name in RESERVED:
            check.add_at_key(loc, "name-reserved", name=name)
        if name in check.names["segments"]:
            line = self._document.at_key(("segments", name))[0]
            check.add_at_key(loc, "duplicate-subject", name=name, line=line)
        names = (*check.names["segments"], *check.names["conduits"])
        for index, other in enumerate(conduit.keep_alive):
            check.known((*loc, "keep_alive", index), other, "unknown-subject", names)
        self._points(loc, conduit, keep_alive=False)
        if not conduit.points and not self._document.pruned(*loc, "points"):
            check.add_at_key(loc, "conduit-without-points", name=name)
        self._probes(loc, conduit)

    def _points(self, subject: Loc, shape: SegmentShape | ConduitShape, keep_alive: bool) -> set[Port]:
        """The objects that the points of the subject name."""
        found: set[Port] = set()
        for index, point in enumerate(shape.points):
            loc: Loc = (*subject, "points", index)
            if point.tagged and point.vlan is None and not self._document.pruned(*loc, "vlan"):
                self._check.add(loc, "tagged-without-vlan")
            objects = point.objects()
            known = self._check.known(
                (*loc, "device"), point.device, "unknown-device", self._check.names["devices"]
            )
            if len(objects) != 1:
                if not self._document.pruned(*loc):
                    code = "point-kinds-several" if objects else "point-kind-missing"
                    self._check.add(loc, code, known=listed(PointKind))
            elif known:
                identity = self._point(loc, point, *objects[0])
                self._uses[identity].append(_Use(str(subject[1]), loc, keep_alive))
                found.add(Port(*identity[:2]))
        return found

    def _point(self, loc: Loc, point: PointShape, kind: PointKind, name: str) -> PointId:
        check = self._check
        if kind in NAMED_PORTS:
            port = check.port((*loc, kind.value), point.device, name)
            name = port.interface
            if port in check.protected:
                check.add(loc, "point-on-protected-link", port=" ".join(port), kind=check.protected[port])
        self._offered((*loc, kind.value), point.device, kind, point.tagged, name)
        return PointId(point.device, name, point.vlan)

    def _offered(self, loc: Loc, device: str, kind: PointKind, tagged: bool, name: str) -> None:
        """Notes a kind of point that the device's platform cannot cut, and a name that none there has."""
        profile = self._check.profile(device)
        spec = profile.spec(kind, tagged) if profile else None
        if spec and spec.object and spec.named(name) is None:
            parts = _PART.sub(
                lambda part: f"<{kind if part[1] == 'interface' else part[1]}>", spec.object.pattern
            )
            form = _OPTIONAL.sub(r"[\1]", parts)
            self._check.add(loc, "point-object-unlike", name=name, device=device, kind=kind, form=form)
        if profile is None or spec:
            return
        code = (
            "point-tagged-unsupported" if tagged and profile.spec(kind, False) else "point-kind-unsupported"
        )
        offered = listed(sorted({kind.value for kind, _ in profile.points}))
        self._check.add(loc, code, kind=kind, device=device, platform=profile.platform, known=offered)

    def _probes(self, subject: Loc, shape: SegmentShape | ConduitShape) -> None:
        both = (("probes", shape.probes), ("forbidden", shape.forbidden))
        every = [(key, index, probe) for key, probes in both for index, probe in enumerate(probes)]
        for key, index, probe in every:
            loc: Loc = (*subject, key, index)
            target = probe.tcp or (Endpoint(probe.icmp, None) if probe.icmp else None)
            if target is None or (probe.tcp and probe.icmp):
                if not self._document.pruned(*loc):
                    self._check.add(loc, "probe-target")
                continue
            if target == probe.control:
                self._check.add((*loc, "control"), "probe-control-is-target")
            if probe.source == CONTROLLER:
                continue
            if self._check.known(
                (*loc, "from"), probe.source, "unknown-device", self._check.names["devices"]
            ):
                self._sender((*loc, "from"), probe.source, {target, probe.control})

    def _sender(self, loc: Loc, device: str, endpoints: set[Endpoint]) -> None:
        shape, profile = self._inventory.devices.get(device), self._check.profile(device)
        wanted = {ProbeKind.ICMP if endpoint.port is None else ProbeKind.TCP for endpoint in endpoints}
        manual = shape is not None and shape.platform == MANUAL
        if manual or (profile and not wanted <= set(profile.probes)):
            kinds = ", ".join(sorted(wanted - set(profile.probes if profile else ())))
            self._check.add(loc, "probe-source-unable", device=device, kind=kinds)

    def _shared(self) -> None:
        for point, uses in self._uses.items():
            first: dict[str, _Use] = {}
            for use in uses:
                if use.subject in first:
                    line = self._document.at(first[use.subject].loc)[0]
                    self._check.add(use.loc, "point-twice", point=point, line=line)
                first.setdefault(use.subject, use)
            kept = next((use for use in first.values() if use.keep_alive), None)
            if kept is None:
                continue
            for use in first.values():
                if use is not kept:
                    self._check.add(
                        use.loc,
                        "keep-alive-shares-point",
                        point=point,
                        name=kept.subject,
                        line=self._document.at(kept.loc)[0],
                    )

    def _canaries(self) -> None:
        site = self._inventory.controller
        used = {point[:2] for point in self._uses}
        used |= {self._long(console.device, console.interface) for console in site.consoles}
        used |= {self._long(*site.attached_to)} if site.attached_to else set()
        used |= {self._long(*where) for _, where in site.rests_on.given() if not isinstance(where, str)}
        used |= {self._long(*port) for each in self._inventory.hypervisors.values() for port in each.ports}
        for name, device in self._inventory.devices.items():
            if device.canary is None:
                continue
            for key, kind in (("interface", PointKind.INTERFACE), ("svi", PointKind.SVI)):
                written = getattr(device.canary, key)
                if written is None:
                    continue
                loc: Loc = ("devices", name, "canary", key)
                port = self._check.port(loc, name, written)
                self._offered(loc, name, kind, False, port.interface)
                if port in self._check.link_ends or tuple(port) in used:
                    self._check.add(loc, "canary-in-use", port=" ".join(port))

    def _long(self, device: str, name: str) -> tuple[str, str]:
        """The port in its long form, where it has one."""
        profile = self._check.profile(device)
        return device, (canonical(name, profile.names) if profile else None) or name

    def _overlaps(self) -> None:
        """Prefixes either nest or are apart, so, sorted, only those still open can hold the next one."""
        prefixes = sorted(
            (
                (network.version, int(network[0]), network.prefixlen, order, name, index)
                for order, (name, segment) in enumerate(self._inventory.segments.items())
                for index, network in enumerate(map(ipaddress.ip_network, segment.prefixes))
            ),
        )
        around: list[tuple[int, int, int, int, str, int]] = []
        for prefix in prefixes:
            while around and not _holds(around[-1], prefix):
                around.pop()
            other = next((outer for outer in reversed(around) if outer[4] != prefix[4]), None)
            if other:
                earlier, later = sorted((other, prefix), key=lambda item: (item[3], item[5]))
                text = self._inventory.segments[earlier[4]].prefixes[earlier[5]]
                self._check.add(
                    ("segments", later[4], "prefixes", later[5]),
                    "prefix-overlap",
                    prefix=self._inventory.segments[later[4]].prefixes[later[5]],
                    other=text,
                    segment=earlier[4],
                )
            around.append(prefix)


def _holds(outer: tuple[int, int, int, int, str, int], inner: tuple[int, int, int, int, str, int]) -> bool:
    shift = (32 if outer[0] == 4 else 128) - outer[2]
    return outer[0] == inner[0] and outer[1] >> shift == inner[1] >> shift
