"""What somebody changed by hand at held points since the cut: seen as a diff, and the word that nothing comes
back over it. How a return deals with it is decided where it is asked for: :mod:`controller.web.returning`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response

from controller.domain.drift import PointDrift
from controller.domain.errors import InvalidRequest
from controller.domain.facts import Noted, Text
from controller.domain.inventory import Inventory
from controller.domain.tags import Tag
from controller.engine.execution.marks import Marks, marked
from controller.engine.people.roles import Permission
from controller.text import Catalogue
from controller.text.drifts import field_lines
from controller.text.sentences import cause_text, sentence
from controller.text.times import age
from controller.web.looks import Looks
from controller.web.once import act_once
from controller.web.oneself import themselves
from controller.web.pages import go, show
from controller.web.telling import joined, title_of, when
from controller.web.visits import For, Viewing, Visit

router = APIRouter()

PATH = "/restore/drift"
FIELD = "drift:"
"""Before a device's name: the field that says what is decided of it."""

Checking = Annotated[Visit, Depends(For(Permission.CHECK))]
Restoring = Annotated[Visit, Depends(For(Permission.RESTORE))]


@dataclass(frozen=True, slots=True)
class PointShown:
    """``lines``: of the diff, each a sign and what follows it."""

    point: str
    subjects: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DeviceShown:
    """``address``: where a return of what hangs on it is asked for."""

    device: str
    points: tuple[PointShown, ...]
    address: str


@dataclass(frozen=True, slots=True)
class LastLook:
    """``why``: nobody could look, or what was seen is not on record; "" else."""

    said: str
    why: str
    devices: tuple[DeviceShown, ...]
    unread: tuple[str, ...]


@router.get(PATH)
def drift(visit: Viewing) -> Response:
    looks = looks_of(visit)
    return show(
        visit,
        "drift.html",
        refresh=2 if looks.under_way else 0,
        under_way=looks.under_way,
        held=len({hold.key.point for hold in visit.service.office.open_holds()}),
        look=_last(visit, looks),
        may_look=visit.may(Permission.CHECK),
        may_restore=visit.may(Permission.RESTORE),
    )


@router.post(f"{PATH}/look")
def look(visit: Checking) -> Response:
    """Reads in the background: the page says when it is done."""
    looks_of(visit).begin(visit.person.actor, visit.person.name)
    return go(PATH)


@router.post(f"{PATH}/stop")
def stop(visit: Restoring) -> Response:
    """Puts on record that nothing comes back over a change by hand. Nothing is sent."""
    devices, reason = tuple(sorted(visit.sent.beginning(FIELD))), visit.sent.get("reason")
    if not devices:
        raise InvalidRequest("drift-undecided")
    if not reason:
        raise InvalidRequest("drift-reason")

    def act(marks: Marks) -> str:
        person = themselves(visit, Permission.RESTORE)
        note = Noted("drift", (("devices", ", ".join(devices)),), Text(reason))
        visit.service.office.journal.commit(Tag.DRIFT_STOPPED, [note, *marked(marks)], person.actor)
        return ""

    act_once(visit, act)
    return go("/restore", "drift-stopped", devices=", ".join(devices)[:200])


def looks_of(visit: Visit) -> Looks:
    found: Looks = visit.request.app.state.looks
    return found


def points_shown(
    found: Iterable[PointDrift], inventory: Inventory, words: Catalogue
) -> tuple[PointShown, ...]:
    return tuple(
        PointShown(
            point=str(each.point),
            subjects=joined(
                (title_of(inventory.subject(name), name, words) for name in each.subjects), words
            ),
            lines=tuple(line for one in each.fields for line in field_lines(one, words)),
        )
        for each in found
    )


def _last(visit: Visit, looks: Looks) -> LastLook | None:
    """Of what is held still: what came back meanwhile is no longer asked about."""
    last, words, office = looks.last, visit.words, visit.service.office
    if last is None:
        return None
    ago = age(words, last.at, visit.now)
    said = words.text("drift-page.seen", at=when(last.at, visit.now), age=ago, by=last.by)
    if last.found is None:
        why = words.text("error.service-defect") if last.error is None else sentence(last.error, words)
        return LastLook(said, why, (), ())
    inventory = office.documents_in_force().inventory
    held = {hold.key.point for hold in office.open_holds()}
    changed = looks.changed(held)
    devices = []
    for device in dict.fromkeys(each.point.device for each in changed):
        here = [each for each in changed if each.point.device == device]
        names = dict.fromkeys(name for each in here for name in each.subjects)
        query = urlencode([("subjects", name) for name in names])
        devices.append(DeviceShown(device, points_shown(here, inventory, words), f"/restore/ask?{query}"))
    return LastLook(
        said=said,
        why=words.text("drift.unrecorded") if last.found.unrecorded else "",
        devices=tuple(devices),
        unread=tuple(
            words.text("drift.unread", point=each.point, why=cause_text(words, each.unread))
            for each in last.found.unread
            if each.point in held
        ),
    )
