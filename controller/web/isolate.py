"""Cutting: how far, what it costs, and the button."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response

from controller.api.problems import status_of
from controller.domain.errors import CordonError, InvalidRequest, Refused
from controller.domain.inventory import Conduit, Inventory, Segment
from controller.domain.plan import Hazard, Plan, Severity
from controller.engine.execution.marks import Marks
from controller.engine.people.roles import Permission
from controller.text import Catalogue
from controller.text.costs import dying, kept_through, subjects_of
from controller.text.sentences import sentence
from controller.web.levels import LevelCost, Levels, devices_of
from controller.web.once import act_once
from controller.web.pages import go, show
from controller.web.telling import hazards_told, joined, same_name, title_of
from controller.web.visits import For, Visit
from controller.workers.office import Cut

router = APIRouter()

PATH = "/isolate"

COSTS = 4
"""Losses named on the card of a level; the rest are counted."""

Isolating = Annotated[Visit, Depends(For(Permission.ISOLATE))]


@dataclass(frozen=True, slots=True)
class Choice:
    """One level as it is offered. ``cost`` is what it takes from care, ``size`` how much it sends."""

    level: int
    address: str
    title: str
    cost: str
    size: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What would be cut. ``losses``: title and impact of each; ``stays``, ``dies``: sentences."""

    plan: str
    points: int
    devices: int
    losses: tuple[tuple[str, str], ...]
    stays: tuple[str, ...]
    dies: tuple[str, ...]
    hazards: tuple[tuple[str, bool], ...]
    refused: bool


@router.get(PATH)
def ask(visit: Isolating) -> Response:
    return _page(visit)


@router.post(PATH)
def cut(visit: Isolating) -> Response:
    wanted = _wanted(visit)
    if wanted is None:
        return _page(visit, InvalidRequest("choose-a-level"))
    try:
        run = _cut(visit, wanted)
    except CordonError as error:
        if status_of(error) in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY):
            return _page(visit, error)
        raise
    return go(f"/runs/{run}")


def _cut(visit: Visit, wanted: Cut) -> str:
    service, sent = visit.service, visit.sent
    site = service.site
    if not same_name(sent.get("typed"), site):
        raise InvalidRequest("wrong-site", site=site)
    plan = service.office.plan_cut(wanted)
    service.keep_plan(plan)
    if plan.refusals:
        raise Refused(plan.refusals)
    if sent.get("plan") != plan.hash:
        raise Refused([Hazard("plan-changed", Severity.REFUSE, plan.hash)])

    def act(marks: Marks) -> str:
        return service.office.begin_cut(plan, sent.get("reason"), visit.person.actor, marks).run

    return act_once(visit, act)


def _page(visit: Visit, error: CordonError | None = None) -> Response:
    words = visit.words
    levels: Levels = visit.request.app.state.levels
    costs, wanted = levels.costs(), _wanted(visit)
    shown = None
    if wanted is not None:
        try:
            shown = _shown(visit, visit.service.office.plan_cut(wanted))
        except CordonError as problem:
            if error is None:
                error, wanted = problem, None
    documents = visit.service.office.documents_in_force()
    inventory = documents.inventory
    kept = [each.name for each in inventory.segments.values() if each.keep_alive]
    why = ""
    if error is not None:
        refused = hazards_told(error.hazards, words, inventory) if isinstance(error, Refused) else ()
        why = " ".join(text for text, _ in refused) or sentence(error, words)
    return show(
        visit,
        "isolate.html",
        HTTPStatus.OK if error is None else status_of(error),
        choices=[_choice(each, wanted, inventory, words) for each in costs],
        shown=shown,
        level=wanted.level if wanted else None,
        subjects=wanted.subjects if wanted else (),
        named=joined((title_of(inventory.subject(name), name, words) for name in wanted.subjects), words)
        if wanted
        else "",
        kept=joined((title_of(inventory.segments[name], name, words) for name in kept), words),
        lapsed=documents.lapse is not None,
        selectable=[
            (each.name, title_of(each, each.name, words))
            for each in sorted(inventory.subjects(), key=lambda each: (each.priority, each.name))
            if isinstance(each, Conduit) or not each.keep_alive
        ],
        typed=visit.sent.get("typed"),
        reason=visit.sent.get("reason"),
        why=why,
    )


def _wanted(visit: Visit) -> Cut | None:
    sent = visit.sent
    if subjects := tuple(dict.fromkeys(each for each in sent.every("subjects") if each)):
        return Cut(subjects=subjects)
    level = sent.get("level")
    return Cut(level=int(level)) if level.isascii() and level.isdigit() and len(level) < 3 else None


def _choice(each: LevelCost, wanted: Cut | None, inventory: Inventory, words: Catalogue) -> Choice:
    said = []
    for name in each.adds:
        subject = inventory.subject(name)
        impact = words.pick(subject.impact) if isinstance(subject, Segment) else ""
        title = title_of(subject, name, words)
        said.append(
            (not impact, words.text("isolate.costs", title=title, impact=impact) if impact else title)
        )
    costs = [text for _, text in sorted(said, key=lambda told: told[0])]
    more = [words.text("isolate.and-more", count=len(costs) - COSTS)] if len(costs) > COSTS else []
    points = words.text("count.points", count=each.points)
    devices = words.text("count.devices", count=each.devices)
    return Choice(
        level=each.level,
        address=f"{PATH}?{urlencode({'level': each.level})}",
        title=words.pick(each.title),
        cost=" · ".join([*costs[:COSTS], *more]) or words.text("isolate.deeper"),
        size=f"{points} · {devices}",
        chosen=wanted is not None and wanted.level == each.level,
    )


def _shown(visit: Visit, plan: Plan) -> Shown:
    words = visit.words
    inventory = visit.service.office.documents_in_force().inventory
    names = subjects_of(plan, inventory)
    losses = []
    for name in names:
        subject = inventory.subject(name)
        impact = words.pick(subject.impact) if isinstance(subject, Segment) else ""
        losses.append((title_of(subject, name, words), impact))
    return Shown(
        plan=plan.hash,
        points=plan.point_count,
        devices=len(devices_of(plan)),
        losses=tuple(sorted(losses, key=lambda loss: not loss[1])),
        stays=tuple(kept_through(names, inventory, words)),
        dies=tuple(dying(names, inventory, words)),
        hazards=hazards_told(plan.hazards, words, inventory),
        refused=bool(plan.refusals),
    )
