"""How a run ended: one sentence of truth, then what is not proven and what to do by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from controller.cli.asked import Call
from controller.cli.cost import HASH_SHOWN
from controller.cli.exits import Exit
from controller.cli.gates import gate_lines
from controller.cli.startup import reboot_lines, reboots
from controller.cli.upstream import done_lines, of_results, plain_cut_off
from controller.cli.watching import Carried
from controller.domain.inventory import MANUAL, Inventory
from controller.domain.lifecycle import RunState
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.engine.events import RunEnded, StepResult
from controller.engine.execution.running import StopCause
from controller.engine.execution.walklist import Errand
from controller.text import Catalogue
from controller.text.sentences import cause_text
from controller.text.times import duration
from controller.workers.office import Execution

DEVICES_NAMED = 12

_ENDS = {StopCause.TRIPPED: "end.tripped", StopCause.GATED: "end.gated"}
"""Ends that have a sentence of their own."""


def exit_code(carried: Carried) -> Exit:
    ended = carried.execution.ended
    if carried.stopped:
        return Exit.INTERRUPTED
    if ended.cause == StopCause.GATED and all(result.satisfied for result in _came_to(ended)):
        return Exit.WAITING
    proven = ended.state is RunState.FINISHED and all(result.satisfied for result in ended.results)
    return Exit.DONE if proven else Exit.UNPROVEN


def _came_to(ended: RunEnded) -> list[StepResult]:
    """Without what waits behind a gate: nothing was wanted there yet."""
    return [result for result in ended.results if result.cause != StopCause.GATED]


def report(call: Call, carried: Carried, **more: Any) -> Exit:
    """Says how the run ended; ``more`` joins the object of ``--json``."""
    code = exit_code(carried)
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                **plain_execution(carried.execution, call.words),
                "reboots": reboots(call, carried.execution.run, carried.execution.plan),
                "seconds": int(carried.seconds),
                **more,
                "exit": int(code),
            }
        )
    else:
        call.out.say(*verdict_lines(carried, call.words))
        execution = carried.execution
        call.out.say(*done_lines(of_results(execution.plan, execution.ended.results), call.words))
        call.out.say(*errand_lines(carried.execution.errands, carried.execution.inventory, call.words))
        call.out.say(*reboot_lines(call, carried.execution.run, carried.execution.plan))
        if execution.ended.cause == StopCause.GATED:
            call.out.say(*gate_lines(call, execution.plan))
    return code


def verdict_lines(carried: Carried, words: Catalogue) -> Iterator[str]:
    execution, text = carried.execution, words.text
    ended, plan = execution.ended, execution.plan
    # A resumed restore passes over what came back before, in the plan and not in the results.
    results = _came_to(ended)
    planned, total = any(True for _ in plan.steps()), len(results)
    # A playbook may be content with less than a read-back; the sentence calls nothing more than it is.
    known = sum(1 for result in results if result.proof.satisfies(Proof.CONFIRMED))
    if not planned:
        yield text(f"end.{plan.action}-nothing")
    else:
        after = execution.confirmed_after
        passed = duration(words, carried.seconds if after is None else after)
        sentence = text(f"end.{plan.action}", count=known, total=total, duration=passed)
        lacking = text("end.lacking", count=total - known)
        yield text(
            "end.sentence-lacking" if known < total else "end.sentence", known=sentence, lacking=lacking
        )
    limited = {each.point: each for each in plan.limits}
    through = [
        limited[each.step.point.id] for each in results if each.satisfied and each.step.point.id in limited
    ]
    if through:
        yield text("end.limited", count=len(through), towards=", ".join(through[0].towards))
    proven = sum(1 for result in ended.results if result.proof is Proof.PROVEN)
    if proven and plan.action is Action.ISOLATE:
        yield text("end.proven", count=proven)
    claimed = sum(1 for result in ended.results if result.proof is Proof.CLAIMED)
    if claimed:
        yield text("end.claimed", count=claimed)
    if ended.state is not RunState.FINISHED:
        why = cause_text(words, ended.cause)
        code = _ENDS.get(ended.cause, f"end.{ended.state}")
        state = text(f"state.{ended.state}")
        yield text(code if code in words else "end.unfinished", why=why, run=execution.run, state=state)
    if execution.joined:
        yield text("end.joined", run=execution.run)
    if execution.degraded:
        yield text("end.unrecorded" if execution.unrecorded else "end.degraded")
    yield text("end.run", run=execution.run, hash=plan.hash[:HASH_SHOWN])


def errand_lines(errands: Sequence[Errand], inventory: Inventory, words: Catalogue) -> Iterator[str]:
    """What is not proven, by device and cause; then, point by point, where to go and what to type."""
    if not errands:
        return
    yield ""
    yield words.text("end.unproven-title")
    by_device: dict[tuple[str, str], list[Errand]] = {}
    for errand in errands:
        by_device.setdefault((errand.point.device, errand.cause), []).append(errand)
    for (device, cause), found in list(by_device.items())[:DEVICES_NAMED]:
        points = words.text("count.points", count=len(found))
        proofs = Counter(words.text(f"proof.{errand.proof}") for errand in found)
        shown = ", ".join(proofs)
        said = cause_text(words, cause)
        yield f"  {device}: {points}, {shown}" + (f" — {said}" if said else "")
    if len(by_device) > DEVICES_NAMED:
        yield "  " + words.text("run.more-devices", count=len(by_device) - DEVICES_NAMED)
    to_do = [errand for errand in errands if errand.proof is not Proof.CLAIMED]
    if to_do:
        yield ""
        yield words.text("walk.title")
        yield from (f"  {line}" for line in freezes(to_do, inventory, words))
        for errand in to_do:
            yield f"  {errand.code}  {place(errand, words)}"
            yield f"          {', '.join(errand.subjects)} — {why_by_hand(errand, words)}"
            for each in errand.differences:
                wanted = " / ".join(each.wanted)
                said = words.text("walk.difference", field=each.field, found=each.found, wanted=wanted)
                yield f"          {said}"
            if not errand.commands:
                yield f"          {words.text(why_nothing_to_type(errand, inventory))}"
            yield from (f"          > {command}" for command in errand.commands)
        yield "  " + words.text("walk.confirm")
    claimed = [errand for errand in errands if errand.proof is Proof.CLAIMED]
    if claimed:
        yield ""
        yield words.text("walk.claimed")
        yield from (f"  {errand.code}  {place(errand, words)}" for errand in claimed)


def why_by_hand(errand: Errand, words: Catalogue) -> str:
    """How far the machine came, and what stopped it."""
    said = (words.text(f"outcome.{errand.outcome}"), cause_text(words, errand.cause))
    return words.text("list.semicolon").join(part for part in said if part)


def why_nothing_to_type(errand: Errand, inventory: Inventory) -> str:
    device = inventory.devices.get(errand.point.device)
    return "walk.no-commands" if device is None or device.platform == MANUAL else "walk.nothing-to-change"


def place(errand: Errand, words: Catalogue) -> str:
    where = [
        words.text(f"walk.{name}", name=value)
        for name, value in (("building", errand.location.building), ("rack", errand.location.rack))
        if value
    ]
    return ", ".join((*where, str(errand.point)))


def freezes(errands: Iterable[Errand], inventory: Inventory, words: Catalogue) -> Iterator[str]:
    """Whatever pushes configuration back to these devices has to be stopped first."""
    devices = (inventory.devices.get(errand.point.device) for errand in errands)
    managers = dict.fromkeys(device.managed_by for device in devices if device and device.managed_by)
    for manager in managers:
        yield words.text("walk.freeze", manager=manager)


def plain_execution(execution: Execution, words: Catalogue) -> dict[str, Any]:
    ended = execution.ended
    return {
        "run": execution.run,
        "plan": execution.plan.hash,
        "site": execution.plan.site,
        "action": execution.plan.action.value,
        "state": ended.state.value,
        "cause": ended.cause,
        "joined": execution.joined,
        "degraded": execution.degraded,
        "unrecorded": execution.unrecorded,
        "points": {
            "wanted": len(ended.results),
            "satisfied": sum(1 for result in ended.results if result.satisfied),
        },
        "outcomes": _counted((result.outcome for result in ended.results), Outcome),
        "proofs": _counted((result.proof for result in ended.results), Proof),
        "upstream": plain_cut_off(of_results(execution.plan, ended.results)),
        "unproven": [plain_errand(errand, words) for errand in execution.errands],
    }


def _counted(values: Iterable[Outcome | Proof], kind: type[Outcome | Proof]) -> dict[str, int]:
    found = Counter(value.value for value in values)
    return {each.value: found[each.value] for each in kind}


def plain_errand(errand: Errand, words: Catalogue) -> dict[str, Any]:
    return {
        "code": errand.code,
        "device": errand.point.device,
        "object": errand.point.object,
        "vlan": errand.point.vlan,
        "subjects": list(errand.subjects),
        "building": errand.location.building,
        "rack": errand.location.rack,
        "outcome": errand.outcome.value,
        "proof": errand.proof.value,
        "cause": errand.cause,
        "text": cause_text(words, errand.cause),
        "differences": [
            {"field": each.field, "found": each.found, "wanted": list(each.wanted)}
            for each in errand.differences
        ],
        "why": why_by_hand(errand, words),
        "commands": list(errand.commands),
    }
