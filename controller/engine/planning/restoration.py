"""From open holds to a restore plan: which subjects return, in which waves, to exactly which state. Pure.

Order of return: what a subject depends on or needs comes before it, then by priority; what leads to a device
that is out of reach comes before the points at it. A point shared by several subjects returns with the last
of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from controller.domain.canonical import digest, written
from controller.domain.hold import Attribution, Hold, HoldKey
from controller.domain.inventory import Inventory, PointId, Segment, Subject, needed_by, serves_everybody
from controller.domain.plan import Basis, Condition, Limited, Plan, Rendering, Severity, Step, Wave
from controller.domain.playbook import Action, OnFailure, Playbook, Stage
from controller.domain.profile import DeviceProfile
from controller.domain.profile.reading import State
from controller.engine.findings import Findings
from controller.engine.network.topology import Topology
from controller.engine.planning.accounts import check_accounts, devices_in
from controller.engine.planning.gates import Described, condition, enforced, gates_of, merged
from controller.engine.planning.pace import pace_of, waves_back
from controller.engine.planning.partial import Partial, share
from controller.engine.planning.selection import selected
from controller.engine.planning.wayback import Turn, WayBack
from controller.engine.points.holds import HoldBook, returning
from controller.engine.points.renderer import RENDERER, limitation, point_context, restoration


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """What is to come back. ``ends``: the holds to let go; ``prefixes``: the networks that were cut at each
    point, which the inventory may no longer say; ``playbook``: as it appears on record, its stages, if any,
    give the order and the gates; ``accept_drift``: devices whose drift or doubtful attribution a person has
    decided to overwrite, or whose points that cannot be brought back are to stay held while the rest returns.
    ``standing``: the stages whose gates stand before every return, whatever the playbook says; the sizes of
    their waves and their pauses count where the playbook has none.
    ``decided``: the subjects somebody said go or no-go for, gated or not.
    ``partial``: by subject, what of it returns alone.
    ``rehearsal``: the points are canary ports. Who cut them is no question, what cannot be brought back stays
    held while the rest returns, and a failure at one holds up no other.
    """

    playbook: Playbook
    ends: frozenset[HoldKey]
    prefixes: Mapping[PointId, tuple[str, ...]]
    accept_drift: frozenset[str] = frozenset()
    rehearsal: bool = False
    resting: Mapping[PointId, frozenset[PointId]] = field(default_factory=lambda: MappingProxyType({}))
    standing: tuple[Stage, ...] = ()
    decided: frozenset[str] = frozenset()
    partial: Mapping[str, Partial] = field(default_factory=lambda: MappingProxyType({}))


def waves_of_return(inventory: Inventory, names: Collection[str]) -> list[list[Subject]]:
    """The held subjects ``names`` in waves: each wave of one priority, after all it depends on among them;
    what everybody lives on (names, addresses, log-ins: ``aaa`` and ``core``) before the others."""
    left = {name: subject for name in names if (subject := inventory.subject(name)) is not None}
    waves: list[list[Subject]] = []
    while left:
        ready = [subject for subject in left.values() if not (_before(subject) & left.keys())]
        if not ready:  # `needs` may be circular, `depends_on` may not: it alone decides then
            ready = [subject for subject in left.values() if not (_depends_on(subject) & left.keys())]
        if not ready:
            ready = list(left.values())
        first = min(_turn(subject) for subject in ready)
        wave = sorted((subject for subject in ready if _turn(subject) == first), key=lambda each: each.name)
        waves.append(wave)
        for subject in wave:
            del left[subject.name]
    return waves


def _turn(subject: Subject) -> tuple[bool, int]:
    return (not serves_everybody(subject), subject.priority)


def _before(subject: Subject) -> frozenset[str]:
    return frozenset(needed_by(subject))


def _depends_on(subject: Subject) -> frozenset[str]:
    return frozenset(subject.depends_on) if isinstance(subject, Segment) else frozenset()


def plan_restore(
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
    profiles_digest: str,
    book: HoldBook,
    request: RestoreRequest,
    way_back: WayBack | None = None,
) -> Plan:
    """Compiles the return of everything whose last hold is among ``request.ends``. ``way_back``: that of
    ``inventory`` and ``book``, where it is at hand. Raises NotFound and
    InvalidRequest for a partial return of what is not there."""
    holds = book.holds()
    findings = Findings()
    shared = share(inventory, profiles, book, request.ends, request.partial, findings)
    request = replace(request, ends=shared.ends)
    opening, _kept = returning(holds, request.ends)
    shut = _upstream_stays(holds, request, findings)
    opening = {point: held for point, held in opening.items() if point not in shut}
    limited = {point: [hold for hold in holds if hold.key.point == point] for point in shared.limits}
    subjects = {hold.key.subject for hold in holds if hold.key in request.ends}
    subjects |= {hold.key.subject for held in limited.values() for hold in held}
    order = _order(inventory, subjects, request.playbook)
    position = {name: index for index, (names, _stage) in enumerate(order) for name in names}
    by_wave: dict[int, list[PointId]] = defaultdict(list)
    for point, held in opening.items():
        by_wave[max(position[hold.key.subject] for hold in held)].append(point)

    first: dict[int, list[PointId]] = defaultdict(list)
    for point, at in limited.items():
        first[max(position[hold.key.subject] for hold in at)].append(point)

    conditions = _conditions(inventory, book, request, {**opening, **limited}, shared.limits)
    waits = {each.subject: merged(each.gates) for each in conditions}
    turns = (way_back or WayBack(inventory, book)).turns(by_wave, findings)
    distances = Topology(inventory).distances()
    waves: list[Wave] = []
    returning_points: set[PointId] = set()
    for turn, part in _limits_first(turns, first):
        names, stage = order[turn.order]
        held_at = opening if part is None else limited
        found = [
            _steps(inventory, profiles, held_at[point], book, request, findings, shared.limits)
            for point in turn.points
        ]
        steps = [each[part or 0] for each in found if each]
        returning_points.update(step.point.id for step in steps)
        on_failure = OnFailure.CONTINUE if request.rehearsal else OnFailure.STOP
        pace = pace_of(stage, names, request.standing, inventory)
        pace = replace(pace, gate=merged(waits[name] for name in names if name in waits))
        waves.extend(waves_back(inventory, profiles, steps, pace, len(waves), on_failure, distances))
    check_accounts(inventory, profiles, devices_in(waves), findings)
    _warn_of_dependencies(inventory, holds, subjects, findings)
    for stage in (*request.playbook.stages, *request.standing):
        if not enforced(stage.gate):
            findings.hazard("gate-not-enforced", Severity.REFUSE, stage.name)
    return Plan(
        playbook=request.playbook.name,
        action=Action.RESTORE,
        site=inventory.site,
        level=request.playbook.level,
        basis=Basis(
            inventory.digest,
            profiles_digest,
            request.playbook.digest,
            RENDERER,
            _baselines(book, [*opening, *limited]),
        ),
        waves=tuple(waves),
        hazards=tuple(sorted(findings.hazards.values())),
        save=request.playbook.save,
        # What cannot be brought back stays held, on record and in every list.
        ends=tuple(
            (key.run, key.subject, key.point)
            for key in sorted(request.ends, key=lambda key: (key.run, key.subject, key.point.order))
            if key.point not in shut
            and (key.point in returning_points or key.point not in opening or book.untouched(key.point))
        ),
        conditions=conditions,
        limits=tuple(shared.limits[point] for point in sorted(shared.limits, key=lambda each: each.order)),
    )


def _limits_first(
    turns: Iterable[Turn], limited: Mapping[int, Sequence[PointId]]
) -> Iterator[tuple[Turn, int | None]]:
    """``turns``, and in front of what they open the points that hold it to what it may reach: first what
    denies the rest (0), then what lets that through (1)."""
    left = dict(limited)
    for turn in turns:
        for order in sorted(each for each in left if each <= turn.order):
            points = tuple(left.pop(order))
            yield from ((Turn(order, points), part) for part in (0, 1))
        yield turn, None
    for order in sorted(left):
        yield from ((Turn(order, tuple(left[order])), part) for part in (0, 1))


def _conditions(
    inventory: Inventory,
    book: HoldBook,
    request: RestoreRequest,
    opening: Mapping[PointId, Sequence[Hold]],
    limits: Mapping[PointId, Limited],
) -> tuple[Condition, ...]:
    """What each subject that is let go of waits for, also at points that another keeps cut."""
    if request.rehearsal:
        return ()
    gates = gates_of(request.playbook.stages, request.standing, inventory)
    points: dict[str, set[PointId]] = defaultdict(set)
    for key in request.ends:
        points[key.subject].add(key.point)
    for point, limited in limits.items():
        for name in limited.subjects:
            points[name].add(point)
    described = Described(inventory)
    return tuple(
        condition(name, gates.get(name, ()), described, _states(book, points[name] & opening.keys()))
        for name in sorted(points.keys() & (gates.keys() | request.decided))
    )


def _states(book: HoldBook, points: Iterable[PointId]) -> Mapping[PointId, State | None]:
    found = {point: book.baseline(point) for point in sorted(points, key=lambda each: each.order)}
    return {point: base.state if base else None for point, base in found.items()}


def _order(
    inventory: Inventory, subjects: Collection[str], playbook: Playbook
) -> list[tuple[tuple[str, ...], Stage | None]]:
    """The waves as names with the stage they come from. What a playbook's stages leave out, and subjects the
    inventory no longer knows, come last."""
    left = set(subjects)
    order: list[tuple[tuple[str, ...], Stage | None]] = []
    for stage in playbook.stages:
        chosen = {subject.name for subject, _ in selected(stage, inventory)} & left
        left -= chosen
        order.extend(
            (tuple(each.name for each in wave), stage) for wave in waves_of_return(inventory, chosen)
        )
    known = {name for name in left if inventory.subject(name) is not None}
    order.extend((tuple(each.name for each in wave), None) for wave in waves_of_return(inventory, known))
    if left - known:
        order.append((tuple(sorted(left - known)), None))
    return order


def _steps(
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
    held: Sequence[Hold],
    book: HoldBook,
    request: RestoreRequest,
    findings: Findings,
    limits: Mapping[PointId, Limited],
) -> tuple[Step, ...]:
    """One for a point that opens, two for one that lets something through, none where nothing can be sent."""
    point, limited = held[0].point, limits.get(held[0].point.id)
    steps = _way_back(inventory, profiles, held, book, request, findings, limited)
    if not steps and limited is not None:
        findings.hazard("towards-unenforced", Severity.REFUSE, limited.subjects[0], points=str(point.id))
    return steps


def _way_back(
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
    held: Sequence[Hold],
    book: HoldBook,
    request: RestoreRequest,
    findings: Findings,
    limited: Limited | None,
) -> tuple[Step, ...]:
    point = held[0].point
    if book.untouched(point.id):
        upstream = sorted(str(port) for port, points in request.resting.items() if point.id in points)
        if book.claimed(point.id):
            findings.hazard("cut-by-hand", Severity.WARN, str(point.id))
        elif upstream:
            findings.hazard("cut-upstream", Severity.WARN, str(point.id), ports=", ".join(upstream))
        else:
            findings.hazard("never-touched", Severity.WARN, str(point.id))
        return ()
    device = inventory.devices.get(point.id.device)
    if device is None or device.platform not in profiles:
        findings.hazard("device-gone", _unless_accepted(point.id, request), str(point.id))
        return ()
    names = tuple(dict.fromkeys(hold.key.subject for hold in held))
    prefixes = request.prefixes.get(point.id, ())
    context = point_context(point, names, prefixes, device, profiles[device.platform])
    baseline = book.baseline(point.id)
    if context is None or baseline is None or baseline.state is None:
        findings.hazard("baseline-unknown", _unless_accepted(point.id, request), str(point.id))
        return ()
    doubtful = any(hold.attribution is Attribution.ASSUMED for hold in held)
    if doubtful and not request.rehearsal and device.name not in request.accept_drift:
        findings.hazard("attribution-assumed", Severity.REFUSE, str(point.id), device=device.name)
    methods = book.methods(point.id) or tuple(hold.method for hold in held)
    former = book.former(point.id)
    renderings: tuple[Rendering, ...] = (restoration(context, methods, baseline.state, former),)
    if limited is not None:
        renderings = limitation(context, methods, baseline.state, limited.networks, former) or ()
    return tuple(Step(point, names, prefixes, each) for each in renderings)


def _upstream_stays(holds: Sequence[Hold], request: RestoreRequest, findings: Findings) -> frozenset[PointId]:
    """The ports that stay shut though nobody holds them any more: points behind them, cut nowhere else, are
    held on. Named together with those that are themselves held on."""
    left: dict[PointId, set[str]] = defaultdict(set)
    for hold in holds:
        if hold.key not in request.ends:
            left[hold.key.point].add(hold.key.subject)
    asked = {key.point for key in request.ends}
    shut: set[PointId] = set()
    for port, points in request.resting.items():
        behind = set[str]().union(*(left.get(point, ()) for point in points))
        if port in asked and (behind or port in left):
            names = ", ".join(sorted(behind | left.get(port, set())))
            findings.hazard("upstream-stays", Severity.WARN, str(port), subjects=names)
            if behind and port not in left:
                shut.add(port)
    return frozenset(shut)


def _unless_accepted(point: PointId, request: RestoreRequest) -> Severity:
    accepted = request.rehearsal or point.device in request.accept_drift
    return Severity.WARN if accepted else Severity.REFUSE


def _warn_of_dependencies(
    inventory: Inventory,
    holds: Sequence[Hold],
    returning_subjects: Collection[str],
    findings: Findings,
) -> None:
    held = {hold.key.subject for hold in holds}
    for name in sorted(returning_subjects):
        subject = inventory.subject(name)
        missing = (_before(subject) & held) - set(returning_subjects) if subject else frozenset()
        if missing:
            findings.hazard("dependency-still-cut", Severity.WARN, name, needs=", ".join(sorted(missing)))


def _baselines(book: HoldBook, points: Iterable[PointId]) -> str:
    found = {str(point): book.baseline(point) for point in points}
    return digest(
        {
            name: (written(base.state) if base and base.state is not None else None)
            for name, base in found.items()
        }
    )
