"""From a playbook to a plan: stages, waves, operations by device, exact commands, hazards. Pure.

A hazard refuses only where the plan would cut a segment kept alive, its own path or a responder's own port;
everything else is shown and never blocks a cut.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from controller.domain.bulk import uncollected
from controller.domain.canonical import digest
from controller.domain.inventory import (
    MANUAL,
    METHODS_OF,
    WHOLE_PORT,
    Conduit,
    Device,
    DeviceRole,
    Inventory,
    LinkKind,
    Management,
    Method,
    Point,
    PointId,
    Port,
    Segment,
    Subject,
)
from controller.domain.plan import Basis, Operation, Plan, Rendering, Severity, Step, Wave
from controller.domain.playbook import Action, Order, Playbook, Stage
from controller.domain.profile import DeviceProfile, Each, RegexParse
from controller.engine.bypass import LAYER_3, find_bypasses, find_spread
from controller.engine.findings import Findings
from controller.engine.lifelines import check_lifelines
from controller.engine.network import PORTS, Cuts, Network, takes_port
from controller.engine.ownpath import OwnPath
from controller.engine.reachability import Aftermath
from controller.engine.reading import NONE
from controller.engine.renderer import RENDERER, PointContext, isolation, point_context, read_commands
from controller.engine.selection import selected
from controller.engine.topology import Topology

DATA = LinkKind.DATA

CRITICALITY = {
    role: rank
    for rank, role in enumerate(
        (
            DeviceRole.WAN,
            DeviceRole.VPN,
            DeviceRole.FIREWALL,
            DeviceRole.CORE,
            DeviceRole.DISTRIBUTION,
            DeviceRole.WLAN,
            DeviceRole.ACCESS,
        )
    )
}
"""Choke points first: the order in which devices of one wave are started."""


@dataclass(frozen=True, slots=True)
class _Company:
    """The subjects cut at one point together, and what follows from who they are: worked out once for all
    their points. ``kept`` are those kept alive, ``through`` what must go on through the point."""

    names: tuple[str, ...]
    prefixes: tuple[str, ...]
    kept: frozenset[str]
    through: frozenset[str]
    more_ipv6: bool


@dataclass
class _Planning(Findings):
    """What one compilation gathers: hazards, the points already in the plan, those for which no profile
    offers a method of the stage, with the subject, and the subjects wanted cut."""

    inventory: Inventory
    profiles: Mapping[str, DeviceProfile]
    overrides: Collection[str]
    topology: Topology
    owners: Mapping[Port, frozenset[str]]
    subjects_of: Mapping[PointId, tuple[Subject, ...]]
    planned: dict[PointId, Step] = field(default_factory=dict)
    reads: dict[PointId, tuple[str, ...]] = field(default_factory=dict)
    own_ports: frozenset[Port] = frozenset()
    companies: dict[tuple[str, ...], _Company] = field(default_factory=dict)
    without_method: dict[PointId, str] = field(default_factory=dict)
    never: Mapping[Port, LinkKind] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)

    def company(self, subjects: Sequence[Subject]) -> _Company:
        names = tuple([each.name for each in subjects])
        found = self.companies.get(names)
        if found is None:
            found = self.companies[names] = _Company(
                names,
                networks(subjects),
                _kept_among(self, subjects),
                _kept_through(subjects),
                any(_may_have_more_ipv6(each) for each in subjects),
            )
        return found


@uncollected()
def plan_isolation(
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
    profiles_digest: str,
    playbook: Playbook,
    stages: Sequence[Stage],
    overrides: Collection[str] = frozenset(),
) -> Plan:
    """Compiles ``stages`` (those of ``playbook`` and what it includes).

    ``overrides`` names what a person lets go in spite of a refusal: segments kept alive, or ports as
    ``device interface``. The same inputs always give the same plan and hash.
    """
    planning = _Planning(
        inventory,
        profiles,
        overrides,
        Topology(inventory),
        _owners(inventory),
        subjects_by_point(inventory),
        own_ports=_own_ports(inventory),
        never={end: link.kind for link in inventory.links for end in link.ends if link.kind is not DATA},
    )
    steps = [_stage_steps(planning, stage) for stage in stages]
    network = Network(inventory)
    own_path = OwnPath(network, overrides)
    waves: list[Wave] = []
    layers = own_path.layers(steps)
    for layer in layers:
        for stage, some in zip(stages, layer, strict=True):
            waves.extend(_waves(planning, own_path, stage, some, len(waves), waits=len(layers) > 1))
    own_path.check(waves, planning)
    _check_coverage(planning)
    # A port left to a person for what else is on it stays open; what is not managed is cut by hand.
    sent = (
        step
        for step in planning.planned.values()
        if step.rendering.commands or inventory.devices[step.point.id.device].platform == MANUAL
    )
    after = Aftermath(network, Cuts.of(sent))
    find_spread(after, planning.planned, planning.wanted, planning)
    find_bypasses(after, planning.wanted, planning)
    check_lifelines(Aftermath(network, Cuts()), after, planning.wanted, overrides, planning)
    return Plan(
        playbook=playbook.name,
        action=Action.ISOLATE,
        site=inventory.site,
        level=playbook.level,
        basis=Basis(inventory.digest, profiles_digest, playbook.digest, RENDERER),
        waves=tuple(waves),
        hazards=tuple(sorted(planning.hazards.values())),
        save=playbook.save,
    )


def _stage_steps(planning: _Planning, stage: Stage) -> list[Step]:
    steps: dict[PointId, Step] = {}
    for subject, points in selected(stage, planning.inventory):
        if isinstance(subject, Segment) and subject.keep_alive:
            overridden = subject.name in planning.overrides
            planning.hazard(
                "keep-alive-overridden" if overridden else "keep-alive-selected",
                Severity.WARN if overridden else Severity.REFUSE,
                subject.name,
                stage=stage.name,
            )
        planning.wanted.add(subject.name)
        for point in points:
            if point.id in planning.planned:
                continue
            step = steps.get(point.id) or _step(planning, stage, point, subject)
            if step is not None:
                steps[point.id] = step
    planning.planned.update(steps)
    return list(steps.values())


def _step(planning: _Planning, stage: Stage, point: Point, subject: Subject) -> Step | None:
    """None where the stage's methods do not apply to the point or none may be used."""
    company = planning.company(planning.subjects_of[point.id])
    names, prefixes, kept, through = company.names, company.prefixes, company.kept, company.through
    device = planning.inventory.devices[point.id.device]
    if point.kind in PORTS and point.port in planning.never:
        kind = planning.never[point.port]
        planning.hazard("never-cut", Severity.WARN, str(point.id), subject=subject.name, kind=kind.value)
        return None
    if device.platform == MANUAL:
        planning.hazard("manual-device", Severity.WARN, device.name)
        method = next((method for method in stage.method if method in METHODS_OF[point.kind]), None)
        return Step(point, names, prefixes, Rendering(method, (), {})) if method else None
    context = point_context(point, names, prefixes, device, planning.profiles[device.platform])
    if context is None:
        return None
    planning.reads[point.id] = read_commands(context)
    # Lines repeated per prefix vanish where there are none: then the method does not cut this point.
    offered = [found for method in stage.method if (found := isolation(context, method)) and found.commands]
    if not offered:
        if any(method in METHODS_OF[point.kind] for method in stage.method):
            planning.without_method.setdefault(point.id, subject.name)
        return None
    if company.more_ipv6:
        offered = [_wanting_ipv6(context, rendering) for rendering in offered]
    others = planning.owners[point.port].difference(names)
    allowed = [
        each for each in offered if not kept and _spares(planning, context, others, through, each.method)
    ]
    if not allowed:
        also = others | through | kept
        if kept or _keeps_alive(planning, also):
            planning.hazard(
                "keep-alive-on-point",
                Severity.REFUSE,
                str(point.id),
                subject=subject.name,
                also=", ".join(sorted(also)),
            )
            return None
        # Nothing kept alive is at stake, so nothing blocks the cut: this point is for a person.
        planning.hazard(
            "port-shared", Severity.WARN, str(point.id), subject=subject.name, also=", ".join(sorted(also))
        )
        return Step(point, names, prefixes, Rendering(offered[0].method, (), {}))
    if device.host_key is None:
        planning.hazard("host-key-unpinned", Severity.WARN, device.name)
    fallbacks = (each for each in allowed[1:] if not _risks_own_path(planning, point, each.method))
    return Step(point, names, prefixes, allowed[0], tuple(fallbacks))


def _risks_own_path(planning: _Planning, point: Point, method: Method) -> bool:
    """Whether falling back to the method could take a path that the plan's first choice left alone."""
    return takes_port(point, method) and point.port in planning.own_ports


def _keeps_alive(planning: _Planning, names: Iterable[str]) -> bool:
    """Whether one of the subjects ``names`` is kept alive, or is excepted from the cut of a conduit."""
    segments, conduits = planning.inventory.segments, planning.inventory.conduits
    excepted = {name for each in conduits.values() for name in each.keep_alive}
    return any(name in excepted or (name in segments and segments[name].keep_alive) for name in names)


def _kept_among(planning: _Planning, subjects: Iterable[Subject]) -> frozenset[str]:
    kept = {each.name for each in subjects if isinstance(each, Segment) and each.keep_alive}
    return frozenset(kept - set(planning.overrides))


def _may_have_more_ipv6(subject: Subject) -> bool:
    """Whether nobody wrote down its IPv6 networks, nor that it has none."""
    if not isinstance(subject, Segment) or subject.ipv6_none:
        return False
    return not any(":" in prefix for prefix in subject.prefixes)


def _wanting_ipv6(context: PointContext, rendering: Rendering) -> Rendering:
    """Not confirmed by having no IPv6 network to cut: what nobody wrote down stays open."""
    per_network = {
        name
        for read in context.spec.reads
        for parse in read.parse
        if isinstance(parse, RegexParse) and parse.each is Each.PREFIX6
        for name in (*parse.matched, *parse.otherwise)
    }
    if not per_network:
        return rendering
    expect = {
        name: tuple(value for value in wanted if value != NONE) if name in per_network else wanted
        for name, wanted in rendering.expect.items()
    }
    return replace(rendering, expect=expect)


def _spares(
    planning: _Planning,
    context: PointContext,
    others: frozenset[str],
    through: frozenset[str],
    method: Method,
) -> bool:
    """Whether the method leaves alone ``others``, with a point of their own on the same port, whose VLAN
    would go and come with it, and what must go on ``through`` the point."""
    if method in WHOLE_PORT and others.difference(planning.overrides):
        return False
    return not through.difference(planning.overrides) or context.spec.methods[method].spares_keep_alive


def _kept_through(subjects: Iterable[Subject]) -> frozenset[str]:
    return frozenset(name for each in subjects if isinstance(each, Conduit) for name in each.keep_alive)


def _waves(
    planning: _Planning, own_path: OwnPath, stage: Stage, steps: Iterable[Step], first: int, *, waits: bool
) -> list[Wave]:
    """In-band devices farthest first, one wave a distance, so that none is cut off before its turn; those
    managed out of band, and the walk-list, go with the first wave. Where the stage wants choke points first,
    so do they, as long as the way to nothing leads through what is cut there."""
    by_device: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        by_device[step.point.id.device].append(step)
    distances = planning.topology.distances()
    by_rank: dict[int, list[Device]] = defaultdict(list)
    chokes: list[Device] = []
    inband: list[tuple[int, Device]] = []
    for name, on_it in by_device.items():
        device = planning.inventory.devices[name]
        if device.management is Management.OOB or device.platform == MANUAL:
            by_rank[0].append(device)
        elif _goes_first(own_path, stage, device, on_it):
            chokes.append(device)
        elif name in distances:
            inband.append((distances[name], device))
        else:
            planning.hazard("management-path-unknown", Severity.WARN, name)
            by_rank[0].append(device)
    for rank, distance in enumerate(sorted({distance for distance, _ in inband}, reverse=True)):
        by_rank[rank + bool(chokes)].extend(device for at, device in inband if at == distance)
    by_rank[0].extend(chokes)
    return [
        Wave(
            index=first + index,
            stage=stage.name,
            operations=tuple(
                operation(planning.profiles, device, by_device[device.name], planning.reads)
                for device in sorted(
                    by_rank[rank], key=lambda device: (CRITICALITY[device.role], device.name)
                )
            ),
            on_failure=stage.on_failure,
            on_unreachable=stage.on_unreachable,
            verify=stage.verify,
            waits=waits or bool(inband or chokes),
            gate=stage.gate,
        )
        for index, rank in enumerate(sorted(rank for rank in by_rank if by_rank[rank]))
    ]


def _goes_first(own_path: OwnPath, stage: Stage, device: Device, steps: Iterable[Step]) -> bool:
    return (
        stage.order is Order.CHOKE_POINTS_FIRST
        and CRITICALITY[device.role] <= CRITICALITY[DeviceRole.CORE]
        and not any(own_path.matters(step) for step in steps)
    )


def operation(
    profiles: Mapping[str, DeviceProfile],
    device: Device,
    steps: Iterable[Step],
    known: Mapping[PointId, tuple[str, ...]] | None = None,
) -> Operation:
    """All steps on one device as one block; reads that come out alike are sent once. ``known``: the reads of
    points for which they were rendered already."""
    ordered = tuple(sorted(steps, key=lambda step: step.point.id.order))
    profile = profiles.get(device.platform)
    if profile is None:
        return Operation(device.name, device.platform, (), (), (), ordered)
    reads: dict[str, None] = {}
    for step in ordered:
        found = known.get(step.point.id) if known else None
        if found is None:
            context = point_context(step.point, step.subjects, step.prefixes, device, profile)
            found = read_commands(context) if context is not None else ()
        reads.update(dict.fromkeys(found))
    return Operation(
        device.name, device.platform, tuple(reads), profile.session.enter, profile.session.leave, ordered
    )


def _check_coverage(planning: _Planning) -> None:
    """Points no stage has a method for, and segments that stay connected in part: inside their VLAN, or over
    one family of addresses."""
    reached = {name for step in planning.planned.values() for name in step.subjects}
    for point, name in planning.without_method.items():
        if name not in reached:
            planning.hazard("no-method", Severity.WARN, str(point), subject=name)
    methods: dict[str, set[Method]] = defaultdict(set)
    for step in planning.planned.values():
        for name in step.subjects:
            methods[name].add(step.rendering.method)
    for name, used in sorted(methods.items()):
        segment = planning.inventory.segments.get(name)
        if segment is None:
            continue
        families = {":" in prefix for prefix in segment.prefixes}
        if Method.POLICY in used and used <= LAYER_3 and families == {False} and not segment.ipv6_none:
            planning.hazard("ipv6-left-open", Severity.WARN, name)


def networks(subjects: Iterable[Subject]) -> tuple[str, ...]:
    """The prefixes of the segments among ``subjects``, each once, in order."""
    found = (prefix for each in subjects if isinstance(each, Segment) for prefix in each.prefixes)
    return tuple(dict.fromkeys(found))


def subjects_by_point(inventory: Inventory) -> Mapping[PointId, tuple[Subject, ...]]:
    """Every point of the inventory with the subjects cut there."""
    found: dict[PointId, list[Subject]] = defaultdict(list)
    for subject in inventory.subjects():
        for point in subject.points:
            found[point.id].append(subject)
    return {point: tuple(subjects) for point, subjects in found.items()}


def _own_ports(inventory: Inventory) -> frozenset[Port]:
    """The controller's, the responders' and those of all links: no second choice may take what was planned,
    and found harmless, without it."""
    site = inventory.controller
    ends = (end for link in inventory.links for end in link.ends)
    return frozenset((*site.consoles, *ends, *([site.attached_to] if site.attached_to else [])))


def _owners(inventory: Inventory) -> Mapping[Port, frozenset[str]]:
    found: dict[Port, set[str]] = defaultdict(set)
    for subject in inventory.subjects():
        for point in subject.points:
            found[point.port].add(subject.name)
    return {port: frozenset(names) for port, names in found.items()}


def selection_digest(playbook: Playbook) -> str:
    """The digest of a playbook made up on the spot (``isolate --segment``): of what it selects."""
    return digest(
        [
            [
                stage.action.value,
                [[s.scope.value, *s.names] for s in stage.select],
                [m.value for m in stage.method],
            ]
            for stage in playbook.stages
        ]
    )
