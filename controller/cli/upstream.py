"""Devices cut off from outside: what a plan holds ready, and what a run did of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from controller.domain.inventory import PointId
from controller.domain.plan import Escalation, Plan
from controller.engine.events import StepResult
from controller.engine.planning.escalation import CutOff, cut_off
from controller.engine.ports import StepRecord
from controller.text import Catalogue


def held_ready_lines(plan: Plan, words: Catalogue, *, commands: bool) -> Iterator[str]:
    """What is cut at neighbours: instead of a device, as asked, and where one cannot be reached; with
    ``commands`` every line that would be sent. Where it may not be, a hazard says why."""
    ready = [each for each in plan.escalations if each.operations]
    yield from _at_neighbours("upstream.instead", [each for each in ready if each.instead], words, commands)
    yield from _at_neighbours("upstream.title", [each for each in ready if not each.instead], words, commands)


def _at_neighbours(
    title: str, ready: Iterable[Escalation], words: Catalogue, commands: bool
) -> Iterator[str]:
    for number, each in enumerate(ready):
        if not number:
            yield words.text(title)
        yield f"  {words.text('upstream.at', device=each.device, ports=', '.join(map(str, each.points)))}"
        yield from (f"      {line}" for line in _costs(each, words))
        for operation in each.operations if commands else ():
            yield f"    # {operation.device} [{operation.platform}]"
            lines = (line for step in operation.steps for line in step.lines())
            yield from (f"      {line}" for line in (*operation.enter, *lines, *operation.leave))


def done_lines(found: Iterable[CutOff], words: Catalogue) -> Iterator[str]:
    for each in found:
        points = words.text("count.points", count=each.points)
        code = "upstream.done-instead" if each.instead else "upstream.done"
        yield words.text(code, device=each.device, ports=", ".join(each.ports), points=points)
        if each.inside:
            yield f"  {words.text('upstream.inside', segments=_inside(each.inside, words))}"


def of_results(plan: Plan, results: Iterable[StepResult]) -> tuple[CutOff, ...]:
    return cut_off(plan, {each.step.point.id: each.cause for each in results})


def of_record(plan: Plan, steps: Iterable[StepRecord]) -> tuple[CutOff, ...]:
    causes: Mapping[PointId, str] = {each.point: each.cause for each in steps}
    return cut_off(plan, causes)


def plain_cut_off(found: Iterable[CutOff]) -> list[dict[str, Any]]:
    return [
        {
            "device": each.device,
            "ports": list(each.ports),
            "points": each.points,
            "inside": dict(each.inside),
            "instead": each.instead,
        }
        for each in found
    ]


def _costs(escalation: Escalation, words: Catalogue) -> Iterator[str]:
    if escalation.behind:
        yield words.text("upstream.behind", devices=", ".join(escalation.behind))
    if escalation.also:
        yield words.text("upstream.also", subjects=", ".join(escalation.also))
    if escalation.inside:
        yield words.text("upstream.inside", segments=_inside(escalation.inside, words))


def _inside(inside: Iterable[tuple[str, int]], words: Catalogue) -> str:
    return ", ".join(f"{name} ({words.text('count.ports', count=count)})" for name, count in inside)
