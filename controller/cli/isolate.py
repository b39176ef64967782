"""``cordon isolate``: shows what it costs, asks, cuts, tells what is proven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.signing import AsPerson, BreakGlass
from controller.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from controller.workers.office import Cut

Overrides = Annotated[list[str] | None, typer.Option("--override", help="help.override")]
AtNeighbour = Annotated[list[str] | None, typer.Option("--at-neighbour", help="help.at-neighbour")]
WithoutJournal = Annotated[bool, typer.Option("--without-journal", help="help.without-journal")]


def isolate(
    call: Call,
    *,
    level: Annotated[int | None, typer.Option("--level", "-l", help="help.cut-level")] = None,
    playbook: Annotated[str | None, typer.Option("--playbook", help="help.cut-playbook")] = None,
    segment: Annotated[list[str] | None, typer.Option("--segment", "-s", help="help.cut-segment")] = None,
    conduit: Annotated[list[str] | None, typer.Option("--conduit", "-c", help="help.cut-conduit")] = None,
    wave: Annotated[int | None, typer.Option("--wave", "-w", help="help.cut-wave")] = None,
    of: Annotated[str | None, typer.Option("--of", help="help.cut-of")] = None,
    override: Overrides = None,
    at_neighbour: AtNeighbour = None,
    without_journal: WithoutJournal = False,
    as_person: AsPerson = None,
    break_glass: BreakGlass = False,
) -> int:
    from controller.workers.office import Cut

    subjects = (*(segment or ()), *(conduit or ()))
    again = wave is not None or bool(of)
    if sum((level is not None, playbook is not None, bool(subjects), again)) != 1:
        raise InvalidRequest("choose-one", options="--level, --playbook, --segment/--conduit, --wave/--of")
    overrides, devices = frozenset(override or ()), frozenset(at_neighbour or ())
    cut = Cut(playbook, level, subjects, overrides, devices, wave, of or "")
    return carry_out_cut(
        call, cut, without_journal=without_journal, as_person=as_person, break_glass=break_glass
    )


def carry_out_cut(
    call: Call,
    cut: Cut,
    *,
    without_journal: bool = False,
    as_person: str | None = None,
    break_glass: bool = False,
) -> int:
    """Plans, shows, asks and cuts. A refusal ends it before anybody is asked. Who acts by an account
    (``as_person``) or by the break-glass code is asked for them last."""
    from controller.cli.consent import agree, reason_for
    from controller.cli.cost import cost_lines, plain_plan
    from controller.cli.lapsed import plain_lapse, tell_lapse
    from controller.cli.readiness import plain_time, plan_lines
    from controller.cli.signing import credentials, secret
    from controller.cli.vaulting import devices_of, open_vault
    from controller.cli.verdict import report
    from controller.cli.watching import actor, carry_out
    from controller.domain.errors import Refused

    office = call.office
    documents = office.documents_in_force()
    inventory = documents.inventory
    plan = office.plan_cut(cut)
    if call.asked.dry_run:
        code = Exit.REFUSED if plan.refusals else Exit.DONE
        if call.out.as_json:
            shown, lapsed = plain_plan(plan, inventory, call.words), plain_lapse(call, documents)
            found = {"dry_run": True, **shown, **plain_time(call, plan), **lapsed}
            call.out.object({"command": call.command, **found, "exit": int(code)})
        else:
            call.out.say(*cost_lines(plan, inventory, call.words), *plan_lines(call, plan))
            call.out.say(call.text("plan.nothing-sent"))
            tell_lapse(call, documents)
        return code
    if plan.refusals:
        tell_lapse(call, documents)
        raise Refused(plan.refusals)
    call.out.say(*cost_lines(plan, inventory, call.words), *plan_lines(call, plan))
    tell_lapse(call, documents)  # last, so that it is read before anybody says yes
    needed = "--override" if cut.overrides else "--without-journal" if without_journal else ""
    reason = reason_for(call, needed_by=needed)
    agree(call, plan.site)
    open_vault(call, inventory, devices_of(plan))
    shown_by: dict[str, Any] = {}
    if as_person:
        shown_by["credentials"] = credentials(call, as_person)
    if break_glass:
        shown_by["code"] = secret(call, "signing.break-glass")
    carried = carry_out(
        call,
        lambda watcher: office.isolate(
            cut, plan, reason, actor(), watcher, without_journal=without_journal, **shown_by
        ),
    )
    return report(call, carried, **plain_lapse(call, documents))
