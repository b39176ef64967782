"""The walk-list: what a person does at a device, a code for each step, and their word that it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from controller.domain.inventory import Inventory
from controller.domain.proof import Proof
from controller.engine.execution.handwork import HandWork
from controller.engine.execution.marks import Marks
from controller.engine.execution.walklist import Errand
from controller.engine.people.roles import Permission
from controller.text import Catalogue
from controller.text.sentences import cause_text
from controller.web.once import act_once
from controller.web.pages import go, show
from controller.web.parts import part
from controller.web.telling import title_of
from controller.web.visits import For, Viewing, Visit

router = APIRouter()

PATH = "/walk-list"
ROWS = 200

Code = Annotated[str, Path(pattern=r"^[0-9A-Za-z -]{6,20}$")]
Confirming = Annotated[Visit, Depends(For(Permission.CONFIRM))]


@dataclass(frozen=True, slots=True)
class ErrandRow:
    """``claimed``: somebody says it is done, and no reading says so yet."""

    code: str
    run: str
    device: str
    point: str
    place: str
    subjects: str
    why: str
    commands: tuple[str, ...]
    claimed: bool


@router.get(PATH)
def walk_list(visit: Viewing) -> Response:
    every = sorted(errands(visit), key=lambda each: each[1].proof is Proof.CLAIMED)
    here, inventory = part(every, visit, ROWS), visit.service.office.documents_in_force().inventory
    claimed = sum(errand.proof is Proof.CLAIMED for _, errand in every)
    return show(
        visit,
        "walk-list.html",
        part=here,
        rows=[_row(errand, run, inventory, visit.words) for run, errand in here.items],
        left=len(every) - claimed,
        claimed=claimed,
        may_confirm=visit.may(Permission.CONFIRM),
    )


@router.post("/walk-list/{code}/claim")
def claim(visit: Confirming, code: Code) -> Response:
    sent = visit.sent
    by = sent.get("by") or visit.person.name
    work = HandWork(code, by, sent.get("reason"), None, "withdraw" in sent, sent.get("run"))

    def act(marks: Marks) -> str:
        visit.service.office.confirm_once(work, visit.person.actor, marks)
        return work.run

    act_once(visit, act)
    return go(PATH, "withdrawn" if work.withdraw else "claimed", code=code, by=by)


def errands(visit: Visit) -> list[tuple[str, Errand]]:
    """Of every run that still holds points, with its run."""
    office = visit.service.office
    runs = dict.fromkeys(hold.key.run for hold in office.open_holds())
    return [(name, errand) for name in runs for errand in office.run(name)[2]]


def _row(errand: Errand, run: str, inventory: Inventory, words: Catalogue) -> ErrandRow:
    place = (errand.location.building, errand.location.rack)
    return ErrandRow(
        code=errand.code,
        run=run,
        device=errand.point.device,
        point=str(errand.point),
        place=" · ".join(each for each in place if each),
        subjects=", ".join(title_of(inventory.subject(name), name, words) for name in errand.subjects),
        why=cause_text(words, errand.cause) or words.text(f"outcome.{errand.outcome}"),
        commands=errand.commands,
        claimed=errand.proof is Proof.CLAIMED,
    )
