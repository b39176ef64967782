"""A plan: what will be sent, to which device, in which order; compiled, shown, hashed, then executed.

The plan hash is SHA-256 over ``cordon-plan-v1\\n`` and canonical JSON of the commands, the basis
digests and the hazard codes with their culprits. Ages, times, titles, addresses and secrets are not in it,
so an approval stays good until something that would be *sent*, or what it rests on, changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from controller.domain.bulk import uncollected
from controller.domain.canonical import Canonical, Written, canonical_bytes, written
from controller.domain.inventory import REHEARSAL, Method, Point, PointId
from controller.domain.playbook import Action, CounterLimit, Gate, OnFailure, OnUnreachable, Save
from controller.domain.profile.reading import State
from controller.domain.profile.surroundings import TableKind
from controller.domain.proof import Proof
from controller.domain.timer import OPERATION

PLAN_HASH_PREFIX = b"cordon-plan-v1\n"

UNHASHED = frozenset(
    {"untested", "vault-needs-person", "vault-unusable", "vault-entry-missing", "timer-pending"}
)
"""Hazards that come and go with time and with what is on record, while the plan stays what it is."""


class Severity(StrEnum):
    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True, slots=True, order=True)
class Hazard:
    """What the planner found. The text is ``hazard.<code>``, filled with ``culprit`` and ``data``."""

    code: str
    severity: Severity
    culprit: str
    data: tuple[tuple[str, str], ...] = ()


Expected = Mapping[str, tuple[str, ...]]
"""Field to the values that confirm a step."""

_ANY: Expected = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rendering:
    """The exact lines of one method at one point and the state that confirms them. ``when``: the state read
    right before that they are for; any, where it is empty."""

    method: Method
    commands: tuple[str, ...]
    expect: Expected
    when: Expected = field(default_factory=lambda: _ANY)

    def fits(self, state: State | None) -> bool:
        """Whether it may be sent where the point was read so, None where it could not be."""
        if not self.when:
            return True
        return state is not None and all(state.get(name) in wanted for name, wanted in self.when.items())

    @property
    def heading(self) -> str:
        """The state the lines are for, as it stands above them; "" where they are for any."""
        held = ", ".join(f"{name} = {'|'.join(values)}" for name, values in self.when.items())
        return f"[{held}]" if held else ""


@dataclass(frozen=True, slots=True)
class Step:
    """One action at one point. ``prefixes`` are the subjects' networks, for points that cut by address: a
    restore takes those of the cut it undoes. ``fallbacks`` are further methods of an isolation, tried in
    order when the device refuses the first or reads back otherwise; a restore has none. A method whose lines
    depend on the state has several renderings: those for another state than was read are passed over."""

    point: Point
    subjects: tuple[str, ...]
    prefixes: tuple[str, ...]
    rendering: Rendering
    fallbacks: tuple[Rendering, ...] = ()

    def renderings(self, method: Method) -> tuple[Rendering, ...]:
        """Those of a method: one, or one for each state it has other lines for."""
        return tuple(each for each in (self.rendering, *self.fallbacks) if each.method is method)

    def lines(self, method: Method | None = None) -> tuple[str, ...]:
        """What is sent by a method, the first by default, as a person reads it: where it depends on the
        state, the lines for each stand below the state they are for."""
        found: list[str] = []
        for each in self.renderings(method or self.rendering.method):
            found += [each.heading, *each.commands] if each.when else each.commands
        return tuple(found)


NAME = f"${{{OPERATION}}}"
"""Where a line has the name of its operation."""


@dataclass(frozen=True, slots=True)
class TimerLines:
    """How a device that can returns to isolation by itself, ``after`` seconds, unless ``confirm`` is sent.
    ``enter`` and ``leave`` are sent in place of the operation's own; ``read`` tells whether a timer runs,
    ``needs`` whether the device can have one ("": every device of its platform can). ``discard`` throws away
    what was not committed, ``abandoned`` what a broken session left; a cut sends ``cancel``. With ``read`` ""
    the device has no timer, and only what is sent is told here: the controller holds it.

    Where a line has ``${operation}``, a plan cannot know it yet: :meth:`named` puts the name in."""

    after: int
    read: str
    enter: tuple[str, ...]
    leave: tuple[str, ...]
    confirm: tuple[str, ...]
    needs: str = ""
    discard: tuple[str, ...] = ()
    abandoned: tuple[str, ...] = ()
    cancel: tuple[str, ...] = ()

    def named(self, name: str) -> TimerLines:
        """With the name of the operation, "" where it was given none."""

        def put(lines: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(line.replace(NAME, name) for line in lines)

        return replace(
            self,
            enter=put(self.enter),
            leave=put(self.leave),
            confirm=put(self.confirm),
            discard=put(self.discard),
            abandoned=put(self.abandoned),
            cancel=put(self.cancel),
        )


@dataclass(frozen=True, slots=True)
class Operation:
    """All steps of a wave on one device: one session, one block, one read-back. ``timer``: of a restore,
    where the device may hold it; else the controller does. The first ``commits`` lines of ``leave`` make the
    others a change: a person types ``typed`` for them, where that is something else. ``behind``: lines of
    steps that wait for them."""

    device: str
    platform: str
    reads: tuple[str, ...]
    enter: tuple[str, ...]
    leave: tuple[str, ...]
    steps: tuple[Step, ...]
    timer: TimerLines | None = None
    commits: int = 0
    typed: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wave:
    """Operations that go out together. ``waits``: only once every operation of the wave before has ended or
    run out of time; without it a device that hangs in one wave holds up no other. ``pause``: seconds between
    the end of the wave before and this one."""

    index: int
    stage: str
    operations: tuple[Operation, ...]
    on_failure: OnFailure
    on_unreachable: OnUnreachable
    verify: Proof
    waits: bool = True
    gate: Gate = Gate()
    pause: int = 0


@dataclass(frozen=True, slots=True)
class Limited:
    """A point that a return leaves held, with something let through: what goes to and from ``networks``.
    ``towards`` is how they were asked for; ``holds``: the (run, subject) that go on."""

    point: PointId
    holds: tuple[tuple[str, str], ...]
    towards: tuple[str, ...]
    networks: tuple[str, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(subject for _, subject in self.holds))


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold before a subject of a restore returns: all of ``gates``. ``baselines`` and ``inventory``
    are digests of the states it returns to, and of what the inventory says of it and of the devices that are
    sent its return."""

    subject: str
    gates: tuple[Gate, ...]
    baselines: str
    inventory: str


@dataclass(frozen=True, slots=True)
class Basis:
    """Digests of what a plan rests on; ``baselines`` is "" for an isolation, ``attested`` but for the part of
    a restore that goes to one subject: then it is of what persons stated of that subject."""

    inventory: str
    profiles: str
    playbook: str
    renderer: str
    baselines: str = ""
    attested: str = ""


@dataclass(frozen=True, slots=True)
class PlannedEvidence:
    """Tables kept of these devices before they are changed; a change waits ``within`` seconds at most."""

    tables: tuple[TableKind, ...]
    devices: tuple[str, ...]
    within: int


@dataclass(frozen=True, slots=True)
class Escalation:
    """How a device that cannot be reached is cut off from outside, at its neighbours' ports.

    ``behind``: devices cut off along with it; ``also``: subjects with points on any of them that the plan
    does not cut; ``inside``: the segments that stay connected within what is cut off, each with the number
    of its ports there. ``refused``: the code of why it may never be done, ``because`` of what; then there are
    no operations. ``instead``: as a person asked, whether it can be reached or not: nothing is sent to it.
    """

    device: str
    operations: tuple[Operation, ...]
    behind: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    inside: tuple[tuple[str, int], ...] = ()
    refused: str = ""
    because: str = ""
    instead: bool = False

    @property
    def points(self) -> tuple[PointId, ...]:
        """The ports that are shut, upstream of the device."""
        return tuple(step.point.id for operation in self.operations for step in operation.steps)


@dataclass(frozen=True)
class Plan:
    """``conditions`` are those of every subject that waits for any, also where it has nothing to be sent.
    ``ends`` lists what a restore lets go of: (run, subject, point), open or still held by another; of an
    isolation the holds that move to its points. ``retires``: they end, and nothing is brought back.
    ``limits``: what a restore leaves held, and lets something through.
    ``escalations``: one a device of an isolation that is to be cut upstream, where it cannot be reached or
    instead."""

    playbook: str
    action: Action
    site: str
    level: int | None
    basis: Basis
    waves: tuple[Wave, ...]
    hazards: tuple[Hazard, ...]
    save: Save = Save.NEVER
    ends: tuple[tuple[str, str, PointId], ...] = field(default=())
    conditions: tuple[Condition, ...] = ()
    evidence: PlannedEvidence | None = None
    escalations: tuple[Escalation, ...] = ()
    retires: bool = False
    limits: tuple[Limited, ...] = ()

    @cached_property
    def hash(self) -> str:
        with uncollected():
            return hashlib.sha256(PLAN_HASH_PREFIX + canonical_bytes(_hashed(self))).hexdigest()

    @property
    def refusals(self) -> tuple[Hazard, ...]:
        return tuple(hazard for hazard in self.hazards if hazard.severity is Severity.REFUSE)

    @property
    def gates(self) -> tuple[Gate, ...]:
        """Each gate that something in it waits for."""
        return tuple(dict.fromkeys(gate for each in self.conditions for gate in each.gates))

    @cached_property
    def rehearses(self) -> bool:
        """Whether it concerns canary ports alone."""
        cut = {name for _, _, step in self.steps() for name in step.subjects}
        return (cut | {subject for _, subject, _ in self.ends}) == {REHEARSAL}

    @property
    def brought_back(self) -> tuple[str, ...]:
        """The subjects a restore brings back, whole or in part."""
        whole = (subject for _, subject, _ in self.ends)
        limited = (name for each in self.limits for name in each.subjects)
        return tuple(dict.fromkeys((*whole, *limited)))

    @property
    def moves(self) -> bool:
        """Whether holds of other points move to those it cuts."""
        return self.action is Action.ISOLATE and bool(self.ends)

    @property
    def gives_way(self) -> bool:
        """Whether a cut goes before it: what brings back, and what only rehearses."""
        return self.action is Action.RESTORE or self.rehearses

    def steps(self) -> Iterator[tuple[Wave, Operation, Step]]:
        for wave in self.waves:
            for operation in wave.operations:
                for step in operation.steps:
                    yield wave, operation, step

    @property
    def point_count(self) -> int:
        """How many points its waves speak of; one that lets something through is spoken of twice."""
        return len({step.point.id for _, _, step in self.steps()})

    def upstream(self) -> Iterator[tuple[Wave, Operation, Step]]:
        """The steps of the escalations, each with the first wave of the device it is for."""
        waves: dict[str, Wave] = {}
        instead = {escalation.device for escalation in self.escalations if escalation.instead}
        for wave in self.waves if self.escalations else ():
            for operation in wave.operations:
                if wave.on_unreachable is OnUnreachable.ESCALATE or operation.device in instead:
                    waves.setdefault(operation.device, wave)
        for escalation in self.escalations:
            for operation in escalation.operations:
                for step in operation.steps:
                    yield waves[escalation.device], operation, step


def _hashed(plan: Plan) -> Canonical:
    # What may be sent to a neighbour is approved with the rest; what it costs follows from the inventory.
    upstream: list[Canonical] = [
        {
            "device": each.device,
            "operations": [_operation(operation) for operation in each.operations],
            **({"instead": True} if each.instead else {}),
        }
        for each in plan.escalations
        if each.operations
    ]
    return {
        "action": plan.action.value,
        "site": plan.site,
        "save": plan.save.value,
        "basis": {
            "inventory": plan.basis.inventory,
            "profiles": plan.basis.profiles,
            "playbook": plan.basis.playbook,
            "renderer": plan.basis.renderer,
            "baselines": plan.basis.baselines,
            **({"attested": plan.basis.attested} if plan.basis.attested else {}),
        },
        "waves": [
            {
                "stage": wave.stage,
                "waits": wave.waits,
                "operations": (_operation(operation) for operation in wave.operations),
            }
            for wave in plan.waves
        ],
        "hazards": sorted(
            [hazard.code, hazard.culprit] for hazard in plan.hazards if hazard.code not in UNHASHED
        ),
        "ends": plan.ends,
        **({"escalations": upstream} if upstream else {}),
        **({"retires": True} if plan.retires else {}),
        **({"limits": [_limited(each) for each in plan.limits]} if plan.limits else {}),
        **({"conditions": [_condition(each) for each in plan.conditions]} if plan.conditions else {}),
    }


def _limited(limited: Limited) -> Canonical:
    return {
        "point": limited.point,
        "holds": limited.holds,
        "towards": limited.towards,
        "networks": limited.networks,
    }


def _condition(condition: Condition) -> Canonical:
    return {
        "subject": condition.subject,
        "gates": [
            {
                "approvals": gate.approvals,
                "roles": gate.roles,
                "attest": gate.attest,
                "probes": gate.probes,
                "hold": gate.hold,
                "watch": gate.watch,
                "go": gate.go,
                **({"counters": [_counter(each) for each in gate.counters]} if gate.counters else {}),
            }
            for gate in condition.gates
        ],
        "baselines": condition.baselines,
        "inventory": condition.inventory,
    }


def _counter(limit: CounterLimit) -> Canonical:
    return {"counter": limit.counter, "over": limit.over, "within": limit.within}


def _operation(operation: Operation) -> Written:
    return written(
        {
            "device": operation.device,
            "platform": operation.platform,
            "reads": operation.reads,
            "enter": operation.enter,
            "leave": operation.leave,
            **({"timer": _timer(operation.timer)} if operation.timer else {}),
            "steps": [
                {
                    "point": step.point.id,
                    "subjects": step.subjects,
                    "prefixes": step.prefixes,
                    "renderings": [_rendering(each) for each in (step.rendering, *step.fallbacks)],
                }
                for step in operation.steps
            ],
        }
    )


def _timer(timer: TimerLines) -> Canonical:
    return {
        "after": timer.after,
        "read": timer.read,
        "enter": timer.enter,
        "leave": timer.leave,
        "confirm": timer.confirm,
        "needs": timer.needs,
    }


def _rendering(rendering: Rendering) -> Canonical:
    return {
        "method": rendering.method.value,
        "commands": rendering.commands,
        "expect": rendering.expect,
        **({"when": rendering.when} if rendering.when else {}),
    }
