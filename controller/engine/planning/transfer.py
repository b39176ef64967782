"""Holds that outlive their points, because a device was replaced or its ports have other names. Pure.

The point an engineer's new inventory names is cut and read back first; then the hold of the old one ends. The
state it returns to moves along, where a point of the same kind on the same platform can have it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from controller.domain.canonical import digest
from controller.domain.errors import NotFound
from controller.domain.facts import BaselineTaken, Fact, HoldOpened
from controller.domain.hold import Attribution, Baseline, Hold
from controller.domain.inventory import REHEARSAL, Bilingual, Inventory, Method, Point, PointId
from controller.domain.plan import Basis, Hazard, Plan, Severity
from controller.domain.playbook import Action, Playbook, Scope, Selector, Stage
from controller.domain.transfer import TRANSFER, Moved
from controller.engine.findings import Findings
from controller.engine.planning.planner import plan_isolation, selection_digest
from controller.engine.planning.plans import EVERY_METHOD, Documents
from controller.engine.planning.retirement import check_gone
from controller.engine.planning.revisions import stored_plan
from controller.engine.points.holds import HoldBook
from controller.engine.points.renderer import RENDERER
from controller.engine.ports import History


@dataclass(frozen=True, slots=True)
class Transfer:
    """What moves: everything held at ``device`` to the points of the same names at ``to``; where there are
    ``ports`` (old name, new name), only what is held at those. ``as_found``: it returns to the state in which
    the new points are found, not to the old one. ``overrides`` as of a cut."""

    device: str
    to: str
    ports: tuple[tuple[str, str], ...] = ()
    as_found: bool = False
    overrides: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Move:
    """The ``holds`` of one level at one point, and the point they move to; ``baseline`` is None where the new
    point keeps its own."""

    old: PointId
    new: Point
    holds: tuple[Hold, ...]
    baseline: Baseline | None


@dataclass(frozen=True, slots=True)
class Transferral:
    """What is done for the holds of one level: the plan that cuts the new points, and what moves to each."""

    plan: Plan
    moves: tuple[Move, ...]

    def facts(self, run: str, book: HoldBook) -> Iterator[Fact]:
        """What goes on record before the first byte: what returns to its old state is held from then on."""
        methods = {step.point.id: step.rendering.method for _, _, step in self.plan.steps()}
        for move in self.moves:
            base, method = move.baseline, methods.get(move.new.id)
            if base is not None and method is not None:
                if book.baseline(move.new.id) is None:
                    yield BaselineTaken(run, move.new, base.state, base.read_at)
                doubtful_last = sorted(move.holds, key=lambda hold: hold.attribution is Attribution.ASSUMED)
                found = {hold.key.subject: hold.attribution for hold in doubtful_last}
                for subject, attribution in found.items():
                    yield HoldOpened(run, subject, move.new, method, attribution)
            yield Moved(run, move.old, move.new.id, min(hold.opened_at for hold in move.holds)).fact()


def plan_transfer(
    documents: Documents, book: HoldBook, history: History, wanted: Transfer
) -> tuple[Transferral, ...]:
    """One for each level that holds something there, so that what a level cut returns with it. Raises
    NotFound where nothing is held, JournalUnavailable where nobody can tell what is."""
    if book.unread is not None:
        raise book.unread
    findings = Findings()
    old = _held_at(book, wanted)
    levels = {record.run: record.level for record in history.runs()}
    platforms = _platforms(history, {hold.key.run for holds in old.values() for hold in holds})
    moves: dict[int | None, list[Move]] = defaultdict(list)
    for point, holds in old.items():
        new = _new_point(documents.inventory, point, holds, wanted, findings)
        if new is None:
            continue
        base = None
        if not wanted.as_found:
            base = _baseline(documents.inventory, book, holds[0], new, platforms, findings)
        by_level: dict[int | None, list[Hold]] = defaultdict(list)
        for hold in holds:
            by_level[levels.get(hold.key.run)].append(hold)
        for level, some in by_level.items():
            moves[level].append(Move(point, new, tuple(some), base))
    refusing = [each for each in findings.hazards.values() if each.severity is Severity.REFUSE]
    if refusing:
        return (Transferral(_nothing(documents, refusing), ()),)
    return tuple(
        _transferral(documents, level, some, wanted, findings)
        for level, some in sorted(moves.items(), key=lambda each: each[0] or 0)
    )


# --- parts -----------------------------------------------------------------------------------------


def _held_at(book: HoldBook, wanted: Transfer) -> Mapping[PointId, tuple[Hold, ...]]:
    names = dict(wanted.ports)
    found: dict[PointId, list[Hold]] = defaultdict(list)
    for hold in book.holds():
        point = hold.key.point
        if (
            point.device == wanted.device
            and hold.key.subject != REHEARSAL
            and (not names or point.object in names)
        ):
            found[point].append(hold)
    for name in sorted(names.keys() - {point.object for point in found}):
        raise NotFound(kind="held-point", name=f"{wanted.device} {name}")
    if not found:
        raise NotFound(kind="held-device", name=wanted.device)
    return {point: tuple(found[point]) for point in sorted(found, key=lambda each: each.order)}


def _new_point(
    inventory: Inventory, old: PointId, holds: Sequence[Hold], wanted: Transfer, findings: Findings
) -> Point | None:
    """The point all the subjects have now, where it is one; else None, and why is found."""
    name = dict(wanted.ports).get(old.object, old.object)
    found: Point | None = None
    for subject in dict.fromkeys(hold.key.subject for hold in holds):
        check_gone(inventory, subject, old, findings)
        known = inventory.subject(subject)
        points = (
            [each for each in known.points if (each.id.device, each.id.object) == (wanted.to, name)]
            if known
            else []
        )
        exact = [each for each in points if each.id.vlan == old.vlan]
        chosen = exact or points
        if len(chosen) != 1:
            shown = str(PointId(wanted.to, name, old.vlan))
            findings.hazard("new-point-not-listed", Severity.REFUSE, shown, subject=subject, old=str(old))
            return None
        found = chosen[0]
    return found


def _platforms(history: History, runs: Collection[str]) -> Mapping[str, str]:
    """Of the devices that ``runs`` worked at, also of those no inventory names any more."""
    plans = [stored_plan(history, history.run(run).plan) for run in sorted(runs)]
    return {operation.device: operation.platform for plan in plans for _, operation, _ in plan.steps()}


def _baseline(
    inventory: Inventory,
    book: HoldBook,
    hold: Hold,
    new: Point,
    platforms: Mapping[str, str],
    findings: Findings,
) -> Baseline | None:
    """What a point of the same kind on the same platform can return to; else it keeps its own."""
    old, base = hold.point, book.baseline(hold.key.point)
    alike = (old.kind, old.tagged, old.id.vlan) == (new.kind, new.tagged, new.id.vlan)
    device = inventory.devices[new.id.device]
    if (
        base is not None
        and base.state is not None
        and alike
        and platforms.get(old.id.device) == device.platform
    ):
        return base
    findings.hazard("baseline-stays", Severity.WARN, str(new.id), old=str(old.id))
    return None


def _transferral(
    documents: Documents, level: int | None, moves: Sequence[Move], wanted: Transfer, findings: Findings
) -> Transferral:
    inventory = documents.inventory
    by_method: dict[Method, set[PointId]] = defaultdict(set)
    for move in moves:
        by_method[move.holds[0].method].add(move.new.id)
    names = tuple(dict.fromkeys(hold.key.subject for move in moves for hold in move.holds))
    stages = tuple(_stage(inventory, method, names) for method in by_method)
    playbook = Playbook(TRANSFER, Bilingual(TRANSFER, TRANSFER), stages, level)
    plan = plan_isolation(
        inventory,
        documents.profiles,
        documents.profiles_digest,
        replace(playbook, digest=selection_digest(playbook)),
        stages,
        wanted.overrides,
        points={_name(method): points for method, points in by_method.items()},
    )
    here = {str(move.new.id) for move in moves} | {wanted.to}
    told = [each for each in plan.hazards if each.severity is Severity.REFUSE or each.culprit in here]
    own = [each for each in findings.hazards.values() if each.culprit in here]
    states = {
        str(move.new.id): dict(move.baseline.state) if move.baseline and move.baseline.state else None
        for move in moves
    }
    ends = sorted(
        (hold.key for move in moves for hold in move.holds),
        key=lambda key: (key.run, key.subject, key.point.order),
    )
    moved = replace(
        plan,
        basis=replace(plan.basis, baselines=digest(states)),
        hazards=tuple(sorted([*told, *own])),
        ends=tuple((key.run, key.subject, key.point) for key in ends),
    )
    return Transferral(moved, tuple(moves))


def _stage(inventory: Inventory, method: Method, names: Collection[str]) -> Stage:
    """What cut the old point cuts the new one, where it can."""
    segments = tuple(name for name in names if name in inventory.segments)
    conduits = tuple(name for name in names if name in inventory.conduits)
    select = tuple(
        Selector(scope, chosen)
        for scope, chosen in ((Scope.SEGMENTS, segments), (Scope.CONDUITS, conduits))
        if chosen
    )
    return Stage(_name(method), Action.ISOLATE, select, tuple(dict.fromkeys((method, *EVERY_METHOD))))


def _name(method: Method) -> str:
    return f"{TRANSFER} {method}"


def _nothing(documents: Documents, refusing: Iterable[Hazard]) -> Plan:
    basis = Basis(documents.inventory.digest, documents.profiles_digest, "", RENDERER)
    site = documents.inventory.site
    return Plan(TRANSFER, Action.ISOLATE, site, None, basis, (), tuple(sorted(refusing)))
