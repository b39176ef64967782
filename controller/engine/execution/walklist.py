"""What a person must do by hand: every step without its proof, where it is, and what to type. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from controller.domain.inventory import Inventory, Location, PointId
from controller.domain.plan import Operation, Plan, Step
from controller.domain.proof import Outcome, Proof
from controller.engine.events import StepResult
from controller.engine.execution.running import StopCause
from controller.engine.planning.waves import CRITICALITY
from controller.engine.points.track import not_attempted
from controller.engine.ports import RunRecord


@dataclass(frozen=True, slots=True)
class Difference:
    """A field read back otherwise than wanted; a restore wants what was before the cut."""

    field: str
    found: str
    wanted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Errand:
    """One point to cut or restore by hand. ``code`` names it on paper and over the telephone; with ``proof``
    ``claimed`` a person has done it, and no reading says so yet."""

    code: str
    point: PointId
    subjects: tuple[str, ...]
    location: Location
    outcome: Outcome
    proof: Proof
    cause: str
    commands: tuple[str, ...]
    differences: tuple[Difference, ...] = ()
    enter: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The commands of this point alone, between those that enter and leave the mode they need."""
        return self.commands[len(self.enter) : len(self.commands) - len(self.leave)]


def walklist(run: str, plan: Plan, inventory: Inventory, results: Iterable[StepResult]) -> tuple[Errand, ...]:
    """Most urgent first: choke points before access, then by place, so that one walk serves a rack. What a
    person says is done comes last: nobody has to go there. What waits behind a gate is nobody's errand."""
    every = (*plan.upstream(), *plan.steps())
    operations = {step.point.id: (operation, step) for _, operation, step in every}
    errands = [
        _errand(run, inventory, result, *operations[result.step.point.id])
        for result in results
        if not result.satisfied and not _behind_a_gate(plan, result)
    ]

    def urgency(errand: Errand) -> tuple[bool, int, str, str, tuple[str, str, int]]:
        device = inventory.devices.get(errand.point.device)
        rank = CRITICALITY[device.role] if device else len(CRITICALITY)
        done, location = errand.proof is Proof.CLAIMED, errand.location
        return (done, rank, location.building, location.rack, errand.point.order)

    return tuple(sorted(errands, key=urgency))


def _behind_a_gate(plan: Plan, result: StepResult) -> bool:
    """Whether the run never came to the step, and something in it waits for persons, time or probes."""
    never = result.outcome is Outcome.NOT_ATTEMPTED and result.cause in _NEVER_BEGUN
    return never and any(each.subject in result.step.subjects for each in plan.conditions)


def beforehand(plan: Plan, inventory: Inventory) -> tuple[Errand, ...]:
    """Everything a plan would do, as if no device could be reached: for paper. The codes belong to no run."""
    results = [not_attempted(step, wave, "") for wave, _, step in plan.steps()]
    return walklist("", plan, inventory, [replace(each, wanted=Proof.PROVEN) for each in results])


def results_on_record(record: RunRecord, plan: Plan) -> list[StepResult]:
    """The steps of a run's plan with what is on record of them."""
    known = {step.point: step for step in record.steps}
    planned = {step.point.id for _, _, step in plan.steps()}
    # Ports upstream of what could not be reached count where they came to be needed.
    needed = (
        each for each in plan.upstream() if each[2].point.id in known and each[2].point.id not in planned
    )
    results = []
    for wave, _, step in (*plan.steps(), *needed):
        found = known.get(step.point.id)
        results.append(
            StepResult(
                step=step,
                wave=wave.index,
                method=step.rendering.method,
                outcome=found.outcome if found else Outcome.NOT_ATTEMPTED,
                proof=Proof(found.proof) if found else Proof.UNKNOWN,
                state=found.state if found else None,
                read_at=found.read_at if found else None,
                cause=found.cause if found else "",
                wanted=wave.verify,
            )
        )
    return results


def _errand(run: str, inventory: Inventory, result: StepResult, operation: Operation, step: Step) -> Errand:
    device = inventory.devices.get(operation.device)
    commands = _lines_for(step, result)
    lines = tuple(line for line in commands if line not in operation.behind)
    enter, leave = (operation.enter, _closing(operation, commands)) if commands else ((), ())
    return Errand(
        code=step_code(run, step.point.id),
        point=step.point.id,
        subjects=step.subjects,
        location=device.location if device else Location(),
        outcome=result.outcome,
        proof=result.proof,
        cause=result.cause,
        commands=(*enter, *lines, *leave),
        differences=_differences(result, step),
        enter=enter,
        leave=leave,
    )


def _lines_for(step: Step, result: StepResult) -> tuple[str, ...]:
    """Where they depend on the state: those for the one last read, else all below what they are for."""
    fitting = (each.commands for each in step.renderings(step.rendering.method) if each.fits(result.state))
    return next(fitting, step.lines())


def _closing(operation: Operation, commands: tuple[str, ...]) -> tuple[str, ...]:
    """What a person types after the lines of a point: what commits them, what waits for that, and the end."""
    behind = (line for line in commands if line in operation.behind)
    commits = operation.typed or operation.leave[: operation.commits]
    return (*commits, *behind, *operation.leave[operation.commits :])


def _differences(result: StepResult, step: Step) -> tuple[Difference, ...]:
    if result.proof is not Proof.CONTRADICTED or result.state is None:
        return ()
    sent = (each for each in (step.rendering, *step.fallbacks) if each.method == result.method)
    expect = next(sent, step.rendering).expect
    read = {name: result.state.get(name, "") for name in expect}
    return tuple(
        Difference(name, read[name], wanted) for name, wanted in expect.items() if read[name] not in wanted
    )


_NEVER_BEGUN = frozenset(
    ("", *(value for name, value in vars(StopCause).items() if not name.startswith("_")))
)
"""Causes of what a run left alone."""

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L or U: a code is read aloud and written by hand."""


def step_code(run: str, point: PointId) -> str:
    """Six characters naming one point of one run."""
    number = int.from_bytes(hashlib.sha256(f"{run}\n{point}".encode()).digest()[:8], "big")
    letters = []
    for _ in range(6):
        number, index = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    return "".join(letters)
