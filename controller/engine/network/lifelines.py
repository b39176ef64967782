"""What is kept alive and what it lives on: which plan would kill it, and what dies later. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from controller.domain.inventory import Inventory, Port, Segment
from controller.domain.plan import Severity
from controller.engine.findings import Findings, some
from controller.engine.network.reachability import Aftermath
from controller.engine.network.vlans import Cuts, Socket, Vlan, families_of

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))

Place = tuple[str, frozenset[Vlan]]
"""A device where hosts or a gateway of a segment are, and in which VLANs."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Of what a segment lives on. ``what`` stays the same however the cut came about, and grows with it;
    ``reason`` is the chain that ends with where it is cut. ``follows``: from another loss, and goes unsaid
    beside it."""

    what: tuple[object, ...]
    reason: str
    follows: bool = False


def check_lifelines(
    before: Aftermath,
    after: Aftermath,
    wanted: Collection[str],
    overrides: Collection[str],
    findings: Findings,
) -> None:
    """Refuses a plan that takes from a segment kept alive what it lives on, with the chain of reasons; shows
    what the other segments lose, and when. ``wanted``: the subjects the plan was asked to cut."""
    inventory = after.network.inventory
    kept = [each for each in inventory.segments.values() if each.keep_alive and each.name not in wanted]
    for segment in kept:
        reasons = sorted(set(said(losses(before, after, segment, wanted))))
        if reasons:
            findings.hazard(
                "keep-alive-depends",
                Severity.WARN if segment.name in overrides else Severity.REFUSE,
                segment.name,
                reasons="; ".join(reasons),
                some=some(reasons),
            )
    _check_needs(inventory, wanted, {each.name for each in kept}, findings)


def chains(inventory: Inventory, segment: Segment) -> Mapping[str, tuple[str, ...]]:
    """The segment and everything it cannot live without, each with the chain of names that leads there."""
    found: dict[str, tuple[str, ...]] = {segment.name: (segment.name,)}
    queue = [segment.name]
    for name in queue:
        for needed in _at_once(inventory.segments[name]):
            if needed in inventory.segments and needed not in found:
                found[needed] = (*found[name], needed)
                queue.append(needed)
    return found


def losses(before: Aftermath, after: Aftermath, segment: Segment, wanted: Collection[str]) -> Iterator[Loss]:
    """What the segment loses of what it lives on. Cuts that come on top of others only ever add to it."""
    inventory = after.network.inventory
    isolated = False
    for name, chain in chains(inventory, segment).items():
        arrow = " → ".join(chain)
        if name in wanted:
            yield Loss((name,), arrow)
            continue
        needed = inventory.segments[name]
        parted = list(_parted(before, after, needed))
        yield from (Loss((name, *each.what), f"{arrow} → {each.reason}") for each in parted)
        if name == segment.name:
            isolated = bool(parted)
            continue
        for family in set(families_of(segment)) & set(families_of(needed)):
            if before.passage(segment, needed, family) and not after.passage(segment, needed, family):
                stopped = f"{arrow} → {_stopped(after, (segment.name, name))}"
                yield Loss((name, family), stopped, follows=isolated or bool(parted))
    for conduit in inventory.conduits.values():
        for family in families_of(segment) if segment.name in conduit.keep_alive else ():
            if before.out(segment, conduit, family) and not after.out(segment, conduit, family):
                at = [str(point.id) for point in conduit.points if point.id in after.cuts.points]
                cut = " + ".join(at) or _stopped(after, (segment.name, conduit.name))
                yield Loss((conduit.name, family), f"{segment.name} → {conduit.name} → {cut}", isolated)


def said(found: Iterable[Loss]) -> Iterator[str]:
    """The reasons that a person is told."""
    return (each.reason for each in found if not each.follows)


def _parted(before: Aftermath, after: Aftermath, segment: Segment) -> Iterator[Loss]:
    """Where hosts and gateways of one segment are cut off from each other."""
    sockets = before.network.sockets[segment.name]
    gateways = [
        Socket(gateway.device, frozenset({vlan}), None)
        for gateway in segment.gateways
        for vlan in sorted({vlan for each in sockets for vlan in each.vlans}, key=str)
    ]
    for socket in sockets:
        if not after.live(socket):
            yield Loss((socket.point,), str(socket.point))
    groups: dict[tuple[Vlan, int], dict[Place, Socket]] = {}
    for socket in (*sockets, *gateways):
        for part in before.parts(socket):
            groups.setdefault(part, {}).setdefault((socket.device, socket.vlans), socket)
    for at, group in groups.items():
        vlan, _ = at
        left = {
            place: {part for part in after.parts(each) if part[0] == vlan} for place, each in group.items()
        }
        if not set.intersection(*left.values()):
            parts = {part for each in left.values() for _, part in each}
            yield Loss((at, _still_together(left)), _cut_links(after, vlan, parts))
    for gateway in segment.gateways:
        down = frozenset(family for family in families_of(segment) if not after.up(gateway, family))
        if down:
            yield Loss((gateway, down), f"{gateway.device} {gateway.interface}")


def _still_together(left: Mapping[Place, Iterable[tuple[Vlan, int]]]) -> frozenset[frozenset[Place]]:
    """Who goes on reaching whom, as the largest groups. ``left``: the parts each is in."""
    by_part: dict[tuple[Vlan, int], set[Place]] = defaultdict(set)
    for place, parts in left.items():
        for part in parts:
            by_part[part].add(place)
    groups = {frozenset(places) for places in by_part.values() if len(places) > 1}
    return frozenset(each for each in groups if not any(each < other for other in groups))


def _cut_links(after: Aftermath, vlan: Vlan, parts: Collection[int]) -> str:
    """The ports cut of links that carried the VLAN, those between the ``parts`` where that is enough."""
    network = after.network
    gone = network.dead(after.cuts, vlan) - network.dead(Cuts(), vlan)
    islands = network.islands(after.dead(vlan), frozenset(), bridged=True)
    between = {
        at
        for at in gone
        if {islands[network.edges[at].one.device], islands[network.edges[at].other.device]} <= set(parts)
    }
    ports = {port for at in between or gone for port in (network.edges[at].one, network.edges[at].other)}
    cut = (port for port in ports if port in after.cuts.ports or vlan in after.cuts.vlans.get(port, ()))
    return _names(cut) or f"VLAN {vlan}"


def _stopped(after: Aftermath, names: tuple[str, ...]) -> str:
    """The devices where traffic of the subjects is stopped by policy, else the links cut."""
    blocked = after.cuts.blocked.items()
    devices = {device for (name, _), stopped in blocked if name in names for device in stopped}
    return " + ".join(sorted(devices)) or _names(
        port for port in after.cuts.ports if port in after.network.at_port
    )


def _names(ports: Iterable[Port]) -> str:
    return " + ".join(f"{port.device} {port.interface}" for port in sorted(ports))


# --- what dies later ---------------------------------------------------------------------------------


def _check_needs(
    inventory: Inventory, wanted: Collection[str], kept: Collection[str], findings: Findings
) -> None:
    """A segment that is cut has lost all it needs; another loses what is cut, or dies itself."""
    ends = lifetimes(inventory, wanted)
    for segment in inventory.segments.values():
        later: dict[str, int] = {}
        now: dict[str, None] = {}
        for need in segment.needs:
            start = 0 if segment.name in wanted else ends.get(need.segment)
            if start is None:
                continue
            if start + (need.dies_after or 0):
                later[need.segment] = start + (need.dies_after or 0)
            elif segment.name not in wanted:
                now[need.segment] = None
        if segment.name not in wanted:
            for name in segment.depends_on:
                if ends.get(name) == 0:
                    now[name] = None
                elif name in ends:
                    later.setdefault(name, ends[name])
        if later:
            in_order = sorted(later.items(), key=lambda item: (item[1], item[0]))
            findings.hazard(
                "dies-later",
                Severity.WARN,
                segment.name,
                needs=", ".join(f"{name} ({span(seconds)})" for name, seconds in in_order),
                seconds=str(in_order[0][1]),
            )
        if now and segment.name not in kept:
            findings.hazard("needs-cut", Severity.WARN, segment.name, needs=", ".join(now))


def lifetimes(inventory: Inventory, wanted: Collection[str]) -> Mapping[str, int]:
    """Segment → seconds until it fails, 0 for what is cut; absent: nothing it needs is lost."""
    ends = {name: 0 for name in wanted if name in inventory.segments}
    changed = True
    while changed:
        changed = False
        for segment in inventory.segments.values():
            for needed, after in (
                *((need.segment, need.dies_after or 0) for need in segment.needs),
                *((name, 0) for name in segment.depends_on),
            ):
                if needed in ends and ends[needed] + after < ends.get(segment.name, 1 << 62):
                    ends[segment.name] = ends[needed] + after
                    changed = True
    return ends


def _at_once(segment: Segment) -> Iterator[str]:
    yield from segment.depends_on
    yield from (need.segment for need in segment.needs if need.dies_after is None)


def span(seconds: int) -> str:
    """``8 h``, ``90 min``: the largest unit that divides it."""
    return next(f"{seconds // size} {unit}" for size, unit in _UNITS if seconds % size == 0)
