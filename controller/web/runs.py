"""Runs: how far each is, what lacks its proof, and what a device was told and answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from controller.domain.errors import InvalidRequest, NotFound, NotPermitted
from controller.domain.inventory import Inventory
from controller.domain.lifecycle import OVER, RunState
from controller.domain.plan import Plan
from controller.domain.playbook import Action
from controller.engine.events import StepResult
from controller.engine.people.roles import Permission
from controller.engine.ports import RunRecord
from controller.text import Catalogue
from controller.text.sentences import cause_text
from controller.text.times import duration
from controller.web.again import ways_to_cut_again
from controller.web.bars import ProofBar
from controller.web.charts import Chart, confirmed_over_time
from controller.web.pages import clock_time, go, show
from controller.web.parts import part
from controller.web.progress import (
    Counted,
    Courses,
    StageRow,
    by_readings,
    milestones,
    over_time,
)
from controller.web.telling import names_of, title_of, when
from controller.web.visits import For, Viewing, Visit
from controller.workers.course import Moment
from controller.workers.office import LogLine
from controller.workers.standings import standing

router = APIRouter()


Run = Annotated[str, Path(pattern=r"^[0-9a-f-]{1,40}$")]
Name = Annotated[str, Path(max_length=200)]
Aborting = Annotated[Visit, Depends(For(Permission.ABORT))]
Resuming = Annotated[Visit, Depends(For(Permission.RESUME))]
Signing = Annotated[Visit, Depends(For(Permission.COUNTERSIGN))]

ROWS = 100
RUNS = 50

_SHAPES = {
    RunState.RUNNING: "running",
    RunState.WAITING: "todo",
    RunState.STOPPING: "paused",
    RunState.INTERRUPTED: "paused",
    RunState.STOPPED: "paused",
    RunState.FINISHED: "done",
    RunState.ABORTED: "failed",
}


@dataclass(frozen=True, slots=True)
class Listed:
    run: str
    what: str
    state: str
    shape: str
    began: str
    lasted: str
    by: str


@dataclass(frozen=True, slots=True)
class Whole:
    """One run. ``rests``: it goes on only when a person says so. ``reached``: percent and time."""

    run: str
    head: str
    lead: str
    lacking: int
    state: str
    shape: str
    began: str
    by: str
    plan: str
    known: int
    total: int
    over: bool
    rests: bool
    acts: bool
    returns: bool
    proof: ProofBar
    stages: list[StageRow]
    reached: list[tuple[int, str]]
    chart: Chart | None
    by_hand: int


@router.get("/runs")
def runs(visit: Viewing) -> Response:
    here, names = part(visit.service.office.runs()[::-1], visit, RUNS), names_of(visit)
    rows = [_listed(each, names, visit) for each in here.items]
    return show(visit, "runs.html", refresh=15, part=here, rows=rows)


@router.get("/runs/{run}")
def show_run(visit: Viewing, run: Run) -> Response:
    office, words = visit.service.office, visit.words
    record, plan, errands = office.run(run)
    results = office.results(record.run)
    over = record.state in OVER or record.state in (RunState.INTERRUPTED, RunState.STOPPED)
    counted = Counted(results, over=over)
    every, lacking = counted.devices(), counted.devices(lacking=True)
    wanted = visit.sent.get("show") or ("lacking" if lacking and over else "all")
    found = _whole(visit, record, plan, len(errands), results, counted)
    here = part(lacking if wanted == "lacking" else every, visit, ROWS)
    inventory = office.inventory_of(plan)
    return show(
        visit,
        "run.html",
        refresh=0 if found.over else 2,
        run=found,
        rows=here.showing([counted.device(each, inventory, words) for each in here.items]),
        wanted=wanted,
        lacking=len(lacking),
        every=len(every),
        may_abort=visit.may(Permission.ABORT),
        may_resume=visit.may(Permission.RESTORE if found.returns else Permission.RESUME),
        unsigned=_unsigned(visit, record.run),
        again=ways_to_cut_again(plan, office.documents_in_force().inventory, words)
        if visit.may(Permission.ISOLATE)
        else [],
        drifted=sorted({each.step.point.id.device for each in results if each.cause == "drift"}),
    )


@router.get("/runs/{run}/devices/{device}")
def show_device(visit: Viewing, run: Run, device: Name) -> Response:
    office, words = visit.service.office, visit.words
    record, plan, errands = office.run(run)
    results = [each for each in office.results(record.run) if each.step.point.id.device == device]
    if not results:
        raise NotFound(kind="device", name=device)
    lines = [
        line
        for line in office.log(run=record.run, tag="engine:operation", device=device)
        if line.data.get("device") == device
    ]
    codes = {errand.point: errand.code for errand in errands}
    inventory = office.inventory_of(plan)
    reads = visit.may(Permission.READ_TRANSCRIPTS)
    return show(
        visit,
        "run-device.html",
        run=record.run,
        device=device,
        steps=[_step(each, codes.get(each.step.point.id, ""), inventory, words) for each in results],
        operations=_operations(lines, words),
        transcripts=[(clock_time(_at(line)), line.text) for line in lines if line.text] if reads else [],
        reads=reads,
    )


@router.post("/runs/{run}/abort")
def abort(visit: Aborting, run: Run) -> Response:
    record, _plan, _errands = visit.service.office.run(run)
    visit.service.office.abort(record.run, visit.person.actor, visit.sent.get("reason"))
    return go(f"/runs/{record.run}", "stopping")


@router.post("/runs/{run}/resume")
def resume(visit: Resuming, run: Run) -> Response:
    office, site = visit.service.office, visit.service.site
    record, plan, _errands = office.run(run)
    if plan.action is Action.RESTORE and not visit.may(Permission.RESTORE):
        raise NotPermitted(permission=Permission.RESTORE.value, site=site)
    if record.state in OVER:
        raise InvalidRequest("run-not-resumable", run=record.run, state=record.state.value)
    office.begin_again(record.run, visit.person.actor)
    return go(f"/runs/{record.run}", "resumed")


@router.post("/runs/{run}/countersign")
def countersign(visit: Signing, run: Run) -> Response:
    record, _plan, _errands = visit.service.office.run(run)
    visit.service.office.access().approvals.countersign(record.run, visit.person)
    return go(f"/runs/{record.run}", "countersigned")


def _whole(
    visit: Visit,
    record: RunRecord,
    plan: Plan,
    by_hand: int,
    results: Sequence[StepResult],
    counted: Counted,
) -> Whole:
    words = visit.words
    rests = record.state in (RunState.INTERRUPTED, RunState.STOPPED)
    over = record.state in OVER
    known, total = counted.known, counted.total
    moments = _course(visit, record, results)
    ended = record.moved_at if over or rests else visit.now
    lasting = max(0.0, (ended - record.opened_at).total_seconds())
    lead = words.text(
        f"run-page.lead-{record.action}",
        count=known,
        total=words.text("count.points", count=total),
        duration=duration(words, lasting),
    )
    return Whole(
        run=record.run,
        head=_what(record, words),
        lead=lead,
        lacking=total - known if over or rests else 0,
        state=words.text(f"state.{record.state}"),
        shape=_SHAPES[record.state],
        began=when(record.opened_at, visit.now),
        by=names_of(visit).get(record.actor, record.actor),
        plan=record.plan,
        known=known,
        total=total,
        over=over,
        rests=rests,
        acts=not over and not rests,
        returns=plan.action is Action.RESTORE,
        proof=counted.bar(words),
        stages=counted.stages(plan, words),
        reached=milestones(moments, counted, lasting, words, acts=not over and not rests),
        chart=confirmed_over_time(moments, total, lasting if lasting < 3600 else 0, words),
        by_hand=by_hand,
    )


def _course(visit: Visit, record: RunRecord, results: Sequence[StepResult]) -> list[Moment]:
    if record.state not in OVER:
        return by_readings(results, record.opened_at)
    courses: Courses = visit.request.app.state.courses
    confirmed = visit.service.office.confirmed

    def read() -> list[Moment]:
        return over_time(confirmed(record.run), record.opened_at, len(results))

    return courses.of(record.run, record.moved_at, read)


def _what(record: RunRecord, words: Catalogue) -> str:
    if record.action is Action.ISOLATE and record.level is not None:
        return words.text("run-page.cut-level", level=record.level)
    return words.text(f"run-page.{record.action}", playbook=record.playbook)


def _listed(record: RunRecord, names: Mapping[str, str], visit: Visit) -> Listed:
    words = visit.words
    lasted = (record.moved_at - record.opened_at).total_seconds()
    return Listed(
        run=record.run,
        what=_what(record, words),
        state=words.text(f"state.{record.state}"),
        shape=_SHAPES[record.state],
        began=when(record.opened_at, visit.now),
        lasted=duration(words, lasted) if record.state in OVER else "",
        by=names.get(record.actor, record.actor),
    )


def _unsigned(visit: Visit, run: str) -> bool:
    """Whether this person could countersign it."""
    book = visit.service.office.access().approvals
    return visit.may(Permission.COUNTERSIGN) and any(
        each.run == run and each.actor != visit.person.id for each in book.unsigned()
    )


@dataclass(frozen=True, slots=True)
class StepShown:
    point: str
    subjects: str
    method: str
    commands: tuple[str, ...]
    outcome: str
    proof: str
    standing: str
    why: str
    read: str
    state: tuple[tuple[str, str], ...]
    code: str


def _step(each: StepResult, code: str, inventory: Inventory, words: Catalogue) -> StepShown:
    return StepShown(
        point=str(each.step.point.id),
        subjects=", ".join(title_of(inventory.subject(name), name, words) for name in each.step.subjects),
        method=each.method.value,
        commands=each.step.lines(each.method) or each.step.lines(),
        outcome=words.text(f"outcome.{each.outcome}"),
        proof=words.text(f"proof.{each.proof}"),
        standing=standing(each).value,
        why=cause_text(words, each.cause),
        read=clock_time(each.read_at),
        state=tuple((each.state or {}).items()),
        code=code,
    )


def _operations(lines: list[LogLine], words: Catalogue) -> list[tuple[str, str, str]]:
    """When each was intended, its outcome, and how long it took."""
    found: list[tuple[str, str, str]] = []
    intended: datetime | None = None
    for line in lines:
        if line.tag.endswith("intended"):
            intended = _at(line)
        elif "outcome" in line.data:
            took = duration(words, (_at(line) - intended).total_seconds()) if intended else ""
            began = clock_time(intended or _at(line))
            found.append((began, words.text(f"outcome.{line.data['outcome']}"), took))
            intended = None
    if intended is not None:
        found.append((clock_time(intended), words.text("run-page.under-way"), ""))
    return found


def _at(line: LogLine) -> datetime:
    return datetime.fromisoformat(line.at)
