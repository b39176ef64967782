"""What of a subject returns before the whole of it: some points, or all of it for some networks alone. Pure.

Towards networks alone it returns only where a device holds it to that: at the points that can, what is let
through is written first and read back, and the hold stays there; the other points open behind it. A segment
that could get around these points is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network

from controller.domain.errors import InvalidRequest, NotFound
from controller.domain.hold import Hold, HoldKey
from controller.domain.inventory import (
    Inventory,
    Method,
    Point,
    PointId,
    PointKind,
    Segment,
    Subject,
    needed_by,
)
from controller.domain.limit import written_networks
from controller.domain.plan import Limited, Severity
from controller.domain.profile import DeviceProfile
from controller.engine.findings import Findings, some
from controller.engine.network.bypass import find_ways_past
from controller.engine.network.vlans import FAMILIES, Cuts
from controller.engine.points.holds import HoldBook


@dataclass(frozen=True, slots=True)
class Partial:
    """``towards``: names of segments, addresses and networks; () for everything. ``points``: each a device,
    or a device and one of its ports or a range of them (``acc-1 GigabitEthernet1/0/1-12``); () for all."""

    towards: tuple[str, ...] = ()
    points: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        return not self.towards and not self.points


@dataclass(frozen=True, slots=True)
class Share:
    """``ends``: the holds to let go; ``limits``: the points that stay held and let something through."""

    ends: frozenset[HoldKey]
    limits: Mapping[PointId, Limited]


def networks_of(towards: Iterable[str], inventory: Inventory) -> tuple[str, ...]:
    """Raises NotFound for what is neither a segment nor an address, InvalidRequest for a segment or conduit
    of which nobody wrote down the addresses, and for all addresses there are."""
    found: list[IPv4Network | IPv6Network] = []
    for name in towards:
        segment = inventory.segments.get(name)
        if name in inventory.conduits or (segment is not None and not segment.prefixes):
            raise InvalidRequest("towards-without-addresses", name=name)
        if segment is not None:
            found.extend(ip_network(prefix) for prefix in segment.prefixes)
            continue
        try:
            network = ip_network(name)
        except ValueError:
            close = get_close_matches(name, inventory.segments, n=1)
            raise NotFound(kind="towards", name=name, **({"suggestion": close[0]} if close else {})) from None
        if network.prefixlen == 0:
            raise InvalidRequest("towards-everything", name=name)
        found.append(network)
    return written_networks(found)


def named_points(points: Iterable[str], held: Collection[PointId]) -> frozenset[PointId]:
    """Those of ``held`` that ``points`` name."""
    return frozenset(point for name in points for point in held if _is_named(point, name))


def check_points(points: Iterable[str], held: Collection[PointId]) -> None:
    """Raises InvalidRequest for a name that none of ``held`` has."""
    for name in points:
        if not any(_is_named(point, name) for point in held):
            known = some(str(point) for point in sorted(held, key=lambda each: each.order))
            raise InvalidRequest("point-not-held", name=name, held=known or "-")


def share(
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
    book: HoldBook,
    ends: Collection[HoldKey],
    partial: Mapping[str, Partial],
    findings: Findings,
) -> Share:
    """``ends``: the holds to let go if everything returned whole; ``partial``: by subject, what does not.
    Raises as :func:`networks_of` and :func:`check_points`."""
    left: dict[str, list[Hold]] = {}
    kept: set[HoldKey] = {key for key in ends if key.subject not in partial}
    limits: dict[PointId, Limited] = {}
    for hold in book.holds():
        if hold.key in ends and hold.key.subject in partial:
            left.setdefault(hold.key.subject, []).append(hold)
    for wanted in set(partial.values()):
        alike = [name for name in left if partial[name] == wanted]
        check_points(wanted.points, {hold.key.point for name in alike for hold in left[name]})
    for name, holds in left.items():
        wanted, subject = partial[name], inventory.subject(name)
        limiting = [hold for hold in holds if wanted.towards and _limits(hold, subject, inventory, profiles)]
        at = {hold.key.point for hold in limiting}
        others = {hold.key.point for hold in holds} - at
        opening = named_points(wanted.points, others) if wanted.points else others
        if wanted.towards:
            networks = networks_of(wanted.towards, inventory)
            _check(inventory, book, name, holds, limiting, opening, partial, findings)
            if at:
                _tell(inventory, book, name, wanted.towards, findings)
                where = sorted(at, key=lambda each: each.order)
                findings.hazard(
                    "partial-towards",
                    Severity.WARN,
                    name,
                    towards=", ".join(wanted.towards),
                    networks=", ".join(networks),
                    points=", ".join(map(str, where)),
                )
            for point in at:
                keys = sorted(hold.key for hold in book.holds() if hold.key.point == point)
                pairs = tuple((key.run, key.subject) for key in keys)
                limits[point] = Limited(point, pairs, wanted.towards, networks)
        kept.update(hold.key for hold in holds if hold.key.point in opening)
        if wanted.points:
            _tell_of_points(name, holds, opening, at, findings)
    return Share(frozenset(kept), limits)


def _limits(
    hold: Hold, subject: Subject | None, inventory: Inventory, profiles: Mapping[str, DeviceProfile]
) -> bool:
    """Whether the device can hold the subject to some networks at this point: a segment by its own addresses
    where they are routed, a conduit by those beyond it."""
    device = inventory.devices.get(hold.key.point.device)
    profile = profiles.get(device.platform) if device is not None else None
    spec = profile.spec(hold.point.kind, hold.point.tagged) if profile is not None else None
    by_prefix = hold.point.kind is PointKind.POLICY
    return spec is not None and spec.limiting is not None and isinstance(subject, Segment) is by_prefix


def _check(
    inventory: Inventory,
    book: HoldBook,
    name: str,
    holds: Collection[Hold],
    limiting: Collection[Hold],
    opening: Collection[PointId],
    partial: Mapping[str, Partial],
    findings: Findings,
) -> None:
    """Refuses what no device would hold to what is asked for."""
    subject = inventory.subject(name)
    points = {hold.key.point: hold.point for hold in limiting}
    unlimited = {hold.key.point for hold in holds} - points.keys()
    if not points or (not isinstance(subject, Segment) and unlimited & set(opening)):
        cut = some(str(point) for point in sorted(unlimited or points, key=lambda each: each.order))
        findings.hazard("towards-unenforced", Severity.REFUSE, name, points=cut)
        return
    for point in points:
        strangers = {key.subject for key in book.holders(point) if partial.get(key.subject) != partial[name]}
        if strangers:
            names = ", ".join(sorted(strangers))
            findings.hazard("towards-shared", Severity.REFUSE, str(point), subject=name, also=names)
    if isinstance(subject, Segment):
        _check_ways_past(inventory, subject, points.values(), findings)


def _check_ways_past(
    inventory: Inventory, segment: Segment, points: Iterable[Point], findings: Findings
) -> None:
    where = tuple(points)
    if not segment.gateways:
        findings.hazard(
            "towards-unknown-way", Severity.REFUSE, segment.name, points=some(str(p.id) for p in where)
        )
        return
    families = frozenset(ip_network(prefix).version for prefix in segment.prefixes) & frozenset(FAMILIES)
    cuts = Cuts()
    for point in where:
        cuts.cut(point, Method.POLICY, (segment.name,), families)
    past = find_ways_past(inventory, segment, cuts)
    if past is not None:
        others, through, family = past
        findings.hazard(
            "towards-bypassed",
            Severity.REFUSE,
            segment.name,
            points=some(str(point.id) for point in where),
            others=some(others),
            through=some(through),
            family=family,
        )


def _tell(
    inventory: Inventory, book: HoldBook, name: str, towards: Collection[str], findings: Findings
) -> None:
    subject = inventory.subject(name)
    held = {hold.key.subject for hold in book.holds()}
    if still := [each for each in towards if each in held and each != name]:
        findings.hazard("towards-still-cut", Severity.WARN, name, subjects=", ".join(still))
    if subject is not None and (without := [each for each in needed_by(subject) if each not in towards]):
        findings.hazard("towards-without-needs", Severity.WARN, name, needs=", ".join(without))
    if isinstance(subject, Segment):
        findings.hazard("towards-inside", Severity.WARN, name)


def _tell_of_points(
    name: str,
    holds: Iterable[Hold],
    opening: Collection[PointId],
    limiting: Collection[PointId],
    findings: Findings,
) -> None:
    """Where it stays cut, what comes back may still reach nothing."""
    every = list(holds)
    held = {hold.key.point for hold in every}
    findings.hazard("partial-points", Severity.WARN, name, count=str(len(opening)), total=str(len(held)))
    behind = {
        hold.key.point
        for hold in every
        if hold.key.point not in opening
        and hold.key.point not in limiting
        and (hold.point.tagged or hold.point.kind not in (PointKind.INTERFACE, PointKind.SSID))
    }
    if opening and behind:
        names = [str(point) for point in sorted(behind, key=lambda each: each.order)]
        findings.hazard("points-behind-cut", Severity.WARN, name, points=", ".join(names), some=some(names))


_RANGE = re.compile(r"^(?P<stem>.*?)(?P<first>\d+)-(?P<last>\d+)$")


def _is_named(point: PointId, name: str) -> bool:
    device, _, port = name.strip().partition(" ")
    if point.device != device:
        return False
    return not port or point.object in set(_objects(port.strip()))


def _objects(port: str) -> Iterator[str]:
    """A port as it is called, and each of a range: ``Gi1/0/1-3``."""
    yield port
    found = _RANGE.match(port)
    if found and int(found["last"]) - int(found["first"]) in range(10_000):
        for number in range(int(found["first"]), int(found["last"]) + 1):
            yield f"{found['stem']}{number}"
