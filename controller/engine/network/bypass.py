"""What a cut leaves connected: between segments, out of the site, and inside a VLAN. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from controller.domain.inventory import Conduit, Inventory, Method, PointId, Segment
from controller.domain.plan import Severity, Step
from controller.engine.findings import Findings, some
from controller.engine.network.reachability import Aftermath, Passage
from controller.engine.network.vlans import Cuts, Network, Socket, families_of

LAYER_3 = frozenset({Method.SVI, Method.ACL, Method.POLICY})
"""Methods that stop what is routed; hosts in one VLAN still reach each other."""


def find_bypasses(after: Aftermath, wanted: Collection[str], findings: Findings) -> None:
    """``wanted``: the subjects the plan was asked to cut."""
    inventory = after.network.inventory
    for name in sorted(wanted):
        segment, conduit = inventory.segments.get(name), inventory.conduits.get(name)
        if segment is not None:
            passages = list(after.reached(segment))
        elif conduit is not None:
            passages = list(ways_around(after, conduit, wanted))
        else:
            continue
        if not passages:
            continue
        others = dict.fromkeys(each.other if segment is not None else each.subject for each in passages)
        findings.hazard(
            "bypass",
            Severity.WARN,
            name,
            others=", ".join(others),
            some=some(others),
            through=some(_holes(after, passages)),
            family=_families(passages),
        )


def find_ways_past(
    inventory: Inventory, segment: Segment, cuts: Cuts
) -> tuple[tuple[str, ...], tuple[str, ...], str] | None:
    """What the segment reaches past ``cuts``, where it goes through, and the families; None: nothing."""
    after = Aftermath(Network(inventory), cuts)
    passages = list(after.reached(segment))
    if not passages:
        return None
    others = tuple(dict.fromkeys(each.other for each in passages))
    return others, tuple(_holes(after, passages)), _families(passages)


def _families(passages: Iterable[Passage]) -> str:
    return ", ".join(f"IPv{family}" for family in sorted({each.family for each in passages}))


def ways_around(after: Aftermath, conduit: Conduit, wanted: Collection[str]) -> Iterable[Passage]:
    """What segments left alive still reach through what is left of a conduit, or through another of its kind
    that the plan leaves alone. What the conduit excepts is meant to pass."""
    inventory = after.network.inventory
    others = [
        each
        for each in inventory.conduits.values()
        if each.name == conduit.name
        or (each.kind is conduit.kind and each.name not in wanted and each.name not in conduit.keep_alive)
    ]
    for segment in inventory.segments.values():
        if segment.name in wanted or segment.name in conduit.keep_alive:
            continue
        for family in families_of(segment):
            for other in others:
                found = after.out(segment, other, family)
                if found is not None:
                    yield found


def _holes(after: Aftermath, passages: Iterable[Passage]) -> list[str]:
    """Where the traffic goes: links to the gateway, gateways left up, the point or VLAN at the end."""
    found: dict[str, None] = {}
    for each in passages:
        found.update(dict.fromkeys(_links(after, each)))
        found.update(dict.fromkeys(f"{gateway.device} {gateway.interface}" for gateway in each.gateways))
        if each.at:
            found[each.at] = None
    return list(found)


def _links(after: Aftermath, passage: Passage) -> Iterable[str]:
    """The links inside the segment's VLAN, named where the plan cuts some of its links and so left these."""
    if not passage.gateways:
        return
    ends = frozenset(gateway.device for gateway in passage.gateways)
    network = after.network
    for socket in network.sockets[passage.subject]:
        if not after.live(socket, passage.family):
            continue
        for vlan in sorted(socket.vlans, key=str):
            dead = after.dead(vlan)
            if dead == network.dead(Cuts(), vlan):
                continue
            path = network.path(socket.device, ends, dead)
            if path:
                for edge in path:
                    yield " – ".join(f"{end.device} {end.interface}" for end in (edge.one, edge.other))
                return


def find_spread(
    after: Aftermath, steps: Mapping[PointId, Step], wanted: Collection[str], findings: Findings
) -> None:
    """What of each segment still reaches itself inside its VLANs, however well it is cut from the rest."""
    methods: dict[str, set[Method]] = defaultdict(set)
    for step in steps.values():
        for name in step.subjects:
            methods[name].add(step.rendering.method)
    for name in sorted(wanted):
        segment = after.network.inventory.segments.get(name)
        if segment is None or not methods[name]:
            continue
        used = ", ".join(sorted(methods[name]))
        groups = after.together(name)
        ports = dict.fromkeys(str(socket.point) for group in groups for socket in group)
        if ports:
            findings.hazard(
                "residual-spread",
                Severity.WARN,
                name,
                methods=used,
                count=str(len(ports)),
                ports=", ".join(ports),
                some=some(ports),
            )
        elif methods[name] <= LAYER_3 and not _all_ports_cut(after, segment):
            findings.hazard("residual-spread-unknown", Severity.WARN, name, methods=used)


def _all_ports_cut(after: Aftermath, segment: Segment) -> bool:
    known: list[Socket] = [each for each in after.network.sockets[segment.name] if each.point is not None]
    return bool(known) and not any(after.live(each) for each in known)
