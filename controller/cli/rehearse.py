"""``cordon rehearse``: cuts each device's canary port with every method, brings it back, says what passed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit

if TYPE_CHECKING:
    from controller.domain.plan import Plan
    from controller.domain.rehearsal import Rehearsed
    from controller.text import Catalogue
    from controller.workers.office import Rehearsal

NAMED = 12
"""Devices named on one line; the rest are counted."""


def rehearse(
    call: Call,
    device: Annotated[list[str] | None, typer.Option("--device", "-d", help="help.rehearse-device")] = None,
) -> int:
    from controller.cli.consent import agree, reason_for
    from controller.cli.errors import hazard_lines
    from controller.cli.vaulting import devices_of, open_vault
    from controller.cli.watching import actor, watch
    from controller.domain.errors import Refused

    office, devices = call.office, tuple(device or ())
    plans = office.plan_rehearsal(devices)
    refusals = [hazard for plan in plans for hazard in plan.refusals]
    if call.asked.dry_run:
        return _dry_run(call, plans, bool(refusals))
    if refusals:
        raise Refused(refusals)
    call.out.say(*_cost(plans, call.words))
    call.out.say(*hazard_lines({hazard for plan in plans for hazard in plan.hazards}, call.words))
    reason = reason_for(call)
    agree(call, plans[0].site)
    open_vault(call, office.documents().inventory, frozenset().union(*map(devices_of, plans)))
    watched = watch(call, lambda watcher: office.rehearse(plans, devices, reason, actor(), watcher))
    found, ended = watched.result, watched.result.ended
    whole = ended.rehearsed and all(each.passed for each in ended.rehearsed)
    good = whole and not (ended.skipped or ended.left or ended.cause)
    code = Exit.DONE if good else Exit.UNPROVEN
    if watched.pressed and ended.cause:
        code = Exit.INTERRUPTED
    if call.out.as_json:
        call.out.object({"command": call.command, **_plain(found, call.words), "exit": int(code)})
    else:
        call.out.say(*_verdict(found, call))
    return code


def _dry_run(call: Call, plans: Sequence[Plan], refused: bool) -> int:
    from controller.cli.errors import hazard_lines
    from controller.domain.codec import to_plain
    from controller.text.sentences import plain_hazard

    code = Exit.REFUSED if refused else Exit.DONE
    hazards = sorted({hazard for plan in plans for hazard in plan.hazards})
    if call.out.as_json:
        shown = [{"plan": plan.hash, "waves": to_plain(plan.waves)} for plan in plans]
        told = [plain_hazard(hazard, call.words) for hazard in hazards]
        call.out.object(
            {"command": call.command, "dry_run": True, "plans": shown, "hazards": told, "exit": int(code)}
        )
        return code
    call.out.say(*_cost(plans, call.words), *hazard_lines(hazards, call.words))
    call.out.say(call.text("plan.nothing-sent"))
    return code


def _cost(plans: Sequence[Plan], words: Catalogue) -> Iterator[str]:
    """What is about to be touched: the canary ports, and by which methods."""
    methods: dict[str, list[str]] = defaultdict(list)
    for plan in plans:
        for _, _, step in plan.steps():
            methods[str(step.point.id)].append(step.rendering.method.value)
    yield words.text("rehearse.about", site=plans[0].site, count=len(methods))
    for point, names in list(methods.items())[:NAMED]:
        yield f"  {point}: {', '.join(names)}"
    if len(methods) > NAMED:
        yield "  " + words.text("rehearse.more", count=len(methods) - NAMED)


def _verdict(found: Rehearsal, call: Call) -> Iterator[str]:
    from controller.cli.verdict import errand_lines
    from controller.text.sentences import cause_text

    ended, text = found.ended, call.words.text
    passed = sum(1 for each in ended.rehearsed if each.passed)
    yield text("rehearse.passed", count=passed, total=len(ended.rehearsed))
    yield from _by_software(ended.rehearsed, call.words)
    for device, cause in ended.skipped:
        yield "  " + text("rehearse.skipped", device=device, why=cause_text(call.words, cause))
    if ended.cause:
        yield text("rehearse.ended", why=cause_text(call.words, ended.cause))
    if ended.left:
        ports = ", ".join(str(point) for point in ended.left[:NAMED])
        yield text("rehearse.left", count=len(ended.left), ports=ports)
        yield from errand_lines(found.errands, call.office.documents().inventory, call.words)
    if found.degraded:
        yield text("end.degraded")


def _by_software(rehearsed: Sequence[Rehearsed], words: Catalogue) -> Iterator[str]:
    """One line for each platform, version and method; those that did not pass, device by device."""
    from controller.text.sentences import cause_text

    groups: dict[tuple[str, ...], list[Rehearsed]] = defaultdict(list)
    for each in rehearsed:
        groups[(*each.software, each.kind.value, each.method.value)].append(each)
    for (platform, model, version, kind, method), found in sorted(groups.items()):
        good = sum(1 for each in found if each.passed)
        software = " ".join(part for part in (platform, model, version or "?") if part)
        yield "  " + words.text(
            "rehearse.group", software=software, kind=kind, method=method, count=good, total=len(found)
        )
        failed = [each for each in found if not each.passed]
        yield from (f"    {each.device}: {cause_text(words, each.cause)}" for each in failed[:NAMED])
        if len(failed) > NAMED:
            yield "    " + words.text("rehearse.more", count=len(failed) - NAMED)


def _plain(found: Rehearsal, words: Catalogue) -> dict[str, Any]:
    from controller.cli.verdict import plain_errand
    from controller.text.sentences import cause_text

    ended = found.ended
    return {
        "rehearsed": [
            {
                "device": each.device,
                "platform": each.software.platform,
                "model": each.software.model,
                "version": each.software.version,
                "kind": each.kind.value,
                "method": each.method.value,
                "passed": each.passed,
                "cause": each.cause,
                "text": cause_text(words, each.cause),
                "runs": [run for run in (each.cut, each.back) if run],
            }
            for each in ended.rehearsed
        ],
        "skipped": [
            {"device": device, "cause": cause, "text": cause_text(words, cause)}
            for device, cause in ended.skipped
        ],
        "left": [{"device": point.device, "object": point.object} for point in ended.left],
        "by_hand": [plain_errand(errand, words) for errand in found.errands],
        "cause": ended.cause,
        "runs": list(found.runs),
        "degraded": found.degraded,
    }
