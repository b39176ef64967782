"""``cordon plan`` shows a playbook's plan, ``cordon run`` carries it out."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.isolate import AtNeighbour, Overrides, WithoutJournal, carry_out_cut
from controller.cli.restore import AcceptDrift, carry_out_return
from controller.cli.signing import AsPerson, BreakGlass
from controller.domain.errors import InvalidRequest, NotFound
from controller.domain.playbook import Action


def plan(
    call: Call,
    playbook: Annotated[str | None, typer.Argument(help="help.playbook")] = None,
    level: Annotated[int | None, typer.Option("--level", "-l", help="help.cut-level")] = None,
    commands: Annotated[bool, typer.Option("--commands", help="help.commands")] = False,
    override: Overrides = None,
    at_neighbour: AtNeighbour = None,
) -> int:
    from controller.cli.afterwards import afterwards_lines, plain_afterwards
    from controller.cli.cost import cost_lines, plain_plan, wave_lines
    from controller.cli.readiness import plain_time, plan_lines
    from controller.engine.network.afterwards import afterwards
    from controller.engine.planning.plans import Return
    from controller.workers.office import Cut

    if (playbook is None) == (level is None):
        raise InvalidRequest("choose-one", options="PLAYBOOK, --level")
    office = call.office
    inventory = office.documents().inventory
    if playbook is not None and _action(call, playbook) is Action.RESTORE:
        found = office.plan_return(Return(playbook=playbook))
    else:
        overrides, devices = frozenset(override or ()), frozenset(at_neighbour or ())
        found = office.plan_cut(Cut(playbook, level, (), overrides, devices))
    code = Exit.REFUSED if found.refusals else Exit.DONE
    after = afterwards(inventory, found) if found.action is Action.ISOLATE else None
    if call.out.as_json:
        shown = plain_plan(found, inventory, call.words)
        simulated = {"afterwards": plain_afterwards(after)} if after else {}
        found_too = {**plain_time(call, found), **simulated}
        call.out.object({"command": call.command, **shown, **found_too, "exit": int(code)})
    else:
        call.out.say(*wave_lines(found, call.words, commands=commands))
        call.out.say(*(afterwards_lines(after, call.words) if after else ()))
        call.out.say(*cost_lines(found, inventory, call.words))
        call.out.say(*plan_lines(call, found), call.text("plan.nothing-sent"))
    return code


def run(
    call: Call,
    playbook: Annotated[str, typer.Argument(help="help.playbook")],
    override: Overrides = None,
    at_neighbour: AtNeighbour = None,
    accept_drift: AcceptDrift = None,
    without_journal: WithoutJournal = False,
    as_person: AsPerson = None,
    break_glass: BreakGlass = False,
) -> int:
    from controller.engine.planning.plans import Return
    from controller.workers.office import Cut

    if _action(call, playbook) is Action.RESTORE:
        for option, given in (
            ("--override", override),
            ("--at-neighbour", at_neighbour),
            ("--without-journal", without_journal),
            ("--break-glass", break_glass),
        ):
            if given:
                raise InvalidRequest("only-for-cuts", option=option)
        wanted = Return(playbook=playbook, accept_drift=frozenset(accept_drift or ()))
        return carry_out_return(call, wanted, as_person=as_person)
    if accept_drift:
        raise InvalidRequest("only-for-returns", option="--accept-drift")
    cut = Cut(playbook, None, (), frozenset(override or ()), frozenset(at_neighbour or ()))
    return carry_out_cut(
        call, cut, without_journal=without_journal, as_person=as_person, break_glass=break_glass
    )


def _action(call: Call, name: str) -> Action:
    documents = call.office.documents_in_force()
    stages = documents.stages.get(name)
    if stages is None:
        import difflib

        near = difflib.get_close_matches(name, documents.playbooks, n=1)
        raise NotFound(kind="playbook", name=name, suggestion=near[0] if near else "")
    return stages[0].action if stages else Action.ISOLATE
