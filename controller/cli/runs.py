"""``cordon runs``, ``show``, ``resume``, ``abort``: what has run, and what is not over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.restore import AcceptDrift, KeepTheirs, decisions, option_of
from controller.cli.signing import AsPerson
from controller.domain.lifecycle import OVER, RunState
from controller.domain.playbook import Action
from controller.domain.proof import Proof
from controller.text.times import moment

if TYPE_CHECKING:
    from controller.domain.plan import Plan
    from controller.engine.execution.walklist import Errand
    from controller.engine.ports import RunRecord
    from controller.text import Catalogue

Run = Annotated[str, typer.Argument(help="help.run-id")]


def runs(call: Call) -> int:
    found = call.office.runs()
    if call.out.as_json:
        call.out.object({"command": call.command, "runs": [plain_run(each) for each in found], "exit": 0})
        return Exit.DONE
    if not found:
        call.out.say(call.text("runs.none"))
    call.out.say(*(run_line(each, call.words) for each in found))
    return Exit.DONE


def show(
    call: Call, run: Run, pdf: Annotated[Path | None, typer.Option("--pdf", help="help.pdf")] = None
) -> int:
    from controller.cli.cost import plain_plan, wave_lines
    from controller.cli.startup import evidence_lines, plain_evidence, plain_startups, reboot_lines, reboots
    from controller.cli.upstream import done_lines, of_record, plain_cut_off
    from controller.cli.verdict import errand_lines, plain_errand

    record, plan, errands = call.office.run(run)
    inventory = call.office.inventory_of(plan)
    proofs = Counter(step.proof for step in record.steps)
    if pdf is not None and not call.asked.dry_run:
        _print_walk(call, record, plan, errands, pdf)
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                **plain_run(record),
                "proofs": {each.value: proofs[each.value] for each in Proof},
                "upstream": plain_cut_off(of_record(plan, record.steps)),
                "unproven": [plain_errand(errand, call.words) for errand in errands],
                "startup": plain_startups(record),
                "reboots": reboots(call, record.run, plan),
                "evidence": plain_evidence(record),
                "content": plain_plan(plan, inventory, call.words),
                **({"pdf": str(pdf)} if pdf is not None and not call.asked.dry_run else {}),
                "exit": 0,
            }
        )
        return Exit.DONE
    call.out.say(run_line(record, call.words), call.text("cost.plan", hash=plan.hash, playbook=plan.playbook))
    shown = [
        call.text(f"proofs.{each}", count=proofs[each.value])
        for each in reversed(Proof)
        if proofs[each.value]
    ]
    call.out.say(", ".join(shown) or call.text("show.no-readings"))
    call.out.say(*wave_lines(plan, call.words, commands=False))
    call.out.say(*done_lines(of_record(plan, record.steps), call.words))
    call.out.say(*errand_lines(errands, inventory, call.words))
    call.out.say(*reboot_lines(call, record.run, plan), *evidence_lines(record, call.words))
    call.out.say(*how_to_go_on(record, call.words))
    return Exit.DONE


def _print_walk(call: Call, record: RunRecord, plan: Plan, errands: Sequence[Errand], path: Path) -> None:
    from controller.cli.sheets import walk_frame, walk_of, write
    from controller.paper.walk import print_walk

    head = call.office.seal().latest() or call.office.log_head()
    inventory = call.office.inventory_of(plan)
    frame = walk_frame(record, plan, datetime.now().astimezone(), head, call.words)
    write(path, print_walk(frame, walk_of(record, plan, errands, inventory, head, call.words)))
    if not call.out.as_json:
        call.out.say(call.text("paper.written", file=path))


def resume(
    call: Call,
    run: Run,
    accept_drift: AcceptDrift = None,
    keep_theirs: KeepTheirs = None,
    as_person: AsPerson = None,
) -> int:
    from controller.cli.consent import agree, reason_for
    from controller.cli.cost import cost_lines
    from controller.cli.signing import credentials
    from controller.cli.vaulting import devices_of, open_vault
    from controller.cli.verdict import report
    from controller.cli.watching import actor, carry_out

    office = call.office
    record, plan, _ = office.run(run)
    inventory = office.inventory_of(plan)
    drifted = decisions(accept_drift, keep_theirs)
    if call.asked.dry_run:
        call.out.say(*cost_lines(plan, inventory, call.words), call.text("plan.nothing-sent"))
        if call.out.as_json:
            call.out.object({"command": call.command, "dry_run": True, **plain_run(record), "exit": 0})
        return Exit.DONE
    if plan.action is Action.RESTORE and record.state not in OVER:
        # A cut that was decided is finished without asking again; what opens something is asked again.
        call.out.say(*cost_lines(plan, inventory, call.words))
        if drifted:
            reason_for(call, needed_by=option_of(drifted))
        agree(call, plan.site)
    open_vault(call, inventory, devices_of(plan))
    shown_by = {"credentials": credentials(call, as_person)} if as_person else {}
    carried = carry_out(
        call, lambda watcher: office.resume(record.run, actor(), watcher, drifted, **shown_by)
    )
    return report(call, carried)


def abort(call: Call, run: Run) -> int:
    from controller.cli.consent import reason_for
    from controller.cli.watching import actor

    asked = not call.asked.dry_run
    if asked:
        call.office.abort(run, actor(), reason_for(call))
    if call.out.as_json:
        call.out.object({"command": call.command, "run": run, "asked": asked, "exit": 0})
    else:
        call.out.say(call.text("abort.asked", run=run) if asked else call.text("plan.nothing-sent"))
    return Exit.DONE


def run_line(record: RunRecord, words: Catalogue) -> str:
    what = words.text(f"action.{record.action}", playbook=record.playbook)
    return f"{record.run}  {moment(record.opened_at)}  {what}  {words.text(f'state.{record.state}')}"


def how_to_go_on(record: RunRecord, words: Catalogue) -> list[str]:
    """What can be done about a run that is not over."""
    if record.state in OVER:
        return []
    resting = record.state in (RunState.INTERRUPTED, RunState.STOPPED)
    return [words.text("runs.resume" if resting else "runs.abort", run=record.run)]


def plain_run(record: RunRecord) -> dict[str, Any]:
    return {
        "run": record.run,
        "action": record.action.value,
        "plan": record.plan,
        "playbook": record.playbook,
        "level": record.level,
        "state": record.state.value,
        "opened_at": record.opened_at.isoformat(),
        "moved_at": record.moved_at.isoformat(),
        "actor": record.actor,
        "joins": record.joins,
    }
