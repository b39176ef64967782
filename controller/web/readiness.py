"""Readiness: what a cut would come to tonight, device by device, as the last live check found it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Response

from controller.domain.armed import ArmedDevice, Standing, Why
from controller.domain.inventory import Inventory
from controller.domain.readiness import DeviceReadiness, LevelReadiness, Readiness
from controller.domain.rehearsal import Rehearsals, Rehearsed, Software
from controller.text import Catalogue
from controller.text.armings import counted, details
from controller.text.sentences import obstacle_text
from controller.text.times import age, duration
from controller.web.pages import show
from controller.web.parts import part
from controller.web.telling import hazard_told, hazards_told
from controller.web.visits import Viewing

router = APIRouter()

PATH = "/readiness"
ROWS = 100

_KINDS = {
    Standing.ARMED: "done",
    Standing.OPENING: "running",
    Standing.TAKEN: "running",
    Standing.WAITING: "paused",
    Standing.STOPPED: "failed",
}

_REVERTS = ("revert-", "pushed-back")
"""How the codes of hazards begin that would undo a cut."""


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """``obstacles`` stand in the way of a cut; ``hazards`` would undo one, or are to be known."""

    name: str
    kind: str
    word: str
    points: int
    obstacles: tuple[str, ...]
    hazards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LevelRow:
    level: int
    title: str
    kind: str
    word: str
    lasting: str
    by_hand: str
    refusals: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class RehearsalRow:
    """One method on one kind of point of one software, as it was last tried at each device."""

    what: str
    software: str
    kind: str
    word: str
    last: str
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArmedRow:
    """``details``: when it was read, when it is tried again, what failed last."""

    device: str
    kind: str
    word: str
    since: str
    why: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArmedSessions:
    count: str
    rows: tuple[ArmedRow, ...]


@router.get(PATH)
def readiness(visit: Viewing) -> Response:
    words, office = visit.words, visit.service.office
    found = office.last_readiness()
    documents = office.documents_in_force()
    playbooks, inventory = documents.playbooks, documents.inventory
    devices = sorted(
        (_device(each, inventory, words) for each in (found.devices if found else ())), key=_worst_first
    )
    return show(
        visit,
        "readiness.html",
        found=found,
        head=_head(found, words),
        checked=age(words, found.at, visit.now) if found else "",
        took=duration(words, found.milliseconds / 1000) if found else "",
        changed=found is not None and found.inventory != inventory.digest,
        levels=[
            _level(
                each,
                words.pick(known.title) if (known := playbooks.get(each.playbook)) else each.playbook,
                inventory,
                words,
            )
            for each in (found.levels if found else ())
        ],
        part=part(devices, visit, ROWS),
        undoing=[
            (each.device, hazard_told(hazard, words, inventory))
            for each in (found.devices if found else ())
            for hazard in each.hazards
            if hazard.code.startswith(_REVERTS)
        ],
        rehearsed=_rehearsed(office.rehearsals(), visit.now, words),
        armed=_armed(office.armed(), visit.now, words),
    )


def _head(found: Readiness | None, words: Catalogue) -> str:
    if found is None:
        return words.text("readiness.never")
    ready = sum(each.ready for each in found.devices)
    if found.ready:
        return words.text("readiness.all", count=ready)
    return words.text("readiness.some", count=ready, devices=len(found.devices))


def _rehearsed(found: Rehearsals, now: datetime, words: Catalogue) -> list[RehearsalRow]:
    """What failed first."""
    groups: dict[tuple[Software, str, str], list[tuple[datetime, Rehearsed]]] = defaultdict(list)
    for at, trial in found.trials():
        groups[trial.software, trial.kind.value, trial.method.value].append((at, trial))
    rows = []
    for (software, kind, method), trials in sorted(groups.items()):
        failed = tuple(trial.device for _, trial in trials if not trial.passed)
        rows.append(
            RehearsalRow(
                what=f"{kind} {method}",
                software=" ".join(each for each in software if each),
                kind="failed" if len(failed) == len(trials) else "partial" if failed else "done",
                word=words.text("readiness.passed", count=len(trials) - len(failed), total=len(trials)),
                last=age(words, trials[-1][0], now),
                failed=failed,
            )
        )
    return sorted(rows, key=lambda row: not row.failed)


def _armed(found: tuple[ArmedDevice, ...] | None, now: datetime, words: Catalogue) -> ArmedSessions | None:
    """Those to be armed, and those that would be if they could; None where none is held at all."""
    if found is None:
        return None
    shown = [each for each in found if each.wanted or each.why is Why.LAST_LINE or each.by]
    rows = tuple(
        ArmedRow(
            each.device,
            _KINDS.get(each.standing, "none"),
            words.text(f"armed.standing.{each.standing.value}"),
            age(words, each.since, now),
            words.text(f"armed.why.{each.why.value}"),
            tuple(details(words, each, now)),
        )
        for each in shown
    )
    return ArmedSessions(counted(words, found), rows)


def _device(found: DeviceReadiness, inventory: Inventory, words: Catalogue) -> DeviceRow:
    blocked = len(found.blocked)
    whole = found.ready or blocked < len(found.points)
    kind = "done" if found.ready else "partial" if whole else "failed"
    word = words.text(f"readiness.device-{kind}", blocked=blocked, points=len(found.points))
    return DeviceRow(
        name=found.device,
        kind=kind,
        word=word,
        points=len(found.points),
        obstacles=tuple(obstacle_text(each, words) for each in found.obstacles),
        hazards=tuple(hazard_told(each, words, inventory) for each in found.hazards),
    )


def _worst_first(row: DeviceRow) -> tuple[int, bool, str]:
    return (("failed", "partial", "done").index(row.kind), not row.hazards, row.name)


def _level(found: LevelReadiness, title: str, inventory: Inventory, words: Catalogue) -> LevelRow:
    could = found.points - len(found.blocked)
    kind = "failed" if found.refusals else "done" if not found.blocked else "partial"
    code = "readiness.refused" if found.refusals else "readiness.could"
    word = words.text(code, count=could, points=found.points)
    return LevelRow(
        level=found.level,
        title=title,
        kind=kind,
        word=word,
        lasting=duration(words, found.milliseconds / 1000),
        by_hand=words.text("count.points", count=found.by_hand) if found.by_hand else "",
        refusals=hazards_told(found.refusals, words, inventory),
    )
