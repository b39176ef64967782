"""Runs: begun, joined, stopped, resumed, looked at; and the work of hands that goes with them."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Body, Depends, Path, Query, Request
from fastapi.responses import JSONResponse

from controller.api.access import Needs, Viewer, identified
from controller.api.models import ReasonAsked, Written
from controller.api.models import runs as models
from controller.api.once import ActsOnce
from controller.api.paging import Page, WhichPart, page
from controller.api.plans import compiled, return_of
from controller.api.problems import documented, words_of
from controller.api.receipts import Receipt
from controller.api.service import Serving, service_of
from controller.domain.drift import keeping
from controller.domain.errors import NotPermitted, Refused
from controller.domain.facts import Actor
from controller.domain.plan import Hazard, Severity
from controller.domain.playbook import Action
from controller.domain.proof import Proof
from controller.engine.execution.handwork import HandWork
from controller.engine.execution.marks import Marks
from controller.engine.people.accounts import Person
from controller.engine.people.roles import Permission

router = APIRouter(tags=["runs"], responses=documented(400, 401, 403, 404, 409, 422, 429, 500, 503))

Run = Annotated[
    str, Path(pattern=r"^[0-9a-f-]{1,40}$", description="A run, or how its name begins.", max_length=40)
]
Code = Annotated[str, Path(pattern=r"^[0-9A-Za-z -]{6,20}$", description="The code on the walk-list.")]
Question = Annotated[models.CutRun | models.ReturnRun, Body(discriminator="action")]


class _MayBegin(Needs):
    """A cut and a return need different things: which one it is stands in the body."""

    def __init__(self) -> None:
        super().__init__(Permission.ISOLATE)

    also: Permission = Permission.RESTORE

    async def __call__(self, request: Request) -> Person:  # type: ignore[override]  # the body has to be awaited
        service = service_of(request)
        person = await run_sync(identified, request, service)
        wanted = self.permission
        if b'"restore"' in await request.body():
            wanted = self.also if _restores(await _json(request)) else self.permission
        site = await run_sync(lambda: service.site)
        if not person.may(wanted, site):
            raise NotPermitted(permission=wanted.value, site=site)
        return person


async def _json(request: Request) -> object:
    try:
        return await request.json()
    except ValueError:
        return None


def _restores(body: object) -> bool:
    return isinstance(body, dict) and body.get("action") == "restore"


Beginner = Annotated[Person, Depends(_MayBegin())]
Aborter = Annotated[Person, Depends(Needs(Permission.ABORT))]
Resumer = Annotated[Person, Depends(Needs(Permission.RESUME))]
Confirmer = Annotated[Person, Depends(Needs(Permission.CONFIRM))]
TranscriptReader = Annotated[Person, Depends(Needs(Permission.READ_TRANSCRIPTS))]


@router.get("/runs", summary="Runs, the newest first")
def runs(serving: Serving, _: Viewer, part: WhichPart) -> Page[models.RunShown]:
    every = serving.office.runs()
    numbered = [(f"{10**9 - at:010d}", record) for at, record in enumerate(every)]
    newest = list(reversed(numbered))
    return page(newest, lambda each: each[0], part, lambda each: models.run(each[1]))


@router.post("/runs", status_code=202, summary="Cut, or bring back", response_model=models.Begun)
def begin(serving: Serving, person: Beginner, once: ActsOnce, asked: Question) -> JSONResponse:
    """Answers as soon as the decision is on record and the first device is being contacted; live events and
    ``/runs/{run}`` tell the rest. A cut whose plan is already being carried out joins that run."""

    def act(marks: Marks) -> models.Begun:
        if isinstance(asked, models.ReturnRun):
            return _return(serving, asked, person.actor, marks)
        return _cut(serving, asked, person, marks)

    return once.answer(person, 202, act, again=lambda receipt: begun_before(serving, receipt))


def _cut(serving: Serving, asked: models.CutRun, person: Person, marks: Marks) -> models.Begun:
    if asked.overrides and not person.may(Permission.OVERRIDE, serving.site):
        raise NotPermitted(permission=Permission.OVERRIDE.value, site=serving.site)
    plan = compiled(serving, asked)
    serving.keep_plan(plan)  # who is asked to consent looks at it
    if plan.refusals:
        raise Refused(plan.refusals)
    if asked.plan is not None and plan.hash != asked.plan:
        raise Refused([Hazard("plan-changed", Severity.REFUSE, plan.hash)])
    begun = serving.office.begin_cut(plan, asked.reason, person.actor, marks)
    return models.Begun(run=begun.run, plan=begun.plan, joined=begun.joined)


def _return(serving: Serving, asked: models.ReturnRun, actor: Actor, marks: Marks) -> models.Begun:
    wanted = return_of(asked)
    begun = serving.office.begin_return(wanted, asked.plan, asked.reason, actor, marks)
    return models.Begun(run=begun.run, plan=begun.plan, joined=begun.joined)


def begun_before(serving: Serving, receipt: Receipt) -> models.Begun:
    """The answer of the first time."""
    record, _, _ = serving.office.run(receipt.run)
    return models.Begun(run=record.run, plan=record.plan, joined=False)


@router.get("/runs/{run}", summary="One run")
def show(serving: Serving, _: Viewer, run: Run) -> models.RunWhole:
    record, _plan, errands = serving.office.run(run)
    proofs = Counter(Proof(step.proof) for step in record.steps)
    return models.RunWhole(
        **models.run(record).model_dump(),
        proofs={proof: proofs[proof] for proof in Proof},
        unproven=len(errands),
    )


@router.get("/runs/{run}/steps", summary="What is known of each point of a run")
def steps(serving: Serving, request: Request, _: Viewer, run: Run, part: WhichPart) -> Page[models.StepKnown]:
    record, _plan, _errands = serving.office.run(run)
    words = words_of(request)
    ordered = sorted(record.steps, key=lambda each: _order(each.point.order))
    return page(ordered, lambda each: _order(each.point.order), part, lambda each: models.step(each, words))


@router.get("/runs/{run}/walk-list", summary="What must be done by hand, most urgent first")
def walk_list(serving: Serving, request: Request, _: Viewer, run: Run) -> list[models.ErrandShown]:
    record, _plan, errands = serving.office.run(run)
    return [models.errand(each, record.run, words_of(request)) for each in errands]


@router.get("/runs/{run}/transcripts", summary="What was sent and what the devices answered, word for word")
def transcripts(
    serving: Serving, _: TranscriptReader, run: Run, part: WhichPart
) -> Page[models.TranscriptShown]:
    record, _plan, _errands = serving.office.run(run)
    found = [
        models.TranscriptShown(
            seq=line.seq,
            at=line.at,
            device=line.data.get("device", ""),
            outcome=line.data.get("outcome", ""),
            text=line.text,
        )
        for line in serving.office.log(run=record.run, tag="engine:operation")
        if line.text
    ]
    return page(found, lambda each: f"{each.seq:012d}", part, lambda each: each)


@router.post("/runs/{run}/abort", status_code=202, summary="Stop a run", response_model=models.StopAsked)
def abort(serving: Serving, person: Aborter, once: ActsOnce, run: Run, asked: ReasonAsked) -> JSONResponse:
    """At the next safe point: blocks under way end, no other begins."""

    def act(_marks: Marks) -> models.StopAsked:
        record, _plan, _errands = serving.office.run(run)
        serving.office.abort(record.run, person.actor, asked.reason)
        return models.StopAsked(run=record.run, stopping=True)

    return once.answer(person, 202, act)


@router.post("/runs/{run}/resume", status_code=202, summary="Resume a run", response_model=models.Begun)
def resume(
    serving: Serving, person: Resumer, once: ActsOnce, run: Run, asked: models.ResumeAsked
) -> JSONResponse:
    """Takes an interrupted or stopped run to its end; every unknown is read back first. Resuming a return
    needs the permission to restore."""

    def act(_marks: Marks) -> models.Begun:
        record, plan, _errands = serving.office.run(run)
        if plan.action is Action.RESTORE and not person.may(Permission.RESTORE, serving.site):
            raise NotPermitted(permission=Permission.RESTORE.value, site=serving.site)
        decided = frozenset(asked.accept_drift) | {keeping(name) for name in asked.keep_theirs}
        begun = serving.office.begin_again(record.run, person.actor, decided)
        return models.Begun(run=begun.run, plan=begun.plan, joined=begun.joined)

    return once.answer(person, 202, act)


@router.get("/walk-list", summary="What must be done by hand, of every run that still holds points")
def whole_walk_list(
    serving: Serving,
    request: Request,
    _: Viewer,
    level: Annotated[int | None, Query(ge=1, le=9, description="Of this level only.")] = None,
) -> list[models.ErrandShown]:
    office, words = serving.office, words_of(request)
    holding = dict.fromkeys(hold.key.run for hold in office.open_holds())
    found: list[models.ErrandShown] = []
    for name in holding:
        record, _plan, errands = office.run(name)
        if level is None or record.level == level:
            found.extend(models.errand(each, record.run, words) for each in errands)
    return found


@router.post(
    "/walk-list/{code}/claim",
    status_code=201,
    summary="Say that a step was done by hand",
    response_model=Written,
)
def claim(
    serving: Serving,
    person: Confirmer,
    once: ActsOnce,
    code: Code,
    asked: models.ClaimAsked,
    run: Annotated[str, Query(max_length=40, pattern=r"^[0-9a-f-]*$")] = "",
) -> JSONResponse:
    """A person's word, never a proof: it counts until the point is read."""
    work = HandWork(code, asked.by, asked.reason, asked.at, asked.withdraw, run)

    def act(marks: Marks) -> Written:
        return Written(seq=serving.office.confirm_once(work, person.actor, marks))

    return once.answer(person, 201, act, again=lambda _: Written(seq=None))


def _order(order: tuple[str, str, int]) -> str:
    device, name, vlan = order
    return f"{device}\n{name}\n{vlan + 1:05d}"
