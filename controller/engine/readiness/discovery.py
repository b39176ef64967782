"""What devices tell of their surroundings, compared with the inventory. Pure.

Nothing here changes an inventory: what differs is listed, for a person to judge. Silence proves nothing: a
port at which no address was learned may belong to what happened not to send.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

import textfsm

from controller.domain.inventory import Device, Inventory, Link, LinkKind, PointKind, Port
from controller.domain.profile import DeviceProfile
from controller.domain.profile.surroundings import Listing, ListRead
from controller.engine.points.reading import port_names, textfsm_template

_AGGREGATE = re.compile(r"(?i)port-channel|bridge-aggregation|bond|lag|trk|ae\d")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What stands at the other end of ``port``, in its own words."""

    port: Port
    device: str
    far_port: str
    address: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Learned:
    """A hardware address a switch learned at a port; ``vlan`` None where it was not said."""

    port: Port
    mac: str
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """All that was seen. ``addresses`` maps hardware addresses to network addresses; ``looked`` are the
    devices that told what they learned."""

    neighbours: tuple[Neighbour, ...] = ()
    learned: tuple[Learned, ...] = ()
    addresses: Mapping[str, tuple[str, ...]] | None = None
    looked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WrongLink:
    """``index`` counts the inventory's links from 0; ``seen`` is where its end ``at`` leads."""

    index: int
    link: Link
    at: Port
    seen: Port


@dataclass(frozen=True, slots=True)
class LoosePort:
    """A port that nothing in the inventory has, and what was learned there; ``likely`` are the segments whose
    VLANs or networks were seen."""

    port: Port
    count: int
    vlans: tuple[int, ...]
    likely: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """``unreached``: devices with the code of why nothing was heard of them. ``silent``: points at which
    nothing was seen; that alone is no difference."""

    links: tuple[Link, ...]
    wrong: tuple[WrongLink, ...]
    strangers: tuple[Neighbour, ...]
    loose: tuple[LoosePort, ...]
    silent: tuple[tuple[str, Port], ...]
    unreached: tuple[tuple[str, str], ...]

    @property
    def differs(self) -> bool:
        return bool(self.links or self.wrong or self.strangers or self.loose)


# --- understanding what was said ---------------------------------------------------------------------


def questions(device: Device, profile: DeviceProfile) -> list[str]:
    return [_sent(read, device, profile) for reads in profile.discover.values() for read in reads]


def sighting(
    devices: Iterable[Device], profiles: Mapping[str, DeviceProfile], answers: Mapping[str, Mapping[str, str]]
) -> Sighting:
    """What the answers (device to command to answer) say. What cannot be understood says nothing."""
    neighbours: dict[tuple[Port, str], Neighbour] = {}
    learned: dict[Learned, None] = {}
    addresses: dict[str, dict[str, None]] = defaultdict(dict)
    looked: set[str] = set()
    for device in devices:
        profile = profiles[device.platform]
        said = _Said(device, profile, answers.get(device.name, {}))
        for row in said.rows(Listing.NEIGHBOURS, "port", "device", "far_port"):
            each = Neighbour(
                said.port(row["port"]),
                row["device"],
                row["far_port"],
                row.get("address", ""),
                row.get("description", ""),
            )
            neighbours.setdefault((each.port, each.device.split(".")[0].lower()), each)
        for row in said.rows(Listing.MACS, "port", "mac"):
            vlan = row.get("vlan", "")
            mac = _plain_mac(row["mac"])
            if mac:
                learned[Learned(said.port(row["port"]), mac, int(vlan) if vlan.isdigit() else None)] = None
        for row in said.rows(Listing.ADDRESSES, "address", "mac"):
            mac = _plain_mac(row["mac"])
            if mac:
                addresses[mac][row["address"]] = None
        if said.heard(Listing.MACS):
            looked.add(device.name)
    return Sighting(
        tuple(neighbours.values()),
        tuple(learned),
        {mac: tuple(found) for mac, found in addresses.items()},
        frozenset(looked),
    )


class _Said:
    """The answers of one device, row by row."""

    def __init__(self, device: Device, profile: DeviceProfile, answers: Mapping[str, str]) -> None:
        self._device = device
        self._profile = profile
        self._answers = answers
        self._ports = {row["number"]: row["name"] for row in self.rows(Listing.PORTS, "number", "name")}

    def rows(self, listing: Listing, *needed: str) -> Iterator[Mapping[str, str]]:
        """Those that have every field ``needed``."""
        for read in self._profile.discover.get(listing, ()):
            answer = self._answers.get(_sent(read, self._device, self._profile))
            if answer is not None and not self._profile.error_in(answer):
                rows = _rows(read, answer.replace("\r\n", "\n").replace("\r", "\n"))
                yield from (row for row in rows if all(row.get(name) for name in needed))

    def heard(self, listing: Listing) -> bool:
        """Whether it answered, if only that there is nothing."""
        reads = self._profile.discover.get(listing, ())
        sent = (_sent(read, self._device, self._profile) for read in reads)
        answers = (self._answers.get(text) for text in sent)
        return any(answer is not None and not self._profile.error_in(answer) for answer in answers)

    def port(self, name: str) -> Port:
        return Port(self._device.name, long_name(self._ports.get(name, name), self._profile.names))


def _sent(read: ListRead, device: Device, profile: DeviceProfile) -> str:
    return read.send.fill({**profile.settings, **device.settings})


def _rows(read: ListRead, answer: str) -> Iterator[Mapping[str, str]]:
    """Rows with every group or column filled that is named."""
    if read.rows is not None:
        for found in read.rows.finditer(answer):
            yield {name: value.strip() for name, value in found.groupdict().items() if value is not None}
        return
    try:
        parsed = textfsm.TextFSM(io.StringIO(textfsm_template(read.textfsm))).ParseTextToDicts(answer)
    except textfsm.TextFSMError:
        return
    for row in parsed:
        cells = {name: row.get(column) for name, column in read.fields.items()}
        # A column may hold a list, of one port as a rule.
        texts = {name: cell[0] if isinstance(cell, list) and cell else cell for name, cell in cells.items()}
        yield {name: str(text).strip() for name, text in texts.items() if text}


def long_name(name: str, names: Mapping[str, tuple[str, ...]]) -> str:
    """``Gi1/0/1`` → ``GigabitEthernet1/0/1``; what the platform does not abbreviate stays as it is."""
    for form in port_names(name.replace(" ", ""), names):
        if any(re.fullmatch(re.escape(long) + r"[\d/.:]+", form) for long in names):
            return form
    return name


def _plain_mac(text: str) -> str:
    """Twelve hexadecimal digits, "" for what is no address or for one of a group."""
    digits = re.sub(r"[^0-9a-f]", "", text.lower())
    return digits if len(digits) == 12 and not int(digits[1], 16) & 1 else ""


# --- comparing -----------------------------------------------------------------------------------------


def compare(
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
    seen: Sighting,
    unreached: Mapping[str, str],
) -> Comparison:
    far = {each: _far_end(inventory, profiles, each) for each in seen.neighbours}
    linked = {end: index for index, link in enumerate(inventory.links) for end in link.ends}
    pairs: dict[frozenset[Port], Link] = {}
    wrong: dict[int, WrongLink] = {}
    mended: set[frozenset[Port]] = set()
    # What a port of a link says itself comes first: its far end may hear another.
    for each, end in sorted(far.items(), key=lambda item: item[0].port not in linked):
        if end is None or end.device == each.port.device:
            continue
        pair = frozenset((each.port, end))
        if any(frozenset(link.ends) == pair or _bundles(link, each.port, end) for link in inventory.links):
            continue
        at, seen_at = (each.port, end) if each.port in linked else (end, each.port)
        index = linked.get(at)
        if pair in mended:
            continue
        if index is not None and index not in wrong:
            wrong[index] = WrongLink(index, inventory.links[index], at, seen_at)
            mended.add(pair)
        else:  # nothing is known of it, or its link was mended at the other end: then this is one more
            first, second = sorted((each.port, end))
            pairs[pair] = Link((first, second), LinkKind.DATA)
    cabled = {each.port for each in seen.neighbours}
    return Comparison(
        links=tuple(sorted((pairs[each] for each in pairs.keys() - mended), key=lambda link: link.ends)),
        wrong=tuple(wrong[index] for index in sorted(wrong)),
        strangers=tuple(
            sorted((each for each, end in far.items() if end is None), key=lambda each: each.port)
        ),
        loose=tuple(_loose(inventory, seen, cabled)),
        silent=tuple(_silent(inventory, seen)),
        unreached=tuple(sorted(unreached.items())),
    )


def _bundles(link: Link, *ends: Port) -> bool:
    """Whether a link between the same devices is written as an aggregate: each member has a neighbour."""
    devices = {end.device for end in link.ends} == {end.device for end in ends}
    return devices and any(_AGGREGATE.match(end.interface) for end in link.ends)


def _far_end(inventory: Inventory, profiles: Mapping[str, DeviceProfile], each: Neighbour) -> Port | None:
    """The neighbour's port in the inventory: by its name, without domain, or by its address."""
    name = each.device.split(".")[0].lower()
    device = next((one for one in inventory.devices.values() if one.name.lower() == name), None)
    if device is None and each.address:
        device = next(
            (
                one
                for one in inventory.devices.values()
                if any(path.address == each.address for path in one.paths if path.console is None)
            ),
            None,
        )
    if device is None:
        return None
    profile = profiles.get(device.platform)
    return Port(device.name, long_name(each.far_port, profile.names) if profile else each.far_port)


def _loose(inventory: Inventory, seen: Sighting, cabled: Collection[Port]) -> Iterator[LoosePort]:
    """Ports at which addresses were learned and that the inventory does not have. Those with a neighbour that
    speaks are told of as links or strangers."""
    known = _known_ports(inventory) | set(cabled)
    at: dict[Port, list[Learned]] = defaultdict(list)
    for each in seen.learned:
        if each.port not in known:
            at[each.port].append(each)
    for port, learned in sorted(at.items()):
        vlans = sorted({each.vlan for each in learned if each.vlan is not None})
        likely = [
            segment.name
            for segment in inventory.segments.values()
            if set(vlans) & set(segment.vlans) or _has_address(segment.prefixes, learned, seen)
        ]
        macs = {each.mac for each in learned}
        yield LoosePort(port, len(macs), tuple(vlans), tuple(likely))


def _has_address(prefixes: Sequence[str], learned: Iterable[Learned], seen: Sighting) -> bool:
    networks = [ip_network(prefix) for prefix in prefixes]
    for each in learned:
        for text in (seen.addresses or {}).get(each.mac, ()):
            try:
                address = ip_address(text.split("%")[0])
            except ValueError:
                continue
            if any(address in network for network in networks if network.version == address.version):
                return True
    return False


def _known_ports(inventory: Inventory) -> set[Port]:
    site = inventory.controller
    ports = {point.port for subject in inventory.subjects() for point in subject.points}
    ports |= {end for link in inventory.links for end in link.ends} | set(site.consoles)
    ports |= {site.attached_to} if site.attached_to else set()
    return ports


def _silent(inventory: Inventory, seen: Sighting) -> Iterator[tuple[str, Port]]:
    """Access ports of segments at which a switch that told of others has learned nothing."""
    heard = {each.port for each in seen.learned} | {each.port for each in seen.neighbours}
    for segment in inventory.segments.values():
        for point in segment.points:
            ports = point.kind in (PointKind.INTERFACE, PointKind.AGGREGATE) and not point.tagged
            if ports and point.port.device in seen.looked and point.port not in heard:
                yield segment.name, point.port
