"""The gates of a restore: what each subject waits for, what goes to it alone, what is still missing. Pure.

A consent signs the hash of a *part*: exactly what a plan sends for one subject, what it lets go of, the
states it returns to, its gates, and what persons stated of it. What changes elsewhere leaves that hash as it
is; what changes there does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from controller.domain.canonical import Written, digest, written
from controller.domain.codec import to_plain
from controller.domain.facts import Attested, GateDecided
from controller.domain.inventory import Inventory, PointId, Segment, Subject
from controller.domain.plan import Basis, Condition, Hazard, Operation, Plan, Severity, Step, Wave
from controller.domain.playbook import Action, Gate, OnFailure, OnUnreachable, Stage
from controller.domain.proof import Proof
from controller.engine.people.roles import Role
from controller.engine.planning.selection import selected
from controller.engine.ports import Statements

ABOUT = frozenset(
    {
        "dependency-still-cut",
        "attribution-assumed",
        "baseline-unknown",
        "device-gone",
        "partial-points",
        "partial-towards",
        "points-behind-cut",
        "towards-inside",
    }
)
"""The hazards that belong to what one subject is sent; the others tell of how things stand around it."""


def gates_of(
    stages: Iterable[Stage], standing: Iterable[Stage], inventory: Inventory
) -> Mapping[str, tuple[Gate, ...]]:
    """The gates each subject waits at: that of the first of ``stages`` that selects it, and that of the first
    of the ``standing`` ones; none that asks for nothing."""
    found: dict[str, dict[Gate, None]] = {}
    for some in (standing, stages):
        taken: set[str] = set()
        for stage in some:
            names = {subject.name for subject, _ in selected(stage, inventory)} - taken
            taken |= names
            if stage.action is Action.RESTORE and not stage.gate.open:
                for name in names:
                    found.setdefault(name, {})[stage.gate] = None
    return {name: tuple(gates) for name, gates in found.items()}


def enforced(gate: Gate) -> bool:
    """Whether every condition of ``gate`` can be held to: a role nobody can have cannot."""
    return {role.value for role in Role}.issuperset(gate.roles)


class Described:
    """The devices of an inventory as conditions sign them, each written once."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self._written: dict[str, Written | None] = {}

    def device(self, name: str) -> Written | None:
        if name not in self._written:
            known = self.inventory.devices.get(name)
            self._written[name] = written(to_plain(known)) if known is not None else None
        return self._written[name]


def condition(
    subject: str,
    gates: tuple[Gate, ...],
    described: Described,
    states: Mapping[PointId, Mapping[str, str] | None],
) -> Condition:
    """``states``: what each of its points returns to, None where nobody knows."""
    inventory = described.inventory
    known: Subject | None = inventory.subject(subject)
    devices = sorted({point.device for point in states})
    said = {
        "points": sorted(str(point.id) for point in known.points) if known is not None else None,
        "prefixes": sorted(known.prefixes) if isinstance(known, Segment) else [],
        "devices": [described.device(name) for name in devices],
    }
    baselines = {str(point): written(state) if state is not None else None for point, state in states.items()}
    return Condition(subject, gates, digest(baselines), digest(said))


def part(plan: Plan, condition: Condition, attested: Sequence[Attested] = ()) -> Plan:
    """As :meth:`Parts.of`, of one subject."""
    return Parts(plan).of(condition, attested)


class Parts:
    """What ``plan`` does for each of its subjects alone. In which waves it goes, and what else goes with it,
    is not in it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._steps: dict[str, list[tuple[Operation, Step]]] = defaultdict(list)
        for _, operation, step in plan.steps():
            for name in step.subjects:
                self._steps[name].append((operation, step))
        self._ends: dict[str, list[tuple[str, str, PointId]]] = defaultdict(list)
        for end in plan.ends:
            self._ends[end[1]].append(end)

    def of(self, condition: Condition, attested: Sequence[Attested] = ()) -> Plan:
        """What goes to the subject of ``condition``, as a plan whose hash others sign. ``attested``: the
        statements it rests on."""
        plan, name = self._plan, condition.subject
        by_device: dict[str, list[tuple[Operation, Step]]] = defaultdict(list)
        for operation, step in self._steps.get(name, ()):
            by_device[operation.device].append((operation, step))
        operations = tuple(
            replace(
                found[0][0],
                reads=(),
                steps=tuple(step for _, step in sorted(found, key=lambda each: each[1].point.id.order)),
            )
            for _, found in sorted(by_device.items())
        )
        ends = tuple(self._ends.get(name, ()))
        points = {str(step.point.id) for each in operations for step in each.steps}
        points.update(str(point) for _, _, point in ends)
        limits = tuple(each for each in plan.limits if name in each.subjects)
        gate = merged(condition.gates)
        wave = Wave(0, name, operations, OnFailure.STOP, OnUnreachable.REPORT, Proof.CONFIRMED, gate=gate)
        return Plan(
            playbook=f"{plan.playbook}: {name}",
            action=plan.action,
            site=plan.site,
            level=plan.level,
            basis=Basis(
                condition.inventory,
                "",
                "",
                plan.basis.renderer,
                condition.baselines,
                _digest_of(attested),
            ),
            waves=(wave,) if operations else (),
            hazards=tuple(
                each
                for each in plan.hazards
                if each.code in ABOUT and (each.culprit == name or each.culprit in points)
            ),
            save=plan.save,
            ends=ends,
            conditions=(condition,),
            retires=plan.retires,
            limits=limits,
        )


def merged(gates: Iterable[Gate]) -> Gate:
    """All of ``gates`` as one, for those who look: the most of each."""
    found = Gate()
    for gate in gates:
        found = Gate(
            approvals=max(found.approvals, gate.approvals),
            roles=tuple(dict.fromkeys((*found.roles, *gate.roles))),
            attest=tuple(dict.fromkeys((*found.attest, *gate.attest))),
            probes=found.probes or gate.probes,
            hold=max(found.hold, gate.hold),
            watch=max(found.watch, gate.watch),
            go=found.go or gate.go,
            counters=tuple(sorted({*found.counters, *gate.counters})),
        )
    return found


@dataclass(frozen=True, slots=True)
class Word:
    """What is on record of a subject's return as it counts now: the statements in force since its last cut,
    who says go, who says no-go, and how many seconds it has stood so. ``unheard``: statements that would be
    in force, were their author's account still to be used."""

    attested: tuple[Attested, ...]
    go: frozenset[str]
    no_go: frozenset[str]
    stood: float
    unheard: tuple[Attested, ...] = ()


def speakers(said: Statements) -> frozenset[str]:
    """Whose words there are, by id."""
    return frozenset(each.fact.person for each in said.words)


def word(said: Statements, present: Collection[str]) -> Word:
    """``present``: those whose words count; nobody stands for what the account of another once said. A go and
    a statement count since the last cut; a no-go until who said it says go. A statement taken back never was
    one."""
    withdrawn = {
        each.fact.attestation
        for each in said.words
        if isinstance(each.fact, Attested) and not each.fact.given
    }
    stated = [
        each
        for each in said.words
        if isinstance(each.fact, Attested) and each.fact.given and each.since_cut
        if each.fact.attestation not in withdrawn
    ]
    attested = [each for each in stated if each.fact.person in present]
    unheard = [each.fact for each in stated if each.fact.person not in present]
    last: dict[str, tuple[bool, bool]] = {}
    for each in said.words:
        if isinstance(each.fact, GateDecided):
            last[each.fact.person] = (each.fact.go, each.since_cut)
    counting = {person: told for person, told in last.items() if person in present}
    return Word(
        attested=tuple(each.fact for each in attested if isinstance(each.fact, Attested)),
        go=frozenset(person for person, (go, since_cut) in counting.items() if go and since_cut),
        no_go=frozenset(person for person, (go, _) in counting.items() if not go),
        stood=min((each.ago for each in attested), default=said.cut_ago),
        unheard=tuple(each for each in unheard if isinstance(each, Attested)),
    )


def missing(condition: Condition, known: Word, actor: str) -> tuple[Hazard, ...]:
    """What ``condition`` still wants of persons and of time, but for consents. ``actor`` asks for the
    return: their own go is none."""
    name, found = condition.subject, list[Hazard]()
    if known.no_go:
        found.append(_want("gate-no-go", name, persons=", ".join(sorted(known.no_go))))
    stated = {each.statement for each in known.attested}
    wanted = [each for each in merged(condition.gates).attest if each not in stated]
    if wanted:
        found.append(_want("gate-attest", name, statements=", ".join(wanted)))
    if any(gate.go for gate in condition.gates) and not known.go - {actor}:
        found.append(_want("gate-go", name))
    left = max((gate.hold for gate in condition.gates), default=0) - known.stood
    if left > 0:
        found.append(_want("gate-hold", name, seconds=str(int(left) + 1)))
    return tuple(found)


def too_early_to_consent(wants: Iterable[Hazard]) -> bool:
    """Whether what a consent would rest on is not there yet."""
    return any(each.code in ("gate-attest", "gate-no-go") for each in wants)


def unanswered(subject: str, targets: Iterable[str]) -> Hazard:
    return _want("gate-probes", subject, probes=", ".join(targets))


def no_probe(subject: str, others: Iterable[str]) -> Hazard:
    """It depends on ``others``, and the inventory has no probe that would tell whether they are there."""
    return _want("gate-no-probe", subject, needs=", ".join(others))


def unconsented(subject: str, request: str, given: int, needed: int, roles: Iterable[str]) -> Hazard:
    """``request`` is "" where nobody was asked yet."""
    data = {"needed": str(needed), "roles": ", ".join(roles)}
    if not request:
        return _want("gate-approvals-to-ask", subject, **data)
    return _want("gate-approvals", subject, request=request, given=str(given), **data)


def _want(code: str, subject: str, **data: str) -> Hazard:
    return Hazard(code, Severity.REFUSE, subject, tuple(sorted(data.items())))


def _digest_of(attested: Iterable[Attested]) -> str:
    rows = sorted(
        [each.attestation, each.statement, each.person, each.dated, each.attachment] for each in attested
    )
    return digest([list(row) for row in rows]) if rows else ""
