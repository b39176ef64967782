"""What a controller process of the fault tests is asked to do; the answer is JSON on its standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from controller.bootstrap import Composition
from controller.cli.main import main
from controller.domain.errors import CordonError, Refused
from controller.domain.facts import Actor, IntentRecorded
from controller.domain.lifecycle import OVER
from controller.domain.playbook import Action
from controller.domain.tags import Tag
from controller.engine.planning.plans import Return
from controller.engine.ports import RunRecord
from controller.workers.front import HomeOffice, office_of
from controller.workers.office import Cut, Execution

MakeComposition = Callable[..., Composition]
Job = Mapping[str, Any]
ACTOR = Actor("os:0")


def create(make: MakeComposition, _job: Job) -> int:
    """Makes the home, nothing else."""
    return _answered(lambda: {"home": str(make().home().path)})


def act(make: MakeComposition, job: Job) -> int:
    """Isolates or restores everything, without looking at what was before."""
    office = office_of(make())
    return _answered(lambda: _tell(_act(office, job["action"], job.get("accept_drift", ()))))


def take_over(make: MakeComposition, job: Job) -> int:
    """What a second process does after the first one died or froze: resumes the run that is not over; where
    nothing was begun, asks for it anew."""
    office = office_of(make())

    def work() -> dict[str, Any]:
        runs = [run for run in office.runs() if run.action is Action(job["action"])]
        if not runs:
            return {"how": "anew", **_tell(_act(office, job["action"], ()))}
        if _over(office, runs[-1]):
            return {"how": "over"}
        return {"how": "resumed", **_tell(office.resume(runs[-1].run, ACTOR, lambda _: None))}

    return _answered(work)


def finish(make: MakeComposition, job: Job) -> int:
    """Brings everything back that is still held, as a person would: without accepting what is in doubt
    first, then with; verifies the log, and tells every intent in it as (monotonic ns, device, object)."""
    composition = make()
    office = office_of(composition)

    def work() -> dict[str, Any]:
        told: dict[str, Any] = {"refused": []}
        if office.situation().proofs:
            try:
                _act(office, "restore", ())
            except Refused as refusal:
                told["refused"] = [(hazard.code, hazard.culprit) for hazard in refusal.hazards]
            if office.situation().proofs:
                told |= _tell(_act(office, "restore", tuple(job["devices"])))
        # Whoever writes takes the lead, and so ends whoever is frozen with it.
        office.write_log("everything is back", ACTOR)
        verdict = office.verify()
        return {
            **told,
            "held": sum(office.situation().proofs.values()),
            "problem": verdict.problem,
            "tags": [line.tag for line in office.log()],
            "intents": _intents(composition),
        }

    return _answered(work)


def cli(make: MakeComposition, job: Job) -> int:
    """``cordon``, with the arguments ``argv``; its exit code."""
    return main(job["argv"], lambda **settings: office_of(make(**settings)))


VERBS: dict[str, Callable[[MakeComposition, Job], int]] = {
    "create": create,
    "act": act,
    "take_over": take_over,
    "finish": finish,
    "cli": cli,
}


def _over(office: HomeOffice, run: RunRecord) -> bool:
    return office.run(run.run)[0].state in OVER


def _intents(composition: Composition) -> list[tuple[int, str, str]]:
    return [
        (json.loads(record.entry.body)["monotonic"], point.device, point.object)
        for record in composition.home().entries(tag=Tag.OPERATION_INTENDED.value)
        for fact in record.facts
        if isinstance(fact, IntentRecorded)
        for point, _ in fact.steps
    ]


def _act(office: HomeOffice, action: str, accept_drift: tuple[str, ...]) -> Execution:
    if Action(action) is Action.ISOLATE:
        cut = Cut(level=5)
        return office.isolate(cut, office.plan_cut(cut), "fault test", ACTOR, lambda _: None)
    wanted = Return(everything=True, accept_drift=frozenset(accept_drift))
    return office.restore(wanted, office.plan_return(wanted), "fault test", ACTOR, lambda _: None)


def _tell(execution: Execution) -> dict[str, Any]:
    results = [
        {
            "device": result.step.point.id.device,
            "object": result.step.point.id.object,
            "outcome": result.outcome.value,
            "proof": result.proof.value,
            "cause": result.cause,
        }
        for result in execution.ended.results
    ]
    return {"run": execution.run, "state": execution.ended.state.value, "results": results}


def _answered(work: Callable[[], dict[str, Any]]) -> int:
    try:
        answer = work()
    except CordonError as error:
        answer = {"error": error.code, "data": {name: str(value) for name, value in error.data.items()}}
    json.dump(answer, sys.stdout)
    return 0 if "error" not in answer else 1
