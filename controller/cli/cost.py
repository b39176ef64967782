"""What a plan would do, told before it is done: what goes, what stays, what to beware of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from controller.cli.errors import hazard_lines
from controller.cli.upstream import held_ready_lines
from controller.domain.codec import to_plain
from controller.domain.inventory import Conduit, Inventory, Segment, Subject
from controller.domain.plan import Plan
from controller.domain.playbook import Action
from controller.text import Catalogue
from controller.text.costs import dying, kept_through, subjects_of, title
from controller.text.sentences import plain_hazard
from controller.text.timers import held_by

HASH_SHOWN = 12

_NOTHING_TO_UNDO = frozenset({"never-touched", "cut-upstream", "cut-by-hand"})
"""Hazards of points that a return lets go without a line: no other cut holds those."""


def cost_lines(plan: Plan, inventory: Inventory, words: Catalogue) -> list[str]:
    """The cost of a cut or the content of a return, hazards last so that they are read last."""
    told = _retired if plan.retires else _cut if plan.action is Action.ISOLATE else _return
    lines = told(plan, inventory, words)
    return [
        *lines,
        *hazard_lines(plan.hazards, words),
        words.text("cost.plan", hash=plan.hash[:HASH_SHOWN], playbook=plan.playbook),
    ]


def _cut(plan: Plan, inventory: Inventory, words: Catalogue) -> Iterator[str]:
    names = subjects_of(plan, inventory)
    yield words.text("cost.cut", site=inventory.site, what=_what(plan, inventory, names, words))
    for name in names:
        subject = inventory.subject(name)
        impact = words.pick(subject.impact) if isinstance(subject, Segment) else ""
        yield f"  ■ {title(subject, name, words)}" + (f" — {impact}" if impact else "")
    kept = [each for each in inventory.segments.values() if each.keep_alive and each.name not in names]
    if kept:
        shown = ", ".join(title(each, each.name, words) for each in kept)
        yield words.text("cost.kept", subjects=shown)
    yield from kept_through(names, inventory, words)
    yield from dying(names, inventory, words)


def _return(plan: Plan, inventory: Inventory, words: Catalogue) -> Iterator[str]:
    names = subjects_of(plan, inventory)
    yield words.text("cost.return", site=inventory.site, what=_what(plan, inventory, names, words))
    for name in names:
        subject = inventory.subject(name)
        if subject is None:
            yield f"  ○ {name} — {words.text('cost.unknown-subject')}"
            continue
        yield f"  ○ {title(subject, name, words)} — {why(subject, names, words)}"
    worked = {str(step.point.id) for _, _, step in plan.steps()}
    worked.update(hazard.culprit for hazard in plan.hazards if hazard.code in _NOTHING_TO_UNDO)
    still = {str(point) for _, _, point in plan.ends} - worked
    if still and not plan.refusals:
        yield words.text("cost.still-held", count=len(still))
    yield from held_by(plan, words)


def _retired(plan: Plan, inventory: Inventory, words: Catalogue) -> Iterator[str]:
    yield words.text("cost.retire", site=inventory.site, count=len(plan.ends))
    for _, name, point in plan.ends:
        yield f"  □ {point} ({name})"


def why(subject: Subject, names: Sequence[str], words: Catalogue) -> str:
    """Why the subject has its place in the order of return: its priority and what it depends on."""
    said = [words.text("cost.priority", priority=subject.priority)]
    if not isinstance(subject, Conduit):
        before = tuple(dict.fromkeys((*subject.depends_on, *(need.segment for need in subject.needs))))
        together = [name for name in before if name in names]
        others = [name for name in before if name not in names]
        if others:
            said.append(words.text("cost.depends", subjects=", ".join(others)))
        if together:
            said.append(words.text("cost.after", subjects=", ".join(together)))
    return ", ".join(said)


def _what(plan: Plan, inventory: Inventory, names: Sequence[str], words: Catalogue) -> str:
    """``11 segments and 2 conduits: 316 points on 38 devices, in 3 waves``."""
    conduits = sum(1 for name in names if name in inventory.conduits)
    counted = (("segments", len(names) - conduits), ("conduits", conduits))
    subjects = [words.text(f"count.{kind}", count=number) for kind, number in counted if number]
    points = plan.point_count
    devices = len({operation.device for wave in plan.waves for operation in wave.operations})
    return words.text(
        "cost.what",
        subjects=words.text("list.and").join(subjects) or words.text("cost.nothing"),
        points=words.text("count.points", count=points),
        devices=words.text("count.devices", count=devices),
        waves=words.text("count.waves", count=len(plan.waves)),
    )


def cost_parts(plan: Plan, inventory: Inventory, words: Catalogue) -> list[tuple[str, tuple[str, ...]]]:
    """The cost of a cut for paper: what nobody may touch, what it cuts and for whom, what fails later;
    empty ones left out."""
    names = subjects_of(plan, inventory)
    cut = []
    for name in names:
        subject = inventory.subject(name)
        impact = words.pick(subject.impact) if isinstance(subject, Segment) else ""
        cut.append(title(subject, name, words) + (f" — {impact}" if impact else ""))
    kept = [
        title(each, each.name, words)
        for each in inventory.segments.values()
        if each.keep_alive and each.name not in names
    ]
    parts = (
        ("paper.stays", (*kept, *kept_through(names, inventory, words))),
        ("paper.costs", tuple(cut)),
        ("paper.dies", tuple(dying(names, inventory, words))),
    )
    return [(words.text(code), lines) for code, lines in parts if lines]


def wave_lines(plan: Plan, words: Catalogue, *, commands: bool) -> Iterator[str]:
    """The waves with their operations; with ``commands`` every line that would be sent."""
    instead = {each.device for each in plan.escalations if each.instead}
    for wave in plan.waves:
        yield words.text(
            "plan.wave", wave=wave.index + 1, stage=wave.stage, proof=words.text(f"proof.{wave.verify}")
        )
        for operation in wave.operations:
            points = words.text("count.points", count=len(operation.steps))
            methods = ", ".join(sorted({step.rendering.method.value for step in operation.steps}))
            spared = f"  ({words.text('upstream.spared')})" if operation.device in instead else ""
            yield f"  {operation.device} [{operation.platform}]  {points}  {methods}{spared}"
            if not commands:
                continue
            for line in operation.timer.enter if operation.timer else operation.enter:
                yield f"      {line}"
            for step in operation.steps:
                yield f"    # {step.point.id}"
                yield from (f"      {line}" for line in step.lines())
            for line in operation.timer.leave if operation.timer else operation.leave:
                yield f"      {line}"
            if operation.timer:
                yield f"    # {words.text('timer.then')}"
                yield from (f"      {line}" for line in operation.timer.confirm)
    yield from held_ready_lines(plan, words, commands=commands)


def plain_plan(plan: Plan, inventory: Inventory, words: Catalogue) -> dict[str, Any]:
    return {
        "plan": plan.hash,
        "site": plan.site,
        "playbook": plan.playbook,
        "action": plan.action.value,
        "level": plan.level,
        "subjects": list(subjects_of(plan, inventory)),
        "points": plan.point_count,
        "devices": sorted({operation.device for wave in plan.waves for operation in wave.operations}),
        "hazards": [plain_hazard(hazard, words) for hazard in plan.hazards],
        "waves": to_plain(plan.waves),
        "escalations": to_plain(plan.escalations),
    }
