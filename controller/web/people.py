"""What a person must do: one list, most urgent first, each with where, what and why the machine could not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from controller.domain.errors import CordonError
from controller.domain.lifecycle import RunState
from controller.domain.proof import Proof
from controller.engine.execution.walklist import Errand
from controller.engine.holding.situation import Situation
from controller.text.sentences import cause_text, hazard_text, hazards_by_kind
from controller.web.telling import asked_for, when
from controller.web.visits import Visit
from controller.web.walking import errands

DEVICES = 5
"""Devices of the walk-list shown one by one; the rest are counted."""


@dataclass(frozen=True, slots=True)
class ToDo:
    """``waits``: for a person's word, where nothing is wrong yet. ``address``: where it is done, or ""."""

    what: str
    why: str
    address: str = ""
    waits: bool = False


def to_do(visit: Visit, found: Situation) -> tuple[list[ToDo], int]:
    """The list, and how many steps the walk-list has."""
    words = visit.words
    left = [(run, each) for run, each in errands(visit) if each.proof is not Proof.CLAIMED]
    listed = [*_by_device(visit, left)]
    listed.extend(
        ToDo(words.text("to-do.canary", point=str(each)), words.text("to-do.canary-why"))
        for each in found.canaries
    )
    for shown, more in hazards_by_kind(found.reboots):
        rest = f" {words.text('web.alike', count=more)}" if more else ""
        listed.extend(ToDo(words.text("to-do.reboot"), hazard_text(each, words) + rest) for each in shown[:2])
    if found.inventory_changed:
        listed.append(ToDo(words.text("to-do.inventory"), words.text("status.inventory-changed"), waits=True))
    for record in found.under_way:
        if record.state in (RunState.INTERRUPTED, RunState.STOPPED):
            what = words.text("to-do.resume", state=words.text(f"state.{record.state}"))
            why = words.text(f"action.{record.action}", playbook=record.playbook)
            listed.append(ToDo(what, why, f"/runs/{record.run}", waits=True))
    return [*listed, *_second_persons(visit)], len(left)


def _by_device(visit: Visit, left: list[tuple[str, Errand]]) -> list[ToDo]:
    words = visit.words
    by_device: dict[str, list[Errand]] = defaultdict(list)
    for _run, each in left:
        by_device[each.point.device].append(each)
    found = []
    for device, here in list(by_device.items())[:DEVICES]:
        first = here[0]
        place = [each for each in (first.location.building, first.location.rack) if each]
        why = cause_text(words, first.cause) or words.text(f"outcome.{first.outcome}")
        what = words.text("to-do.device", device=device, count=len(here))
        found.append(ToDo(what, " · ".join([*place, why]), f"/walk-list#{first.code}"))
    if len(by_device) > DEVICES:
        more = words.text("to-do.more-devices", count=len(by_device) - DEVICES)
        found.append(ToDo(more, "", "/walk-list"))
    return found


def _second_persons(visit: Visit) -> list[ToDo]:
    words, found = visit.words, []
    try:
        access = visit.service.office.access()
        requests, unsigned, glass = (
            access.approvals.requests(),
            access.approvals.unsigned(),
            access.glass.glass(),
        )
    except CordonError:
        return []  # accounts that cannot be read hold up no look at the site
    if glass.broken_at is not None:
        found.append(ToDo(words.text("to-do.glass"), words.text("to-do.glass-why")))
    inventory = visit.service.office.documents_in_force().inventory
    for request in requests:
        asked = asked_for(request.playbook, inventory, words)
        what = words.text("to-do.approve", playbook=asked, requester=request.requester_name)
        why = words.text("to-do.approve-why", given=len(request.given), needed=request.needed)
        found.append(ToDo(what, why, f"/approvals/{request.id}", waits=True))
    for each in unsigned:
        what = words.text("to-do.countersign", at=when(each.opened_at, visit.now))
        found.append(ToDo(what, words.text("to-do.countersign-why"), f"/runs/{each.run}", waits=True))
    return found
