"""What the printed sheets say, in the words of one language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from controller.cli.cost import HASH_SHOWN, cost_parts
from controller.cli.runs import run_line
from controller.cli.verdict import freezes, why_by_hand, why_nothing_to_type
from controller.domain.errors import InvalidRequest
from controller.domain.inventory import MANUAL, Inventory
from controller.domain.plan import Plan
from controller.domain.proof import Proof
from controller.engine.execution.walklist import Errand
from controller.engine.ports import RunRecord
from controller.paper.level import Level, Part, Station, Stop
from controller.paper.sheet import Frame
from controller.paper.walk import Seal, Task, Walk
from controller.text import Catalogue
from controller.text.costs import title
from controller.text.times import moment
from controller.workers.auditing import SignedHead

Head = SignedHead | tuple[int, str]
"""The log's last checkpoint; while none is signed, how many entries it has, and its chain hash."""


def walk_of(
    record: RunRecord,
    plan: Plan,
    errands: Sequence[Errand],
    inventory: Inventory,
    head: Head | None,
    words: Catalogue,
) -> Walk:
    to_do = [errand for errand in errands if errand.proof is not Proof.CLAIMED]
    claimed = [errand for errand in errands if errand.proof is Proof.CLAIMED]
    return Walk(
        title=words.text(f"paper.walk.{plan.action}"),
        facts=(
            words.text("paper.site", site=plan.site),
            words.text("paper.run", line=run_line(record, words)),
            words.text("paper.steps", count=len(to_do)),
        ),
        plan=words.text("paper.plan", hash=plan.hash),
        how=words.text("paper.how-walk"),
        first=tuple(freezes(to_do, inventory, words)),
        tasks=tuple(_task(errand, inventory, words) for errand in to_do),
        signed=words.text("paper.signed"),
        done_title=words.text("walk.claimed"),
        done=tuple(f"{errand.code}  {_where(errand, words)} — {errand.point}" for errand in claimed),
        seal=seal_of(head, words),
    )


def walk_frame(record: RunRecord, plan: Plan, at: datetime, head: Head | None, words: Catalogue) -> Frame:
    return _frame(words.text(f"paper.walk.{plan.action}"), (plan.site, record.run), plan, at, head, words)


def level_of(
    plan: Plan,
    errands: Sequence[Errand],
    inventory: Inventory,
    lower: Sequence[int],
    head: Head | None,
    words: Catalogue,
    fingerprint: str = "",
) -> Level:
    """``errands``: what this level does beyond the ``lower`` ones, which are on sheets of their own;
    ``fingerprint``: of the service's certificate, for whoever reaches the service from elsewhere."""
    before = [words.text("paper.before", levels=", ".join(map(str, lower)))] if lower else []
    parts = [Part(*each) for each in cost_parts(plan, inventory, words)]
    if inventory.contacts:
        parts.insert(0, Part(words.text("paper.contacts"), tuple(_contacts(inventory, words))))
    if fingerprint:
        half = len(fingerprint) // 2 + 1
        pairs = (fingerprint[:half], fingerprint[half:])
        parts.append(Part(words.text("paper.service"), (words.text("paper.fingerprint"), *pairs)))
    stations = [
        _station(list(group), inventory, words)
        for _, group in groupby(errands, key=lambda each: (each.point.device, each.enter, each.leave))
    ]
    return Level(
        title=words.text("paper.level", level=plan.level),
        facts=(
            words.text("paper.site", site=plan.site),
            words.text("paper.playbook", playbook=plan.playbook),
        ),
        plan=words.text("paper.plan", hash=plan.hash),
        before=(*before, *freezes(errands, inventory, words)),
        parts=tuple(parts),
        stations_title=words.text("paper.stations", count=len(stations)),
        how=words.text("paper.how-level"),
        stations=tuple(stations),
        continued=words.text("paper.continued"),
        signed=words.text("paper.signed"),
        seal=seal_of(head, words),
    )


def level_frame(plan: Plan, at: datetime, head: Head | None, words: Catalogue) -> Frame:
    name = words.text("paper.level", level=plan.level)
    return _frame(name, (plan.site, name), plan, at, head, words)


def seal_of(head: Head | None, words: Catalogue) -> Seal | None:
    if head is None:
        return None
    if isinstance(head, SignedHead):
        text = words.text("paper.checkpoint", count=head.checkpoint.size, at=head.at[:16].replace("T", " "))
        return Seal(text, "", head.note, tuple(line for line in head.note.splitlines() if line), head.spoken)
    count, digest = head
    return Seal(words.text("paper.log", count=count), digest, f"cordon-log {count} {digest}")


def write(path: Path, content: bytes) -> None:
    """Raises InvalidRequest where the file cannot be written."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InvalidRequest("not-writable", file=str(path), detail=error.strerror or str(error)) from error


# --- parts -------------------------------------------------------------------------------------------


def _frame(
    name: str, of: Iterable[str], plan: Plan, at: datetime, head: Head | None, words: Catalogue
) -> Frame:
    foot = [" · ".join((*of, words.text("paper.plan", hash=plan.hash[:HASH_SHOWN])))]
    printed = words.text("paper.printed", at=moment(at))
    log = [_head_line(head, words)] if head else []
    return Frame(name, (*foot, " · ".join((printed, *log))), words.raw("paper.page"), words.lang, at)


def _head_line(head: Head, words: Catalogue) -> str:
    if isinstance(head, SignedHead):
        return words.text("paper.checkpoint-short", said=head.spoken)
    return words.text("paper.log-short", count=head[0], head=head[1][:16])


def _task(errand: Errand, inventory: Inventory, words: Catalogue) -> Task:
    return Task(
        code=errand.code,
        where=_where(errand, words),
        target=str(errand.point),
        what=_subjects(errand, inventory, words),
        why=words.text("paper.why", why=why_by_hand(errand, words)),
        commands=errand.commands,
        instead="" if errand.commands else _capital(words.text(why_nothing_to_type(errand, inventory))),
    )


def _station(errands: list[Errand], inventory: Inventory, words: Catalogue) -> Station:
    first = errands[0]
    typed = any(errand.commands for errand in errands)
    return Station(
        where=_where(first, words),
        device=_device(first.point.device, inventory),
        enter=first.enter if typed else (),
        stops=tuple(
            Stop(
                name=errand.point.object + (f"  VLAN {errand.point.vlan}" if errand.point.vlan else ""),
                what=_subjects(errand, inventory, words),
                commands=errand.lines,
                instead="" if errand.lines else _capital(words.text(why_nothing_to_type(errand, inventory))),
            )
            for errand in errands
        ),
        leave=first.leave if typed else (),
    )


def _device(name: str, inventory: Inventory) -> str:
    """Its name, what it is, and the address to try from a laptop where its console is out of reach."""
    device = inventory.devices.get(name)
    if device is None or device.platform == MANUAL:
        return name
    return ", ".join((f"{name} ({device.platform})", *(each for each in (device.address,) if each)))


def _where(errand: Errand, words: Catalogue) -> str:
    named = (("building", errand.location.building), ("rack", errand.location.rack))
    said = [words.text(f"walk.{name}", name=value) for name, value in named if value]
    text = ", ".join(said) or words.text("paper.nowhere")
    return _capital(text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _subjects(errand: Errand, inventory: Inventory, words: Catalogue) -> str:
    return ", ".join(title(inventory.subject(name), name, words) for name in errand.subjects)


def _contacts(inventory: Inventory, words: Catalogue) -> Iterable[str]:
    for each in inventory.contacts:
        who = " — ".join(part for part in (words.pick(each.role), each.name) if part)
        yield words.text("paper.contact", who=who, phone=each.phone)
